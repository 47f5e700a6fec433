//! Serves `/api/admin/companies`.

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use http_kit::{ApiResult, Body, Envelope, Failure, Fields, Id, Meta, Page, Permission, Query, Reply, Staff};
use kernel::{Cursor, Nip, Role, id::CompanyId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{Known, MOST_CHOICES, MOST_DAYS, USUAL_DAYS};
use crate::{UserService, company::http::CompanyResponse};

/// Sees which companies there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeeCompanies;

impl Permission for SeeCompanies {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Finance, Role::Support];
}

/// Approves terms of payment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ApproveTerms;

impl Permission for ApproveTerms {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Finance];
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompaniesQuery {
    /// Only the company with this tax number.
    nip: Option<String>,
    /// Items a page, 1 to 100; 20 when not given.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `meta.nextCursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PutTermsRequest {
    /// Whether the company may pay by transfer.
    approved: bool,
    /// In how many days after an order: any of these. 7, 14 and 21 when not given.
    #[schema(example = json!([7, 14]), min_items = 1, max_items = 10)]
    payment_term_days: Option<Vec<u16>>,
}

/// A company, as the shop's people see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminCompany {
    #[serde(flatten)]
    company: CompanyResponse,
    created_at: DateTime<Utc>,
}

/// Companies with accounts, the latest first.
#[utoipa::path(
    get, path = "/api/admin/companies", tag = "administration", operation_id = "adminListCompanies",
    params(CompaniesQuery),
    responses((status = 200, body = Envelope<Vec<AdminCompany>>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn list(
    _: Staff<SeeCompanies>,
    users: Data<UserService>,
    query: Query<CompaniesQuery>,
) -> ApiResult<Vec<AdminCompany>> {
    let CompaniesQuery { nip, limit, cursor } = query.0;
    let mut fields = Fields::default();
    let nip = nip.map(|nip| fields.take("nip", nip.parse::<Nip>()));
    fields.finish(|| Some(()))?;
    let (limit, cursor) = Page { limit, cursor }.parse()?;
    let before = cursor.map(|c| c.decode().ok_or_else(Page::bad_cursor)).transpose()?;
    let nip = nip.flatten();
    let mut found = users.list_companies(nip.as_ref().map(Nip::as_str), before, limit).await?;
    let more = found.len() > limit.get();
    found.truncate(limit.get());
    let next = found.last().filter(|_| more).map(|last| Cursor::encode(&last.company.id));
    Ok(Reply::ok(found.iter().map(AdminCompany::from).collect()).with(Meta::page(next.as_ref(), None)))
}

/// Approve a company's terms of payment, or take them back. Orders that are there stay as they are.
#[utoipa::path(
    put, path = "/api/admin/companies/{id}/terms", tag = "administration", operation_id = "putCompanyTerms",
    params(("id" = CompanyId, Path)),
    request_body = PutTermsRequest,
    responses((status = 200, body = Envelope<AdminCompany>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn put_terms(
    staff: Staff<ApproveTerms>,
    users: Data<UserService>,
    id: Id<CompanyId>,
    body: Body<PutTermsRequest>,
) -> ApiResult<AdminCompany> {
    let days = body.value.parse()?;
    let known = users.put_terms(staff.member.actor, id.0, &days).await?;
    Ok(Reply::ok(AdminCompany::from(&known)))
}

impl PutTermsRequest {
    fn parse(self) -> Result<Vec<u16>, http_kit::ApiError> {
        let mut fields = Fields::default();
        let mut days = match (self.approved, self.payment_term_days) {
            (true, given) => given.unwrap_or_else(|| USUAL_DAYS.to_vec()),
            (false, None) => Vec::new(),
            (false, Some(_)) => {
                fields.refuse("paymentTermDays", "UNKNOWN");
                Vec::new()
            }
        };
        days.sort_unstable();
        days.dedup();
        if days.iter().any(|days| !(1..=MOST_DAYS).contains(days)) {
            fields.refuse_between("paymentTermDays", json!(1), json!(MOST_DAYS));
        } else if self.approved && !(1..=MOST_CHOICES).contains(&days.len()) {
            fields.refuse("paymentTermDays", "INVALID");
        }
        fields.finish(|| Some(days))
    }
}

impl From<&Known> for AdminCompany {
    fn from(known: &Known) -> Self {
        Self { company: CompanyResponse::from(&known.company), created_at: known.created_at }
    }
}
