//! Whether orders and their units belong together.

use std::collections::HashMap;

use async_trait::async_trait;
use audit::{Books, Violation};
use chrono::TimeDelta;
use contracts::order::PaymentMethod;
use kernel::{PortError, id::OrderId};

use crate::{
    OrderError, OrderService, OrderStatus,
    ports::Units,
    store::{self, Standing},
};

/// Orders of so long are looked at: what was right a while after it happened does not become wrong by itself.
const LOOKED_AT: TimeDelta = TimeDelta::days(2);
/// By then the event of a change has been worked on.
const SETTLED: TimeDelta = TimeDelta::minutes(2);
/// More than a shop like ours has in two days.
const MOST: i64 = 100_000;

#[async_trait]
impl Books for OrderService {
    async fn violations(&self) -> Result<Vec<Violation>, PortError> {
        let found = async {
            let misfits = self.misfits().await?;
            let adrift = self.adrift().await?;
            Ok::<_, OrderError>(misfits.iter().map(Misfit::violation).chain(adrift).collect())
        };
        found.await.map_err(|e| PortError::new("order", e))
    }
}

/// An order whose units are not where they should be.
struct Misfit {
    order: Standing,
    units: Option<Units>,
    expected: Units,
}

impl OrderService {
    async fn misfits(&self) -> Result<Vec<Misfit>, OrderError> {
        let first = self.misfits_among(&self.standing().await?).await?;
        if first.is_empty() {
            return Ok(first);
        }
        // Orders and units were not read at one moment: what moved in between is no misfit.
        let again: HashMap<OrderId, Standing> =
            self.standing().await?.into_iter().map(|order| (order.id, order)).collect();
        Ok(first.into_iter().filter(|misfit| again.get(&misfit.order.id) == Some(&misfit.order)).collect())
    }

    async fn standing(&self) -> Result<Vec<Standing>, OrderError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        Ok(store::list_standing(&mut conn, (now - LOOKED_AT, now - SETTLED), MOST).await?)
    }

    /// Lines and events that belong to no order.
    async fn adrift(&self) -> Result<Vec<Violation>, OrderError> {
        let since = self.clock.now() - LOOKED_AT;
        let orders = store::list_adrift(&mut *self.db.conn().await?, since, MOST).await?;
        let violation = |id: &OrderId| Violation {
            rule: "lines and events are of an order".to_owned(),
            subject: format!("order {id}"),
            stands: "nowhere".to_owned(),
            expected: "an order".to_owned(),
        };
        Ok(orders.iter().map(violation).collect())
    }

    async fn misfits_among(&self, orders: &[Standing]) -> Result<Vec<Misfit>, OrderError> {
        let mut misfits = Vec::new();
        for some in orders.chunks(1_000) {
            let ids: Vec<OrderId> = some.iter().map(|order| order.id).collect();
            let units = self.ports.stock.units(&ids).await?;
            misfits.extend(some.iter().filter_map(|order| {
                let expected = expected(order)?;
                let units = units.get(&order.id).copied();
                // Of an order that came to nothing it is no matter whether there was ever anything.
                let fits = units == Some(expected) || (units.is_none() && expected == Units::Free);
                (!fits).then(|| Misfit { order: order.clone(), units, expected })
            }));
        }
        Ok(misfits)
    }
}

/// Where an order's units should be; `None` where both may be.
fn expected(order: &Standing) -> Option<Units> {
    let on_account = order.payment_method == PaymentMethod::BankTransfer;
    match order.status {
        OrderStatus::PendingPayment if on_account => Some(Units::Gone),
        OrderStatus::PendingPayment => Some(Units::Aside),
        // Money that goes back brings no units back: what was not sent is called off, or received again.
        status if status.is_paid() => Some(Units::Gone),
        OrderStatus::Expired | OrderStatus::Cancelled => Some(Units::Free),
        _ => None,
    }
}

impl Misfit {
    fn violation(&self) -> Violation {
        Violation {
            rule: format!("the units of an order that is {}", self.order.status.as_str()),
            subject: format!("order {}", self.order.id),
            stands: self.units.map_or("nowhere", Units::as_str).to_owned(),
            expected: self.expected.as_str().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
