//! `/v1/payment_intents`: make, look at, confirm and cancel an intent.

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::call::{Access, Caller, Request, call};
use super::listing::Page;
use crate::account::Account;
use crate::draft::{self, Version};
use crate::error::ApiError;
use crate::intent::{PaymentIntent, TestCard, Verdict};
use crate::state::State;

/// Stripe knows these, the stand-in does not yet.
const CONFIRM_UNSUPPORTED: [&str; 7] = [
    "confirmation_token",
    "expand",
    "mandate_data",
    "off_session",
    "payment_method_data",
    "payment_method_options",
    "setup_future_usage",
];

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/payment_intents", web::post().to(create))
        .route("/payment_intents", web::get().to(list))
        .route("/payment_intents/{id}", web::get().to(retrieve))
        .route("/payment_intents/{id}/confirm", web::post().to(confirm))
        .route("/payment_intents/{id}/cancel", web::post().to(cancel));
}

async fn create(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let draft = draft::read(&request.form, Version(&request.version))?;
        Ok(state.create(draft, &request.cause))
    })
    .await
}

async fn list(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let mut reader = request.form.reader();
        let page = Page::read(&mut reader)?;
        reader.finish(&["customer", "expand"])?;
        page.of(&state.intents, "payment_intent", |_| true, PaymentIntent::wire)
    })
    .await
}

async fn retrieve(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::ClientSecret, |state, request| {
        let mut reader = request.form.reader();
        let (_, client_secret) = (reader.text("key"), reader.text("client_secret"));
        reader.finish(&["expand"])?;
        let intent = admitted(state, request, client_secret)?;
        Ok(shown(intent, request.caller))
    })
    .await
}

async fn confirm(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::ClientSecret, confirmed).await
}

fn confirmed(state: &mut State, request: &Request) -> Result<Value, ApiError> {
    let mut reader = request.form.reader();
    let (_, client_secret) = (reader.text("key"), reader.text("client_secret"));
    let payment_method = reader.text("payment_method");
    // Where a customer comes back to matters to methods that send them away; a card does not.
    let _ = (reader.text("return_url"), reader.text("use_stripe_sdk"));
    reader.finish(&CONFIRM_UNSUPPORTED)?;

    let intent = admitted(state, request, client_secret)?;
    let Some(name) = payment_method else {
        return Err(intent.unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. Update the \
             PaymentIntent with a payment method and then confirm it again."
                .to_owned(),
        ));
    };
    let known = TestCard::named(name);
    let card = known.ok_or_else(|| ApiError::no_such("PaymentMethod", name, "payment_method"))?;
    if !intent.takes_cards() {
        let message = "The payment method type \"card\" is not allowed by this PaymentIntent.";
        return Err(ApiError::parameter("payment_method", "payment_intent_invalid_parameter", message));
    }
    match card.verdict() {
        Verdict::Approved => state.succeed(&request.object, card.used(), &request.cause)?,
        Verdict::Declined(decline) => {
            state.decline(&request.object, card.used(), decline, &request.cause)?;
            let intent = state.intent(&request.object)?;
            return Err(ApiError::card(&intent.last_payment_error(), shown(intent, request.caller)));
        }
    }
    Ok(shown(state.intent(&request.object)?, request.caller))
}

async fn cancel(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let mut reader = request.form.reader();
        let reason = draft::cancellation_reason(reader.text("cancellation_reason"))?;
        reader.finish(&["expand"])?;
        state.cancel(&request.object, reason, &request.cause)?;
        state.intent(&request.object).map(PaymentIntent::wire)
    })
    .await
}

/// The publishable key alone opens nothing: it is printed in every page of the shop.
fn admitted<'s>(
    state: &'s State,
    request: &Request,
    client_secret: Option<&str>,
) -> Result<&'s PaymentIntent, ApiError> {
    let intent = state.intent(&request.object)?;
    match client_secret {
        None if request.caller == Caller::Server => Ok(intent),
        None => Err(ApiError::missing_parameter("client_secret")),
        Some(secret) if secret == intent.client_secret => Ok(intent),
        Some(_) => Err(ApiError::parameter(
            "client_secret",
            "payment_intent_invalid_parameter",
            "The client_secret provided does not match any associated PaymentIntent.",
        )),
    }
}

fn shown(intent: &PaymentIntent, caller: Caller) -> Value {
    match caller {
        Caller::Server => intent.wire(),
        Caller::Browser => intent.public_wire(),
    }
}
