//! Health, metrics and the document: what machines and developers ask.

use std::time::{Duration, Instant};

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Data},
};
use cache::Cache;
use db::Db;
use http_kit::{ApiError, ApiResult, Envelope, Failure, Limit, Public, Reply, Routes};
use kernel::Params;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::{openapi, readiness::Readiness};

/// How long a dependency may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// What health asks.
#[derive(Clone)]
pub(crate) struct Dependencies {
    pub(crate) db: Db,
    pub(crate) cache: Cache,
    pub(crate) readiness: Readiness,
    pub(crate) metrics: telemetry::Metrics,
}

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/health", Limit::None, health)
        .get("/health/live", Limit::None, live)
        .get("/health/ready", Limit::None, ready)
        .get("/health/detailed", Limit::None, detailed)
        .get("/metrics", Limit::None, metrics)
        .get("/openapi.json", Limit::None, document)
}

#[derive(OpenApi)]
#[openapi(paths(health, live, ready, detailed, metrics, document))]
pub(crate) struct ApiDoc;

#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// `ok`, `draining` or `unavailable`.
    status: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct Ready {
    /// `ok`, `draining` or `unavailable`.
    status: &'static str,
    /// `ok` or `unavailable`.
    postgres: &'static str,
    /// `ok`, or `degraded` while the shop goes on without it.
    redis: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Detailed {
    status: &'static str,
    version: &'static str,
    postgres: Dependency,
    redis: Dependency,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    /// `ok`, `degraded` or `unavailable`.
    status: &'static str,
    latency_ms: u64,
    pool_in_use: u32,
    pool_size: u32,
}

/// The process serves.
#[utoipa::path(
    get, path = "/health", tag = "health", operation_id = "health",
    responses((status = 200, body = Envelope<Health>), (status = "default", body = Failure)),
)]
async fn health(_: Public) -> ApiResult<Health> {
    Ok(Reply::ok(Health { status: "ok" }))
}

/// The process lives.
#[utoipa::path(
    get, path = "/health/live", tag = "health", operation_id = "live",
    responses((status = 200, body = Envelope<Health>), (status = "default", body = Failure)),
)]
async fn live(_: Public) -> ApiResult<Health> {
    Ok(Reply::ok(Health { status: "ok" }))
}

/// The process wants requests: PostgreSQL is there, and it is not stopping.
#[utoipa::path(
    get, path = "/health/ready", tag = "health", operation_id = "ready",
    responses(
        (status = 200, body = Envelope<Ready>),
        (status = 503, body = Failure, description = "`UNAVAILABLE {status, postgres, redis}`"),
        (status = "default", body = Failure),
    ),
)]
async fn ready(_: Public, on: Data<Dependencies>) -> ApiResult<Ready> {
    let (postgres, redis) = futures_util::future::join(on.ask_postgres(), on.ask_redis()).await;
    let status = match () {
        () if on.readiness.is_draining() => "draining",
        () if postgres.is_none() => "unavailable",
        () => "ok",
    };
    let ready = Ready {
        status,
        postgres: if postgres.is_some() { "ok" } else { "unavailable" },
        redis: if redis.is_some() { "ok" } else { "degraded" },
    };
    if status == "ok" {
        return Ok(Reply::ok(ready));
    }
    let told = [("status", status), ("postgres", ready.postgres), ("redis", ready.redis)];
    let told = Params::from_iter(told.map(|(name, word)| (name.to_owned(), word.into())));
    let wait = Duration::from_secs(1);
    Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE").with_params(told).retry_after(wait))
}

/// How each dependency does.
#[utoipa::path(
    get, path = "/health/detailed", tag = "health", operation_id = "detailed",
    responses((status = 200, body = Envelope<Detailed>), (status = "default", body = Failure)),
)]
async fn detailed(_: Public, on: Data<Dependencies>) -> ApiResult<Detailed> {
    let (postgres, redis) = futures_util::future::join(on.ask_postgres(), on.ask_redis()).await;
    let millis =
        |answered: Option<Duration>| answered.map_or(0, |t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX));
    let (db, cache) = (on.db.status(), on.cache.status());
    Ok(Reply::ok(Detailed {
        status: if postgres.is_some() { "ok" } else { "unavailable" },
        version: env!("CARGO_PKG_VERSION"),
        postgres: Dependency {
            status: if postgres.is_some() { "ok" } else { "unavailable" },
            latency_ms: millis(postgres),
            pool_in_use: db.connections.saturating_sub(db.idle),
            pool_size: db.max,
        },
        redis: Dependency {
            status: if redis.is_some() { "ok" } else { "degraded" },
            latency_ms: millis(redis),
            pool_in_use: cache.calls,
            pool_size: cache.connections,
        },
    }))
}

/// Metrics in Prometheus' text format.
#[utoipa::path(
    get, path = "/metrics", tag = "health", operation_id = "metrics",
    responses((status = 200, body = String, content_type = "text/plain"), (status = "default", body = Failure)),
)]
async fn metrics(_: Public, on: Data<Dependencies>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(on.metrics.render())
}

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "health", operation_id = "openapi",
    responses((status = 200, body = Object), (status = "default", body = Failure)),
)]
async fn document(_: Public) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(web::Bytes::from_static(openapi::shared_json().as_bytes()))
}

impl Dependencies {
    /// How long PostgreSQL took to answer; `None` when it did not.
    async fn ask_postgres(&self) -> Option<Duration> {
        let started = Instant::now();
        tokio::time::timeout(PATIENCE, self.db.ping()).await.ok()?.ok()?;
        Some(started.elapsed())
    }

    async fn ask_redis(&self) -> Option<Duration> {
        let started = Instant::now();
        tokio::time::timeout(PATIENCE, self.cache.ping()).await.ok()?.ok()?;
        Some(started.elapsed())
    }
}
