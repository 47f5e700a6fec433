//! The numbers of the rate limits, and how requests are counted against them.

use std::{future::ready, time::Duration};

use cache::{Decision, Limiter, Quota};
use http_kit::{Admission, Admit, Admitting, Counted, Limit};

const MINUTE: Duration = Duration::from_mins(1);
const DEFAULT: Quota = Quota { name: "default", requests: 100, per: MINUTE, batch: 10 };
const AUTH: Quota = Quota { name: "auth", requests: 30, per: MINUTE, batch: 1 };
const ADMIN: Quota = Quota { name: "admin", requests: 300, per: MINUTE, batch: 10 };
const ORDERS: Quota = Quota { name: "orders", requests: 10, per: MINUTE, batch: 1 };

/// Counts requests in Redis; `None` when limits are off.
pub(crate) struct Limits(pub(crate) Option<Limiter<Counted>>);

impl Admit for Limits {
    fn admit(&self, limit: Limit, counted: Counted) -> Admitting<'_> {
        let Some((limiter, quota)) = self.0.as_ref().zip(quota(limit)) else {
            return Admitting::Left(ready(None));
        };
        match limiter.spend(quota, counted) {
            Some(decision) => Admitting::Left(ready(Some(admission(decision)))),
            None => Admitting::Right(Box::pin(async move {
                let decision = limiter.check(quota, counted).await;
                if !decision.allowed {
                    metrics::counter!("http_rate_limited_total", "quota" => quota.name).increment(1);
                }
                Some(admission(decision))
            })),
        }
    }
}

fn quota(limit: Limit) -> Option<&'static Quota> {
    match limit {
        Limit::None => None,
        Limit::Default => Some(&DEFAULT),
        Limit::Auth => Some(&AUTH),
        Limit::Orders => Some(&ORDERS),
        Limit::Admin => Some(&ADMIN),
    }
}

fn admission(decision: Decision) -> Admission {
    Admission {
        allowed: decision.allowed,
        limit: decision.limit,
        remaining: decision.remaining,
        reset_secs: decision.reset_secs(),
        retry_after_secs: decision.retry_after_secs(),
    }
}
