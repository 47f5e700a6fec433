//! The control API: decides what a bank and a customer would decide, and shows what happened.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, Json, Path, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::Account;
use crate::dispute::DisputeStatus;
use crate::error::ApiError;
use crate::event::Cause;
use crate::faults::Fault;
use crate::intent::{Alteration, Decline, PaymentIntent};
use crate::refund::RefundStatus;
use crate::state::State;
use crate::webhook::Target;

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("/control")
            .route("/health", web::get().to(health))
            .route("/payment_intents", web::get().to(intents))
            .route("/payment_intents/{id}/succeed", web::post().to(succeed))
            .route("/payment_intents/{id}/fail", web::post().to(fail))
            .route("/payment_intents/{id}/cancel", web::post().to(cancel))
            .route("/payment_intents/{id}/process", web::post().to(process))
            .route("/payment_intents/{id}/alter", web::post().to(alter))
            .route("/payment_intents/{id}/dispute", web::post().to(dispute))
            .route("/disputes/{id}/close", web::post().to(close_dispute))
            .route("/refunds", web::put().to(direct_refunds))
            .route("/refunds/{id}/settle", web::post().to(settle_refund))
            .route("/faults", web::get().to(faults))
            .route("/faults", web::put().to(direct_faults))
            .route("/calls", web::get().to(calls))
            .route("/calls", web::delete().to(forget_calls))
            .route("/webhooks", web::get().to(webhooks))
            .route("/webhooks", web::put().to(direct_webhooks))
            .route("/webhooks/resend/{event}", web::post().to(resend)),
    );
}

/// How a payment is refused; the usual decline if nothing is said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailRequest {
    #[serde(default = "usual_decline")]
    code: String,
}

