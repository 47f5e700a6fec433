//! Orders in the hands of the shop's people: what is packed, handed to a carrier, delivered, called off.

pub(crate) mod http;
#[cfg(test)]
mod tests;

use audit::Entry;
use chrono::{DateTime, Utc};
use db::Transact as _;
use kernel::{Actor, id::OrderId};
use serde_json::json;

use crate::{
    OrderError, OrderService,
    end::service::end_in,
    order::{Order, Transition},
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

impl OrderService {
    /// Moves the order on, with an entry in the audit log; from where it cannot go there nothing is changed.
    pub(crate) async fn move_on(
        &self,
        actor: Actor,
        id: OrderId,
        wanted: &Move,
    ) -> Result<Order, OrderError> {
        let order = self.find_any(id).await?.ok_or(OrderError::NotFound)?;
        let reason = match wanted {
            Move::Cancelled { reason } => Some(reason.as_str()),
            _ => None,
        };
        let paid = match reason {
            Some(_) if !Transition::CallOff.from().contains(&order.status) => {
                return Err(OrderError::CannotMove(order.status));
            }
            Some(_) => self.stop_to_cancel(&order).await?,
            None => false,
        };
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, OrderError, _>(async |tx| {
            let now = self.clock.now();
            let transition = match wanted {
                Move::Preparing => Transition::Prepare,
                Move::Shipped { .. } => Transition::Ship,
                Move::Delivered => Transition::Deliver,
                Move::Cancelled { .. } => Transition::CallOff,
            };
            let moved = if reason.is_some() {
                end_in(tx, &order, ((transition, paid), reason), now).await?
            } else {
                step(tx, id, transition, now).await?
            };
            if moved && let Move::Shipped { carrier, tracking_number } = wanted {
                store::put_parcel(tx, id, (carrier, tracking_number), now).await?;
            }
            let stands = store::find_order(tx, id, None).await?.ok_or(OrderError::NotFound)?;
            if !moved {
                return Err(OrderError::CannotMove(stands.status));
            }
            let entry = Entry {
                actor,
                action: "order.move",
                target: format!("order {id}"),
                before: Some(json!({ "status": order.status.as_str() })),
                after: Some(json!({ "status": transition.to().as_str(), "reason": reason })),
            };
            audit::record(tx, &entry, now).await?;
            Ok(stands)
        })
        .await
        .map_err(OrderError::of_parcel)
    }
}

/// One step on, and its place in the timeline; false when the order does not stand there.
async fn step(
    tx: &mut db::Tx,
    id: OrderId,
    transition: Transition,
    now: DateTime<Utc>,
) -> Result<bool, db::QueryError> {
    let moved = store::put_status(tx, id, transition, now).await?;
    if moved {
        store::insert_event(tx, id, (transition.to().as_str(), None), now).await?;
    }
    Ok(moved)
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
