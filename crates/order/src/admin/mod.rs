//! Orders in the hands of the shop's people: what is packed, handed to a carrier, delivered, called off.

pub(crate) mod http;
#[cfg(test)]
mod tests;

use audit::Entry;
use contracts::order::OrderEnd;
use db::Transact as _;
use kernel::{Actor, id::OrderId};
use serde_json::json;

use crate::{
    OrderError, OrderService,
    end::service::end_in,
    order::{Order, OrderStatus},
    ports::Stopped,
    store,
};

/// What somebody of the shop makes of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Move {
    Preparing,
    Shipped { carrier: String, tracking_number: String },
    Delivered,
    Cancelled { reason: String },
}

impl Move {
    const fn from(&self) -> &'static [OrderStatus] {
        match self {
            Self::Preparing => &[OrderStatus::Paid],
            Self::Shipped { .. } => &[OrderStatus::Preparing],
            Self::Delivered => &[OrderStatus::Shipped],
            Self::Cancelled { .. } => &[OrderStatus::PendingPayment],
        }
    }

    const fn to(&self) -> OrderStatus {
        match self {
            Self::Preparing => OrderStatus::Preparing,
            Self::Shipped { .. } => OrderStatus::Shipped,
            Self::Delivered => OrderStatus::Delivered,
            Self::Cancelled { .. } => OrderStatus::Cancelled,
        }
    }
}

impl OrderService {
    /// Moves the order on, with an entry in the audit log; from where it cannot go there nothing is changed.
    pub(crate) async fn move_on(
        &self,
        actor: Actor,
        id: OrderId,
        wanted: &Move,
    ) -> Result<Order, OrderError> {
        let order = self.find_any(id).await?.ok_or(OrderError::NotFound)?;
        if matches!(wanted, Move::Cancelled { .. }) {
            match order.status {
                OrderStatus::PendingPayment => {}
                OrderStatus::Paid | OrderStatus::Preparing => return Err(OrderError::RefundNotBuilt),
                status => return Err(OrderError::CannotMove(status)),
            }
            match self.stop_payment(&order).await? {
                Stopped::Unpaid => {}
                Stopped::Paid => return Err(OrderError::RefundNotBuilt),
                Stopped::UnderWay => return Err(OrderError::PaymentUnderWay),
            }
        }
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, OrderError, _>(async |tx| {
            let now = self.clock.now();
            let moved = match wanted {
                Move::Cancelled { reason } => {
                    end_in(tx, &order, (OrderEnd::Cancelled, Some(reason)), now).await?
                }
                _ => store::put_status(tx, id, (wanted.from(), wanted.to()), now).await?,
            };
            let stands = store::find_order(tx, id, None).await?.ok_or(OrderError::NotFound)?;
            if !moved {
                return Err(OrderError::CannotMove(stands.status));
            }
            if let Move::Shipped { carrier, tracking_number } = wanted {
                store::put_parcel(tx, id, (carrier, tracking_number), now).await?;
            }
            if !matches!(wanted, Move::Cancelled { .. }) {
                store::insert_event(tx, id, (wanted.to().as_str(), None), now).await?;
            }
            let reason = match wanted {
                Move::Cancelled { reason } => Some(reason),
                _ => None,
            };
            let entry = Entry {
                actor,
                action: "order.move",
                target: format!("order {id}"),
                before: Some(json!({ "status": order.status.as_str() })),
                after: Some(json!({ "status": wanted.to().as_str(), "reason": reason })),
            };
            audit::record(tx, &entry, now).await?;
            store::find_order(tx, id, None).await?.ok_or(OrderError::NotFound)
        })
        .await
        .map_err(OrderError::of_parcel)
    }
}

impl OrderError {
    /// No two parcels have one number.
    fn of_parcel(self) -> Self {
        match self {
            Self::Db(e) if e.violated() == Some("orders_tracking_number_key") => Self::TrackingNumberTaken,
            other => other,
        }
    }
}