fn usual_decline() -> String {
    "card_declined".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisputeRequest {
    #[serde(default = "usual_reason")]
    reason: String,
}

fn usual_reason() -> String {
    "product_not_received".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseRequest {
    status: DisputeStatus,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundRequest {
    status: RefundStatus,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultsRequest {
    faults: Vec<Fault>,
}

async fn health() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

async fn intents(account: Data<Account>) -> HttpResponse {
    account.settled().await;
    let intents =
        account.with(|state| state.intents.newest_first().map(PaymentIntent::wire).collect::<Vec<_>>());
    HttpResponse::Ok().json(json!({ "payment_intents": intents }))
}

async fn succeed(account: Data<Account>, id: Path<String>) -> HttpResponse {
    change(&account, |state| succeed_intent(state, &id)).await
}

async fn fail(account: Data<Account>, id: Path<String>, body: Bytes) -> HttpResponse {
    let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
    change(&account, |state| {
        let request: FailRequest =
            serde_json::from_slice(body).map_err(|error| ApiError::unreadable(error.to_string()))?;
        fail_intent(state, &id, &request.code)
    })
    .await
}

async fn cancel(account: Data<Account>, id: Path<String>) -> HttpResponse {
    change(&account, |state| cancel_intent(state, &id)).await
}

async fn calls(account: Data<Account>) -> HttpResponse {
    account.with(|state| HttpResponse::Ok().json(json!({ "calls": state.calls })))
}

async fn forget_calls(account: Data<Account>) -> HttpResponse {
    account.with(|state| state.calls.clear());
    HttpResponse::NoContent().finish()
}

async fn webhooks(account: Data<Account>) -> HttpResponse {
    HttpResponse::Ok().json(account.with(|state| state.outbox.wire()))
}

async fn direct_webhooks(account: Data<Account>, target: Json<Target>) -> HttpResponse {
    change(&account, |state| {
        direct(state, target.into_inner())?;
        Ok(state.outbox.wire())
    })
    .await
}

async fn process(account: Data<Account>, id: Path<String>) -> HttpResponse {
    change(&account, |state| process_intent(state, &id)).await
}

async fn alter(account: Data<Account>, id: Path<String>, to: Json<Alteration>) -> HttpResponse {
    change(&account, |state| alter_intent(state, &id, to.into_inner())).await
}

async fn dispute(account: Data<Account>, id: Path<String>, body: Bytes) -> HttpResponse {
    let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
    change(&account, |state| {
        let request: DisputeRequest =
            serde_json::from_slice(body).map_err(|error| ApiError::unreadable(error.to_string()))?;
        state.dispute(&id, request.reason)
    })
    .await
}

async fn close_dispute(
    account: Data<Account>,
    id: Path<String>,
    request: Json<CloseRequest>,
) -> HttpResponse {
    change(&account, |state| state.close_dispute(&id, request.status)).await
}

async fn direct_refunds(account: Data<Account>, request: Json<RefundRequest>) -> HttpResponse {
    change(&account, |state| {
        state.refunds_become = request.status;
        state.changed();
        Ok(json!({ "status": request.status }))
    })
    .await
}

async fn settle_refund(
    account: Data<Account>,
    id: Path<String>,
    request: Json<RefundRequest>,
) -> HttpResponse {
    change(&account, |state| state.settle_refund(&id, request.status)).await
}

async fn faults(account: Data<Account>) -> HttpResponse {
    HttpResponse::Ok().json(account.with(|state| json!({ "faults": state.faults.list() })))
}

async fn direct_faults(account: Data<Account>, request: Json<FaultsRequest>) -> HttpResponse {
    let faults = request.into_inner().faults;
    account.with(|state| state.faults.set(faults));
    HttpResponse::NoContent().finish()
}

async fn resend(account: Data<Account>, event: Path<String>) -> HttpResponse {
    change(&account, |state| {
        if state.events.get(&event).is_none() {
            return Err(ApiError::no_such("event", &event, "id"));
        }
        state.changed();
        Ok(state.outbox.enqueue(&event))
    })
    .await
}

pub(crate) fn succeed_intent(state: &mut State, id: &str) -> Result<Value, ApiError> {
    let instrument = state.intent(id)?.instrument();
    state.succeed(id, instrument, &Cause::default())?;
    state.intent(id).map(PaymentIntent::wire)
}

pub(crate) fn fail_intent(state: &mut State, id: &str, code: &str) -> Result<Value, ApiError> {
    let decline = Decline::coded(code).ok_or_else(|| {
        ApiError::parameter("code", "parameter_invalid", format!("The stand-in knows no decline '{code}'."))
    })?;
    let instrument = state.intent(id)?.instrument();
    state.decline(id, instrument, decline, &Cause::default())?;
    state.intent(id).map(PaymentIntent::wire)
}

pub(crate) fn process_intent(state: &mut State, id: &str) -> Result<Value, ApiError> {
    state.process(id, &Cause::default())?;
    state.intent(id).map(PaymentIntent::wire)
}

pub(crate) fn alter_intent(state: &mut State, id: &str, to: Alteration) -> Result<Value, ApiError> {
    let found = state.intents.get_mut(id);
    found.ok_or_else(|| ApiError::no_such("payment_intent", id, "intent"))?.alter(to);
    state.changed();
    state.intent(id).map(PaymentIntent::wire)
}

pub(crate) fn cancel_intent(state: &mut State, id: &str) -> Result<Value, ApiError> {
    state.cancel(id, None, &Cause::default())?;
    state.intent(id).map(PaymentIntent::wire)
}

pub(crate) fn direct(state: &mut State, target: Target) -> Result<(), ApiError> {
    if let Some(url) = target.url.as_deref() {
        check_webhook_url(url).map_err(|message| ApiError::parameter("url", "url_invalid", message))?;
    }
    state.outbox.set_target(target);
    state.changed();
    Ok(())
}

/// The stand-in is built without TLS: it is for a receiver on the same machine.
pub(crate) fn check_webhook_url(url: &str) -> Result<(), String> {
    let parsed = reqwest::Url::parse(url).map_err(|error| format!("{url} is not a URL: {error}"))?;
    if parsed.scheme() == "http" { Ok(()) } else { Err(format!("{url} does not begin with http://")) }
}

async fn change(account: &Account, work: impl FnOnce(&mut State) -> Result<Value, ApiError>) -> HttpResponse {
    let result = account.with(work);
    account.settled().await;
    match result {
        Ok(value) => HttpResponse::Ok().json(value),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            HttpResponse::build(status).json(error.body())
        }
    }
}
