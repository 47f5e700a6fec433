//! `cargo xtask bench`: the release build under load, beside what this machine can do at best, measured in the same run.
#![expect(clippy::float_arithmetic, reason = "rates and ratios of measured times; no money here")]

mod crowd;
mod floors;
mod gate;
mod import;
mod orders;
mod reads;
mod table;
mod usage;
mod visitor;
mod webhooks;
mod wrk;

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::cluster::{self, Cluster, free_port};
use crate::install::{self, Tool};
use crate::redis::{Memory, Redis};
use crate::shop::{self, Gateway, GatewaySettings, StandIn};
use crate::site::Site;
use crate::workspace::{self, Profile};
use crate::{account, say, seed, signals};
use floors::BareRoute;
use orders::{Orders, Till};
use reads::LIST;
use table::{Measured, Table};
use usage::{Processes, peak_memory_kib};
use visitor::{Customer, Good};
use wrk::{Ask, Load};

/// A shop's place on the services that all of them share.
#[derive(Debug, Clone, Copy)]
struct Place {
    name: &'static str,
    /// Its database in Redis.
    redis: u8,
    products: u32,
}

const SMALL: Place = Place { name: "small", redis: 0, products: 1_000 };
/// As small, with the orders of years.
const GROWN: Place = Place { name: "grown", redis: 1, ..SMALL };
const LARGE: Place = Place { name: "large", redis: 2, products: 100_000 };
const CART: &str = "/api/me/cart";
/// Routes and their floors take turns: a machine that others use too is not equally fast from one minute to the next.
const TURNS: u64 = 3;
/// So many ask at once where it is measured how long one waits, not how many are served.
const FEW_CONNECTIONS: u32 = 4;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How long each thing is measured
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many connections ask at once
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// How many orders are placed
    #[arg(long, default_value_t = 3_000)]
    orders: u32,
    /// How many orders are stored before the last of them are placed
    #[arg(long, default_value_t = 1_000_000)]
    stored: u32,
    /// Orders alone, without the catalogue and the carts
    #[arg(long)]
    orders_only: bool,
    /// Events of the payment provider alone
    #[arg(long)]
    webhooks_only: bool,
    /// How many events are told
    #[arg(long, default_value_t = 30_000)]
    events: usize,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("bench reads /proc: it needs Linux");
    }
    let [make, pkg_config, openssl] = install::TO_BUILD;
    install::ensure(&[make, pkg_config, openssl, Tool::Postgres, Tool::Redis, Tool::Wrk])?;
    shop::build(Profile::Release, &["gateway", "sandbox"])?;
    let dir = workspace::target().join("bench-run");
    let Some(mut site) = Site::take(&dir)? else { bail!("another bench is running in this checkout") };
    let outcome = measure(&mut site, arguments);
    account::remove_place(&dir.join("postgres"))?;
    if outcome.is_ok() {
        fs::remove_dir_all(&dir).context("could not remove the bench's directory")?;
    } else {
        site.forget();
        say::note(format_args!("the logs stay in {}", dir.join("logs").display()));
    }
    outcome
}

/// Everything that runs while measuring; dropped in this order.
struct Shop {
    gateway: Gateway,
    stripe: StandIn,
    redis: Redis,
    postgres: Cluster,
    port: u16,
    dir: PathBuf,
}

/// Another gateway on the same services, with a database of its own.
struct OtherShop {
    gateway: Gateway,
    port: u16,
}

impl Shop {
    fn open(site: &mut Site) -> Result<Self> {
        let settings = ["shared_buffers=256MB", "max_connections=400"];
        let postgres = say::step("start PostgreSQL", || Cluster::start(site, None, &settings))?;
        let redis = say::step("start Redis", || Redis::start(site, None, Memory::Forgotten))?;
        let port = free_port()?;
        let stripe = StandIn::start(site, Profile::Release, None, port, Memory::Forgotten)?;
        fill(&postgres, SMALL)?;
        let gateway = gateway(site, &postgres, &redis, &stripe, SMALL, port)?;
        settle(&postgres, SMALL)?;
        Ok(Self { gateway, stripe, redis, postgres, port, dir: site.dir().to_path_buf() })
    }

    fn another(&self, site: &mut Site, place: Place) -> Result<OtherShop> {
        fill(&self.postgres, place)?;
        let port = free_port()?;
        let gateway = gateway(site, &self.postgres, &self.redis, &self.stripe, place, port)?;
        settle(&self.postgres, place)?;
        Ok(OtherShop { gateway, port })
    }

