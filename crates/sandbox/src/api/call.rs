//! What every API call goes through: the key, the idempotency store, the work, the record.

use std::io;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use serde_json::Value;

use crate::account::Account;
use crate::call_log::Call;
use crate::error::{ApiError, Stored};
use crate::event::Cause;
use crate::faults::Trouble;
use crate::form::Form;
use crate::idempotency::{Kept, Seen, fingerprint};
use crate::state::State;
use crate::world;

/// Who may make a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    SecretKey,
    /// Also the publishable key, as Stripe.js has it, together with the intent's client secret.
    ClientSecret,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Server,
    Browser,
}

pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    /// The object named in the path, empty if it names none.
    pub(super) object: String,
    /// `Stripe-Version`, empty if there is none.
    pub(super) version: String,
    /// `http://127.0.0.1:12111`, as the caller names it.
    pub(super) base: String,
    pub(super) caller: Caller,
    pub(super) form: Form,
    pub(super) cause: Cause,
}

struct Reply {
    status: u16,
    body: String,
    /// The request whose stored answer this is.
    original: Option<String>,
}

pub(super) async fn call(
    account: &Account,
    http: &HttpRequest,
    body: &Bytes,
    access: Access,
    work: impl FnOnce(&mut State, &Request) -> Result<Value, ApiError>,
) -> HttpResponse {
    let request_id = world::id("req_", 14);
    let form = if http.method() == "GET" { http.query_string().as_bytes() } else { body };
    let form = Form::parse(form);
    let key = idempotency_key(http);
    let mut log = Call {
        method: http.method().to_string(),
        path: http.path().to_owned(),
        idempotency_key: key.as_ref().ok().cloned().flatten(),
        parameters: form.as_ref().map(recorded).unwrap_or_default(),
        status: 0,
        replayed: false,
    };
    let request = form.and_then(|form| {
        let caller = authenticate(account, http, &form, access)?;
        let cause = Cause { request_id: Some(request_id.clone()), idempotency_key: key? };
        let object = http.match_info().get("id").unwrap_or_default().to_owned();
        let version = header(http, "stripe-version").unwrap_or_default().to_owned();
        let (method, path) = (log.method.clone(), log.path.clone());
        let base = format!("http://{}", header(http, "host").unwrap_or_default());
        Ok(Request { method, path, object, version, base, caller, form, cause })
    });
    let trouble = account.with(|state| state.faults.strike(&log.method, &log.path));
    let reply = account.with(|state| {
        let request = match trouble {
            Some(Trouble::Status { status }) => Err(ApiError::out_of_order(status)),
            _ => request,
        };
        let reply = request.and_then(|request| answer(state, &request, &request_id, work));
        let reply = reply.unwrap_or_else(|error| Reply::refusal(&error));
        log.status = reply.status;
        log.replayed = reply.original.is_some();
        state.record_call(log);
        reply
    });
    // Also for readers and repeated requests: nobody may see what a restart would not remember.
    account.settled().await;
    match trouble {
        Some(Trouble::Delay { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(Trouble::Lost) => {
            let gone =
                stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset)) });
            return HttpResponse::Ok().streaming(gone);
        }
        Some(Trouble::Confused) => return HttpResponse::Ok().body("<html>Bad gateway</html>"),
        Some(Trouble::Status { .. }) | None => {}
    }
    reply.respond(&request_id, http)
}

/// One lock is held from the question to the stored answer, so of two requests at once with one key
/// the second finds the answer of the first.
fn answer(
    state: &mut State,
    request: &Request,
    request_id: &str,
    work: impl FnOnce(&mut State, &Request) -> Result<Value, ApiError>,
) -> Result<Reply, ApiError> {
    let Some(key) = request.cause.idempotency_key.as_deref() else {
        return work(state, request).map(|value| Reply::success(&value));
    };
    let fingerprint = fingerprint(&request.path, &request.form);
    match state.answers.seen(key, &fingerprint) {
        Seen::Never => {}
        Seen::WithOtherParameters => return Err(ApiError::idempotency_mismatch(key)),
        Seen::Before(kept) => {
            let original = Some(kept.request_id.clone());
            return Ok(Reply { status: kept.status, body: kept.body.clone(), original });
        }
    }
    let reply = match work(state, request) {
        Ok(value) => Reply::success(&value),
        Err(error) if error.stored == Stored::Yes => Reply::refusal(&error),
        Err(error) => return Err(error),
    };
    state.answers.add(Kept {
        key: key.to_owned(),
        fingerprint,
        request_id: request_id.to_owned(),
        status: reply.status,
        body: reply.body.clone(),
        created: world::now(),
    });
    state.changed();
    Ok(reply)
}

