//! Extractors and envelopes, through a small actix application.

mod answers;
mod requests;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::HeaderMap,
    middleware::{Next, from_fn},
    test::{TestRequest, call_service, init_service, read_body},
    web::{Bytes, Data},
};
use async_trait::async_trait;
use chrono::DateTime;
use kernel::{
    DomainError, ErrorKind, Language, Params, UserType,
    id::{OrderId, SessionId, UserId},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Admission, Admit, Admitting, ApiError, ApiResult, Authenticate, Body, Caller, Counted, CurrentUser,
    Customer, Id, Lang, Limit, MaybeCustomer, Messages, Public, Query, Rendered, Reply, RequestContext,
    RequestId, Routes, StoredLanguage, failures, serve,
};

const USER: UserId = UserId(Uuid::from_u128(7));

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Basket {
    owner_name: String,
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Part {
    size: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    limit: Option<u32>,
    q: Option<String>,
}

async fn echo(_: Public, body: Body<Basket>) -> ApiResult<Basket> {
    Ok(Reply::created(body.value))
}

async fn list(_: Public, filter: Query<Filter>) -> ApiResult<Value> {
    Ok(Reply::ok(json!([filter.0.limit, filter.0.q])))
}

async fn one(_: Public, id: Id<OrderId>) -> ApiResult<OrderId> {
    Ok(Reply::ok(id.0))
}

async fn who(caller: MaybeCustomer) -> ApiResult<Option<UserId>> {
    Ok(Reply::ok(caller.0.map(|customer| customer.user)))
}

async fn mine(user: CurrentUser, language: Lang) -> ApiResult<Value> {
    Ok(Reply::ok(json!([user.0.user, language.0])))
}

async fn fail(_: Public, kind: Data<Mutex<ErrorKind>>) -> ApiResult<()> {
    Err(Broken(*kind.lock().unwrap()).into())
}

async fn page(_: Public, req: HttpRequest, rendered: Data<Rendered>) -> Result<HttpResponse, ApiError> {
    Ok(serve(&req, &rendered, "public, max-age=60"))
}

fn routes() -> Routes {
    Routes::new()
        .post("/baskets", Limit::Default, echo)
        .get("/baskets", Limit::Default, list)
        .get("/baskets/{id}", Limit::Default, one)
        .get("/who", Limit::Default, who)
        .get("/mine", Limit::Orders, mine)
        .get("/fail", Limit::None, fail)
        .get("/page", Limit::None, page)
}

/// Fails as it is told to, and gives too much away.
#[derive(Debug, thiserror::Error)]
#[error("select * from secrets")]
struct Broken(ErrorKind);

impl DomainError for Broken {
    fn kind(&self) -> ErrorKind {
        self.0
    }
    fn code(&self) -> &'static str {
        "BROKEN"
    }
    fn params(&self) -> Params {
        Params::from_iter([("max".to_owned(), 9.into())])
    }
}

/// Knows one good token, and one that nobody can judge.
struct Judge;

#[async_trait]
impl Authenticate for Judge {
    async fn authenticate(&self, token: &str) -> Caller {
        match token {
            "good" => {
                let session = SessionId(Uuid::from_u128(8));
                Caller::Customer(Customer { user: USER, session, user_type: UserType::Individual })
            }
            "unjudged" => Caller::Unjudged,
            _ => Caller::Refused,
        }
    }
}

/// Says every code in every language, with its parameters.
struct Words;

impl Messages for Words {
    fn message(&self, language: Language, code: &str, params: &Params) -> Option<String> {
        let params = json!(params);
        (code != "METHOD_NOT_ALLOWED").then(|| format!("{code} in {} {params}", language.code()))
    }
}

/// Everybody prefers Polish.
struct Polish;

#[async_trait]
impl StoredLanguage for Polish {
    async fn language_of(&self, _: UserId) -> Option<Language> {
        Some(Language::Pl)
    }
}

/// Lets so many through, and writes down who asked.
#[derive(Default)]
struct Meter {
    left: AtomicU32,
    asked: Mutex<Vec<(Limit, String)>>,
}

impl Admit for Meter {
    fn admit(&self, limit: Limit, counted: Counted) -> Admitting<'_> {
        self.asked.lock().unwrap().push((limit, counted.to_string()));
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        let (allowed, remaining) = (left.is_ok(), left.unwrap_or(0).saturating_sub(1));
        let admission = Admission { allowed, limit: 2, remaining, reset_secs: 30, retry_after_secs: 15 };
        Admitting::Left(std::future::ready(Some(admission)))
    }
}

/// What the gateway puts on a request before the routes see it.
async fn enter<B: MessageBody>(req: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let given = req.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let id = RequestId::accept_or_make(given.as_deref(), DateTime::default());
    RequestContext::new(id, Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)))).attach(&req);
    next.call(req).await
}

/// A small site, and what its parts were told to do.
struct Site {
    meter: Option<Arc<Meter>>,
    failure: ErrorKind,
    rendered: Rendered,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Site {
    fn new() -> Self {
        let rendered = Rendered::new("milk", None::<crate::Meta>).unwrap();
        Self { meter: None, failure: ErrorKind::Internal, rendered }
    }

    async fn ask(&self, request: TestRequest) -> Answer {
        let (judge, words): (Arc<dyn Authenticate>, Arc<dyn Messages>) = (Arc::new(Judge), Arc::new(Words));
        let polish: Arc<dyn StoredLanguage> = Arc::new(Polish);
        let mut app = App::new()
            .app_data(Data::from(judge))
            .app_data(Data::from(words))
            .app_data(Data::from(polish))
            .app_data(Data::new(Mutex::new(self.failure)))
            .app_data(Data::new(self.rendered.clone()));
        if let Some(meter) = &self.meter {
            let meter: Arc<dyn Admit> = meter.clone();
            app = app.app_data(Data::from(meter));
        }
        let app = app.wrap(from_fn(failures)).wrap(from_fn(enter)).configure(|cfg| routes().mount(cfg));
        let res = call_service(&init_service(app).await, request.to_request()).await;
        let (status, headers) = (res.status().as_u16(), res.headers().clone());
        Answer { status, headers, body: read_body(res).await }
    }

    async fn get(&self, uri: &str, headers: &[(&'static str, &str)]) -> Answer {
        let mut request = TestRequest::get().uri(uri);
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        self.ask(request).await
    }

    async fn post(&self, content_type: &str, body: impl Into<Bytes>) -> Answer {
        let request = TestRequest::post().uri("/baskets").set_payload(body);
        self.ask(request.insert_header(("content-type", content_type))).await
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and code of a refusal.
    fn refusal(&self) -> (u16, String) {
        let told = self.json();
        assert_eq!(told["success"], json!(false), "{told}");
        (self.status, told["error"]["code"].as_str().unwrap().to_owned())
    }

    /// The one field it is about, and what is wrong with it.
    fn field(&self) -> (String, String) {
        let told = self.json();
        assert_eq!(self.refusal(), (422, "VALIDATION_FAILED".to_owned()), "{told}");
        let fields = told["error"]["fields"].as_array().unwrap();
        assert_eq!(fields.len(), 1, "{told}");
        let text = |name: &str| fields[0][name].as_str().unwrap().to_owned();
        (text("field"), text("code"))
    }
}
