//! Webhooks: what is still to be delivered, how it is signed, when it is tried again.

pub(crate) mod dispatcher;
mod outbox;
mod signature;

pub use outbox::WebhookTrouble;
pub(crate) use outbox::{Outbox, Parcel, Target};
pub(crate) use signature::sign;
