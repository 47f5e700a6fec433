//! Starting, serving, stopping.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    middleware::{Compress, from_fn},
};
use cache::{Cache, CacheOptions};
use db::{Db, PoolOptions};
use kernel::{Clock, SystemClock};
use media::{Media, Storage};
use notification::ports::SmsSender;
use notification_twilio::TwilioSender;
use payment_stripe::StripeProvider;
use telemetry::Telemetry;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};
use user_taxregister::MinistryRegister;

use crate::{
    app,
    cli::{Role, Stop},
    config::{Config, Sms},
    edge::Edge,
    health::Dependencies,
    measure,
    modules::{Modules, Platform},
    only::{Only, from_elsewhere, takes_encodings},
    readiness::Readiness,
    subscriptions,
    worker::Worker,
};

/// How long PostgreSQL may take to appear at start.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may take to send a request's head: a slow network, not somebody who holds connections open.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// How long requests and jobs under way may take to end when the process stops.
const GRACE: Duration = Duration::from_secs(30);

pub(crate) fn run(config: Config, role: Role) -> Result<(), Stop> {
    let telemetry = Telemetry::start(&telemetry::Options {
        log_format: config.log.format,
        filter: &config.log.filter,
        sentry_dsn: config.log.sentry_dsn.as_ref(),
        environment: config.env.as_str(),
    })
    .map_err(Stop::failed)?;
    actix_web::rt::System::new().block_on(serve(config, role, telemetry.metrics()))
}

async fn serve(config: Config, role: Role, metrics: telemetry::Metrics) -> Result<(), Stop> {
    let started = Instant::now();
    if let Some(at) = &config.crash_at
        && !kernel::crash::arm(at)
    {
        return Err(Stop::failed(std::io::Error::other(format!("there is no {at} to crash at"))));
    }
    wait_for_schema(&config.database.url.0).await?;
    let (platform, readiness) = connect(&config, metrics.clone())?;
    let (db, clock) = (platform.db.clone(), platform.clock.clone());
    let modules = Arc::new(Modules::build(&config, platform.clone()));

    let (stop, stopped) = watch::channel(false);
    let mut background =
        vec![tokio::spawn(measure::run((platform, modules.clone()), metrics, stopped.clone()))];
    if let Some((email, password)) = &config.identity.first_owner {
        modules.staff.bootstrap(email, password).await.map_err(Stop::failed)?;
    }
    background.push(hear_of_ended_sessions(&config, &modules, &clock, &stopped).await?);
    if role != Role::Worker {
        background.push(read_the_catalogue(&modules));
    }
    if role != Role::Web {
        let worker = Worker {
            runner: subscriptions::runner(&modules, &db, clock.clone()),
            subscriptions: subscriptions::subscriptions(),
            schedules: subscriptions::schedules(config.stripe.reconcile),
            db,
            clock: clock.clone(),
        };
        background.extend(worker.start(&stopped));
    }
    let mut server = match role {
        Role::Worker => None,
        Role::All | Role::Web => Some(listen(&config, modules, clock, started)?),
    };
    let asked = tokio::select! {
        asked = wait_for_signal() => asked,
        why = its_own_end(server.as_mut()) => Err(why),
    };
    readiness.drain();
    if asked.is_ok() {
        tracing::info!("stopping: no longer ready, {:?} until connections are refused", config.http.drain);
        tokio::time::sleep(config.http.drain).await;
    } else {
        server = None;
    }
    stop.send_replace(true);
    finish(server, background).await.and(asked)
}

/// A server that stops serving before it is told to takes the process with it: whoever watches it starts another.
async fn its_own_end(server: Option<&mut Server>) -> Stop {
    let Some(server) = server else { return std::future::pending().await };
    let why = match (&mut server.serving).await {
        Ok(Ok(())) => "for no reason".to_owned(),
        Ok(Err(e)) => e.to_string(),
        Err(e) => e.to_string(),
    };
    tracing::error!(error = why, "the server ended by itself");
    Stop::failed(format!("the server ended by itself: {why}"))
}

/// No request is served before it is known which sessions have ended; then it is heard a few times a second.
async fn hear_of_ended_sessions(
    config: &Config,
    modules: &Modules,
    clock: &Arc<dyn Clock>,
    stopped: &watch::Receiver<bool>,
) -> Result<JoinHandle<()>, Stop> {
    let options = PoolOptions { max_size: 1, ..PoolOptions::default() };
    let db = Db::new(&config.database.url.0, &options);
    let (revocations, clock) = (modules.sessions.revocations().clone(), clock.clone());
    revocations.refresh(&db, &*clock).await.map_err(Stop::failed)?;
    let stopped = stopped.clone();
    Ok(tokio::spawn(async move { revocations.follow(db, &*clock, stopped).await }))
}

/// So that the first visitors need not wait for it. Who comes earlier does, and a failure is told to whoever asks.
fn read_the_catalogue(modules: &Modules) -> JoinHandle<()> {
    let catalog = modules.catalog.clone();
    tokio::spawn(async move {
        if let Err(e) = catalog.warm_up().await {
            tracing::warn!(error = %e, "the catalogue could not be read yet");
        }
    })
}

