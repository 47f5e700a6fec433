//! Use cases of stock.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use db::{Db, Transact as _, Tx};
use kernel::id::{OrderId, ProductId, ReservationId};
use serde::Deserialize;

use super::{
    LOOK_AGAIN, Settlement, UNHEARD,
    store::{self, NewReservation},
};
use crate::{HoldLine, InventoryError, Shortage, StockApi, ports::Orders};

#[derive(Clone)]
pub struct StockService {
    db: Db,
}

/// What `inventory.reserve` answers.
#[derive(Deserialize)]
struct Reserved {
    state: String,
    #[serde(default)]
    short: Vec<Short>,
}

#[derive(Deserialize)]
struct Short {
    sku: ProductId,
    requested: u32,
    available: u32,
}

impl StockService {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Gives back what is held past its deadline for orders that never came; returns how many.
    ///
    /// An order that exists ends its own hold: its payment may still be on the way. Orders are asked without a
    /// connection in hand, and asking takes a while: what was asked for again meanwhile is not overdue any more, which
    /// `inventory.settle` sees under its lock.
    pub async fn give_back_orphans(
        &self,
        orders: &Arc<dyn Orders>,
        now: DateTime<Utc>,
    ) -> Result<usize, InventoryError> {
        let overdue = store::list_overdue(&mut *self.db.conn().await?, now, 500).await?;
        if overdue.is_empty() {
            return Ok(0);
        }
        let existing = orders.existing(&overdue).await?;
        let (real, orphans): (Vec<OrderId>, Vec<OrderId>) =
            overdue.into_iter().partition(|order| existing.contains(order));
        let mut conn = self.db.conn().await?;
        // Looked at again later, so that they do not stand in front of real orphans for ever.
        store::put_deadlines(&mut conn, &real, now + LOOK_AGAIN).await?;
        let mut count = 0;
        for order in &orphans {
            let state = store::settle(&mut conn, *order, Settlement::Expired, now).await?;
            if state.as_deref() == Some(Settlement::Expired.as_str()) {
                tracing::warn!(order.id = %order, "gave back units held for order {order}, which never came to be");
                count += 1;
            }
        }
        Ok(count)
    }

    pub(crate) async fn list_violations(&self) -> Result<Vec<audit::Violation>, InventoryError> {
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, InventoryError, _>(async |tx| {
            Ok(store::list_violations(tx).await?.into_iter().map(Into::into).collect())
        })
        .await
    }

    async fn try_reserve(
        &self,
        order: OrderId,
        lines: &[HoldLine],
        now: DateTime<Utc>,
    ) -> Result<(), InventoryError> {
        let products: Vec<ProductId> = lines.iter().map(|l| l.product).collect();
        let quantities: Vec<i32> = lines
            .iter()
            .map(|l| i32::try_from(l.quantity).ok().filter(|q| *q > 0).ok_or(InventoryError::Quantity))
            .collect::<Result<_, _>>()?;
        let new = NewReservation {
            id: ReservationId::generate(now),
            order,
            products: &products,
            quantities: &quantities,
            expires_at: now + UNHEARD,
        };
        let answer = store::insert_reservation(&mut *self.db.conn().await?, &new, now).await?;
        let answer: Reserved =
            serde_json::from_value(answer).map_err(|e| InventoryError::State(e.to_string()))?;
        match answer.state.as_str() {
            "held" | "committed" => Ok(()),
            "different" => Err(InventoryError::HoldsOther),
            "short" => {
                Err(InventoryError::Insufficient(answer.short.into_iter().map(Shortage::from).collect()))
            }
            other => Err(InventoryError::State(other.to_owned())),
        }
    }
}

impl From<Short> for Shortage {
    fn from(s: Short) -> Self {
        Self { product_id: s.sku, requested: s.requested, available: s.available }
    }
}

#[async_trait]
impl StockApi for StockService {
    async fn available(&self, products: &[ProductId]) -> Result<HashMap<ProductId, u32>, InventoryError> {
        let units = store::list_available(&mut *self.db.conn().await?, products).await?;
        Ok(units.into_iter().map(|(product, n)| (product, u32::try_from(n).unwrap_or(0))).collect())
    }

    async fn reserve(
        &self,
        order: OrderId,
        lines: &[HoldLine],
        now: DateTime<Utc>,
    ) -> Result<(), InventoryError> {
        db::retry(|| self.try_reserve(order, lines, now)).await
    }

    async fn release(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), InventoryError> {
        db::retry(async || {
            store::settle(&mut *self.db.conn().await?, order, Settlement::Released, now).await?;
            Ok(())
        })
        .await
    }
}

/// The order came to nothing: its units can be sold again.
pub(crate) async fn release(tx: &mut Tx, order: OrderId, now: DateTime<Utc>) -> Result<(), InventoryError> {
    store::settle(tx, order, Settlement::Released, now).await?;
    Ok(())
}

/// The order is paid: its units leave the house.
pub(crate) async fn commit(tx: &mut Tx, order: OrderId, now: DateTime<Utc>) -> Result<(), InventoryError> {
    match store::settle(tx, order, Settlement::Committed, now).await?.as_deref() {
        Some("committed") => Ok(()),
        // Asked again until a person has looked: a paid order without its units must not be forgotten.
        other => Err(InventoryError::State(format!("paid, but its reservation is {other:?}"))),
    }
}
