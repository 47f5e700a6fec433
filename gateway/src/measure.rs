//! Gauges: pools, the breaker, how far behind the queues are, money that somebody should look at.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::modules::{Modules, Platform};

const PERIOD: Duration = Duration::from_secs(5);

/// Measures until `stop` turns true, and folds what was recorded into the histograms.
pub(crate) async fn run(
    (on, modules): (Platform, Arc<Modules>),
    folded: telemetry::Metrics,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        pools(&on);
        queues(&on).await;
        money(&modules).await;
        folded.fold();
        // Whoever asks us to stop need not wait for the period to end.
        let _ = tokio::time::timeout(PERIOD, stop.changed()).await;
    }
}

fn pools(on: &Platform) {
    let (db, cache) = (on.db.status(), on.cache.status());
    let db_in_use = db.connections.saturating_sub(db.idle);
    for (pool, connections, in_use) in
        [("postgres", db.connections, db_in_use), ("redis", cache.connections, cache.calls)]
    {
        metrics::gauge!("pool_connections", "pool" => pool).set(f64::from(connections));
        metrics::gauge!("pool_in_use", "pool" => pool).set(f64::from(in_use));
    }
    let open = i32::from(cache.state == cache::State::Open);
    metrics::gauge!("redis_breaker_open").set(f64::from(open));
}

async fn queues(on: &Platform) {
    // While PostgreSQL is away the last values stand; readiness tells of it.
    let Ok(lag) = bus::lag(&on.db, on.clock.now()).await else { return };
    for (queue, millis) in [("outbox", lag.outbox_ms), ("jobs", lag.jobs_ms)] {
        metrics::gauge!("bus_lag_milliseconds", "queue" => queue).set(gauge(millis));
    }
    metrics::gauge!("bus_dead_jobs").set(gauge(lag.dead));
}

async fn money(modules: &Modules) {
    if let Ok(measures) = modules.payments.measure().await {
        metrics::gauge!("payment_inbox_age_milliseconds").set(gauge(measures.inbox_ms));
        metrics::gauge!("payment_outcomes_unknown").set(gauge(measures.unknown_outcomes));
        metrics::gauge!("payment_refunds_unconfirmed").set(gauge(measures.slow_refunds));
    }
    if let Ok(in_review) = modules.orders.in_review().await {
        metrics::gauge!("orders_in_review").set(gauge(in_review));
    }
}

/// Metrics are floating point by nature; beyond 2³¹ the exact value matters to nobody.
fn gauge(n: i64) -> f64 {
    f64::from(i32::try_from(n).unwrap_or(i32::MAX))
}
