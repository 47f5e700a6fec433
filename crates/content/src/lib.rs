//! The texts of the shop: questions and answers, terms, privacy, cookies.
#![doc = include_str!("../README.md")]

mod document;
mod error;
pub mod http;
mod schema;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use error::ContentError;
pub use service::ContentService;
