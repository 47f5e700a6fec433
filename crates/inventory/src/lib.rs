//! What lies in the warehouse, and who has put how much of it aside.
#![doc = include_str!("../README.md")]

mod api;
mod error;
pub mod events;
pub mod http;
mod integrity;
pub mod jobs;
mod keeping;
pub mod ports;
mod reservation;
mod schema;
mod stock;

pub use api::{HoldLine, StockApi};
pub use error::{InventoryError, Shortage};
pub use keeping::service::StockKeeping;
pub use reservation::ReservationState;
pub use stock::service::StockService;
