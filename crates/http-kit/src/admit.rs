//! Before a handler runs: who is calling, and have they asked too often?

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage as _, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{AUTHORIZATION, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use async_trait::async_trait;

use crate::{Access, ApiError, Authenticate, Caller, Endpoint, JudgeGuests, client};

/// Which count a route's requests go against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// Not counted: health, and what providers send.
    None,
    Default,
    /// Signing in and registering.
    Auth,
    Orders,
    /// What people of the shop do.
    Admin,
}

/// What the count says of one request.
#[derive(Debug, Clone, Copy)]
pub struct Admission {
    pub allowed: bool,
    pub limit: u32,
    pub remaining: u32,
    pub reset_secs: u64,
    pub retry_after_secs: u64,
}

/// Counts requests.
#[async_trait]
pub trait Admit: Send + Sync {
    /// `None` when limits are off.
    async fn admit(&self, limit: Limit, identity: &str) -> Option<Admission>;
}

/// Wraps the route of `endpoint`.
pub(crate) async fn admit<B: MessageBody + 'static>(
    endpoint: Endpoint,
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    req.extensions_mut().insert(endpoint);
    let caller = match endpoint.access {
        Access::Public | Access::SignedByProvider => Caller::Nobody,
        Access::MaybeCustomer | Access::Customer | Access::Registrant | Access::Staff(_) => {
            identify(&req).await
        }
        Access::Guest => known_guest(&req),
    };
    let unjudged = matches!(caller, Caller::Unjudged);
    req.extensions_mut().insert(Arc::new(caller));
    let identity = counted_as(req.request());

    let admission = match (endpoint.limit, req.app_data::<Data<dyn Admit>>()) {
        (Limit::None, _) | (_, None) => None,
        (limit, Some(counter)) => counter.get_ref().admit(limit, &identity).await,
    };
    // A token that nobody here has seen is looked up only after it was counted against the address.
    let unseen = endpoint.access == Access::Guest && unjudged;
    if unseen && admission.is_none_or(|a| a.allowed) {
        let caller = judge_guest(&req).await;
        req.extensions_mut().insert(Arc::new(caller));
    }
    let mut res = match admission {
        Some(a) if !a.allowed => {
            let wait = std::time::Duration::from_secs(a.retry_after_secs);
            req.error_response(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED").retry_after(wait))
        }
        _ => next.call(req).await?.map_into_boxed_body(),
    };
    if let Some(a) = admission {
        let headers = res.headers_mut();
        headers.insert(HeaderName::from_static("ratelimit-limit"), HeaderValue::from(a.limit));
        headers.insert(HeaderName::from_static("ratelimit-remaining"), HeaderValue::from(a.remaining));
        headers.insert(HeaderName::from_static("ratelimit-reset"), HeaderValue::from(a.reset_secs));
    }
    Ok(res)
}

async fn identify(req: &ServiceRequest) -> Caller {
    let Some(header) = req.headers().get(AUTHORIZATION) else { return Caller::Nobody };
    let token = header
        .to_str()
        .ok()
        .and_then(|h| h.split_once(' '))
        .filter(|(s, _)| s.eq_ignore_ascii_case("bearer"));
    match (token, req.app_data::<Data<dyn Authenticate>>()) {
        (Some((_, token)), Some(judge)) => judge.get_ref().authenticate(token.trim()).await,
        _ => Caller::Refused,
    }
}

fn guest_token(req: &ServiceRequest) -> Option<&str> {
    req.headers().get("x-guest-token")?.to_str().ok()
}

/// [`Caller::Unjudged`] when somebody has to be asked.
fn known_guest(req: &ServiceRequest) -> Caller {
    match (guest_token(req), req.app_data::<Data<dyn JudgeGuests>>()) {
        (None, _) => Caller::Nobody,
        (Some(token), Some(judge)) => judge.get_ref().known(token).map_or(Caller::Unjudged, Caller::Guest),
        (Some(_), None) => Caller::Refused,
    }
}

async fn judge_guest(req: &ServiceRequest) -> Caller {
    match (guest_token(req), req.app_data::<Data<dyn JudgeGuests>>()) {
        (Some(token), Some(judge)) => judge.get_ref().judge(token).await,
        _ => Caller::Refused,
    }
}

/// What requests are counted by: the user, else the guest, else the network of the address.
pub fn counted_as(req: &HttpRequest) -> String {
    match req.extensions().get::<Arc<Caller>>().map(|caller| &**caller) {
        Some(Caller::Customer(customer)) => format!("u:{}", customer.user),
        Some(Caller::Guest(guest)) => format!("g:{guest}"),
        Some(Caller::Staff(member)) => format!("s:{}", member.actor.staff),
        _ => ["a:", &client::network_of(req)].concat(),
    }
}
