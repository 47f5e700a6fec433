//! Stand-ins for Stripe and the tax register, in development and tests, and for Twilio, in tests.
#![doc = include_str!("../README.md")]

mod account;
mod api;
mod call_log;
mod control;
mod customer;
mod dispute;
mod draft;
mod error;
mod event;
mod faults;
mod form;
mod idempotency;
mod intent;
mod options;
mod page;
mod refund;
mod server;
mod shelf;
mod snapshot;
mod state;
mod tax_register;
mod twilio;
mod webhook;
mod world;

#[cfg(test)]
mod tests;

pub use call_log::Call;
pub use faults::{Fault, Trouble};
pub use options::Options;
pub use server::{Refused, Sandbox};
pub use tax_register::Mood;
pub use twilio::{Twilio, TwilioMessage, TwilioMood, TwilioRequest};
pub use webhook::WebhookTrouble;
