//! Configuration: read from the environment, checked whole, told of in one message.
//!
//! Every variable is read by its name in this file and those below `config/`, and nowhere else; `.env.example` lists the same names.

mod otp;
mod reader;
mod secrets;

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use chrono::TimeDelta;
use identity::{OtpLimits, Password, Pepper, SigningKeys};
use kernel::{Email, Money};
use media::{Bucket, Location};
use notification_twilio::{AccountSid, AuthToken, BaseUrl, Malformed, Origin};
use order::OrderRules;
use payment::WebhookSecrets;
use payment_stripe::{ConfigError as StripeError, StripeProvider};
use telemetry::{LogFilter, LogFormat, SentryDsn};

pub use reader::Environment;
use reader::Reader;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppEnv {
    Development,
    Test,
    Production,
}

impl AppEnv {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

/// A text that must not be shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

#[derive(Debug)]
pub struct Config {
    pub env: AppEnv,
    pub http: Http,
    pub database: Database,
    pub redis: Redis,
    pub identity: Identity,
    pub stripe: Stripe,
    pub tax_register: TaxRegister,
    pub sms: Sms,
    pub order: Order,
    /// Where files are stored.
    pub media: Location,
    pub log: Log,
    /// Multiplies every rate limit; 0 turns them off.
    pub rate_limit_factor: u32,
    /// Where a test has the process die.
    pub crash_at: Option<String>,
}

#[derive(Debug)]
pub struct Http {
    pub addr: SocketAddr,
    pub workers: usize,
    /// How many hops of `X-Forwarded-For` are ours.
    pub trusted_proxies: usize,
    /// Exact origins that browsers may call from.
    pub cors_origins: Vec<String>,
    /// How long a stopping process still takes requests while it says that it is not ready.
    pub drain: Duration,
}

#[derive(Debug)]
pub struct Database {
    pub url: Secret,
    pub pool_size: u32,
}

#[derive(Debug)]
pub struct Redis {
    pub url: Secret,
    pub namespace: String,
}

#[derive(Debug)]
pub struct Identity {
    pub signing_keys: SigningKeys,
    pub pepper: Pepper,
    pub limits: OtpLimits,
    /// Address and password of the first owner, made when there is none.
    pub first_owner: Option<(Email, Password)>,
}

#[derive(Debug)]
pub struct Stripe {
    pub api_base: String,
    pub secret_key: Secret,
    pub publishable_key: String,
    pub webhook_secrets: WebhookSecrets,
    /// How often it is asked about what is open here.
    pub reconcile: TimeDelta,
}

impl Stripe {
    /// Whether real money moves: the keys say.
    pub fn livemode(&self) -> bool {
        self.secret_key.0.starts_with("sk_live_") || self.secret_key.0.starts_with("rk_live_")
    }
}

/// Who sends text messages.
#[derive(Debug)]
pub enum Sms {
    /// Nobody: they are kept for `GET /dev/sms`. Never in production.
    Mailbox,
    Twilio(Twilio),
}

#[derive(Debug)]
pub struct Twilio {
    pub api_base: BaseUrl,
    pub account_sid: AccountSid,
    pub auth_token: AuthToken,
    pub from: Origin,
}

#[derive(Debug)]
pub struct TaxRegister {
    /// Everything before `/api/search/nip`.
    pub api_base: String,
}

#[derive(Debug)]
pub struct Order {
    pub rules: OrderRules,
}

#[derive(Debug)]
pub struct Log {
    pub format: LogFormat,
    pub filter: LogFilter,
    pub sentry_dsn: Option<SentryDsn>,
}

/// Everything that is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:\n{}", .0.iter().map(|e| format!("  - {e}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads and checks everything; nothing is connected to.
    pub fn read(environment: Environment) -> Result<Self, ConfigError> {
        let mut r = Reader::new(environment);
        let env = r.choice(
            "APP_ENV",
            "development",
            &[
                ("development", AppEnv::Development),
                ("test", AppEnv::Test),
                ("production", AppEnv::Production),
            ],
        );
        let env = env.unwrap_or(AppEnv::Production);
        let production = env == AppEnv::Production;
        let rate_limit_factor = rate_limits(&mut r, production);
        let crash_at = crash_at(&mut r);
        let config = (
            http(&mut r, production),
            database(&mut r),
            redis(&mut r),
            identity(&mut r, production, rate_limit_factor),
            stripe(&mut r, production),
            tax_register(&mut r, production),
            sms(&mut r, production),
            order(&mut r),
            media(&mut r, production),
            log(&mut r, production),
        );
        let errors = r.finish();
        match config {
            (
                Some(http),
                Some(database),
                Some(redis),
                Some(identity),
                Some(stripe),
                Some(tax_register),
                Some(sms),
                Some(order),
                Some(media),
                Some(log),
            ) if errors.is_empty() => Ok(Self {
                env,
                http,
                database,
                redis,
                identity,
                stripe,
                tax_register,
                sms,
                order,
                media,
                log,
                rate_limit_factor,
                crash_at,
            }),
            _ => Err(ConfigError(errors)),
        }
    }

