//! Payments: money taken through a provider, once.
#![doc = include_str!("../README.md")]

mod admin;
mod api;
mod attempts;
mod books;
mod cards;
mod client;
mod dispute;
mod error;
pub mod events;
pub mod http;
mod measures;
mod news;
mod payment;
pub mod ports;
mod reconcile;
mod refund;
mod schema;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod webhook;

pub use api::{Paid, PaymentsApi, Retried, StartPayment, Stopped, Synced};
pub use attempts::{FinishAttempt, LOOK_AFTER, StopOthers};
pub use cards::{CardService, jobs::ForgetCards};
pub use client::ClientConfig;
pub use error::PaymentError;
pub use measures::Measures;
pub use payment::{Payment, PaymentStatus};
pub use reconcile::jobs::{ReconcileOpen, ReconcilePage, ReconcileRecent};
pub use refund::jobs::{RefundOrder, SendRefund};
pub use service::PaymentService;
pub use webhook::{
    WebhookSecrets,
    jobs::{SweepInbox, WorkEvent},
};
