//! Consents in PostgreSQL.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::id::UserId;

use super::{ConsentKind, TEXT_VERSION};
use crate::schema::consents;

pub(crate) async fn insert_consents(
    tx: &mut Tx,
    user: UserId,
    given: &[(ConsentKind, bool)],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let rows: Vec<_> = given
        .iter()
        .map(|(kind, granted)| {
            (
                consents::user_id.eq(user),
                consents::kind.eq(kind.as_str()),
                consents::granted.eq(*granted),
                consents::text_version.eq(TEXT_VERSION),
                consents::at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(consents::table).values(rows).execute(tx).await?;
    Ok(())
}
