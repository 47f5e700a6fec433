//! One-time codes, sessions, tokens: who is calling, and how they prove it.
#![doc = include_str!("../README.md")]

pub mod api;
mod error;
pub mod events;
mod guests;
pub mod http;
pub mod jobs;
mod otp;
mod phone;
pub mod ports;
mod schema;
mod sessions;
mod staff;
#[cfg(test)]
mod testing;
mod tokens;

pub use error::IdentityError;
pub use guests::GuestMigration;
pub use otp::{
    CallingCode, ConversionWatch, OtpLimits, Pepper, PepperError, Scope, SendLimit, service::OtpService,
};
pub use sessions::{Revocations, service::SessionService};
pub use staff::{HashError, Password, PasswordError, StaffError, StaffService};
pub use tokens::{KeysError, SigningKeys, service::TokenService};
