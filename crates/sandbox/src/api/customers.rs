//! `/v1/customers`, `/v1/payment_methods` and `/v1/setup_intents`: saved cards.

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::call::{Access, Caller, Request, call};
use super::listing::Page;
use crate::account::Account;
use crate::customer::{Customer, Saved, SetupIntent};
use crate::draft;
use crate::error::ApiError;
use crate::intent::{TestCard, Verdict};
use crate::state::State;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/customers", web::post().to(create))
        .route("/customers/{id}", web::delete().to(delete))
        .route("/payment_methods", web::get().to(list))
        .route("/payment_methods/{id}/detach", web::post().to(detach))
        .route("/setup_intents", web::post().to(create_setup))
        .route("/setup_intents/{id}/confirm", web::post().to(confirm_setup));
}

async fn create(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let mut reader = request.form.reader();
        let metadata = draft::metadata(&mut reader)?;
        reader.finish(&["email", "expand", "name", "phone"])?;
        let customer = Customer::new(metadata);
        let wire = customer.wire();
        state.customers.add(customer);
        state.changed();
        Ok(wire)
    })
    .await
}

async fn delete(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        if state.customers.get(&request.object).is_none() {
            return Err(ApiError::no_such("customer", &request.object, "id"));
        }
        state.forget_customer(&request.object);
        Ok(json!({ "id": request.object, "object": "customer", "deleted": true }))
    })
    .await
}

async fn list(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let mut reader = request.form.reader();
        let page = Page::read(&mut reader)?;
        let (customer, kind) = (reader.required("customer")?, reader.text("type"));
        reader.finish(&["expand"])?;
        state.customer(customer)?;
        let wanted = |saved: &Saved| {
            saved.customer == customer && kind.is_none_or(|kind| saved.instrument.kind.name() == kind)
        };
        page.of(&state.saved, "payment_method", wanted, Saved::wire)
    })
    .await
}

async fn detach(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let saved = state.saved.remove(&request.object);
        let saved = saved.ok_or_else(|| ApiError::no_such("PaymentMethod", &request.object, "id"))?;
        state.changed();
        Ok(saved.wire())
    })
    .await
}

async fn create_setup(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let mut reader = request.form.reader();
        let customer = reader.required("customer")?.to_owned();
        let (types, _) = (reader.list("allowed_payment_method_types"), reader.text("usage"));
        reader.finish(&["confirm", "expand", "payment_method"])?;
        if types.iter().any(|kind| *kind != "card") {
            let message = "The stand-in saves cards only.";
            return Err(ApiError::parameter("allowed_payment_method_types", "parameter_invalid", message));
        }
        state.customer(&customer)?;
        let setup = SetupIntent::new(customer);
        let wire = setup.wire();
        state.setups.add(setup);
        state.changed();
        Ok(wire)
    })
    .await
}

async fn confirm_setup(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::ClientSecret, confirmed).await
}

fn confirmed(state: &mut State, request: &Request) -> Result<Value, ApiError> {
    let mut reader = request.form.reader();
    let (_, secret) = (reader.text("key"), reader.text("client_secret"));
    let name = reader.required("payment_method")?;
    let _ = (reader.text("return_url"), reader.text("use_stripe_sdk"));
    reader.finish(&["expand", "mandate_data", "payment_method_data", "payment_method_options"])?;
    let found = state.setups.get(&request.object);
    let setup = found.ok_or_else(|| ApiError::no_such("setupintent", &request.object, "intent"))?;
    if request.caller == Caller::Browser && secret != Some(setup.client_secret.as_str()) {
        return Err(ApiError::missing_parameter("client_secret"));
    }
    let card = TestCard::named(name);
    let card = card.ok_or_else(|| ApiError::no_such("PaymentMethod", name, "payment_method"))?;
    if let Verdict::Declined(decline) = card.verdict() {
        return Err(ApiError::parameter("payment_method", &decline.code, decline.message));
    }
    state.save(&request.object, card.used(), &request.cause)?;
    let setup = state.setups.get(&request.object);
    Ok(setup.map(SetupIntent::wire).unwrap_or_default())
}
