//! Customers: registration, companies, profiles, address books, preferences, and leaving.
#![doc = include_str!("../README.md")]

mod address;
pub mod api;
mod company;
mod deletion;
mod error;
mod export;
pub mod http;
pub mod jobs;
mod photo;
pub mod ports;
mod preferences;
mod profile;
mod registration;
mod schema;
mod service;
#[cfg(test)]
mod testing;

pub use deletion::service::DeletionService;
pub use error::UserError;
pub use export::ExportService;
pub use service::{Ports, UserService};
