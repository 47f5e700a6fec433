//! Serves `/api/utils/check-nip`.

use actix_web::web::Data;
use chrono::NaiveDate;
use http_kit::{ApiResult, Body, Envelope, Failure, Fields, Public, Reply};
use kernel::id::CompanyId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Company;
use crate::{UserService, ports::TaxRecord};

/// A company, as its accounts show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompanyResponse {
    id: CompanyId,
    name: String,
    #[schema(example = "5260250274")]
    nip: String,
    /// In how many days after an order it may pay by transfer; empty when it may not.
    payment_term_days: Vec<u16>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckNipRequest {
    /// Ten digits; dashes and spaces are dropped.
    #[schema(example = "526-025-02-74")]
    nip: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckNipResponse {
    nip: String,
    company_name: String,
    /// The register's word: `Czynny`.
    status_vat: &'static str,
    regon: Option<String>,
    krs: Option<String>,
    address: Option<String>,
    registration_date: Option<NaiveDate>,
}

/// Look a company up in the tax register.
///
/// 404 when the register does not know the number; 409 `VAT_NOT_ACTIVE` when the company does not pay VAT, with the
/// same data in `params`; 503 when the register does not answer.
#[utoipa::path(
    post, path = "/api/utils/check-nip", tag = "user", operation_id = "checkNip",
    request_body = CheckNipRequest,
    responses(
        (status = 200, body = Envelope<CheckNipResponse>),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure, description = "The register does not answer."),
    ),
)]
pub(crate) async fn check_nip(
    _: Public,
    users: Data<UserService>,
    body: Body<CheckNipRequest>,
) -> ApiResult<CheckNipResponse> {
    let mut fields = Fields::default();
    let nip = fields.take("nip", body.value.nip.parse());
    let nip = fields.finish(|| nip)?;
    Ok(Reply::ok(users.check_nip(&nip).await?.into()))
}

impl From<&Company> for CompanyResponse {
    fn from(company: &Company) -> Self {
        Self {
            id: company.id,
            name: company.name.clone(),
            nip: company.nip.clone(),
            payment_term_days: company.payment_term_days.clone(),
        }
    }
}

impl From<TaxRecord> for CheckNipResponse {
    fn from(record: TaxRecord) -> Self {
        Self {
            nip: record.nip,
            company_name: record.name,
            status_vat: record.vat_status.as_str(),
            regon: record.regon,
            krs: record.krs,
            address: record.address,
            registration_date: record.registered_on,
        }
    }
}
