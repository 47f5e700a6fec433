//! `cargo xtask up`: everything a newcomer needs, then the shop, until Ctrl-C.

use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::cluster::{self, Cluster, is_free};
use crate::dev_state::DevState;
use crate::install::{self, Tool};
use crate::process::Server;
use crate::redis::{Memory, Redis};
use crate::shop::{self, Gateway, GatewaySettings, StandIn};
use crate::site::{self, Site};
use crate::workspace::{self, Profile};
use crate::{account, say, seed, session, signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Drop the development data and start with the seed again
    #[arg(long)]
    fresh: bool,
    /// Where the shop listens, on 127.0.0.1
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// A Postgres database of your own instead of a private server; it is migrated, and seeded when empty
    #[arg(long, conflicts_with = "fresh")]
    database_url: Option<String>,
    /// A Redis of your own instead of a private server
    #[arg(long)]
    redis_url: Option<String>,
    /// Build with optimisation
    #[arg(long)]
    release: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Some(mut site) = Site::take(&workspace::dev_dir())? else { bail!(running_already()) };
    if !is_free(arguments.port) {
        bail!("port {0} is taken by another program: stop it, or use --port", arguments.port);
    }
    if arguments.fresh {
        say::step("drop the development data", || drop_data(&site))?;
    }
    install::ensure(&tools(arguments))?;
    let mut shop = Shop::default();
    let outcome = shop.open(&mut site, arguments).and_then(|()| shop.watch());
    if signals::check().is_err() {
        say::note("\nStopping …");
    }
    shop.close();
    site.forget();
    outcome
}

fn running_already() -> String {
    let owner = Site::owner(&workspace::dev_dir()).unwrap_or_default();
    let at = match DevState::load().http_port {
        Some(port) => format!(" and serves http://127.0.0.1:{port}"),
        None => String::new(),
    };
    format!("`cargo xtask up` runs already in this checkout (process {owner}){at}: stop it with Ctrl-C first")
}

fn drop_data(site: &Site) -> Result<()> {
    account::remove_place(&site.dir().join("postgres"))?;
    site::empty(site)
}

fn tools(arguments: &Arguments) -> Vec<Tool> {
    let mut tools = install::TO_BUILD.to_vec();
    if arguments.database_url.is_none() {
        tools.push(Tool::Postgres);
    }
    if arguments.redis_url.is_none() {
        tools.push(Tool::Redis);
    }
    tools.push(Tool::Curl);
    tools
}

/// What runs, in the order it was started.
#[derive(Default)]
struct Shop {
    postgres: Option<Cluster>,
    redis: Option<Redis>,
    stripe: Option<StandIn>,
    gateway: Option<Gateway>,
}

impl Shop {
    fn open(&mut self, site: &mut Site, arguments: &Arguments) -> Result<()> {
        let profile = if arguments.release { Profile::Release } else { Profile::Dev };
        let mut state = DevState::load();
        let database_url = self.database(site, &mut state, arguments.database_url.as_deref())?;
        let redis_url = self.redis(site, &mut state, arguments.redis_url.as_deref())?;
        state.http_port = Some(arguments.port);
        state.database_url = Some(database_url.clone());
        state.redis_url = Some(redis_url.clone());
        state.save()?;

        shop::build(profile, &["gateway", "sandbox"])?;
        shop::migrate(profile, &database_url)?;
        signals::check()?;
        seed::fill_when_empty(&database_url)?;
        signals::check()?;
        let stripe = say::step("start the Stripe stand-in", || {
            StandIn::start(site, profile, state.stripe_port, arguments.port, Memory::Kept)
        })?;
        let stripe_url = stripe.url();
        state.stripe_port = Some(stripe.port);
        state.save()?;
        self.stripe = Some(stripe);

        let settings = GatewaySettings {
            profile,
            http_port: arguments.port,
            database_url: &database_url,
            redis_url: &redis_url,
            stripe_url: &stripe_url,
            dev_dir: &workspace::dev_dir(),
            more: &[("LOG_FORMAT", "pretty")],
            log: None,
        };
        let gateway = say::loud("start the gateway", || Gateway::start(site, &settings))?;
        self.gateway = Some(gateway);
        welcome(&settings);
        Ok(())
    }

    fn database(&mut self, site: &mut Site, state: &mut DevState, own: Option<&str>) -> Result<String> {
        if let Some(url) = own {
            cluster::connect(url)?;
            return Ok(url.to_owned());
        }
        let postgres = say::step("start PostgreSQL", || Cluster::start(site, state.postgres_port, &[]))?;
        state.postgres_port = Some(postgres.port);
        let postgres = self.postgres.insert(postgres);
        postgres.create_database("metropolitan")?;
        Ok(postgres.url("metropolitan"))
    }

    fn redis(&mut self, site: &mut Site, state: &mut DevState, own: Option<&str>) -> Result<String> {
        if let Some(url) = own {
            return Ok(url.to_owned());
        }
        let redis = say::step("start Redis", || Redis::start(site, state.redis_port, Memory::Kept))?;
        state.redis_port = Some(redis.port);
        Ok(self.redis.insert(redis).url())
    }

    /// Until a signal, or until one of them ends by itself.
    fn watch(&mut self) -> Result<()> {
        loop {
            signals::check()?;
            for server in self.servers() {
                if let Some(status) = server.ended()? {
                    bail!("{} ended by itself ({status})", server.name());
                }
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// The last one started leans on those before it: stop it first.
    fn close(&mut self) {
        for server in self.servers().into_iter().rev() {
            server.stop();
        }
    }

    fn servers(&mut self) -> Vec<&mut Server> {
        let postgres = self.postgres.as_mut().map(|it| &mut it.server);
        let redis = self.redis.as_mut().map(|it| &mut it.server);
        let stripe = self.stripe.as_mut().map(|it| &mut it.server);
        let gateway = self.gateway.as_mut().map(|it| &mut it.server);
        [postgres, redis, stripe, gateway].into_iter().flatten().collect()
    }
}

fn welcome(settings: &GatewaySettings<'_>) {
    let api = format!("http://127.0.0.1:{}", settings.http_port);
    say::line(format_args!("\nThis session buys something; paste it into another terminal:\n"));
    say::line(session::render(&api, settings.stripe_url));
    say::line(format_args!(
        "The shop is open.\n\
         \n  API              {api}/api/products\
         \n  Swagger UI       {api}/swagger/\
         \n  administration   {api}/api/admin/auth/login as {} with \"{}\"\
         \n  metrics          {api}/metrics\
         \n  Stripe stand-in  {}/ (there you approve or decline payments by hand)\
         \n  PostgreSQL       {}\
         \n  Redis            {}\
         \n\nCtrl-C stops everything and keeps the data; `cargo xtask up --fresh` drops it.\n",
        shop::OWNER.0,
        shop::OWNER.1,
        settings.stripe_url,
        settings.database_url,
        settings.redis_url
    ));
}
