//! Stops asking a Redis that does not answer, so that its trouble costs each request nothing.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// Failures in a row that open it.
const FAILURES: u32 = 3;
/// How long it stays open before one caller may try.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Closed,
    Open,
}

#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    failures: u32,
    /// Set while open: when the next caller may try.
    retry_at: Option<Instant>,
}

impl Breaker {
    /// Whether the caller may ask. While open, one caller in each pause may.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut inner = self.inner();
        match inner.retry_at {
            None => true,
            Some(at) if now < at => false,
            Some(_) => {
                inner.retry_at = Some(now + PAUSE);
                true
            }
        }
    }

    pub(crate) fn succeeded(&self) {
        let mut inner = self.inner();
        if inner.failures > 0 {
            *inner = Inner::default();
        }
    }

    pub(crate) fn failed(&self, now: Instant) {
        let mut inner = self.inner();
        inner.failures = inner.failures.saturating_add(1);
        if inner.failures >= FAILURES {
            inner.retry_at = Some(now + PAUSE);
        }
    }

    pub(crate) fn state(&self) -> State {
        if self.inner().retry_at.is_some() { State::Open } else { State::Closed }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_open_it_one_caller_tries_and_a_success_closes_it() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES {
            assert!(breaker.admits(start));
            breaker.failed(start);
        }
        assert!(!breaker.admits(start));
        let later = start + PAUSE;
        assert!(breaker.admits(later), "the first after the pause");
        assert!(!breaker.admits(later), "and nobody with it");
        breaker.succeeded();
        assert!(breaker.admits(later));
        assert_eq!(breaker.state(), State::Closed);
    }
}
