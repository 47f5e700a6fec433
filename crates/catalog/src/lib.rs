//! The catalogue: what the shop sells, in which language, at whose price.
#![doc = include_str!("../README.md")]

mod admin;
mod api;
mod category;
mod error;
pub mod events;
pub mod http;
mod import;
mod index;
pub mod jobs;
pub mod ports;
mod product;
mod schema;
mod service;
mod standing;
#[cfg(test)]
mod testing;

pub use api::{CatalogApi, CategoryName, Product, View};
pub use error::CatalogError;
pub use product::http::{Item, item_json};
pub use service::CatalogService;

pub(crate) use category::Category;
