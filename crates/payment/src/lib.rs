//! Payments: money taken through a provider, once.
#![doc = include_str!("../README.md")]

mod api;
mod client;
mod error;
pub mod events;
pub mod http;
mod payment;
pub mod ports;
mod schema;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod webhook;

pub use api::{PaymentsApi, Received, StartPayment, Stopped};
pub use client::ClientConfig;
pub use error::PaymentError;
pub use payment::{Payment, PaymentStatus};
pub use service::{LOOK_AFTER, PaymentService};
pub use webhook::{
    WebhookSecrets,
    jobs::{SweepInbox, WorkEvent},
};
