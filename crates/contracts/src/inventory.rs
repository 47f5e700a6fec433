//! What `inventory` tells. Its triggers publish these (`platform.publish`): whatever changes the stock is heard.

use kernel::id::ProductId;
use serde::{Deserialize, Serialize};

use crate::Event;

/// A product sold out, or can be had again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AvailabilityTurned {
    pub product_id: ProductId,
    /// Whether any can be had.
    pub available: bool,
    /// Of the product's stock: of two events, the one with the higher version is the later.
    pub version: i64,
}

impl Event for AvailabilityTurned {
    const NAME: &'static str = "inventory.availability_turned.v1";
    fn aggregate(&self) -> String {
        self.product_id.to_string()
    }
}

/// Of a product of which there was enough there is little left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockLow {
    pub product_id: ProductId,
    /// Units that can be had.
    pub available: u32,
    /// Fewer than this are few.
    pub low_at: u32,
    /// Of the product's stock.
    pub version: i64,
}

impl Event for StockLow {
    const NAME: &'static str = "inventory.stock_low.v1";
    fn aggregate(&self) -> String {
        self.product_id.to_string()
    }
}
