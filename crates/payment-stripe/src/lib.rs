//! Stripe behind payment's `PaymentProvider` port.
#![doc = include_str!("../README.md")]

mod config;
mod failure;
mod line;
mod patience;
mod provider;
mod translation;
mod vault;
mod wire;

#[cfg(test)]
mod tests;

pub use config::ConfigError;
pub use provider::StripeProvider;
