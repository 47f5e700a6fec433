//! What every HTTP handler shares: the envelope, errors, extractors, who is calling, and the table of routes.

mod admit;
mod body;
mod caller;
mod client;
mod context;
mod error;
mod failure;
mod fields;
mod idempotency;
mod if_match;
mod language;
mod query;
mod rendered;
mod reply;
mod request_id;
mod routes;
#[cfg(test)]
mod tests;

pub use admit::{Admission, Admit, Admitting, Counted, Limit};
pub use body::{Body, FileBody, MAX_BODY_BYTES, Raw};
pub use caller::{
    Access, Authenticate, Caller, CurrentUser, Customer, Guarded, Guest, JudgeGuests, MaybeCustomer,
    Permission, Policy, Public, Registering, Registrant, SignedByProvider, Staff, StaffMember,
};
pub use client::{Client, Network};
pub use context::RequestContext;
pub use error::{ApiError, ApiResult};
pub use failure::{Failure, FieldFailure, Messages, failures};
pub use fields::Fields;
pub use idempotency::{
    Answers, Claimed, Given, IdempotencyKey, KeyedRequest, Turn, WORK_AT_MOST, once, once_seen,
};
pub use if_match::IfMatch;
pub use language::{Lang, StoredLanguage};
pub use query::{Id, Page, Query, UriLanguage};
pub use rendered::{Rendered, is_known, serve};
pub use reply::{Envelope, Meta, Reply};
pub use request_id::RequestId;
pub use routes::{Endpoint, Routes};
