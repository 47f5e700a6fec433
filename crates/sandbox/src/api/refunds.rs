//! `/v1/refunds` and `/v1/disputes`.

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::call::{Access, call};
use super::listing::Page;
use crate::account::Account;
use crate::dispute::Dispute;
use crate::draft;
use crate::error::ApiError;
use crate::refund::{NewRefund, Refund};

const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];
/// Stripe knows these, the stand-in does not.
const UNSUPPORTED: [&str; 4] = ["charge", "expand", "instructions_email", "reverse_transfer"];

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/refunds", web::post().to(create))
        .route("/refunds", web::get().to(list))
        .route("/refunds/{id}", web::get().to(retrieve))
        .route("/disputes", web::get().to(list_disputes));
}

async fn create(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let mut reader = request.form.reader();
        let intent = reader.required("payment_intent")?.to_owned();
        let amount = reader.integer("amount")?;
        let reason = reader.text("reason").map(str::to_owned);
        let metadata = draft::metadata(&mut reader)?;
        reader.finish(&UNSUPPORTED)?;
        if let Some(reason) = reason.as_deref().filter(|reason| !REASONS.contains(reason)) {
            let message = format!("Invalid reason: {reason} must be one of {}", REASONS.join(", "));
            return Err(ApiError::parameter("reason", "parameter_invalid", message));
        }
        state.refund(NewRefund { intent, amount, reason, metadata }, &request.cause)
    })
    .await
}

async fn list(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let mut reader = request.form.reader();
        let page = Page::read(&mut reader)?;
        let intent = reader.text("payment_intent");
        reader.finish(&["charge", "expand"])?;
        let wanted = |refund: &Refund| intent.is_none_or(|intent| refund.intent == intent);
        page.of(&state.refunds, "refund", wanted, Refund::wire)
    })
    .await
}

async fn retrieve(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let refund = state.refunds.get(&request.object);
        refund.map(Refund::wire).ok_or_else(|| ApiError::no_such("refund", &request.object, "id"))
    })
    .await
}

async fn list_disputes(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let mut reader = request.form.reader();
        let page = Page::read(&mut reader)?;
        let intent = reader.text("payment_intent");
        reader.finish(&["charge", "expand"])?;
        let wanted = |dispute: &Dispute| intent.is_none_or(|intent| dispute.intent == intent);
        page.of(&state.disputes, "dispute", wanted, Dispute::wire)
    })
    .await
}
