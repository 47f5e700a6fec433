//! Before a handler runs: who is calling, and have they asked too often?

use std::{
    fmt::{self, Display},
    future::Ready,
};

use actix_web::{
    Error, FromRequest, Handler, HttpRequest, HttpResponse, Responder,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{AUTHORIZATION, HeaderName, HeaderValue},
    },
    web::Data,
};
use futures_util::future::{BoxFuture, Either};
use kernel::id::{GuestId, StaffId, UserId};

use crate::{Access, ApiError, Authenticate, Caller, Endpoint, JudgeGuests, RequestContext, client::Network};

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

/// Whose requests are counted together: the user's, else the guest's, else those of the address' network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    User(UserId),
    Guest(GuestId),
    Staff(StaffId),
    Network(Network),
    /// All those of whom nobody knows where they come from.
    Unknown,
}

impl Counted {
    /// Who is counted for a request whose caller is known.
    pub fn of(req: &HttpRequest) -> Self {
        RequestContext::read(req, |context| match &context.caller {
            Caller::Customer(customer) => Self::User(customer.user),
            Caller::Guest(guest) => Self::Guest(*guest),
            Caller::Staff(member) => Self::Staff(member.actor.staff),
            _ => context.network().map_or(Self::Unknown, Self::Network),
        })
        .unwrap_or(Self::Unknown)
    }
}

impl Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "u:{id}"),
            Self::Guest(id) => write!(f, "g:{id}"),
            Self::Staff(id) => write!(f, "s:{id}"),
            Self::Network(network) => write!(f, "a:{network}"),
            Self::Unknown => f.write_str("a:unknown"),
        }
    }
}

/// What becomes of a request's count: most often it is known at once, and nothing is put on the heap to wait for it.
pub type Admitting<'a> = Either<Ready<Option<Admission>>, BoxFuture<'a, Option<Admission>>>;

/// Counts requests.
pub trait Admit: Send + Sync {
    /// `None` when limits are off.
    fn admit(&self, limit: Limit, counted: Counted) -> Admitting<'_>;
}

/// What stands in the way of every handler, and what is said beside its answer.
///
/// One future from here to the handler: middleware around each route would be several, one in the other's box.
pub(crate) async fn answer<F, Args>(
    endpoint: Endpoint,
    handler: F,
    req: ServiceRequest,
) -> Result<ServiceResponse, Error>
where
    F: Handler<Args>,
    Args: FromRequest,
    F::Output: Responder + 'static,
{
    let (req, mut payload) = req.into_parts();
    let admission = admit(endpoint, &req).await;
    let mut res = match admission {
        Some(a) if !a.allowed => {
            let wait = std::time::Duration::from_secs(a.retry_after_secs);
            let refused = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED").retry_after(wait);
            HttpResponse::from_error(refused)
        }
        _ => match Args::from_request(&req, &mut payload).await {
            Ok(args) => handler.call(args).await.respond_to(&req).map_into_boxed_body(),
            Err(e) => HttpResponse::from_error(e),
        },
    };
    if let Some(a) = admission {
        let headers = res.headers_mut();
        headers.insert(LIMIT.clone(), HeaderValue::from(a.limit));
        headers.insert(REMAINING.clone(), HeaderValue::from(a.remaining));
        headers.insert(RESET.clone(), HeaderValue::from(a.reset_secs));
    }
    Ok(ServiceResponse::new(req, res))
}

static LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Notes on the request who is calling, and counts it.
async fn admit(endpoint: Endpoint, req: &HttpRequest) -> Option<Admission> {
    let caller = match endpoint.access {
        Access::Public | Access::SignedByProvider => Caller::Nobody,
        Access::MaybeCustomer | Access::Customer | Access::Registrant | Access::Staff(_) => {
            identify(req).await
        }
        Access::Guest => known_guest(req),
    };
    let unjudged = matches!(caller, Caller::Unjudged);
    RequestContext::change(req, |context| {
        context.endpoint = Some(endpoint);
        context.caller = caller;
    });

    let admission = match (endpoint.limit, req.app_data::<Data<dyn Admit>>()) {
        (Limit::None, _) | (_, None) => None,
        (limit, Some(counter)) => counter.get_ref().admit(limit, Counted::of(req)).await,
    };
    // A token that nobody here has seen is looked up only after it was counted against the address.
    let unseen = endpoint.access == Access::Guest && unjudged;
    if unseen && admission.is_none_or(|a| a.allowed) {
        let caller = judge_guest(req).await;
        RequestContext::change(req, |context| context.caller = caller);
    }
    admission
}

async fn identify(req: &HttpRequest) -> Caller {
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

fn guest_token(req: &HttpRequest) -> Option<&str> {
    req.headers().get("x-guest-token")?.to_str().ok()
}

/// [`Caller::Unjudged`] when somebody has to be asked.
fn known_guest(req: &HttpRequest) -> Caller {
    match (guest_token(req), req.app_data::<Data<dyn JudgeGuests>>()) {
        (None, _) => Caller::Nobody,
        (Some(token), Some(judge)) => judge.get_ref().known(token).map_or(Caller::Unjudged, Caller::Guest),
        (Some(_), None) => Caller::Refused,
    }
}

async fn judge_guest(req: &HttpRequest) -> Caller {
    match (guest_token(req), req.app_data::<Data<dyn JudgeGuests>>()) {
        (Some(token), Some(judge)) => judge.get_ref().judge(token).await,
        _ => Caller::Refused,
    }
}
