//! Orders: from a cart to paid, and what was bought.
#![doc = include_str!("../README.md")]

mod account;
mod admin;
mod api;
mod books;
mod end;
mod error;
pub mod events;
pub mod http;
pub mod jobs;
mod list;
mod money;
mod order;
mod pay;
mod place;
pub mod ports;
mod reorder;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod view;

pub use api::OrdersApi;
pub use error::{OrderError, Shortage};
pub use order::{Order, OrderLine, OrderStatus, PaymentStatus, PostalAddress, Transition};
pub use place::service::{OrderRules, OrderService, PlaceOrder, Ports, Turn};