    pub fn is_production(&self) -> bool {
        self.env == AppEnv::Production
    }
}

fn http(r: &mut Reader, production: bool) -> Option<Http> {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let addr = r.parse("HTTP_ADDR", "127.0.0.1:3000", "an address and port, like 0.0.0.0:3000");
    let workers = r.number("HTTP_WORKERS", cores, 1..=256);
    let trusted_proxies = r.number("TRUSTED_PROXIES", 0, 0..=10);
    let drain = r.number("SHUTDOWN_DRAIN_SECONDS", if production { 5 } else { 0 }, 0..=60);
    let cors_origins = r.list("CORS_ORIGINS");
    for origin in &cors_origins {
        let exact = origin.split_once("://").is_some_and(|(scheme, host)| {
            matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains(['/', '*'])
        });
        if !exact {
            r.wrong("CORS_ORIGINS", "exact origins, like https://shop.example.pl, without path or wildcard");
        }
    }
    Some(Http {
        addr: addr?,
        workers: workers?,
        trusted_proxies: trusted_proxies?,
        cors_origins,
        drain: Duration::from_secs(drain?),
    })
}

fn database(r: &mut Reader) -> Option<Database> {
    let url = r.required("DATABASE_URL");
    let pool_size = r.number("DATABASE_POOL_SIZE", 16, 1..=500);
    let url = url?;
    if !db::is_address(&url) {
        r.wrong(
            "DATABASE_URL",
            "a PostgreSQL address without TLS, like postgres://user:password@host:5432/metropolitan",
        );
    }
    Some(Database { url: Secret(url), pool_size: pool_size? })
}

fn redis(r: &mut Reader) -> Option<Redis> {
    let namespace = r.text("REDIS_NAMESPACE", "metropolitan");
    let url = r.required("REDIS_URL")?;
    if !cache::is_address(&url) {
        r.wrong("REDIS_URL", "a Redis address, like redis://host:6379, or those of a cluster between commas");
    }
    Some(Redis { url: Secret(url), namespace })
}

fn identity(r: &mut Reader, production: bool, factor: u32) -> Option<Identity> {
    let dev_dir = PathBuf::from(r.text("DEV_DIR", "target/dev"));
    let (keys, pepper) = if production {
        (r.required("JWT_SIGNING_KEYS"), r.required("OTP_PEPPER"))
    } else {
        let made = secrets::development(&dev_dir);
        if let Err(e) = &made {
            r.wrong("DEV_DIR", &format!("a directory for development secrets ({e})"));
        }
        let (keys, pepper) = made.ok()?;
        (Some(r.text("JWT_SIGNING_KEYS", &keys)), Some(r.text("OTP_PEPPER", &pepper)))
    };
    let signing_keys = SigningKeys::parse(&keys?);
    if signing_keys.is_err() {
        r.wrong("JWT_SIGNING_KEYS", "`kid:seed[,kid:seed…]`, each seed 32 bytes in base64");
    }
    let pepper = Pepper::parse(&pepper?);
    if pepper.is_err() {
        r.wrong("OTP_PEPPER", "at least 32 characters");
    }
    let limits = otp::limits(r, factor);
    let first_owner = first_owner(r);
    Some(Identity { signing_keys: signing_keys.ok()?, pepper: pepper.ok()?, limits, first_owner })
}

fn first_owner(r: &mut Reader) -> Option<(Email, Password)> {
    let (email, password) = (r.optional("ADMIN_BOOTSTRAP_EMAIL"), r.optional("ADMIN_BOOTSTRAP_PASSWORD"));
    if email.is_some() != password.is_some() {
        r.wrong("ADMIN_BOOTSTRAP_EMAIL", "set together with ADMIN_BOOTSTRAP_PASSWORD, or not at all");
    }
    let email = email?.parse();
    if email.is_err() {
        r.wrong("ADMIN_BOOTSTRAP_EMAIL", "an e-mail address");
    }
    let password = Password::parse(&password?);
    if password.is_err() {
        r.wrong("ADMIN_BOOTSTRAP_PASSWORD", "12 to 200 characters");
    }
    Some((email.ok()?, password.ok()?))
}

