//! A stand-in for the tax register of Poland's Ministry of Finance, beside the one for Stripe.

mod companies;

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Json, Path, Query, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::world;
use companies::COMPANIES;

/// Below it stand the register's own paths: what `NIP_API_BASE` is set to ends in it.
pub(crate) const PATH: &str = "/tax-register";

/// How the register behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    #[default]
    Open,
    /// Answers 503 with a page for people.
    Away,
    /// Answers 200 with what is no answer.
    Confused,
}

/// The register's mood, and which numbers it was asked for.
#[derive(Debug, Default)]
pub(crate) struct TaxRegister(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    mood: Mood,
    asked: Vec<String>,
}

impl TaxRegister {
    pub(crate) fn turn(&self, mood: Mood) {
        self.with(|state| state.mood = mood);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.with(|state| state.asked.clone())
    }

    fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) fn routes(register: Arc<TaxRegister>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::from(register))
            .route(&format!("{PATH}/api/search/nip/{{nip}}"), web::get().to(search))
            .route("/control/tax-register", web::get().to(mood))
            .route("/control/tax-register", web::put().to(turn));
    }
}

#[derive(Deserialize)]
struct On {
    date: Option<String>,
}

async fn search(register: Data<TaxRegister>, nip: Path<String>, on: Query<On>) -> HttpResponse {
    let mood = register.with(|state| {
        state.asked.push(nip.clone());
        state.mood
    });
    match mood {
        Mood::Open => {}
        Mood::Away => return HttpResponse::ServiceUnavailable().body("<html>Przerwa techniczna</html>"),
        Mood::Confused => return HttpResponse::Ok().json(json!({ "result": "?" })),
    }
    if on.date.as_deref().is_none_or(|date| !is_date(date)) {
        return refuse("WL-101", "Pole 'data' nie może być puste.");
    }
    if nip.len() != 10 || !nip.bytes().all(|b| b.is_ascii_digit()) {
        return refuse("WL-113", "Pole 'NIP' ma nieprawidłową długość. Wymagane 10 znaków.");
    }
    let subject = COMPANIES.iter().find(|company| company.nip == *nip).map(companies::Company::wire);
    HttpResponse::Ok().json(json!({ "result": {
        "subject": subject,
        "requestId": world::id("", 13),
        "requestDateTime": "22-07-2026 12:00:00",
    }}))
}

/// `YYYY-MM-DD`, by its shape.
fn is_date(text: &str) -> bool {
    let shaped =
        |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(shaped)
}

fn refuse(code: &str, message: &str) -> HttpResponse {
    HttpResponse::build(StatusCode::BAD_REQUEST).json(json!({ "code": code, "message": message }))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MoodBody {
    mood: Mood,
}

async fn mood(register: Data<TaxRegister>) -> HttpResponse {
    let companies: Vec<Value> = COMPANIES.iter().map(companies::Company::wire).collect();
    let (mood, asked) = register.with(|state| (state.mood, state.asked.clone()));
    HttpResponse::Ok().json(json!({ "mood": mood, "asked": asked, "companies": companies }))
}

async fn turn(register: Data<TaxRegister>, body: Json<MoodBody>) -> HttpResponse {
    register.turn(body.mood);
    HttpResponse::Ok().json(body)
}
