//! Serves `/api/admin/payments/reconciliation`.

use std::collections::BTreeMap;

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use http_kit::{ApiResult, Envelope, Failure, Meta, Page, Query, Reply, Staff};
use kernel::{
    Cursor, Limit,
    id::{DifferenceId, OrderId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Kind, Outcome,
    store::{self, DifferenceRow, LastRun},
};
use crate::{
    PaymentError, PaymentService,
    admin::http::SeePayments,
    measures::SLOW_REFUND,
    refund::{self, http::RefundResponse},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportQuery {
    /// Only what waits for a person.
    #[param(default = false)]
    flagged: Option<bool>,
    /// Differences a page, 1 to 100; 20 when not given.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `meta.nextCursor` of the page before.
    cursor: Option<String>,
}

/// How our books stand against the provider's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportResponse {
    /// The last run of each kind: `open`, every few minutes, asks about what is not final here; `recent`, every day, goes
    /// through the last three days both ways.
    runs: Vec<RunResponse>,
    /// How many differences were ever found, by kind and by what was done.
    counts: BTreeMap<&'static str, CountResponse>,
    /// Newest first.
    differences: Vec<DifferenceResponse>,
    /// Asked for more than fifteen minutes ago, and nobody knows yet how they ended; the oldest first, at most 100.
    unconfirmed_refunds: Vec<RefundResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunResponse {
    /// `open`, `recent`
    scope: String,
    started_at: DateTime<Utc>,
    /// Nothing while it is at it, or when it could not end.
    finished_at: Option<DateTime<Utc>>,
    checked: i32,
    repaired: i32,
    flagged: i32,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CountResponse {
    repaired: i64,
    flagged: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DifferenceResponse {
    id: DifferenceId,
    /// `behind`: the provider knew more of a payment. `mismatched`: amount, currency, order or livemode are others.
    /// `unknown_here`: the provider has an intent that is none of ours. `unknown_there`: the other way round. `refunds`:
    /// the provider knew more of what went back.
    kind: String,
    /// The provider's id of what it is about.
    subject: String,
    order_id: Option<OrderId>,
    detail: String,
    /// `repaired`, or `flagged`: a person has to look.
    outcome: String,
    found_at: DateTime<Utc>,
    /// When it was last found.
    seen_at: DateTime<Utc>,
}

/// What reconciliation with the payment provider found.
#[utoipa::path(
    get, path = "/api/admin/payments/reconciliation", tag = "administration", operation_id = "getReconciliation",
    params(ReportQuery),
    responses((status = 200, body = Envelope<ReportResponse>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn report(
    _: Staff<SeePayments>,
    payments: Data<PaymentService>,
    query: Query<ReportQuery>,
) -> ApiResult<ReportResponse> {
    let ReportQuery { flagged, limit, cursor } = query.0;
    let (limit, cursor) = Page { limit, cursor }.parse()?;
    let before = cursor.map(|cursor| cursor.decode().ok_or_else(Page::bad_cursor)).transpose()?;
    let (report, next) = payments.report(flagged.unwrap_or_default(), before, limit).await?;
    Ok(Reply::ok(report).with(Meta::page(next.as_ref(), None)))
}

impl PaymentService {
    async fn report(
        &self,
        flagged: bool,
        before: Option<DifferenceId>,
        limit: Limit,
    ) -> Result<(ReportResponse, Option<Cursor>), PaymentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        let mut found = store::list_differences(&mut conn, flagged, before, limit).await?;
        let more = found.len() > limit.get();
        found.truncate(limit.get());
        let next = found.last().filter(|_| more).map(|last| Cursor::encode(&last.id));
        let mut counts: BTreeMap<_, CountResponse> =
            Kind::ALL.iter().map(|kind| (kind.as_str(), CountResponse::default())).collect();
        for (kind, outcome, count) in store::count_differences(&mut conn).await? {
            let Some(of_kind) = counts.get_mut(kind.as_str()) else { continue };
            let place = if outcome == Outcome::Flagged.as_str() {
                &mut of_kind.flagged
            } else {
                &mut of_kind.repaired
            };
            *place = count;
        }
        let slow = refund::store::list_unconfirmed(&mut conn, now - SLOW_REFUND, 100).await?;
        let report = ReportResponse {
            runs: store::list_runs(&mut conn).await?.into_iter().map(RunResponse::from).collect(),
            counts,
            differences: found.into_iter().map(DifferenceResponse::from).collect(),
            unconfirmed_refunds: slow.into_iter().map(RefundResponse::from).collect(),
        };
        Ok((report, next))
    }
}

impl From<LastRun> for RunResponse {
    fn from(run: LastRun) -> Self {
        let LastRun { scope, started_at, finished_at, checked, repaired, flagged } = run;
        Self { scope, started_at, finished_at, checked, repaired, flagged }
    }
}

impl From<DifferenceRow> for DifferenceResponse {
    fn from(found: DifferenceRow) -> Self {
        let DifferenceRow { id, kind, subject, order_id, detail, outcome, found_at, seen_at } = found;
        Self { id, kind, subject, order_id, detail, outcome, found_at, seen_at }
    }
}