/// Lets requests and jobs under way end, side by side.
async fn finish(server: Option<Server>, background: Vec<JoinHandle<()>>) -> Result<(), Stop> {
    let jobs = tokio::time::timeout(GRACE, futures_util::future::join_all(background));
    let requests = async {
        let Some(server) = server else { return Ok(()) };
        server.handle.stop(true).await;
        server.serving.await.map_err(Stop::failed)?.map_err(Stop::failed)
    };
    let (jobs, requests) = futures_util::future::join(jobs, requests).await;
    if jobs.is_err() {
        tracing::warn!("jobs under way were cut off; they run again after the next start");
    }
    tracing::info!("stopped");
    requests
}

/// The listening half of the process.
struct Server {
    handle: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
}

/// Everything the domains stand on. Connections are made when they are first needed.
fn connect(config: &Config, metrics: telemetry::Metrics) -> Result<(Platform, Readiness), Stop> {
    let options = PoolOptions { max_size: config.database.pool_size, ..PoolOptions::default() };
    let db = Db::new(&config.database.url.0, &options);
    let options = CacheOptions { namespace: config.redis.namespace.clone(), ..CacheOptions::default() };
    let cache = Cache::new(&config.redis.url.0, options).map_err(Stop::failed)?;
    let provider =
        StripeProvider::new(&config.stripe.api_base, &config.stripe.secret_key.0).map_err(Stop::failed)?;
    let sms = sender(&config.sms)?;
    let readiness = Readiness::default();
    let health = Dependencies { db: db.clone(), cache: cache.clone(), readiness: readiness.clone(), metrics };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tax_register = Arc::new(MinistryRegister::new(&config.tax_register.api_base));
    let storage = Storage::open(&config.media).map_err(Stop::failed)?;
    let media = Media::new(db.clone(), clock.clone(), storage).map_err(Stop::failed)?;
    let provider = Arc::new(provider);
    let vault = provider.clone();
    let platform = Platform { db, cache, clock, provider, vault, tax_register, sms, media, health };
    Ok((platform, readiness))
}

/// Who sends text messages; none means the mailbox.
fn sender(sms: &Sms) -> Result<Option<Arc<dyn SmsSender>>, Stop> {
    let Sms::Twilio(twilio) = sms else { return Ok(None) };
    let (base, from) = (twilio.api_base.clone(), twilio.from.clone());
    let sender = TwilioSender::new(base, &twilio.account_sid, &twilio.auth_token, from);
    Ok(Some(Arc::new(sender.map_err(Stop::failed)?)))
}

fn listen(
    config: &Config,
    modules: Arc<Modules>,
    clock: Arc<dyn Clock>,
    started: Instant,
) -> Result<Server, Stop> {
    let (production, origins) = (config.is_production(), config.http.cors_origins.clone());
    let edge = Edge { clock, trusted_proxies: config.http.trusted_proxies, hsts: production };
    let server = HttpServer::new(move || {
        let edge = edge.clone();
        App::new()
            .configure(app::configure(modules.clone(), production))
            .wrap(Only { concerns: takes_encodings, then: Compress::default() })
            .wrap(Only { concerns: from_elsewhere, then: app::cors(&origins) })
            .wrap(from_fn(move |req, next| {
                let edge = edge.clone();
                async move { edge.wrap(req, next).await }
            }))
    })
    .workers(config.http.workers)
    .client_request_timeout(HEAD_TIMEOUT)
    .shutdown_timeout(GRACE.as_secs())
    .disable_signals()
    .bind(config.http.addr)
    .map_err(|e| Stop::failed(format!("{} cannot be listened on: {e}", config.http.addr)))?;
    let addresses: Vec<String> = server.addrs().iter().map(ToString::to_string).collect();
    let server = server.run();
    let handle = server.handle();
    let serving = tokio::spawn(server);
    let millis = started.elapsed().as_millis();
    tracing::info!(millis, "listening on http://{}", addresses.join(", http://"));
    Ok(Server { handle, serving })
}

/// The first SIGTERM or SIGINT.
async fn wait_for_signal() -> Result<(), Stop> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Stop::failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Stop::failed)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Waits for PostgreSQL to answer and refuses a schema that is behind this binary.
async fn wait_for_schema(url: &str) -> Result<(), Stop> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let asked = url.to_owned();
        let pending =
            tokio::task::spawn_blocking(move || migrations::pending(&asked).map_err(|e| e.to_string()));
        match pending.await.map_err(Stop::failed)? {
            Ok(0) => return Ok(()),
            Ok(n) => {
                return Err(Stop::failed(format!(
                    "the database lacks {n} migrations: run `metropolitan migrate` (or `cargo xtask migrate`)"
                )));
            }
            Err(e) if Instant::now() >= deadline => {
                return Err(Stop::failed(format!(
                    "PostgreSQL did not answer for {} s: {e}",
                    PATIENCE.as_secs()
                )));
            }
            Err(e) => {
                tracing::warn!(error = e, "PostgreSQL does not answer yet");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}
