//! Text messages: worded in the recipient's language, handed to a provider.
#![doc = include_str!("../README.md")]

pub mod events;
pub mod http;
mod mailbox;
pub mod ports;
mod schema;
mod sms;

pub use mailbox::Mailbox;
