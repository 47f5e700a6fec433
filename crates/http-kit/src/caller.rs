//! Who is calling, and what each route demands of them.
//!
//! A handler's first argument is its policy: [`Routes`](crate::Routes) takes no handler without one, so a route
//! that forgets to say who may call it does not compile.

use std::marker::PhantomData;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode};
use async_trait::async_trait;
use futures_util::future::{Ready, ready};
use kernel::{
    Actor, Phone, Role, UserType,
    id::{GuestId, SessionId, UserId},
};

use crate::{ApiError, RequestContext};

/// The bearer of the request's token.
#[derive(Debug, Clone)]
pub enum Caller {
    /// No token was sent.
    Nobody,
    /// A token was sent that is not good (any more).
    Refused,
    /// The token could not be judged: something it takes is away.
    Unjudged,
    Customer(Customer),
    Registrant(Registrant),
    Staff(StaffMember),
    /// The bearer of a guest token.
    Guest(GuestId),
}

/// A signed-in customer.
#[derive(Debug, Clone, Copy)]
pub struct Customer {
    pub user: UserId,
    pub session: SessionId,
    pub user_type: UserType,
}

/// Somebody who proved a phone number and has no account yet.
#[derive(Debug, Clone)]
pub struct Registrant {
    /// The id that the account will have. It is the token's own: a token that comes again finds its account there.
    pub user: UserId,
    pub phone: Phone,
    pub user_type: UserType,
}

/// Somebody who works for the shop, signed in.
#[derive(Debug, Clone, Copy)]
pub struct StaffMember {
    pub actor: Actor,
    pub session: SessionId,
}

/// Judges bearer tokens.
#[async_trait]
pub trait Authenticate: Send + Sync {
    /// Never [`Caller::Nobody`].
    async fn authenticate(&self, token: &str) -> Caller;
}

/// Judges guest tokens.
#[async_trait]
pub trait JudgeGuests: Send + Sync {
    /// Whose token it is, as far as this process knows without asking anybody.
    fn known(&self, token: &str) -> Option<GuestId>;

    /// [`Caller::Guest`], [`Caller::Refused`] or [`Caller::Unjudged`].
    async fn judge(&self, token: &str) -> Caller;
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    Public,
    /// Anybody; a signed-in customer is recognised.
    MaybeCustomer,
    Customer,
    /// The bearer of a registration token.
    Registrant,
    /// The bearer of a guest token. Who is signed in as well is the guest all the same.
    Guest,
    /// Somebody of the shop who has one of these roles.
    Staff(&'static [Role]),
    /// The body is signed by a provider; the handler checks the signature.
    SignedByProvider,
}

/// An extractor that lets the right callers through.
pub trait Policy: FromRequest {
    const ACCESS: Access;
}

/// The arguments of a handler whose first is a [`Policy`].
pub trait Guarded {
    const ACCESS: Access;
}

macro_rules! guarded {
    ($($rest:ident)*) => {
        impl<P: Policy, $($rest),*> Guarded for (P, $($rest,)*) {
            const ACCESS: Access = P::ACCESS;
        }
    };
}
guarded!();
guarded!(A);
guarded!(A B);
guarded!(A B C);
guarded!(A B C D);
guarded!(A B C D E);
guarded!(A B C D E F);

/// Anybody, without a look at who it is.
#[derive(Debug, Clone, Copy)]
pub struct Public;

/// Anybody who carries the provider's signature.
#[derive(Debug, Clone, Copy)]
pub struct SignedByProvider;

/// Anybody; a token that was sent must be good all the same, or prices would silently change with its expiry.
#[derive(Debug, Clone, Copy)]
pub struct MaybeCustomer(pub Option<Customer>);

/// A signed-in customer; 401 without one.
#[derive(Debug, Clone, Copy)]
pub struct CurrentUser(pub Customer);

/// The bearer of a registration token; 401 without one.
#[derive(Debug, Clone)]
pub struct Registering(pub Registrant);

/// A guest; 401 without a token that is good.
#[derive(Debug, Clone, Copy)]
pub struct Guest(pub GuestId);

/// Somebody of the shop who may do what `P` names; 401 for others, 403 for those without such a role.
#[derive(Debug, Clone, Copy)]
pub struct Staff<P> {
    pub member: StaffMember,
    permission: PhantomData<P>,
}

/// Something that only some roles may do. A domain declares its own beside its admin routes.
pub trait Permission: 'static {
    /// [`Role::Owner`] need not be named.
    const ROLES: &'static [Role];
}

fn may<P: Permission>(role: Role) -> bool {
    role == Role::Owner || P::ROLES.contains(&role)
}

impl<P: Permission> FromRequest for Staff<P> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(judge(req, |caller| match caller {
            Caller::Staff(member) if may::<P>(member.actor.role) => {
                Ok(Self { member: *member, permission: PhantomData })
            }
            Caller::Staff(_) => Err(ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN")),
            other => Err(refusal(other)),
        }))
    }
}

impl<P: Permission> Policy for Staff<P> {
    const ACCESS: Access = Access::Staff(P::ROLES);
}

macro_rules! policy {
    ($name:ty, $access:ident, $caller:ident => $judge:expr) => {
        impl FromRequest for $name {
            type Error = ApiError;
            type Future = Ready<Result<Self, ApiError>>;

            fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(judge(req, |$caller| $judge))
            }
        }

        impl Policy for $name {
            const ACCESS: Access = Access::$access;
        }
    };
}

policy!(Public, Public, _caller => Ok(Self));
policy!(SignedByProvider, SignedByProvider, _caller => Ok(Self));
policy!(MaybeCustomer, MaybeCustomer, caller => match caller {
    Caller::Customer(customer) => Ok(Self(Some(*customer))),
    Caller::Nobody => Ok(Self(None)),
    other => Err(refusal(other)),
});
policy!(CurrentUser, Customer, caller => match caller {
    Caller::Customer(customer) => Ok(Self(*customer)),
    other => Err(refusal(other)),
});
policy!(Registering, Registrant, caller => match caller {
    Caller::Registrant(registrant) => Ok(Self(registrant.clone())),
    other => Err(refusal(other)),
});

policy!(Guest, Guest, caller => match caller {
    Caller::Guest(guest) => Ok(Self(*guest)),
    Caller::Refused => Err(ApiError::new(StatusCode::UNAUTHORIZED, "GUEST_SESSION_EXPIRED")),
    other => Err(refusal(other)),
});

/// What is decided about the caller of a request.
fn judge<T>(req: &HttpRequest, decide: impl Fn(&Caller) -> Result<T, ApiError>) -> Result<T, ApiError> {
    RequestContext::read(req, |context| decide(&context.caller)).unwrap_or_else(|| decide(&Caller::Nobody))
}

fn refusal(caller: &Caller) -> ApiError {
    match caller {
        Caller::Unjudged => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE")
            .retry_after(std::time::Duration::from_secs(1)),
        _ => ApiError::unauthenticated(),
    }
}
