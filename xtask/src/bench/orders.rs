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

/// One line for each cart, enough of it for an order, of some product or other that is written down.
const ONE_LINE: &str = "
    delete from shopping.cart_items i using (
        select id, row_number() over (partition by cart_id order by id) as nth from shopping.cart_items
    ) n where n.id = i.id and n.nth > 1;
    update shopping.cart_items set quantity = 200;
    create table public.one_line as select id, product_id from shopping.cart_items";

/// In every cart what was written down.
const SPREAD: &str = "
    update shopping.cart_items i set product_id = o.product_id from public.one_line o where o.id = i.id;
    update shopping.carts set revision = revision + 1";

/// The same product in every cart.
const HOT: &str = "
    update shopping.cart_items set product_id = (select min(product_id::text)::uuid from public.one_line);
    update shopping.carts set revision = revision + 1";

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

/// Where customers with full carts order.
pub(super) struct Till {
    pub(super) port: u16,
    pub(super) customers: Vec<Customer>,
    pub(super) database: postgres::Client,
    pub(super) processes: Processes,
    /// So many turns have been measured here.
    pub(super) turns: usize,
}

pub(super) struct Orders {
    pub(super) till: Till,
    /// So many orders are stored in the grown shop.
    pub(super) stored: u32,
    /// Answers as many bytes as a refusal has.
    pub(super) bare: BareRoute,
}

pub(super) struct Rounds {
    pub(super) few: Measured,
    pub(super) many: Measured,
    /// pgbench's orders, to as few and to as many.
    pub(super) floors: [Measured; 2],
    /// Here and in the grown shop.
    pub(super) grown: [Measured; 2],
    /// Of many products and of one.
    pub(super) hot: [Measured; 2],
    /// Of [`BUYERS`] at once, [`LUCKY`] are served.
    pub(super) flash: Measured,
    /// Refusals, and the bare route.
    pub(super) sold_out: [Measured; 2],
    /// The same to [`crowd`].
    pub(super) sold_out_to_many: [Measured; 2],
    /// What the gate itself took, of a hundred refusals, within a millisecond.
    pub(super) refused_at_once: f64,
}

impl Till {
    fn prepare(&mut self, sql: &str) -> Result<()> {
        Ok(self.database.batch_execute(sql)?)
    }

    /// Until every connection is open and has its plans, as everywhere in the bench.
    fn warm_up(&self) -> Result<()> {
        let some = self.customers.get(..WARM_UP).unwrap_or(&self.customers);
        place(self.port, some, ("warm-up", 32), &[201]).map(drop)
    }

    /// Customers of this turn order, a part of them to warm up: something else has had the machine. Before that ends
    /// what earlier orders left behind.
    fn turn(&mut self, name: &str, at_once: usize) -> Result<Measured> {
        quiet(&mut self.database)?;
        let (turn, all) = (self.turns, usize::try_from(TURNS)?);
        self.turns += 1;
        let size = self.customers.len().div_ceil(all).max(1);
        let some = self.customers.chunks(size).nth(turn % all).unwrap_or_default();
        let (first, rest) = some.split_at(some.len() / 4);
        say::step(&format!("{} times {name}", rest.len()), || {
            place(self.port, first, (&format!("{name}, first {turn}"), at_once), &[201])?;
            let key = format!("{name}, {turn}");
            self.processes.during(name, || place(self.port, rest, (&key, at_once), &[201]))
        })
    }
}

