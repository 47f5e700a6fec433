//! Logs, errors to Sentry, and metrics for Prometheus; set up once, by the gateway.

use std::{io::IsTerminal as _, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{
    Layer as _, filter::LevelFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

pub use sentry::types::Dsn as SentryDsn;
/// What is logged: `info,tokio_postgres=warn`; as in `RUST_LOG`.
pub use tracing_subscriber::EnvFilter as LogFilter;

/// Bounds of the latency histogram's buckets, seconds.
const LATENCY_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One object a line, for machines.
    Json,
    /// For people at a terminal.
    Pretty,
}

#[derive(Debug)]
pub struct Options<'a> {
    pub log_format: LogFormat,
    pub filter: &'a LogFilter,
    /// Errors and panics go to Sentry when given.
    pub sentry_dsn: Option<&'a SentryDsn>,
    /// `production`, `development`…
    pub environment: &'a str,
}

/// Keeps telemetry running; dropping it sends what Sentry has not been sent yet.
pub struct Telemetry {
    metrics: PrometheusHandle,
    _sentry: Option<sentry::ClientInitGuard>,
}

#[derive(Debug)]
pub struct SetUpTwice;

impl std::fmt::Display for SetUpTwice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("telemetry was set up already")
    }
}

impl std::error::Error for SetUpTwice {}

impl Telemetry {
    pub fn start(options: &Options<'_>) -> Result<Self, SetUpTwice> {
        let sentry = options.sentry_dsn.map(|dsn| start_sentry(dsn, options.environment));
        let terminal = std::io::stdout().is_terminal();
        let log = match options.log_format {
            LogFormat::Json => tracing_subscriber::fmt::layer().json().flatten_event(true).boxed(),
            LogFormat::Pretty => {
                tracing_subscriber::fmt::layer().compact().with_target(false).with_ansi(terminal).boxed()
            }
        };
        tracing_subscriber::registry()
            .with(log.with_filter(options.filter.clone()))
            .with(
                sentry.as_ref().map(|_| {
                    sentry::integrations::tracing::ErrorLayer::new().with_filter(LevelFilter::ERROR)
                }),
            )
            .try_init()
            .map_err(|_| SetUpTwice)?;
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BUCKETS)
            .map_err(|_| SetUpTwice)?;
        let metrics = builder.install_recorder().map_err(|_| SetUpTwice)?;
        Ok(Self { metrics, _sentry: sentry })
    }

    /// How to read the metrics.
    pub fn metrics(&self) -> Metrics {
        Metrics(self.metrics.clone())
    }
}

#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// All metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds what was recorded into the histograms; to be called every few seconds.
    pub fn fold(&self) {
        self.0.run_upkeep();
    }
}

fn start_sentry(dsn: &SentryDsn, environment: &str) -> sentry::ClientInitGuard {
    // Personal data is never sent: that is the default, and stays it.
    let options = sentry::ClientOptions::new()
        .release(concat!("metropolitan@", env!("CARGO_PKG_VERSION")))
        .environment(environment.to_owned())
        .shutdown_timeout(Duration::from_secs(2));
    sentry::init((dsn.clone(), options))
}
