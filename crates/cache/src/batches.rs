//! What this instance took of others' quotas and has not spent.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A batch not spent by then is forgotten.
pub(crate) const LIFE: Duration = Duration::from_secs(10);
/// Remembered at once. When even those taken lately are half as many, all are forgotten: whoever is asks Redis again,
/// and has lost what was left.
const AT_MOST: usize = 100_000;

/// Nearly every request spends from here, so it is a plain map behind a lock that is held for a look: nothing
/// is noted of the look, as a cache does so that it may choose whom to forget.
pub(crate) struct Batches<M>(Mutex<Held<M>>);

struct Held<M> {
    batches: HashMap<M, Batch>,
    /// When there are so many, those that are too old are thrown out.
    sweep_at: usize,
}

struct Batch {
    left: u32,
    /// What Redis had left after the batch was taken.
    behind: u32,
    reset_at: Instant,
    forgotten_at: Instant,
}

/// What is left after one was spent.
pub(crate) struct Spent {
    pub(crate) remaining: u32,
    pub(crate) reset: Duration,
}

impl<M: Eq + Hash> Batches<M> {
    const SWEEP_AT_LEAST: usize = 1_024;

    pub(crate) fn new() -> Self {
        Self(Mutex::new(Held { batches: HashMap::new(), sweep_at: Self::SWEEP_AT_LEAST }))
    }

    /// A panic under the lock leaves nothing half done.
    fn held(&self) -> MutexGuard<'_, Held<M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Spends one of what is left.
    pub(crate) fn spend(&self, meter: &M, now: Instant) -> Option<Spent> {
        let mut held = self.held();
        let batch = held.batches.get_mut(meter)?;
        if batch.forgotten_at <= now {
            return None;
        }
        batch.left = batch.left.checked_sub(1)?;
        let reset = batch.reset_at.saturating_duration_since(now);
        Some(Spent { remaining: batch.behind.saturating_add(batch.left), reset })
    }

    /// Keeps `left`, taken at `now`; `behind` them there are more, and the whole quota is free again after `reset`.
    pub(crate) fn keep(&self, meter: M, (left, behind): (u32, u32), reset: Duration, now: Instant) {
        let mut held = self.held();
        if held.batches.len() >= held.sweep_at {
            held.batches.retain(|_, batch| batch.forgotten_at > now);
            if held.batches.len() > AT_MOST / 2 {
                held.batches.clear();
            }
            held.sweep_at = (held.batches.len() * 2).max(Self::SWEEP_AT_LEAST);
        }
        let batch = Batch { left, behind, reset_at: now + reset, forgotten_at: now + LIFE };
        held.batches.insert(meter, batch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_old_is_forgotten_and_never_are_there_too_many() {
        let (batches, now) = (Batches::new(), Instant::now());
        for meter in 0..AT_MOST * 3 {
            batches.keep(meter, (1, 0), LIFE, now);
        }
        let kept = batches.held().batches.len();
        assert!((1..=AT_MOST).contains(&kept), "all were young: {kept}");
        let later = now + LIFE;
        batches.keep(0, (2, 5), LIFE * 2, later);
        assert!(batches.spend(&(AT_MOST * 3 - 1), later).is_none(), "taken too long ago");
        let spent = batches.spend(&0, later).unwrap();
        assert_eq!((spent.remaining, spent.reset), (6, LIFE * 2));
        assert!(batches.spend(&0, later).is_some());
        assert!(batches.spend(&0, later).is_none(), "both are spent");
        for meter in 1..Batches::<usize>::SWEEP_AT_LEAST * 4 {
            batches.keep(meter, (1, 0), LIFE, later + LIFE / 2);
        }
        assert!(batches.spend(&2, later + LIFE).is_some(), "taken a moment ago");
    }
}
