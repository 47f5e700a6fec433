//! `/v1/payment_intents`: make, look at, confirm and cancel an intent.

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::call::{Access, Caller, Request, call};
use super::listing::Page;
use crate::account::Account;
use crate::customer::Saved;
use crate::draft::{self, Version};
use crate::error::ApiError;
use crate::intent::{Instrument, Kind, PaymentIntent, Redirect, TestCard, Verdict};
use crate::page;
use crate::state::State;

/// Stripe knows these, the stand-in does not yet.
const CONFIRM_UNSUPPORTED: [&str; 5] =
    ["confirmation_token", "expand", "mandate_data", "off_session", "setup_future_usage"];

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
        state.create(draft, &request.cause)
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
    let (named, kind) = (reader.text("payment_method"), reader.text("payment_method_data[type]"));
    let blik_code = reader.text("payment_method_options[blik][code]");
    let _ = (reader.map("payment_method_data[billing_details]"), reader.text("use_stripe_sdk"));
    let return_url = reader.text("return_url");
    reader.finish(&CONFIRM_UNSUPPORTED)?;

    let intent = admitted(state, request, client_secret)?;
    let (instrument, verdict) = match (named, kind) {
        (Some(name), _) => instrument(state, intent, name)?,
        (None, Some("blik")) => {
            if !blik_code.is_some_and(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())) {
                let param = "payment_method_options[blik][code]";
                let message = "The BLIK code provided is invalid: it has six digits.";
                return Err(ApiError::parameter(param, "payment_intent_invalid_parameter", message));
            }
            (Instrument::new(Kind::Blik), Verdict::AsksTheCustomer)
        }
        (None, Some("p24")) => (Instrument::new(Kind::P24), Verdict::AsksTheCustomer),
        (None, Some(other)) => {
            let message = format!("The payment method type \"{other}\" is invalid.");
            return Err(ApiError::parameter("payment_method_data[type]", "parameter_invalid", message));
        }
        (None, None) => {
            return Err(intent.unexpected_state(
                "You cannot confirm this PaymentIntent because it's missing a payment method. Update the \
                 PaymentIntent with a payment method and then confirm it again."
                    .to_owned(),
            ));
        }
    };
    if !intent.takes(&instrument.kind) {
        let kind = instrument.kind.name();
        let message = format!("The payment method type \"{kind}\" is not allowed by this PaymentIntent.");
        return Err(ApiError::parameter("payment_method", "payment_intent_invalid_parameter", message));
    }
    match verdict {
        Verdict::Approved => state.succeed(&request.object, instrument, &request.cause)?,
        Verdict::AsksTheCustomer => {
            let redirect = redirect(request, &instrument, return_url)?;
            state.require_action(&request.object, (instrument, redirect), &request.cause)?;
        }
        Verdict::Declined(decline) => {
            state.decline(&request.object, instrument, decline, &request.cause)?;
            let intent = state.intent(&request.object)?;
            return Err(ApiError::card(&intent.last_payment_error(), shown(intent, request.caller)));
        }
    }
    Ok(shown(state.intent(&request.object)?, request.caller))
}

/// A test card, or one that the intent's customer saved.
fn instrument(state: &State, intent: &PaymentIntent, name: &str) -> Result<(Instrument, Verdict), ApiError> {
    if let Some(card) = TestCard::named(name) {
        return Ok((card.used(), card.verdict()));
    }
    let hers = |saved: &&Saved| intent.customer() == Some(saved.customer.as_str());
    let saved = state.saved.get(name).filter(hers);
    let saved = saved.ok_or_else(|| ApiError::no_such("PaymentMethod", name, "payment_method"))?;
    Ok((saved.instrument.clone(), Verdict::Approved))
}

/// P24 sends the customer to her bank's page; a card does so where it was told how she comes back.
fn redirect(
    request: &Request,
    instrument: &Instrument,
    return_url: Option<&str>,
) -> Result<Option<Redirect>, ApiError> {
    let url = page::address(&request.base, &request.object);
    match (&instrument.kind, return_url) {
        (Kind::Blik, _) | (Kind::Card { .. }, None) => Ok(None),
        (Kind::P24, None) => Err(ApiError::missing_parameter("return_url")),
        (_, Some(back)) => Ok(Some(Redirect { url, return_url: back.to_owned() })),
    }
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