    fn processes(&self) -> Processes {
        self.processes_of(&self.gateway)
    }

    fn processes_of(&self, gateway: &Gateway) -> Processes {
        Processes {
            gateway: gateway.server.pid(),
            postgres: self.postgres.server.pid(),
            redis: self.redis.server.pid(),
        }
    }

    fn during(&self, name: &str, load: &Load<'_>, asks: &[Ask]) -> Result<Measured> {
        during(name, load, (self.port, asks), &self.processes())
    }

    fn during_in(&self, other: &OtherShop, name: &str, load: &Load<'_>, asks: &[Ask]) -> Result<Measured> {
        during(name, load, (other.port, asks), &self.processes_of(&other.gateway))
    }

    fn database(&self, place: Place) -> Result<postgres::Client> {
        cluster::connect(&self.postgres.url(place.name))
    }
}

fn during(
    name: &str,
    load: &Load<'_>,
    (port, asks): (u16, &[Ask]),
    processes: &Processes,
) -> Result<Measured> {
    say::step(&format!("{name}, {} s", load.seconds), || {
        load.warm_up(port, asks)?;
        let measured = processes.during(name, || load.run(port, asks));
        signals::check()?;
        measured
    })
}

fn settle(postgres: &Cluster, place: Place) -> Result<()> {
    settle_in(&mut cluster::connect(&postgres.url(place.name))?)
}

/// Until what was left to be done in the background is done, and on the disk, and what is dead is gone.
fn settle_in(database: &mut postgres::Client) -> Result<()> {
    quiet(database)?;
    database.batch_execute("vacuum analyze")?;
    // A million orders that are still on their way to the disk hold up everybody for seconds.
    Ok(database.batch_execute("checkpoint")?)
}

