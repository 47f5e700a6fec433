//! The numbers of the rate limits, and how requests are counted against them.

use std::time::Duration;

use async_trait::async_trait;
use cache::{Limiter, Quota};
use http_kit::{Admission, Admit, Counted, Limit};

const MINUTE: Duration = Duration::from_mins(1);
const DEFAULT: Quota = Quota { name: "default", requests: 100, per: MINUTE, batch: 10 };
const AUTH: Quota = Quota { name: "auth", requests: 30, per: MINUTE, batch: 1 };
const ADMIN: Quota = Quota { name: "admin", requests: 300, per: MINUTE, batch: 10 };
const ORDERS: Quota = Quota { name: "orders", requests: 10, per: MINUTE, batch: 1 };

/// Counts requests in Redis; `None` when limits are off.
pub(crate) struct Limits(pub(crate) Option<Limiter<Counted>>);

#[async_trait]
impl Admit for Limits {
    async fn admit(&self, limit: Limit, counted: Counted) -> Option<Admission> {
        let quota = match limit {
            Limit::None => return None,
            Limit::Default => DEFAULT,
            Limit::Auth => AUTH,
            Limit::Orders => ORDERS,
            Limit::Admin => ADMIN,
        };
        let decision = self.0.as_ref()?.check(&quota, counted).await;
        if !decision.allowed {
            metrics::counter!("http_rate_limited_total", "quota" => quota.name).increment(1);
        }
        Some(Admission {
            allowed: decision.allowed,
            limit: decision.limit,
            remaining: decision.remaining,
            reset_secs: decision.reset_secs(),
            retry_after_secs: decision.retry_after_secs(),
        })
    }
}
