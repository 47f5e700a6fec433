//! Stripe behind payment's `PaymentProvider` port.
#![doc = include_str!("../README.md")]

mod config;
mod failure;
mod patience;
// TEMPORARY
mod payment {
    #[path = "../../../payment/src/ports.rs"]
    pub mod ports;
}
mod provider;
mod translation;

#[cfg(test)]
mod tests;

pub use config::ConfigError;
pub use provider::StripeProvider;
