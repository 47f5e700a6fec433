//! One answer for one `Idempotency-Key`.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use actix_web::{
    body::to_bytes,
    http::{StatusCode, header::CONTENT_TYPE},
    web::Bytes,
};
use async_trait::async_trait;
use futures_util::future::{Ready, ready};
use kernel::{ErrorKind, PortError};
use tokio::sync::Notify;
use tracing::Instrument as _;
use uuid::Uuid;

use super::Broken;
use crate::{
    Answers, ApiError, Claimed, Given, KeyedRequest, Reply, Turn, idempotency::once_within, once, once_seen,
};

const ID: Uuid = Uuid::from_u128(42);
const WORK: Claimed = Claimed::Work(Turn::First(ID));

/// Answers a claim as the test says, and writes down what it was told.
struct Notebook {
    claimed: Claimed,
    /// What somebody else had kept meanwhile.
    earlier: Option<Given>,
    away: AtomicBool,
    told: Mutex<Vec<String>>,
    kept: Notify,
}

impl Notebook {
    fn with(claimed: Claimed) -> Arc<Self> {
        Arc::new(Self::new(claimed, None))
    }

    fn new(claimed: Claimed, earlier: Option<Given>) -> Self {
        let (away, told) = (AtomicBool::new(false), Mutex::default());
        Self { claimed, earlier, away, told, kept: Notify::new() }
    }

    fn note(&self, what: String) -> Result<(), PortError> {
        self.told.lock().unwrap().push(what);
        self.kept.notify_one();
        if self.away.load(Ordering::Relaxed) {
            return Err(PortError::new("answers", Broken(ErrorKind::Unavailable)));
        }
        Ok(())
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

#[async_trait]
impl Answers for Notebook {
    async fn claim(&self, _: &KeyedRequest) -> Result<Claimed, PortError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(PortError::new("answers", Broken(ErrorKind::Unavailable)));
        }
        Ok(self.claimed.clone())
    }
    async fn is_known(&self, _: &KeyedRequest) -> Result<bool, PortError> {
        Ok(!matches!(self.claimed, Claimed::Work(Turn::First(_))))
    }
    async fn keep(&self, request: &KeyedRequest, answer: &Given) -> Result<Option<Given>, PortError> {
        let Given { status, body } = answer;
        self.note(format!("keep {} {} {status} {body}", request.scope, request.key))?;
        Ok(self.earlier.clone())
    }
    async fn forget(&self, _: &KeyedRequest) -> Result<(), PortError> {
        self.note("forget".to_owned())
    }
    async fn reopen(&self, _: &KeyedRequest) -> Result<(), PortError> {
        self.note("reopen".to_owned())
    }
}

fn request() -> KeyedRequest {
    KeyedRequest { scope: "orders.place:7".to_owned(), key: "k".to_owned(), body: Bytes::from_static(b"{}") }
}

/// Asks with work that makes `result`; the answer's status and body, or the refusal.
async fn ask(
    answers: &Arc<Notebook>,
    result: Result<Reply<Uuid>, ApiError>,
) -> Result<(u16, Bytes), ApiError> {
    let answered = once(answers.clone(), request(), move |turn| async move {
        assert_eq!(turn, Turn::First(ID));
        result
    });
    let response = answered.await?;
    assert_eq!(response.headers().get(CONTENT_TYPE).unwrap(), "application/json");
    let status = response.status().as_u16();
    Ok((status, to_bytes(response.into_body()).await.unwrap()))
}

