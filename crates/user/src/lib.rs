//! Customers: registration, profiles, address books.
#![doc = include_str!("../README.md")]

mod address;
pub mod api;
mod error;
pub mod http;
mod photo;
pub mod ports;
mod profile;
mod registration;
mod schema;
mod service;
#[cfg(test)]
mod testing;

pub use error::UserError;
pub use service::UserService;