fn stripe(r: &mut Reader, production: bool) -> Option<Stripe> {
    let api_base = r.text("STRIPE_API_BASE", "https://api.stripe.com");
    let (secret_key, publishable_key, webhook) = (
        r.required("STRIPE_SECRET_KEY"),
        r.required("STRIPE_PUBLISHABLE_KEY"),
        r.required("STRIPE_WEBHOOK_SECRET"),
    );
    if production && !api_base.starts_with("https://") {
        r.wrong("STRIPE_API_BASE", "an https:// address in production");
    }
    let webhook_secrets = webhook.and_then(|text| {
        WebhookSecrets::parse(&text).or_else(|| {
            r.wrong("STRIPE_WEBHOOK_SECRET", "`current[,previous]`");
            None
        })
    });
    let reconcile = r.number("RECONCILE_INTERVAL_SECONDS", 300, 1..=86_400);
    let (secret_key, publishable_key) = (secret_key?, publishable_key?);
    match StripeProvider::new(&api_base, &secret_key) {
        Ok(_) => {}
        Err(StripeError::BaseUrl) => r.wrong("STRIPE_API_BASE", "an http(s):// address without a path"),
        Err(StripeError::LiveKeyInTheClear) => {
            r.wrong("STRIPE_API_BASE", "an https:// address for a live key");
        }
        Err(StripeError::SecretKey) => r.wrong("STRIPE_SECRET_KEY", "a secret key: sk_… or rk_…"),
    }
    Some(Stripe {
        api_base,
        secret_key: Secret(secret_key),
        publishable_key,
        webhook_secrets: webhook_secrets?,
        reconcile: TimeDelta::seconds(reconcile?),
    })
}

/// The ministry's own in production; elsewhere the stand-in that plays Stripe, which plays the register too.
fn tax_register(r: &mut Reader, production: bool) -> Option<TaxRegister> {
    let default = if production { "https://wl-api.mf.gov.pl" } else { "stub" };
    let mut api_base = r.text("NIP_API_BASE", default);
    if api_base == "stub" && !production {
        let stand_in = r.text("STRIPE_API_BASE", "");
        // Where the stand-in listens when it is started by hand, for those who use the real Stripe.
        let stand_in = if stand_in.starts_with("http://") { &stand_in } else { "http://127.0.0.1:12111" };
        api_base = format!("{}/tax-register", stand_in.trim_end_matches('/'));
    }
    let host = match api_base.split_once("://") {
        Some(("https", host)) => host,
        Some(("http", host)) if !production => host,
        _ => "",
    };
    if host.is_empty() || host.starts_with('/') || host.contains([' ', '?', '#']) {
        r.wrong("NIP_API_BASE", if production { "an https:// address" } else { "an address, or stub" });
        return None;
    }
    Some(TaxRegister { api_base })
}

fn order(r: &mut Reader) -> Option<Order> {
    let minimum = r.number("MIN_ORDER_GROSZ", 20_000, 0..=10_000_000);
    let hold = r.number("RESERVATION_TTL_SECONDS", 900, 60..=86_400);
    let grace = r.number("TRANSFER_GRACE_DAYS", 7, 0..=90);
    let most_unpaid_orders = r.number("MAX_UNPAID_ORDERS", 20, 1..=10_000);
    let individual = r.number("MAX_UNPAID_UNITS_INDIVIDUAL", 1_000, 1..=1_000_000);
    let corporate = r.number("MAX_UNPAID_UNITS_CORPORATE", 10_000, 1..=1_000_000);
    let rules = OrderRules {
        minimum_order: Money::grosz(minimum?),
        hold: TimeDelta::seconds(hold?),
        grace: TimeDelta::days(grace?),
        most_unpaid_orders: most_unpaid_orders?,
        most_unpaid_units: (individual?, corporate?),
    };
    Some(Order { rules })
}

/// Only a build for tests knows places to die at; another refuses to be told of one.
fn crash_at(r: &mut Reader) -> Option<String> {
    let at = r.optional("CRASH_AT");
    if at.is_some() && !cfg!(debug_assertions) {
        r.wrong("CRASH_AT", "not set: this is no build for tests");
    }
    at
}

