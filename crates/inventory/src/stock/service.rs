//! Use cases of stock.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use cache::Cache;
use chrono::{DateTime, Utc};
use db::{Combiner, Db, Transact as _, Tx};
use kernel::id::{OrderId, ProductId, ReservationId};
use serde::Deserialize;

use super::{
    LOOK_AGAIN, UNHEARD,
    gate::{Gate, Level, Levels, TRUSTED},
    store::{self, NewReservations},
};
use crate::{HoldLine, InventoryError, ReservationState, Shortage, StockApi, keeping::Stock, ports::Orders};

#[derive(Clone)]
pub struct StockService {
    pub(crate) db: Db,
    gate: Gate,
    refused: Arc<Mutex<Refusals>>,
    /// Who reserves at the same moment reserves by one call: nobody waits for another's lock with a connection in hand.
    together: Arc<Combiner<Wanted, Result<(), InventoryError>>>,
}

/// Of what somebody was refused a moment ago: since when, and how often.
type Refusals = HashMap<ProductId, (DateTime<Utc>, u32)>;

/// So many who were refused the same product within [`TRUSTED`] are a crowd: more than one who tries again.
const CROWD: u32 = 5;

/// What one order wants.
#[derive(Debug, Clone)]
struct Wanted {
    id: ReservationId,
    order: OrderId,
    lines: Vec<(ProductId, i32)>,
    now: DateTime<Utc>,
}

/// What `inventory.reserve_many` answers.
#[derive(Deserialize)]
struct Reserved {
    answers: Vec<Answer>,
    /// How much there is, unless all were served at once.
    news: Option<Levels>,
}

#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum Answer {
    Held,
    Committed,
    /// The order holds other units than these.
    Different,
    Short {
        short: Vec<Short>,
    },
}

#[derive(Deserialize)]
struct Short {
    sku: ProductId,
    requested: u32,
    available: u32,
}

impl StockService {
    pub fn new(db: Db, cache: Cache) -> Self {
        Self { refused: Arc::default(), together: Arc::new(Combiner::new(&db)), db, gate: Gate::new(cache) }
    }

