//! What `shopping` tells.

use chrono::{DateTime, Utc};
use kernel::{
    Money,
    id::{CartId, UserId},
};
use serde::{Deserialize, Serialize};

use crate::{Event, order::OrderedLine};

/// A cart with something in it has been left alone for a day. Told once until it is changed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CartAbandoned {
    pub cart_id: CartId,
    /// None: a guest's.
    pub user_id: Option<UserId>,
    pub lines: Vec<OrderedLine>,
    /// Gross, at the prices at which things were put in.
    pub value: Money,
    pub changed_at: DateTime<Utc>,
}

impl Event for CartAbandoned {
    const NAME: &'static str = "shopping.cart_abandoned.v1";
    fn aggregate(&self) -> String {
        self.cart_id.to_string()
    }
}
