//! Preferences and consents in PostgreSQL.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::id::UserId;

use super::{Consent, ConsentKind, Consents, Notifications, Preferences, TEXT_VERSION};
use crate::schema::{consents, users};

/// Appends what was said.
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
    if rows.is_empty() {
        return Ok(());
    }
    diesel::insert_into(consents::table).values(rows).execute(tx).await?;
    Ok(())
}

/// `None` when there is no such user.
pub(crate) async fn find_preferences(conn: &mut Tx, user: UserId) -> QueryResult<Option<Preferences>> {
    let ways: Option<(bool, bool, bool)> = users::table
        .filter(users::id.eq(user).and(users::anonymised_at.is_null()))
        .select((users::notify_sms, users::notify_push, users::notify_email))
        .first(conn)
        .await
        .optional()?;
    let Some((sms, push, email)) = ways else { return Ok(None) };
    let last: Vec<(String, bool)> = consents::table
        .filter(consents::user_id.eq(user))
        .distinct_on(consents::kind)
        .order((consents::kind, consents::position.desc()))
        .select((consents::kind, consents::granted))
        .load(conn)
        .await?;
    let granted = |kind: ConsentKind| last.iter().any(|(k, granted)| k == kind.as_str() && *granted);
    let consents = Consents {
        marketing: granted(ConsentKind::Marketing),
        analytics: granted(ConsentKind::Analytics),
        partners: granted(ConsentKind::Partners),
    };
    Ok(Some(Preferences { notifications: Notifications { sms, push, email }, consents }))
}

pub(crate) async fn put_notifications(
    tx: &mut Tx,
    user: UserId,
    ways: Notifications,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(users::table.find(user))
        .set((
            users::notify_sms.eq(ways.sms),
            users::notify_push.eq(ways.push),
            users::notify_email.eq(ways.email),
            users::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Everything that was ever said, oldest first.
pub(crate) async fn list_consents(conn: &mut Tx, user: UserId) -> QueryResult<Vec<Consent>> {
    let rows: Vec<(String, bool, String, DateTime<Utc>)> = consents::table
        .filter(consents::user_id.eq(user))
        .order(consents::position)
        .select((consents::kind, consents::granted, consents::text_version, consents::at))
        .load(conn)
        .await?;
    let consent = |(kind, granted, text_version, at)| Consent { kind, granted, text_version, at };
    Ok(rows.into_iter().map(consent).collect())
}
