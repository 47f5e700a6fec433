//! Stand-ins for Stripe, in development and tests, and for Twilio, in tests.
#![doc = include_str!("../README.md")]

mod account;
mod api;
mod call_log;
mod control;
mod draft;
mod error;
mod event;
mod form;
mod idempotency;
mod intent;
mod options;
mod server;
mod shelf;
mod snapshot;
mod state;
mod twilio;
mod webhook;
mod world;

#[cfg(test)]
mod tests;

pub use call_log::Call;
pub use options::Options;
pub use server::{Refused, Sandbox};
pub use twilio::{Twilio, TwilioMessage, TwilioMood, TwilioRequest};