#[actix_web::test]
async fn a_fresh_request_is_worked_on_and_its_answer_is_kept_as_it_was_sent() {
    let answers = Notebook::with(WORK);
    let (status, body) = ask(&answers, Ok(Reply::created(ID))).await.unwrap();
    assert_eq!((status, &body[..]), (201, format!(r#"{{"success":true,"data":"{ID}"}}"#).as_bytes()));
    let sent = String::from_utf8(body.to_vec()).unwrap();
    assert_eq!(answers.told(), [format!("keep orders.place:7 k 201 {sent}")]);
}

#[actix_web::test]
async fn a_repetition_gets_the_kept_bytes_without_any_work() {
    let answers = Notebook::with(Claimed::Done(Given { status: 202, body: "{ \"as\" :1}".to_owned() }));
    let response =
        once::<(), _>(answers.clone(), request(), |_| async { panic!("worked again") }).await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    assert_eq!(to_bytes(response.into_body()).await.unwrap(), "{ \"as\" :1}");
    assert!(answers.told().is_empty());
}

fn refused() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "TOO_LATE")
}

#[actix_web::test]
async fn what_a_look_refuses_is_written_nowhere() {
    let answers = Notebook::with(WORK);
    let look = async { Err::<(), _>(ready(refused())) };
    let work = |_, _| async { panic!("worked") };
    let refused = once_seen::<_, _, (), _>(answers.clone(), request(), look, work).await.unwrap_err();
    assert_eq!((refused.status, refused.code), (StatusCode::CONFLICT, "TOO_LATE"));
    assert!(answers.told().is_empty());
}

#[actix_web::test]
async fn a_key_that_is_known_is_answered_or_worked_on_whatever_a_look_says() {
    let done = Notebook::with(Claimed::Done(Given { status: 201, body: "{}".to_owned() }));
    let look = async { Err::<(), _>(ready(refused())) };
    let work = |_, _| async { panic!("worked again") };
    let response = once_seen::<_, _, (), _>(done, request(), look, work).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);

    let begun = Notebook::with(Claimed::Work(Turn::Again(ID)));
    let look = async { Err::<(), _>(ready(refused())) };
    let response = once_seen(begun, request(), look, |turn, seen| async move {
        assert_eq!((turn, seen), (Turn::Again(ID), None));
        Ok(Reply::created(()))
    });
    assert_eq!(response.await.unwrap().status(), StatusCode::CREATED);
}

/// The key is as far away as what could not be seen.
#[actix_web::test]
async fn a_look_that_failed_waits_for_no_key() {
    let answers = Notebook::with(Claimed::Done(Given { status: 201, body: "{}".to_owned() }));
    let unseen = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");
    let look = async { Err::<(), _>(ready(unseen)) };
    let work = |_, _| async { panic!("worked") };
    let failed = once_seen::<_, _, (), _>(answers, request(), look, work).await.unwrap_err();
    assert_eq!(failed.code, "UNAVAILABLE");
}

