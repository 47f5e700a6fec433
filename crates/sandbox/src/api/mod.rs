//! The API under `/v1`, in Stripe's wire format.

mod call;
mod customers;
mod events;
mod listing;
mod payment_intents;
mod refunds;

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::account::Account;
use crate::error::ApiError;
use call::{Access, call};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("/v1")
            .configure(payment_intents::routes)
            .configure(events::routes)
            .configure(refunds::routes)
            .configure(customers::routes)
            .default_service(web::to(unrecognized)),
    );
}

async fn unrecognized(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |_, request| {
        Err(ApiError::unrecognized_url(&request.method, &request.path))
    })
    .await
}
