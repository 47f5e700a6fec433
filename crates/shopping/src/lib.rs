//! Carts and favourites of customers and guests: what they mean to buy, what it costs today, and what stands in the way.
#![doc = include_str!("../README.md")]

mod api;
mod cart;
mod error;
pub mod events;
mod favorite;
mod guest;
pub mod http;
pub mod jobs;
pub mod ports;
mod schema;
#[cfg(test)]
mod testing;

pub use api::{CartApi, CartContents, CartLine, FavoriteApi, GuestApi, Migrated};
pub use cart::{CartRules, service::CartService};
pub use error::CartError;
pub use favorite::service::FavoriteService;
pub use guest::service::GuestService;
