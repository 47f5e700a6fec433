//! The order itself, once for each customer that was made ready: nothing but `POST /api/orders` is measured, with all
//! that it leaves to the background going on beside it.

use anyhow::{Result, ensure};
use serde_json::json;

use super::crowd::{self, Post};
use super::floors::BareRoute;
use super::gate::Refusals;
use super::usage::Processes;
use super::visitor::Customer;
use super::wrk::{Ask, Load};
use super::{Measured, TURNS, in_turns, quiet, settle_in};
use crate::say;

/// Each customer's cart becomes an order; so many at once. `name` also tells this round's keys from another's.
fn place(
    port: u16,
    customers: &[Customer],
    (name, at_once): (&str, usize),
    statuses: &'static [u16],
) -> Result<Measured> {
    crowd::each(port, (customers.len(), at_once), name, |number| {
        let customer = &customers[number];
        let headers = vec![
            ("Authorization", format!("Bearer {}", customer.token)),
            ("Idempotency-Key", format!("{name}-{number}")),
        ];
        Post { path: "/api/orders", headers, body: form(customer), statuses }
    })
}

/// The next state of everybody's cart: one that can be ordered again.
const AGAIN: &str = "update shopping.carts set revision = revision + 1";

/// One line for each cart, of some product or other; enough of it for an order.
const ONE_LINE: &str = "
    delete from shopping.cart_items i using (
        select id, row_number() over (partition by cart_id order by id) as nth from shopping.cart_items
    ) n where n.id = i.id and n.nth > 1;
    update shopping.cart_items set quantity = 200";

/// The same product in every cart.
const HOT: &str = "update shopping.cart_items set product_id = (select min(product_id::text)::uuid from shopping.cart_items)";

/// So many order before anything is measured.
const WARM_UP: usize = 500;

/// Buyers of a flash sale, and how many of them find something.
const BUYERS: usize = 1_000;
const LUCKY: i64 = 100;
/// So much of the hot product is left as the lucky ones have in their carts.
const LITTLE_LEFT: &str = "
    select inventory.change_stock(
        gen_random_uuid(), sku_id, 'adjust', reserved + 200 * {{LUCKY}} - on_hand, 'bench', 'bench', now())
    from inventory.stock where sku_id = (select min(product_id::text)::uuid from shopping.cart_items)";

/// Nothing of it is left.
const SOLD_OUT: &str = "
    select inventory.change_stock(gen_random_uuid(), sku_id, 'adjust', reserved - on_hand, 'bench', 'bench', now())
    from inventory.stock where sku_id = (select min(product_id::text)::uuid from shopping.cart_items)";

/// What was ordered for years: each order with three lines, its timeline and its payment.
const STORED: &str = include_str!("stored.sql");

pub(super) struct Orders<'a> {
    pub(super) port: u16,
    pub(super) customers: &'a [Customer],
    pub(super) database: postgres::Client,
    pub(super) processes: Processes,
    /// So many orders are stored before the last round.
    pub(super) stored: u32,
    /// Answers as many bytes as a refusal has.
    pub(super) bare: BareRoute,
}

pub(super) struct Rounds {
    pub(super) few: Measured,
    pub(super) many: Measured,
    /// pgbench's orders, to as few and to as many.
    pub(super) floors: [Measured; 2],
    pub(super) spread: Measured,
    pub(super) hot: Measured,
    pub(super) among_many: Measured,
    pub(super) before: Measured,
    /// Of [`BUYERS`] at once, [`LUCKY`] are served.
    pub(super) flash: Measured,
    /// Refusals, and the bare route.
    pub(super) sold_out: [Measured; 2],
    /// The same to [`crowd`].
    pub(super) sold_out_to_many: [Measured; 2],
    /// What the gate itself took, of a hundred refusals, within a millisecond.
    pub(super) refused_at_once: f64,
}