#[actix_web::test]
async fn the_work_is_given_what_was_seen() {
    let response = once_seen(
        Notebook::with(WORK),
        request(),
        async { Ok::<_, Ready<ApiError>>("a cart") },
        |_, seen| async move { Ok(Reply::created(seen)) },
    );
    let body = to_bytes(response.await.unwrap().into_body()).await.unwrap();
    assert_eq!(body, r#"{"success":true,"data":"a cart"}"#);
}

#[actix_web::test]
async fn a_key_that_runs_or_was_used_otherwise_is_refused_without_any_work() {
    for (claimed, status, code, waits) in [
        (Claimed::Running, StatusCode::CONFLICT, "REQUEST_IN_PROGRESS", true),
        (Claimed::Reused, StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED", false),
    ] {
        let answers = Notebook::with(claimed);
        let refused =
            once::<(), _>(answers.clone(), request(), |_| async { panic!("worked") }).await.unwrap_err();
        assert_eq!((refused.status, refused.code, refused.retry_after.is_some()), (status, code, waits));
        assert!(answers.told().is_empty());
    }
}

#[actix_web::test]
async fn a_refusal_forgets_the_key_and_a_failure_of_ours_reopens_it() {
    for (kind, told) in [
        (ErrorKind::Conflict, "forget"),
        (ErrorKind::Invalid, "forget"),
        (ErrorKind::NotFound, "forget"),
        (ErrorKind::Unavailable, "reopen"),
        (ErrorKind::Internal, "reopen"),
    ] {
        let answers = Notebook::with(WORK);
        let refused = ask(&answers, Err(Broken(kind).into())).await.unwrap_err();
        assert_eq!(refused.is_server_error(), told == "reopen");
        assert_eq!(answers.told(), [told]);
    }
}

#[actix_web::test]
async fn nothing_is_begun_while_answers_cannot_be_kept() {
    let answers = Notebook::with(WORK);
    answers.away.store(true, Ordering::Relaxed);
    let refused =
        once::<(), _>(answers.clone(), request(), |_| async { panic!("worked") }).await.unwrap_err();
    assert_eq!((refused.status, refused.retry_after.is_some()), (StatusCode::SERVICE_UNAVAILABLE, true));
}

#[actix_web::test]
async fn an_answer_that_could_not_be_kept_is_not_given() {
    let answers = Notebook::with(WORK);
    let failing = answers.clone();
    let refused = once(answers.clone(), request(), move |_| async move {
        failing.away.store(true, Ordering::Relaxed);
        Ok(Reply::created(ID))
    });
    assert_eq!(refused.await.unwrap_err().status, StatusCode::SERVICE_UNAVAILABLE);
}

#[actix_web::test]
async fn work_that_panics_is_a_failure_of_ours_and_no_crash() {
    let answers = Notebook::with(WORK);
    let failed = once::<(), _>(answers, request(), |_| async { panic!("on purpose") }).await.unwrap_err();
    assert_eq!((failed.status, failed.code), (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"));
}

#[actix_web::test]
async fn work_is_finished_for_a_client_that_hung_up() {
    let answers = Notebook::with(WORK);
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at_work, may_end) = (begun.clone(), go.clone());
    let asked = once(answers.clone(), request(), move |_| async move {
        at_work.notify_one();
        may_end.notified().await;
        Ok(Reply::created(ID))
    });
    tokio::select! {
        _ = asked => panic!("it waits for its permission"),
        () = begun.notified() => {}
    }
    // Here the request's future is gone.
    assert!(answers.told().is_empty());
    go.notify_one();
    answers.kept.notified().await;
    assert_eq!(answers.told().len(), 1);
    assert!(answers.told()[0].starts_with("keep "));
}

#[actix_web::test]
async fn whoever_was_overtaken_gives_the_answer_that_was_kept_first() {
    let first = Given { status: 202, body: "the first".to_owned() };
    let answers = Arc::new(Notebook::new(Claimed::Work(Turn::First(ID)), Some(first)));
    let (status, body) = ask(&answers, Ok(Reply::created(ID))).await.unwrap();
    assert_eq!((status, &body[..]), (202, &b"the first"[..]));
}

#[actix_web::test]
async fn work_that_takes_too_long_is_cut_off_and_its_key_reopened() {
    let answers = Notebook::with(WORK);
    let limit = std::time::Duration::from_millis(1);
    let hangs = once_within::<(), _>(limit, answers.clone(), request(), |_| std::future::pending());
    let refused = hangs.await.unwrap_err();
    assert_eq!((refused.status, refused.retry_after.is_some()), (StatusCode::SERVICE_UNAVAILABLE, true));
    assert_eq!(answers.told(), ["reopen"]);
}

#[actix_web::test]
async fn what_the_work_logs_belongs_to_its_request() {
    let _logs = tracing::subscriber::set_default(tracing_subscriber::registry());
    let request_span = tracing::info_span!("request");
    let id = request_span.id();
    let work = once(Notebook::with(WORK), request(), move |_| async move {
        assert_eq!(tracing::Span::current().id(), id);
        Ok(Reply::ok(()))
    });
    assert_eq!(work.instrument(request_span).await.unwrap().status(), StatusCode::OK);
}
