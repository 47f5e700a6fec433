//! Carts: what a customer means to buy, what it costs today, and what stands in the way.
#![doc = include_str!("../README.md")]

mod api;
mod cart;
mod error;
pub mod events;
pub mod http;
pub mod ports;
mod schema;
#[cfg(test)]
mod testing;

pub use api::{CartApi, CartContents, CartLine};
pub use cart::{CartRules, service::CartService};
pub use error::CartError;