/// `file:///directory` or `s3://bucket/prefix`; outside production a directory of its own is made up.
fn media(r: &mut Reader, production: bool) -> Option<Location> {
    if !production && r.optional("MEDIA_STORE").is_none() {
        return Some(Location::Directory(PathBuf::from(r.text("DEV_DIR", "target/dev")).join("media")));
    }
    let url = r.required("MEDIA_STORE")?;
    if let Some(path) = url.strip_prefix("file://").filter(|path| path.starts_with('/')) {
        return Some(Location::Directory(PathBuf::from(path)));
    }
    let bucket = url.strip_prefix("s3://").map(|at| at.split_once('/').unwrap_or((at, "")));
    let Some((name, prefix)) = bucket.filter(|(name, _)| !name.is_empty()) else {
        r.wrong("MEDIA_STORE", "file:///directory or s3://bucket/prefix");
        return None;
    };
    let (access_key_id, secret_access_key, region) =
        (r.required("AWS_ACCESS_KEY_ID"), r.required("AWS_SECRET_ACCESS_KEY"), r.required("AWS_REGION"));
    let endpoint = r.optional("AWS_ENDPOINT_URL");
    let safe = |url: &str| url.starts_with("https://") || (!production && url.starts_with("http://"));
    if !endpoint.as_deref().is_none_or(safe) {
        r.wrong("AWS_ENDPOINT_URL", "an https:// address");
    }
    Some(Location::Bucket(Bucket {
        name: name.to_owned(),
        prefix: prefix.trim_matches('/').to_owned(),
        region: region?,
        endpoint,
        access_key_id: access_key_id?,
        secret_access_key: secret_access_key?,
        session_token: r.optional("AWS_SESSION_TOKEN"),
    }))
}

fn log(r: &mut Reader, production: bool) -> Option<Log> {
    let format = if production { "json" } else { "pretty" };
    let format = r.choice("LOG_FORMAT", format, &[("json", LogFormat::Json), ("pretty", LogFormat::Pretty)]);
    let filter = r.parse("RUST_LOG", "info", "a filter, like info,tokio_postgres=warn");
    let sentry_dsn = match r.optional("SENTRY_DSN").map(|text| text.parse()) {
        None => None,
        Some(Ok(dsn)) => Some(dsn),
        Some(Err(_)) => {
            r.wrong("SENTRY_DSN", "the address of a Sentry project, like https://key@host/1");
            None
        }
    };
    Some(Log { format: format?, filter: filter?, sentry_dsn })
}

/// `on`, `off` or a factor; production knows only `on`.
fn rate_limits(r: &mut Reader, production: bool) -> u32 {
    let text = r.text("RATE_LIMITS", "on");
    let factor = match text.as_str() {
        "on" => Some(1),
        "off" => Some(0),
        factor => factor.parse().ok().filter(|n| (1..=1_000_000).contains(n)),
    };
    match factor {
        Some(factor) if factor == 1 || !production => factor,
        Some(_) => {
            r.wrong("RATE_LIMITS", "on in production");
            1
        }
        None => {
            r.wrong("RATE_LIMITS", "on, off, or a factor from 1 to 1000000");
            1
        }
    }
}

fn sms(r: &mut Reader, production: bool) -> Option<Sms> {
    let default = if production { "twilio" } else { "mailbox" };
    match r.text("SMS_PROVIDER", default).as_str() {
        "mailbox" if production => {
            r.wrong("SMS_PROVIDER", "twilio in production: nobody reads a mailbox there");
            None
        }
        "mailbox" => Some(Sms::Mailbox),
        "twilio" => twilio(r, production).map(Sms::Twilio),
        _ => {
            r.wrong("SMS_PROVIDER", "twilio or mailbox");
            None
        }
    }
}

fn twilio(r: &mut Reader, production: bool) -> Option<Twilio> {
    let api_base = r.text("TWILIO_API_BASE", "https://api.twilio.com");
    let (account_sid, auth_token, from) =
        (r.required("TWILIO_ACCOUNT_SID"), r.required("TWILIO_AUTH_TOKEN"), r.required("TWILIO_FROM"));
    let api_base: Option<BaseUrl> = shaped(r, "TWILIO_API_BASE", Some(&api_base));
    if production && api_base.as_ref().is_some_and(|base| !base.is_encrypted()) {
        r.wrong("TWILIO_API_BASE", "an https:// address");
    }
    let account_sid = shaped(r, "TWILIO_ACCOUNT_SID", account_sid.as_deref());
    let auth_token = shaped(r, "TWILIO_AUTH_TOKEN", auth_token.as_deref());
    let from = shaped(r, "TWILIO_FROM", from.as_deref());
    Some(Twilio { api_base: api_base?, account_sid: account_sid?, auth_token: auth_token?, from: from? })
}

fn shaped<T: FromStr<Err = Malformed>>(r: &mut Reader, name: &str, text: Option<&str>) -> Option<T> {
    text?.parse().map_err(|malformed: Malformed| r.wrong(name, malformed.wanted())).ok()
}

#[cfg(test)]
mod tests;
