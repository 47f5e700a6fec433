//! Whether what customers were told, and what the books say, can both be true.
//!
//! Customers remember what they asked for, when, and what they were told; the books are the movements of stock, the orders
//! and the reservations. [`check`] knows nothing of how the shop works: it adds up.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use testkit::TestDb;

/// A refusal may be as old as the gate believes, and what it is of as late as a request may take.
const SLACK: TimeDelta = TimeDelta::seconds(15);

/// What a customer was told of one wish.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Product and units.
    pub wish: Vec<(String, i64)>,
    pub asked: DateTime<Utc>,
    pub told: DateTime<Utc>,
    pub answer: Told,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The order with this id.
    Placed(String),
    /// Of these products there is too little: how much there is.
    Short(Vec<(String, i64)>),
}

/// What the shop's people were told they had received.
pub type Received = BTreeMap<String, i64>;

#[derive(Debug, Deserialize)]
struct Movement {
    product: String,
    version: i64,
    kind: String,
    d_on_hand: i64,
    d_reserved: i64,
    on_hand: i64,
    reserved: i64,
    order: Option<String>,
    at: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct Order {
    id: String,
    status: String,
    lines: Vec<(String, i64)>,
    /// Of its reservation.
    held: Vec<(String, i64)>,
    reservation: Option<String>,
}

/// What the books say.
#[derive(Debug)]
pub struct Books {
    movements: Vec<Movement>,
    orders: Vec<Order>,
}

impl Books {
    pub async fn read(db: &TestDb) -> Self {
        let movements = db
            .json(
                "select m.sku_id as product, m.version, m.kind, m.d_on_hand, m.d_reserved, m.on_hand_after as on_hand,
                        m.reserved_after as reserved, r.order_id as order, m.at
                 from inventory.stock_movements m left join inventory.reservations r on r.id = m.reservation_id
                 order by m.sku_id, m.version",
            )
            .await;
        let orders = db
            .json(
                "select o.id, o.status, r.state as reservation,
                        (select coalesce(json_agg(json_build_array(l.product_id, l.quantity) order by l.product_id), '[]')
                         from orders.order_lines l where l.order_id = o.id) as lines,
                        (select coalesce(json_agg(json_build_array(h.sku_id, h.quantity) order by h.sku_id), '[]')
                         from inventory.reservation_lines h where h.reservation_id = r.id) as held
                 from orders.orders o left join inventory.reservations r on r.order_id = o.id",
            )
            .await;
        Self {
            movements: serde_json::from_value(movements).unwrap(),
            orders: serde_json::from_value(orders).unwrap(),
        }
    }
}

/// Everything that cannot be; empty when all of it can.
pub fn check(heard: &[Heard], received: &Received, books: &Books) -> Vec<String> {
    let mut problems = Vec::new();
    let mut chains: BTreeMap<&str, Vec<&Movement>> = BTreeMap::new();
    for movement in &books.movements {
        chains.entry(&movement.product).or_default().push(movement);
    }
    for (product, chain) in &chains {
        problems.extend(follow(product, chain));
        let came: i64 = chain.iter().filter(|m| m.kind == "receive").map(|m| m.d_on_hand).sum();
        if came != received.get(*product).copied().unwrap_or(0) {
            problems.push(format!(
                "product {product}: {came} came in, people were told {:?}",
                received.get(*product)
            ));
        }
    }
    problems.extend(books.orders.iter().flat_map(fits));
    problems.extend(told_truly(heard, &chains, books));
    problems
}

/// One product's events, in their order: each goes on where the one before ended, and what an order did can be done.
fn follow(product: &str, chain: &[&Movement]) -> Vec<String> {
    let mut problems = Vec::new();
    let (mut on_hand, mut reserved, mut version) = (0, 0, 0);
    // What each order has put aside of it.
    let mut held: HashMap<&str, i64> = HashMap::new();
    let mut gone: HashMap<&str, i64> = HashMap::new();
    for movement in chain {
        let wrong =
            |what: &str| format!("product {product}, version {}: {what} ({movement:?})", movement.version);
        (on_hand, reserved, version) =
            (on_hand + movement.d_on_hand, reserved + movement.d_reserved, version + 1);
        if (movement.version, movement.on_hand, movement.reserved) != (version, on_hand, reserved) {
            problems.push(wrong("does not go on where the one before ended"));
            (on_hand, reserved, version) = (movement.on_hand, movement.reserved, movement.version);
        }
        if reserved < 0 || reserved > on_hand {
            problems.push(wrong("more is put aside than there is"));
        }
        let Some(order) = movement.order.as_deref() else { continue };
        let (aside, out) = (held.entry(order).or_default(), gone.entry(order).or_default());
        *aside += movement.d_reserved;
        *out -= movement.d_on_hand;
        let fits = match movement.kind.as_str() {
            "reserve" => movement.d_reserved > 0 && *aside == movement.d_reserved && *out == 0,
            "release" | "expire" | "return" => *aside == 0 && *out == 0,
            "commit" => *aside == 0 && *out == -movement.d_on_hand,
            _ => false,
        };
        if !fits {
            problems.push(wrong("an order does what it cannot"));
        }
    }
    problems
}

/// An order holds what it is of, and its reservation stands as the order does.
fn fits(order: &Order) -> Vec<String> {
    let state = order.reservation.as_deref();
    let expected: &[&str] = match order.status.as_str() {
        "pending_payment" => &["held"],
        "paid" => &["committed"],
        "expired" | "cancelled" | "review" => &["released"],
        _ => &[],
    };
    let mut problems = Vec::new();
    if !state.is_some_and(|state| expected.contains(&state)) {
        problems.push(format!("order {} is {}, its reservation {state:?}", order.id, order.status));
    }
    if order.lines != order.held {
        problems.push(format!("order {} is of {:?} and holds {:?}", order.id, order.lines, order.held));
    }
    problems
}

/// Who was told of an order has it, once and as wished; who was told that there is too little came at a time when there
/// was.
fn told_truly(heard: &[Heard], chains: &BTreeMap<&str, Vec<&Movement>>, books: &Books) -> Vec<String> {
    let orders: HashMap<&str, &Order> = books.orders.iter().map(|order| (order.id.as_str(), order)).collect();
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    for one in heard {
        match &one.answer {
            Told::Placed(id) => {
                if !seen.insert(id) {
                    problems.push(format!("order {id} was told of twice"));
                }
                let mut wish = one.wish.clone();
                wish.sort_unstable();
                match orders.get(id.as_str()) {
                    None => problems.push(format!("order {id} was told of and is not there")),
                    Some(order) if order.lines != wish => {
                        problems.push(format!("order {id} is of {:?}, not {wish:?}", order.lines));
                    }
                    Some(_) => {}
                }
            }
            Told::Short(short) => {
                for (product, available) in short {
                    let chain = chains.get(product.as_str()).map_or(&[][..], Vec::as_slice);
                    if !was_once(chain, *available, one) {
                        problems
                            .push(format!("there were never {available} of product {product} when {one:?}"));
                    }
                }
            }
        }
    }
    for order in &books.orders {
        if !seen.contains(&order.id) {
            problems.push(format!("nobody was told of order {}", order.id));
        }
    }
    problems
}

/// Whether so many could be had at some moment of which the customer may have been told.
fn was_once(chain: &[&Movement], available: i64, heard: &Heard) -> bool {
    if chain.is_empty() {
        return available == 0;
    }
    chain.iter().enumerate().any(|(nth, movement)| {
        let until = chain.get(nth + 1).map_or(heard.told, |next| next.at);
        movement.on_hand - movement.reserved == available
            && movement.at - SLACK <= heard.told
            && until + SLACK >= heard.asked
    })
}