/// Until what was left to be done in the background is done, also what comes by itself soon after an order.
fn quiet(database: &mut postgres::Client) -> Result<()> {
    let left = "select (select count(*) from platform.outbox) + (
        select count(*) from platform.jobs where run_at <= now() + interval '20 s' and dead_at is null
    )";
    say::step("background work", || {
        for _ in 0..1_200 {
            signals::check()?;
            if database.query_one(left, &[])?.get::<_, i64>(0) == 0 {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
        bail!("the background work does not end")
    })
}

fn fill(postgres: &Cluster, place: Place) -> Result<()> {
    postgres.create_database(place.name)?;
    let url = postgres.url(place.name);
    shop::migrate(Profile::Release, &url)?;
    let mut database = cluster::connect(&url)?;
    seed::fill(&mut database, place.products)?;
    database.batch_execute(include_str!("plenty.sql"))?;
    Ok(())
}

fn gateway(
    site: &mut Site,
    postgres: &Cluster,
    redis: &Redis,
    stripe: &StandIn,
    place: Place,
    port: u16,
) -> Result<Gateway> {
    let settings = GatewaySettings {
        profile: Profile::Release,
        http_port: port,
        database_url: &postgres.url(place.name),
        redis_url: &format!("{}/{}", redis.url(), place.redis),
        stripe_url: &stripe.url(),
        dev_dir: &site.folder("secrets")?,
        more: &[
            ("RATE_LIMITS", "100000"),
            ("LOG_FORMAT", "json"),
            ("RUST_LOG", "warn"),
            ("MAX_UNPAID_ORDERS", "10000"),
            ("MAX_UNPAID_UNITS_INDIVIDUAL", "1000000"),
            ("ADMIN_BOOTSTRAP_EMAIL", import::OWNER.0),
            ("ADMIN_BOOTSTRAP_PASSWORD", import::OWNER.1),
        ],
        log: Some(site.folder("logs")?.join(format!("gateway-{}.log", place.name))),
    };
    say::step("start the gateway", || Gateway::start(site, &settings))
}

fn measure(site: &mut Site, arguments: &Arguments) -> Result<()> {
    let shop = Shop::open(site)?;
    let dir = shop.dir.clone();
    let load = Load { seconds: arguments.seconds, connections: arguments.connections, dir: &dir };
    let mut table = Table::new(shop.gateway.ready_after);
    table.rows.push(events(&shop, arguments.events)?);
    if arguments.webhooks_only {
        return finish(&table);
    }
    if !arguments.orders_only {
        pages(site, &shop, &load, &mut table)?;
    }
    let goods = visitor::goods(shop.port)?;
    let customers = customers(shop.port, &goods, arguments.orders)?;
    let postgres = floors::Postgres::prepare(&shop.postgres, &shop.dir)?;
    if !arguments.orders_only {
        carts(&shop, &load, (&goods, &customers), &postgres, &mut table)?;
        unseen(&shop, &load, &mut table)?;
    }
    placing(site, &shop, &load, (customers, arguments.stored), &postgres, &mut table)?;
    if !arguments.orders_only {
        growing(site, &shop, &load, &mut table)?;
    }
    finish(&table)
}

fn events(shop: &Shop, events: usize) -> Result<Measured> {
    let told = say::step(&format!("{events} events of Stripe's"), || {
        shop.processes().during("webhook, 32 at once", || webhooks::tell(shop.port, events))
    })?;
    settle(&shop.postgres, SMALL)?;
    Ok(told)
}

fn customers(port: u16, goods: &[Good], count: u32) -> Result<Vec<Customer>> {
    say::step("sign customers up and fill their carts", || visitor::customers(port, goods, count))
}

fn finish(table: &Table) -> Result<()> {
    table.print();
    let failures: u64 = table.rows.iter().map(|row| row.failures).sum();
    if failures > 0 {
        bail!("{failures} requests failed: these numbers are worth nothing");
    }
    Ok(())
}

/// Several measurements, one after the other and over again, each with a part of the time.
fn in_turns<const N: usize>(
    load: &Load<'_>,
    mut measure: impl FnMut(&Load<'_>) -> Result<[Measured; N]>,
) -> Result<[Measured; N]> {
    let turn = Load { seconds: (load.seconds / TURNS).max(1), ..*load };
    let mut parts = [const { Vec::new() }; N];
    for _ in 0..TURNS {
        for (parts, measured) in parts.iter_mut().zip(measure(&turn)?) {
            parts.push(measured);
        }
    }
    Ok(parts.map(|parts| Measured::joined(&parts)))
}

/// Lists, pages known already, and one product, beside bare routes of the same size.
fn pages(site: &mut Site, shop: &Shop, load: &Load<'_>, table: &mut Table) -> Result<()> {
    let (list, etag) = reads::page(shop.port, LIST)?;
    let detail_path = reads::detail(&list)?;
    let (detail, _) = reads::page(shop.port, &detail_path)?;
    let [list_bare, detail_bare] = [&list, &detail].map(|bytes| BareRoute::start(site, bytes));
    let (list_bare, detail_bare) = (list_bare?, detail_bare?);
    let (list_again, by_id) = (Ask::get(LIST).header("If-None-Match", etag), Ask::get(detail_path));
    let [list_floor, products, known, detail_floor, one] = in_turns(load, |turn| {
        Ok([
            list_bare.measure(turn)?,
            shop.during("product list", turn, &[Ask::get(LIST)])?,
            shop.during("304", turn, std::slice::from_ref(&list_again))?,
            detail_bare.measure(turn)?,
            shop.during("product detail", turn, std::slice::from_ref(&by_id))?,
        ])
    })?;
    table.ratio("product list", &products, &list_floor);
    table.ratio("304", &known, &list_floor);
    table.ratio("product detail", &one, &detail_floor);
    table.rows.extend([products, known, one]);
    table.floors.extend([list_floor, detail_floor]);
    Ok(())
}

fn carts(
    shop: &Shop,
    load: &Load<'_>,
    (goods, customers): (&[Good], &[Customer]),
    postgres: &floors::Postgres,
    table: &mut Table,
) -> Result<()> {
    let tokens: Vec<&str> = customers.iter().map(|customer| customer.token.as_str()).collect();
    let reads: Vec<Ask> = tokens.iter().map(|token| Ask::get(CART).signed_in(token)).collect();
    let adds = visitor::adds(&tokens, goods);
    let [select, read, update, add] = in_turns(load, |turn| {
        let time = turn.seconds;
        let floor = |name: &str, measure: &dyn Fn() -> Result<Measured>| {
            say::step(&format!("pgbench {name}, {time} s"), measure)
        };
        Ok([
            floor("select", &|| postgres.select(&shop.processes(), time))?,
            shop.during("cart read", turn, &reads)?,
            floor("update", &|| postgres.update(&shop.processes(), time))?,
            shop.during("cart add", turn, &adds)?,
        ])
    })?;
    let script = say::step("redis script calls", || floors::redis_script(shop.redis.port))?;
    table.ratio("cart read", &read, &select);
    table.ratio("cart add", &add, &update);
    table.rows.extend([read, add]);
    table.floors.extend([select, update, script]);
    Ok(())
}

fn placing(
    site: &mut Site,
    shop: &Shop,
    load: &Load<'_>,
    (customers, stored): (Vec<Customer>, u32),
    postgres: &floors::Postgres,
    table: &mut Table,
) -> Result<()> {
    let pgbench = |clients| {
        say::step(&format!("pgbench order, {clients} at once, {} s", load.seconds), || {
            postgres.order(&shop.processes(), clients, load.seconds)
        })
    };
    let bare = BareRoute::start(site, &[b' '; 400])?;
    let count = u32::try_from(customers.len())?;
    let till = Till {
        port: shop.port,
        customers,
        database: shop.database(SMALL)?,
        processes: shop.processes(),
        turns: 0,
    };
    let grown = || {
        let grown = shop.another(site, GROWN)?;
        let till = Till {
            port: grown.port,
            customers: self::customers(grown.port, &visitor::goods(grown.port)?, count)?,
            database: shop.database(GROWN)?,
            processes: shop.processes_of(&grown.gateway),
            turns: 0,
        };
        Ok((grown, till))
    };
    let rounds = Orders { till, stored, bare }.measure(load, pgbench, grown)?;
    let [few, many] = rounds.floors;
    let [before, among_many] = rounds.grown;
    let [spread, hot] = rounds.hot;
    table.ratio("order, 32 at once", &rounds.few, &few);
    table.ratio("order, 256 at once", &rounds.many, &many);
    table.ratio("order of one hot product", &hot, &spread);
    let ([sold_out, refusal], [sold_out_to_many, refusal_to_many]) =
        (rounds.sold_out, rounds.sold_out_to_many);
    table.ratio("order of what is sold out", &sold_out, &refusal);
    table.ratio("the same, 256 at once", &sold_out_to_many, &refusal_to_many);
    table.ratio(&format!("order with {stored} stored"), &among_many, &before);
    table.share("refusals that took the gate 1 ms at most", rounds.refused_at_once);
    let orders::Rounds { few: at_few, many: at_many, flash, .. } = rounds;
    table.rows.extend([at_few, at_many, before, among_many, spread, hot, flash, sold_out, sold_out_to_many]);
    table.floors.extend([few, many, refusal, refusal_to_many]);
    Ok(())
}

/// Lists and searches that nobody has asked for yet, and what all the reading took in memory.
fn unseen(shop: &Shop, load: &Load<'_>, table: &mut Table) -> Result<()> {
    let patient = Load { connections: FEW_CONNECTIONS, ..*load };
    let lists = shop.during("list, not in memory, alone", &patient, &reads::lists(shop.port)?)?;
    let searches = shop.during("search, not in memory, alone", &patient, &reads::searches(shop.port)?)?;
    table.memory(&format!("{} products", SMALL.products), peak_memory_kib(shop.gateway.server.pid())?);
    table.rows.extend([lists, searches]);
    Ok(())
}

/// A hundred times as many products, and the file of a supplier.
fn growing(site: &mut Site, shop: &Shop, load: &Load<'_>, table: &mut Table) -> Result<()> {
    table.memory("and a sale to 1,000 at once", peak_memory_kib(shop.gateway.server.pid())?);
    let large = shop.another(site, LARGE)?;
    let patient = Load { connections: FEW_CONNECTIONS, ..*load };
    let (lists, searches) = (reads::lists(shop.port)?, reads::searches(shop.port)?);
    let (many_lists, many_searches) = (reads::lists(large.port)?, reads::searches(large.port)?);
    let [few_listed, many_listed, few_sought, many_sought] = in_turns(&patient, |turn| {
        Ok([
            shop.during("list, not in memory", turn, &lists)?,
            shop.during_in(&large, "list of 100,000, not in memory", turn, &many_lists)?,
            shop.during("search, not in memory", turn, &searches)?,
            shop.during_in(&large, "search of 100,000, not in memory", turn, &many_searches)?,
        ])
    })?;
    table.memory("100,000 products", peak_memory_kib(large.gateway.server.pid())?);
    drop(large);
    table.slower("list, not in memory", &many_listed, &few_listed);
    table.slower("search, not in memory", &many_sought, &few_sought);
    table.rows.extend([few_listed, many_listed, few_sought, many_sought]);
    let (taken, again) =
        say::step(&format!("import of {} products", import::PRODUCTS), || import::import(shop.port))?;
    table.took(&format!("import of {} products", import::PRODUCTS), taken);
    table.took("the same file again", again);
    Ok(())
}