fn header<'h>(http: &'h HttpRequest, name: &str) -> Option<&'h str> {
    http.headers().get(name)?.to_str().ok()
}

/// Of a `POST`; on other methods the header has no meaning.
fn idempotency_key(http: &HttpRequest) -> Result<Option<String>, ApiError> {
    let Some(key) = http.headers().get("idempotency-key").filter(|_| http.method() == "POST") else {
        return Ok(None);
    };
    let key = key.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
    key.map(|key| Some(key.to_owned())).ok_or_else(ApiError::idempotency_key_too_long)
}

fn authenticate(
    account: &Account,
    http: &HttpRequest,
    form: &Form,
    access: Access,
) -> Result<Caller, ApiError> {
    // Stripe.js sends its key among the parameters.
    let presented = header(http, "authorization").and_then(presented_key);
    let Some(key) = presented.or_else(|| form.peek("key").map(str::to_owned)) else {
        return Err(ApiError::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, \
             using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        ));
    };
    if key == account.secret_key() {
        return Ok(Caller::Server);
    }
    if key != account.publishable_key() {
        let shown: String = key.chars().take(8).collect();
        return Err(ApiError::unauthorized(format!("Invalid API Key provided: {shown}***")));
    }
    match access {
        Access::ClientSecret => Ok(Caller::Browser),
        Access::SecretKey => Err(ApiError::secret_key_required()),
    }
}

/// `Bearer sk_…`, or `Basic` with the key as the name and no password, as curl's `-u sk_…:` sends it.
fn presented_key(header: &str) -> Option<String> {
    let (scheme, value) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = String::from_utf8(decode_base64(value.trim())?).ok()?;
    credentials.split(':').next().map(str::to_owned)
}

/// Enough of base64 for a header: no crate is worth the six lines.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for letter in text.trim_end_matches('=').bytes() {
        let value = u32::try_from(ALPHABET.iter().position(|known| *known == letter)?).ok()?;
        (held, bits) = ((held << 6 | value) & 0xFFFF, bits + 6);
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

fn recorded(form: &Form) -> Vec<(String, String)> {
    form.pairs().iter().filter(|(name, _)| name != "key").cloned().collect()
}

impl Reply {
    fn success(value: &Value) -> Self {
        Self { status: 200, body: format!("{value:#}"), original: None }
    }

    fn refusal(error: &ApiError) -> Self {
        Self { status: error.status, body: format!("{:#}", error.body()), original: None }
    }

    fn respond(self, request_id: &str, http: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response.content_type("application/json").insert_header(("request-id", request_id));
        for echoed in ["idempotency-key", "stripe-version"] {
            if let Some(value) = http.headers().get(echoed) {
                response.insert_header((echoed, value.clone()));
            }
        }
        if let Some(original) = self.original {
            response.insert_header(("idempotent-replayed", "true"));
            response.insert_header(("original-request", original));
        }
        response.body(self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::presented_key;

    #[test]
    fn the_key_is_read_from_bearer_and_from_basic() {
        assert_eq!(presented_key("Bearer sk_test_1").as_deref(), Some("sk_test_1"));
        assert_eq!(presented_key("Basic c2tfdGVzdF8xOg==").as_deref(), Some("sk_test_1"));
        assert_eq!(presented_key("Basic c2tfdGVzdF8xMjo=").as_deref(), Some("sk_test_12"));
        assert_eq!(presented_key("Digest x"), None);
    }
}
