//! The mailbox in PostgreSQL.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{Phone, id::JobId};

use super::Message;
use crate::schema::mailbox;

#[derive(HasQuery)]
#[diesel(table_name = mailbox)]
struct MessageRow {
    text: String,
    at: DateTime<Utc>,
}

/// Keeps the message, once for each job.
pub(crate) async fn insert_message(
    conn: &mut Tx,
    job: JobId,
    to: &Phone,
    message: &Message,
) -> QueryResult<()> {
    diesel::insert_into(mailbox::table)
        .values((
            mailbox::job_id.eq(job),
            mailbox::phone.eq(to.as_str()),
            mailbox::text.eq(&message.text),
            mailbox::at.eq(message.at),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn list_messages(conn: &mut Tx, to: &Phone) -> QueryResult<Vec<Message>> {
    let sent_there = mailbox::phone.eq(to.as_str());
    let newest = MessageRow::query().filter(sent_there).order(mailbox::position.desc()).limit(100);
    let rows: Vec<MessageRow> = newest.load(conn).await?;
    Ok(rows.into_iter().map(|row| Message { text: row.text, at: row.at }).collect())
}
