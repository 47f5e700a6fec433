//! `cargo xtask bench`: the release build under load, beside what this machine can do at best, measured in the same run.
#![expect(clippy::float_arithmetic, reason = "rates and ratios of measured times; no money here")]

mod floors;
mod orders;
mod table;
mod usage;
mod visitor;
mod wrk;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::client::Connection;
use crate::cluster::{self, Cluster, free_port};
use crate::install::{self, Tool};
use crate::redis::{Memory, Redis};
use crate::shop::{self, Gateway, GatewaySettings, StandIn};
use crate::site::Site;
use crate::workspace::{self, Profile};
use crate::{account, say, seed, signals};
use table::{Measured, Table};
use usage::{Processes, peak_memory_kib};

const PRODUCTS: u32 = 1_000;
const LIST: &str = "/api/products";
const CART: &str = "/api/me/cart";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How long each thing is measured
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many connections ask at once
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// How many orders are placed
    #[arg(long, default_value_t = 1_500)]
    orders: u32,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("bench reads /proc: it needs Linux");
    }
    let [pkg_config, openssl] = install::TO_BUILD;
    install::ensure(&[pkg_config, openssl, Tool::Postgres, Tool::Redis, Tool::Wrk])?;
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
    _stripe: StandIn,
    redis: Redis,
    postgres: Cluster,
    port: u16,
    dir: PathBuf,
}

impl Shop {
    fn open(site: &mut Site) -> Result<Self> {
        let settings = ["shared_buffers=256MB", "max_connections=200"];
        let postgres = say::step("start PostgreSQL", || Cluster::start(site, None, &settings))?;
        let redis = say::step("start Redis", || Redis::start(site, None, Memory::Forgotten))?;
        postgres.create_database("metropolitan")?;
        let database_url = postgres.url("metropolitan");
        shop::migrate(Profile::Release, &database_url)?;
        let mut database = cluster::connect(&database_url)?;
        seed::fill(&mut database, PRODUCTS)?;
        database.batch_execute(include_str!("plenty.sql"))?;
        let port = free_port()?;
        let stripe = StandIn::start(site, Profile::Release, None, port, Memory::Forgotten)?;
        let settings = GatewaySettings {
            profile: Profile::Release,
            http_port: port,
            database_url: &database_url,
            redis_url: &redis.url(),
            stripe_url: &stripe.url(),
            dev_dir: &site.folder("secrets")?,
            more: &[("RATE_LIMITS", "100000"), ("LOG_FORMAT", "json"), ("RUST_LOG", "warn")],
            log: Some(site.folder("logs")?.join("gateway.log")),
        };
        let gateway = say::step("start the gateway", || Gateway::start(site, &settings))?;
        Ok(Self { gateway, _stripe: stripe, redis, postgres, port, dir: site.dir().to_path_buf() })
    }

    fn processes(&self) -> Processes {
        Processes {
            gateway: self.gateway.server.pid(),
            postgres: self.postgres.server.pid(),
            redis: self.redis.server.pid(),
        }
    }
}

fn measure(site: &mut Site, arguments: &Arguments) -> Result<()> {
    let shop = Shop::open(site)?;
    let mut table = Table::new(shop.gateway.ready_after);
    let load = wrk::Load { seconds: arguments.seconds, connections: arguments.connections, dir: &shop.dir };
    let time = arguments.seconds;

    let list = Connection::open(shop.port)?.get(LIST, &[])?;
    if list.status != 200 {
        bail!("GET {LIST} answers {}: {}", list.status, list.text());
    }
    let floor = say::step(&format!("bare actix route, {} bytes, {time} s", list.body.len()), || {
        floors::bare_route(site, &load, &list.body)
    })?;
    let products = say::step(&format!("product list, {time} s"), || {
        load.warm_up(shop.port, LIST, &[])?;
        shop.processes().during("product list", || load.get(shop.port, LIST, &[]))
    })?;
    signals::check()?;

    let goods = visitor::goods(shop.port)?;
    let customers = say::step("sign customers up and fill their carts", || {
        visitor::customers(shop.port, &goods, arguments.orders)
    })?;
    let tokens: Vec<&str> = customers.iter().take(100).map(|customer| customer.token.as_str()).collect();
    let cart = say::step(&format!("cart read, {time} s"), || {
        load.warm_up(shop.port, CART, &tokens)?;
        shop.processes().during("cart read", || load.get(shop.port, CART, &tokens))
    })?;
    let orders = say::step(&format!("{} orders", customers.len()), || {
        shop.processes().during("order", || orders::place(shop.port, &customers))
    })?;
    let memory = peak_memory_kib(shop.gateway.server.pid())?;
    signals::check()?;

    let postgres = floors::Postgres::prepare(&shop.postgres, arguments.seconds, &shop.dir)?;
    let select = say::step(&format!("pgbench select, {time} s"), || postgres.select(&shop.processes()))?;
    let update = say::step(&format!("pgbench update, {time} s"), || postgres.update(&shop.processes()))?;
    let order_like = say::step(&format!("pgbench order, {time} s"), || postgres.order(&shop.processes()))?;
    let script = say::step("redis script calls", || floors::redis_script(shop.redis.port))?;

    table.ratio("product list", &products, &floor);
    table.ratio("cart read", &cart, &floor);
    table.ratio("cart read", &cart, &select);
    table.ratio("order", &orders, &order_like);
    table.memory_kib = memory;
    let failures: u64 = [&products, &cart, &orders].iter().map(|row| row.failures).sum();
    table.rows = vec![products, cart, orders];
    table.floors = vec![floor, select, update, order_like, script];
    table.print();
    if failures > 0 {
        bail!("{failures} requests failed: these numbers are worth nothing");
    }
    Ok(())
}
