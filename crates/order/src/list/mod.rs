//! Orders in lists: a customer's own, and the shop's for its people.

pub(crate) mod http;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use contracts::order::PaymentMethod;
use kernel::{
    Limit, Money,
    id::{OrderId, UserId},
};

use crate::{OrderError, OrderService, OrderStatus, PaymentStatus};

/// Pictures that a list shows of an order.
const IMAGES: usize = 3;

/// An order as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Summary {
    pub(crate) id: OrderId,
    pub(crate) number: String,
    pub(crate) user: UserId,
    pub(crate) status: OrderStatus,
    pub(crate) payment_status: PaymentStatus,
    pub(crate) payment_method: PaymentMethod,
    pub(crate) gross: Money,
    pub(crate) lines: usize,
    /// Of the first lines that have one.
    pub(crate) images: Vec<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) paid_at: Option<DateTime<Utc>>,
    pub(crate) due_at: Option<DateTime<Utc>>,
    pub(crate) tracking_number: Option<String>,
}

/// Which orders are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) user: Option<UserId>,
    pub(crate) status: Option<OrderStatus>,
    /// The order's number, or its parcel's.
    pub(crate) number: Option<String>,
    /// Older than this one.
    pub(crate) before: Option<OrderId>,
}

impl OrderService {
    /// Newest first; one more than asked for.
    pub(crate) async fn list(&self, wanted: &Wanted, limit: Limit) -> Result<Vec<Summary>, OrderError> {
        let most = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
        Ok(store::list(&mut *self.db.conn().await?, wanted, most).await?)
    }

    /// The customer's order that travels under this number.
    pub(crate) async fn by_tracking_number(
        &self,
        user: UserId,
        number: &str,
    ) -> Result<crate::Order, OrderError> {
        // PostgreSQL's texts hold no such thing, so no parcel has it.
        if number.contains('\0') {
            return Err(OrderError::NotFound);
        }
        let found = store::find_by_tracking_number(&mut *self.db.conn().await?, user, number).await?;
        self.order(user, found.ok_or(OrderError::NotFound)?).await
    }
}