    /// Tells the gate how a product stood at `at`, so that what came in sells at once. Should it not get to hear, the
    /// refusals it knows are soon too old.
    pub(crate) async fn tell_gate(&self, stock: &Stock, at: DateTime<Utc>) {
        let told = async {
            let timeline = store::find_timeline(&mut *self.db.conn().await?).await?;
            let Stock { product, on_hand, reserved, version, .. } = *stock;
            let levels = vec![Level { product, available: on_hand.saturating_sub(reserved), version }];
            self.gate.tell(&Levels { timeline, levels }, at).await;
            Ok::<_, InventoryError>(())
        };
        if let Err(e) = told.await {
            tracing::debug!(error = %e, "the gate of product {} was not told", stock.product);
        }
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
            let state = store::settle(&mut conn, *order, ReservationState::Expired, now).await?;
            if state.as_deref() == Some(ReservationState::Expired.as_str()) {
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

    /// Reserves for several orders by one call; the answer for each in its place.
    async fn reserve_many(&self, wanted: Vec<Wanted>) -> Vec<Result<(), InventoryError>> {
        metrics::histogram!("stock_reservations_combined")
            .record(u32::try_from(wanted.len()).unwrap_or(u32::MAX));
        match db::retry(|| self.try_reserve_many(&wanted)).await {
            Ok(answers) => answers.into_iter().map(Answer::into_result).collect(),
            Err(e) => {
                let shared = Arc::new(e);
                wanted.iter().map(|_| Err(InventoryError::Shared(shared.clone()))).collect()
            }
        }
    }

    async fn try_reserve_many(&self, wanted: &[Wanted]) -> Result<Vec<Answer>, InventoryError> {
        let Some(now) = wanted.iter().map(|one| one.now).max() else { return Ok(Vec::new()) };
        let Reserved { answers, news } = insert(&mut *self.db.conn().await?, wanted, now).await?;
        if let Some(news) = news {
            self.tell_of_crowds(news, &answers, now).await;
        }
        Ok(answers)
    }

    /// The gate hears only of what a crowd was refused: who comes alone is answered by PostgreSQL.
    async fn tell_of_crowds(&self, mut news: Levels, answers: &[Answer], now: DateTime<Utc>) {
        let mut crowded = HashSet::new();
        {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            refused.retain(|_, (since, _)| now - *since <= TRUSTED);
            for product in answers.iter().flat_map(Answer::short) {
                let (_, times) = refused.entry(product).or_insert((now, 0));
                *times += 1;
                if *times >= CROWD {
                    crowded.insert(product);
                }
            }
        }
        news.levels.retain(|level| crowded.contains(&level.product));
        if !news.levels.is_empty() {
            self.gate.tell(&news, now).await;
        }
    }
}

impl Wanted {
    fn new(order: OrderId, lines: &[HoldLine], now: DateTime<Utc>) -> Result<Self, InventoryError> {
        let quantity = |l: &HoldLine| i32::try_from(l.quantity).ok().filter(|q| *q > 0);
        let lines: Option<Vec<_>> = lines.iter().map(|l| Some((l.product, quantity(l)?))).collect();
        let lines = lines.filter(|lines| !lines.is_empty()).ok_or(InventoryError::Quantity)?;
        Ok(Self { id: ReservationId::generate(now), order, lines, now })
    }
}

impl Answer {
    /// Of which products there was too little.
    fn short(&self) -> impl Iterator<Item = ProductId> {
        let short = if let Self::Short { short } = self { short.as_slice() } else { &[] };
        short.iter().map(|short| short.sku)
    }

    fn into_result(self) -> Result<(), InventoryError> {
        match self {
            Self::Held | Self::Committed => Ok(()),
            Self::Different => Err(InventoryError::HoldsOther),
            Self::Short { short } => {
                Err(InventoryError::Insufficient(short.into_iter().map(Shortage::from).collect()))
            }
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

    async fn too_little(&self, lines: &[HoldLine], now: DateTime<Utc>) -> Vec<Shortage> {
        self.gate.refuses(lines, now).await
    }

    async fn reserve(
        &self,
        order: OrderId,
        lines: &[HoldLine],
        now: DateTime<Utc>,
    ) -> Result<(), InventoryError> {
        let wanted = Wanted::new(order, lines, now)?;
        let same = |a: &Wanted, b: &Wanted| a.order == b.order;
        self.together.ask(wanted, same, |wanted| self.reserve_many(wanted)).await
    }

    async fn take(
        &self,
        order: OrderId,
        lines: &[HoldLine],
        now: DateTime<Utc>,
    ) -> Result<(), InventoryError> {
        let wanted = Wanted::new(order, lines, now)?;
        db::retry(async || {
            let mut conn = self.db.conn().await?;
            conn.transaction(async |tx| {
                let Reserved { answers, .. } = insert(tx, std::slice::from_ref(&wanted), now).await?;
                answers.into_iter().try_for_each(Answer::into_result)?;
                commit(tx, order, now).await
            })
            .await
        })
        .await
    }

    async fn give_back(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), InventoryError> {
        db::retry(async || {
            let mut conn = self.db.conn().await?;
            conn.transaction(async |tx| give_back(tx, order, true, now).await).await
        })
        .await
    }

    async fn states(&self, orders: &[OrderId]) -> Result<HashMap<OrderId, ReservationState>, InventoryError> {
        Ok(store::list_states(&mut *self.db.conn().await?, orders).await?)
    }

    async fn release(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), InventoryError> {
        db::retry(async || {
            store::settle(&mut *self.db.conn().await?, order, ReservationState::Released, now).await?;
            Ok(())
        })
        .await
    }
}

/// Reserves, in the caller's transaction if there is one; an answer for each.
async fn insert(conn: &mut Tx, wanted: &[Wanted], now: DateTime<Utc>) -> Result<Reserved, InventoryError> {
    let mut new = NewReservations::default();
    for (nth, one) in (1..).zip(wanted) {
        new.ids.push(one.id);
        new.orders.push(one.order);
        for (product, quantity) in &one.lines {
            new.of.push(nth);
            new.products.push(*product);
            new.quantities.push(*quantity);
        }
    }
    let answer = store::insert_reservations(conn, &new, (now + UNHEARD, now)).await?;
    let reserved: Reserved =
        serde_json::from_value(answer).map_err(|e| InventoryError::State(e.to_string()))?;
    if reserved.answers.len() != wanted.len() {
        return Err(InventoryError::State(format!(
            "{} answers for {}",
            reserved.answers.len(),
            wanted.len()
        )));
    }
    Ok(reserved)
}

/// The order came to nothing: its units can be sold again, also those that had left the books when `gone`.
pub(crate) async fn give_back(
    tx: &mut Tx,
    order: OrderId,
    gone: bool,
    now: DateTime<Utc>,
) -> Result<(), InventoryError> {
    let state = store::settle(tx, order, ReservationState::Released, now).await?;
    if gone && state.as_deref() == Some(ReservationState::Committed.as_str()) {
        store::settle(tx, order, ReservationState::Returned, now).await?;
    }
    Ok(())
}

/// The order is on account: its units leave the house before the money comes, unless it has come to nothing meanwhile.
pub(crate) async fn commit_on_account(
    tx: &mut Tx,
    order: OrderId,
    now: DateTime<Utc>,
) -> Result<(), InventoryError> {
    match store::settle(tx, order, ReservationState::Committed, now).await? {
        Some(_) => Ok(()),
        None => Err(InventoryError::State("ordered on account, but nothing is put aside".to_owned())),
    }
}

/// The order is paid: its units leave the house, unless it was called off since then.
pub(crate) async fn commit(tx: &mut Tx, order: OrderId, now: DateTime<Utc>) -> Result<(), InventoryError> {
    match store::settle(tx, order, ReservationState::Committed, now).await?.as_deref() {
        // Given back: called off since it was paid. A paid order without its units is found by the integrity of orders.
        Some("committed" | "released" | "returned") => Ok(()),
        // Asked again until a person has looked: a paid order without its units must not be forgotten.
        other => Err(InventoryError::State(format!("paid, but its reservation is {other:?}"))),
    }
}
