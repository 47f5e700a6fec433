//! The log in PostgreSQL.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{Limit, id::AuditEntryId};
use serde_json::Value;
use uuid::Uuid;

use crate::{Entry, Recorded, schema::entries};

#[derive(HasQuery)]
#[diesel(table_name = entries)]
struct EntryRow {
    id: AuditEntryId,
    at: DateTime<Utc>,
    actor: Uuid,
    actor_role: String,
    action: String,
    target: String,
    before: Option<Value>,
    after: Option<Value>,
}

pub(crate) async fn insert_entry(tx: &mut Tx, entry: &Entry, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::insert_into(entries::table)
        .values((
            entries::id.eq(AuditEntryId::generate(now)),
            entries::at.eq(now),
            entries::actor.eq(entry.actor.staff.0),
            entries::actor_role.eq(entry.actor.role.as_str()),
            entries::action.eq(entry.action),
            entries::target.eq(&entry.target),
            entries::before.eq(&entry.before),
            entries::after.eq(&entry.after),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// One more than asked for, newest first: whether there is another page.
pub(crate) async fn list_entries(
    conn: &mut Tx,
    target: Option<&str>,
    before: Option<AuditEntryId>,
    limit: Limit,
) -> QueryResult<Vec<Recorded>> {
    let mut query = EntryRow::query().into_boxed();
    if let Some(target) = target {
        query = query.filter(entries::target.eq(target));
    }
    if let Some(before) = before {
        query = query.filter(entries::id.lt(before));
    }
    let wanted = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
    let rows: Vec<EntryRow> = query.order(entries::id.desc()).limit(wanted).load(conn).await?;
    Ok(rows.into_iter().map(Recorded::from).collect())
}

impl From<EntryRow> for Recorded {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            actor: row.actor,
            actor_role: row.actor_role,
            action: row.action,
            target: row.target,
            before: row.before,
            after: row.after,
        }
    }
}
