//! The use cases of keeping stock.

use std::sync::Arc;

use audit::Entry;
use db::{Db, Transact as _};
use kernel::{Actor, Clock, Limit, id::ProductId};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{Kind, LOW_AT, Movement, Stock, store};
use crate::{InventoryError, StockService, ports::Products};

/// Where stock is received, counted and written off.
#[derive(Clone)]
pub struct StockKeeping {
    stock: StockService,
    db: Db,
    clock: Arc<dyn Clock>,
    products: Arc<dyn Products>,
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// Of the request: asked again, it is not done again.
    pub(crate) request: Uuid,
    pub(crate) product: ProductId,
    pub(crate) kind: Kind,
    /// Added to what lies in the house.
    pub(crate) delta: i32,
    pub(crate) reason: String,
}

/// What `inventory.change_stock` answers.
#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "lowercase", rename_all_fields = "camelCase")]
enum Changed {
    Done {
        version: i64,
    },
    /// By the same request, before.
    Known {
        version: i64,
    },
    Short {
        on_hand: u32,
        reserved: u32,
    },
}

impl StockKeeping {
    pub fn new(stock: StockService, clock: Arc<dyn Clock>, products: Arc<dyn Products>) -> Self {
        Self { db: stock.db.clone(), stock, clock, products }
    }

    /// The movement, and the stock as it stands; done before by the same request, it is not done again.
    pub(crate) async fn change(
        &self,
        actor: Actor,
        change: &Change,
    ) -> Result<(Movement, Stock), InventoryError> {
        if !self.products.exists(change.product).await? {
            return Err(InventoryError::ProductNotFound);
        }
        let now = self.clock.now();
        let done = db::retry(|| self.try_change(actor, change)).await?;
        self.stock.tell_gate(&done.1, now).await;
        Ok(done)
    }

    async fn try_change(&self, actor: Actor, change: &Change) -> Result<(Movement, Stock), InventoryError> {
        let Change { request, product, kind, delta, reason } = change;
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, InventoryError, _>(async |tx| {
            let now = self.clock.now();
            let who = actor.staff.to_string();
            let by = (who.as_str(), reason.as_str());
            let answer = store::change(tx, *request, (*product, kind.as_str(), *delta), by, now).await?;
            match serde_json::from_value(answer).map_err(|e| InventoryError::State(e.to_string()))? {
                Changed::Short { on_hand, reserved } => Err(InventoryError::BelowReserved { on_hand, reserved }),
                Changed::Known { version } => read(tx, *product, version).await,
                Changed::Done { version } => {
                    let (movement, stock) = read(tx, *product, version).await?;
                    let after = json!({
                        "kind": kind.as_str(), "delta": delta, "reason": reason, "onHand": movement.on_hand_after,
                    });
                    let action = match kind {
                        Kind::Receive => "stock.receive",
                        Kind::Adjust => "stock.adjust",
                        Kind::Writeoff => "stock.writeoff",
                    };
                    audit::record(tx, &entry(actor, action, *product, None, Some(after)), now).await?;
                    Ok((movement, stock))
                }
            }
        })
        .await
    }

    /// Sets below how many units a product runs low.
    pub(crate) async fn put_low_at(
        &self,
        actor: Actor,
        product: ProductId,
        low_at: u32,
    ) -> Result<Stock, InventoryError> {
        let low = i32::try_from(low_at).map_err(|_| InventoryError::Quantity)?;
        if !self.products.exists(product).await? {
            return Err(InventoryError::ProductNotFound);
        }
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, InventoryError, _>(async |tx| {
            let before = store::lock(tx, product, now).await?;
            store::put_low_at(tx, product, low).await?;
            let told = (Some(json!({ "lowAt": before.low_at })), Some(json!({ "lowAt": low_at })));
            audit::record(tx, &entry(actor, "stock.low_at", product, told.0, told.1), now).await?;
            Ok(Stock { low_at, ..before })
        })
        .await
    }

    /// How much there is, and what was done to it before that version, newest first: one more than asked for.
    pub(crate) async fn history(
        &self,
        product: ProductId,
        before: Option<i64>,
        limit: Limit,
    ) -> Result<(Stock, Vec<Movement>), InventoryError> {
        let most = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
        let mut conn = self.db.conn().await?;
        if let Some(stock) = store::find(&mut conn, product).await? {
            return Ok((stock, store::list_movements(&mut conn, product, before, most).await?));
        }
        drop(conn);
        if !self.products.exists(product).await? {
            return Err(InventoryError::ProductNotFound);
        }
        // Nothing has ever come in.
        Ok((Stock { product, on_hand: 0, reserved: 0, version: 0, low_at: LOW_AT }, Vec::new()))
    }
}

async fn read(
    tx: &mut db::Tx,
    product: ProductId,
    version: i64,
) -> Result<(Movement, Stock), InventoryError> {
    let movement = store::find_movement(tx, product, version).await?;
    let stock = store::find(tx, product).await?;
    movement.zip(stock).ok_or_else(|| InventoryError::State("a movement that is not there".to_owned()))
}

fn entry(
    actor: Actor,
    action: &'static str,
    product: ProductId,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
) -> Entry {
    Entry { actor, action, target: format!("product {product}"), before, after }
}
