//! SQL of reconciliation.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{
    Limit,
    id::{DifferenceId, OrderId},
};

use super::{Difference, Outcome, Scope, Tally};
use crate::schema::{differences, reconciliations};

/// Writes it down; one that was seen before is seen again.
pub(crate) async fn put_difference(conn: &mut Tx, difference: &Difference) -> QueryResult<()> {
    let outcome = difference.outcome.as_str();
    diesel::insert_into(differences::table)
        .values((
            differences::id.eq(difference.id),
            differences::kind.eq(difference.kind.as_str()),
            differences::subject.eq(&difference.subject),
            differences::order_id.eq(difference.order),
            differences::detail.eq(&difference.detail),
            differences::outcome.eq(outcome),
            differences::found_at.eq(difference.found_at),
            differences::seen_at.eq(difference.found_at),
        ))
        .on_conflict((differences::kind, differences::subject))
        .do_update()
        .set((
            differences::detail.eq(&difference.detail),
            differences::outcome.eq(outcome),
            differences::seen_at.eq(difference.found_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn put_begun(conn: &mut Tx, scope: Scope, now: DateTime<Utc>) -> QueryResult<()> {
    let begun = (
        reconciliations::started_at.eq(now),
        reconciliations::finished_at.eq(None::<DateTime<Utc>>),
        reconciliations::checked.eq(0),
        reconciliations::repaired.eq(0),
        reconciliations::flagged.eq(0),
    );
    diesel::insert_into(reconciliations::table)
        .values((reconciliations::scope.eq(scope.as_str()), begun))
        .on_conflict(reconciliations::scope)
        .do_update()
        .set(begun)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn put_ended(
    conn: &mut Tx,
    scope: Scope,
    tally: &Tally,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(reconciliations::table.find(scope.as_str()))
        .set((
            reconciliations::finished_at.eq(now),
            reconciliations::checked.eq(tally.checked),
            reconciliations::repaired.eq(tally.repaired),
            reconciliations::flagged.eq(tally.flagged),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A difference as people read it.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = differences)]
pub(crate) struct DifferenceRow {
    pub(crate) id: DifferenceId,
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) order_id: Option<OrderId>,
    pub(crate) detail: String,
    pub(crate) outcome: String,
    pub(crate) found_at: DateTime<Utc>,
    pub(crate) seen_at: DateTime<Utc>,
}

/// Newest first; only those that wait for a person when `flagged`.
pub(crate) async fn list_differences(
    conn: &mut Tx,
    flagged: bool,
    before: Option<DifferenceId>,
    limit: Limit,
) -> QueryResult<Vec<DifferenceRow>> {
    // One more tells whether there is another page.
    let limit = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
    let mut wanted = differences::table.order(differences::id.desc()).limit(limit).into_boxed();
    if flagged {
        wanted = wanted.filter(differences::outcome.eq(Outcome::Flagged.as_str()));
    }
    if let Some(before) = before {
        wanted = wanted.filter(differences::id.lt(before));
    }
    wanted.select(DifferenceRow::as_select()).load(conn).await
}

/// How many there are of each kind and outcome.
pub(crate) async fn count_differences(conn: &mut Tx) -> QueryResult<Vec<(String, String, i64)>> {
    differences::table
        .group_by((differences::kind, differences::outcome))
        .select((differences::kind, differences::outcome, diesel::dsl::count_star()))
        .load(conn)
        .await
}

/// A run as people read it.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = reconciliations)]
pub(crate) struct LastRun {
    pub(crate) scope: String,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) finished_at: Option<DateTime<Utc>>,
    pub(crate) checked: i32,
    pub(crate) repaired: i32,
    pub(crate) flagged: i32,
}

pub(crate) async fn list_runs(conn: &mut Tx) -> QueryResult<Vec<LastRun>> {
    reconciliations::table.select(LastRun::as_select()).order(reconciliations::scope).load(conn).await
}
