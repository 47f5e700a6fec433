//! `GET /v1/events` and one event.

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::call::{Access, Request, call};
use super::listing::Page;
use crate::account::Account;
use crate::error::ApiError;
use crate::event::Event;
use crate::state::State;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/events", web::get().to(list)).route("/events/{id}", web::get().to(retrieve));
}

async fn list(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, page).await
}

async fn retrieve(account: Data<Account>, http: HttpRequest, body: Bytes) -> HttpResponse {
    call(&account, &http, &body, Access::SecretKey, |state, request| {
        let event = state.events.get(&request.object);
        event.map(Event::wire).ok_or_else(|| ApiError::no_such("event", &request.object, "id"))
    })
    .await
}

fn page(state: &mut State, request: &Request) -> Result<Value, ApiError> {
    let mut reader = request.form.reader();
    let page = Page::read(&mut reader)?;
    let mut kinds = reader.list("types");
    kinds.extend(reader.text("type"));
    reader.finish(&["delivery_success", "expand"])?;
    let wanted = |event: &Event| kinds.is_empty() || kinds.iter().any(|kind| names(kind, event.kind.name()));
    page.of(&state.events, "event", wanted, Event::wire)
}

/// `payment_intent.*` names every event of an intent.
fn names(pattern: &str, kind: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == kind, |start| kind.starts_with(start))
}
