//! Stops asking whoever does not answer, so that its trouble costs each request nothing.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Closed,
    Open,
}

/// Opens after some failures in a row; then one caller in each pause may try, until one succeeds.
#[derive(Debug)]
pub struct Breaker {
    failures: u32,
    pause: Duration,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    failures: u32,
    /// Set while open: when the next caller may try.
    retry_at: Option<Instant>,
}

impl Breaker {
    /// `failures` in a row open it, for `pause` at a time.
    pub fn new(failures: u32, pause: Duration) -> Self {
        Self { failures, pause, inner: Mutex::default() }
    }

    /// Whether the caller may ask. While open, one caller in each pause may.
    pub fn admits(&self, now: Instant) -> bool {
        let mut inner = self.inner();
        match inner.retry_at {
            None => true,
            Some(at) if now < at => false,
            Some(_) => {
                inner.retry_at = Some(now + self.pause);
                true
            }
        }
    }

    /// The one asked has answered.
    pub fn succeeded(&self) {
        let mut inner = self.inner();
        if inner.failures > 0 {
            *inner = Inner::default();
        }
    }

    /// The one asked has not answered.
    pub fn failed(&self, now: Instant) {
        let mut inner = self.inner();
        inner.failures = inner.failures.saturating_add(1);
        if inner.failures >= self.failures {
            inner.retry_at = Some(now + self.pause);
        }
    }

    pub fn state(&self) -> State {
        if self.inner().retry_at.is_some() { State::Open } else { State::Closed }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_open_it_one_caller_tries_and_a_success_closes_it() {
        let pause = Duration::from_secs(30);
        let (breaker, start) = (Breaker::new(3, pause), Instant::now());
        for _ in 0..3 {
            assert!(breaker.admits(start));
            breaker.failed(start);
        }
        assert!(!breaker.admits(start));
        assert!(!breaker.admits(start + pause * 99 / 100));
        let later = start + pause;
        assert!(breaker.admits(later), "the first after the pause");
        assert!(!breaker.admits(later), "and nobody with it");
        breaker.succeeded();
        assert!(breaker.admits(later));
        assert_eq!(breaker.state(), State::Closed);
    }
}