impl Orders {
    /// What is held against each other takes turns: minutes later the machine may be another one.
    pub(super) fn measure<G>(
        mut self,
        load: &Load<'_>,
        pgbench: impl Fn(usize) -> Result<Measured>,
        grown: impl FnOnce() -> Result<(G, Till)>,
    ) -> Result<Rounds> {
        self.till.warm_up()?;
        let [few_floor, few] = self.beside(load, 32, &pgbench)?;
        let [many_floor, many] = self.beside(load, 256, &pgbench)?;
        let grown = self.grown(load, grown)?;
        let hot = self.hot(load)?;
        let flash = self.flash_sale()?;
        self.till.prepare(SOLD_OUT)?;
        // What others ordered is not what a refusal costs.
        settle_in(&mut self.till.database)?;
        self.till.prepare(AGAIN)?;
        let (port, processes) = (self.till.port, self.till.processes);
        let asks: Vec<Ask> = self.till.customers.iter().map(order).collect();
        let refused = |name: &str, load: &Load<'_>| {
            say::step(&format!("{name}, {} s", load.seconds), || {
                load.warm_up(port, &asks)?;
                processes.during(name, || load.run_refused(port, &asks))
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
        let before_gate = Refusals::read(port)?;
        say::step(&format!("sold out for two, {} s", load.seconds), || patient.run_refused(port, &asks))?;
        let refused_at_once = Refusals::read(port)?.percent_at_once_since(&before_gate);
        let floors = [few_floor, many_floor];
        Ok(Rounds { few, many, floors, grown, hot, flash, sold_out, sold_out_to_many, refused_at_once })
    }

    /// pgbench's orders and ours.
    fn beside(
        &mut self,
        load: &Load<'_>,
        at_once: usize,
        pgbench: impl Fn(usize) -> Result<Measured>,
    ) -> Result<[Measured; 2]> {
        self.till.prepare(AGAIN)?;
        let name = format!("order, {at_once} at once");
        in_turns(load, |_| {
            // What our orders leave behind does not slow pgbench's.
            quiet(&mut self.till.database)?;
            let floor = pgbench(at_once)?;
            Ok([floor, self.till.turn(&name, at_once)?])
        })
    }

    /// Orders here, and in a shop that has [`STORED`].
    fn grown<G>(
        &mut self,
        load: &Load<'_>,
        grown: impl FnOnce() -> Result<(G, Till)>,
    ) -> Result<[Measured; 2]> {
        let (_open, mut grown) = grown()?;
        say::step(&format!("{} orders of the past", self.stored), || {
            grown.prepare(&STORED.replace("{{COUNT}}", &self.stored.to_string()))
        })?;
        // It has had as many orders of its own as this one: what a worked shop is slower by is not what is asked here.
        say::step("as many orders as here", || {
            grown.warm_up()?;
            for (round, at_once) in [("first", 32), ("second", 256)] {
                grown.prepare(AGAIN)?;
                place(grown.port, &grown.customers, (round, at_once), &[201])?;
            }
            Ok(())
        })?;
        for till in [&mut self.till, &mut grown] {
            settle_in(&mut till.database)?;
            till.prepare(AGAIN)?;
        }
        let name = format!("order, {} stored", self.stored);
        in_turns(load, |_| Ok([self.till.turn("order again, 32 at once", 32)?, grown.turn(&name, 32)?]))
    }

    /// Orders of many products, and of one.
    fn hot(&mut self, load: &Load<'_>) -> Result<[Measured; 2]> {
        self.till.prepare(ONE_LINE)?;
        in_turns(load, |_| {
            self.till.prepare(SPREAD)?;
            let spread = self.till.turn("order of one line", 32)?;
            self.till.prepare(HOT)?;
            Ok([spread, self.till.turn("order of one hot product", 32)?])
        })
    }

    fn flash_sale(&mut self) -> Result<Measured> {
        self.till.prepare(&LITTLE_LEFT.replace("{{LUCKY}}", &LUCKY.to_string()))?;
        self.till.prepare(AGAIN)?;
        let before = self.orders()?;
        let Till { port, customers, processes, .. } = &self.till;
        let buyers = customers.get(..BUYERS).unwrap_or(customers);
        let name = format!("flash sale, {} at once", buyers.len());
        let sale = say::step(&name, || {
            let rush = || place(*port, buyers, (&name, buyers.len()), &[201, 409]);
            processes.during(&name, rush)
        })?;
        let lucky = LUCKY.min(i64::try_from(buyers.len())?);
        let served = self.orders()? - before;
        ensure!(served == lucky, "{served} orders where there was enough for {lucky}");
        Ok(sale)
    }

    fn orders(&mut self) -> Result<i64> {
        Ok(self.till.database.query_one("select count(*) from orders.orders", &[])?.get(0))
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
