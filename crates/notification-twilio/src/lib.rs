//! Twilio behind notification's `SmsSender` port.
#![doc = include_str!("../README.md")]

mod config;
mod failure;
mod line;
mod patience;
mod sender;
mod wire;

#[cfg(test)]
mod tests;

pub use config::{AccountSid, AuthToken, BaseUrl, Malformed, Origin};
pub use sender::{TwilioSender, Unusable};
