//! One-time codes, sessions, tokens: who is calling, and how they prove it.
#![doc = include_str!("../README.md")]

pub mod api;
mod error;
pub mod http;
pub mod jobs;
mod otp;
pub mod ports;
mod schema;
mod sessions;
#[cfg(test)]
mod testing;
mod tokens;

pub use error::IdentityError;
pub use otp::{CallingCode, OtpLimits, Pepper, PepperError, SendLimit, service::OtpService};
pub use sessions::service::SessionService;
pub use tokens::{KeysError, SigningKeys, service::TokenService};