impl Orders<'_> {
    /// pgbench's orders and those that are held against them take turns: minutes later the machine may be another one.
    pub(super) fn measure(
        mut self,
        load: &Load<'_>,
        pgbench: impl Fn(usize) -> Result<Measured>,
    ) -> Result<Rounds> {
        self.warm_up()?;
        let [few_floor, few] = self.beside(load, 32, &pgbench)?;
        let [many_floor, many] = self.beside(load, 256, &pgbench)?;
        let floors = [few_floor, many_floor];
        let before = self.round("order again, 32 at once", 32, "")?;
        say::step(&format!("{} orders of the past", self.stored), || {
            self.database.batch_execute(&STORED.replace("{{COUNT}}", &self.stored.to_string()))?;
            Ok(self.database.batch_execute(
                "vacuum analyze orders.orders, orders.order_lines, orders.order_events, payments.payments",
            )?)
        })?;
        let among_many = self.round(&format!("order, {} stored", self.stored), 32, "")?;
        let spread = self.round("order of one line", 32, ONE_LINE)?;
        let hot = self.round("order of one hot product", 32, HOT)?;
        let flash = self.flash_sale()?;
        self.database.batch_execute(SOLD_OUT)?;
        // What others ordered is not what a refusal costs.
        settle_in(&mut self.database)?;
        self.database.batch_execute(AGAIN)?;
        let asks: Vec<Ask> = self.customers.iter().map(order).collect();
        let refused = |name: &str, load: &Load<'_>| {
            say::step(&format!("{name}, {} s", load.seconds), || {
                load.warm_up(self.port, &asks)?;
                self.processes.during(name, || load.run_refused(self.port, &asks))
            })
        };
        let sold_out = in_turns(load, |turn| {
            Ok([refused("order of what is sold out", turn)?, self.bare.measure(turn)?])
        })?;
        let sold_out_to_many = in_turns(&crowd(load), |turn| {
            Ok([refused("order of what is sold out, 256 at once", turn)?, self.bare.measure(turn)?])
        })?;
        // How long one waits, not how many are served.
        let patient = Load { connections: 2, ..*load };
        let before_gate = Refusals::read(self.port)?;
        say::step(&format!("sold out for two, {} s", load.seconds), || {
            patient.run_refused(self.port, &asks)
        })?;
        let refused_at_once = Refusals::read(self.port)?.percent_at_once_since(&before_gate);
        Ok(Rounds {
            few,
            many,
            floors,
            spread,
            hot,
            among_many,
            before,
            flash,
            sold_out,
            sold_out_to_many,
            refused_at_once,
        })
    }

    /// Until every connection is open and has its plans, as everywhere in the bench.
    fn warm_up(&self) -> Result<()> {
        let some = self.customers.get(..WARM_UP).unwrap_or(self.customers);
        place(self.port, some, ("warm-up", 32), &[201]).map(drop)
    }

    fn flash_sale(&mut self) -> Result<Measured> {
        self.database.batch_execute(&LITTLE_LEFT.replace("{{LUCKY}}", &LUCKY.to_string()))?;
        self.database.batch_execute(AGAIN)?;
        let before = self.orders()?;
        let buyers = self.customers.get(..BUYERS).unwrap_or(self.customers);
        let name = format!("flash sale, {} at once", buyers.len());
        let sale = say::step(&name, || {
            let rush = || place(self.port, buyers, (&name, buyers.len()), &[201, 409]);
            self.processes.during(&name, rush)
        })?;
        let served = self.orders()? - before;
        let lucky = LUCKY.min(i64::try_from(buyers.len())?);
        ensure!(served == lucky, "{served} orders by {} of what was enough for {LUCKY}", buyers.len());
        Ok(sale)
    }

    fn orders(&mut self) -> Result<i64> {
        Ok(self.database.query_one("select count(*) from orders.orders", &[])?.get(0))
    }

    /// pgbench's orders and ours, in turns; each customer orders once, and the first of each turn to warm up: pgbench
    /// has had the machine for seconds.
    fn beside(
        &mut self,
        load: &Load<'_>,
        at_once: usize,
        pgbench: impl Fn(usize) -> Result<Measured>,
    ) -> Result<[Measured; 2]> {
        self.database.batch_execute(AGAIN)?;
        let name = format!("order, {at_once} at once");
        let turn = self.customers.len().div_ceil(usize::try_from(TURNS)?).max(1);
        let mut turns = self.customers.chunks(turn).enumerate();
        in_turns(load, |_| {
            let (nth, some) = turns.next().unwrap_or_default();
            // What our orders leave behind does not slow pgbench's.
            quiet(&mut self.database)?;
            let floor = pgbench(at_once)?;
            let (first, rest) = some.split_at(some.len() / 4);
            let ours = say::step(&format!("{} times {name}", rest.len()), || {
                place(self.port, first, (&format!("{name}, first {nth}"), at_once), &[201])?;
                let key = format!("{name}, {nth}");
                self.processes.during(&name, || place(self.port, rest, (&key, at_once), &[201]))
            })?;
            Ok([floor, ours])
        })
    }

    fn round(&mut self, name: &str, at_once: usize, prepare: &str) -> Result<Measured> {
        self.database.batch_execute(prepare)?;
        self.database.batch_execute(AGAIN)?;
        say::step(&format!("{} times {name}", self.customers.len()), || {
            self.processes.during(name, || place(self.port, self.customers, (name, at_once), &[201]))
        })
    }
}

/// Who comes too late comes with many others.
fn crowd<'a>(load: &Load<'a>) -> Load<'a> {
    Load { connections: 256, ..*load }
}

fn order(customer: &Customer) -> Ask {
    Ask::post("/api/orders", form(customer)).signed_in(&customer.token).header("Idempotency-Key", "sold-out")
}

fn form(customer: &Customer) -> String {
    json!({ "shippingAddressId": customer.address, "paymentMethod": "card" }).to_string()
}
