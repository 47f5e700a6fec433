//! Whose turn it is to call PostgreSQL for many.
//!
//! An order's questions are combined one after the other, by kind. Were every kind to call as soon as somebody waits,
//! those who came together would be pulled apart on the way, and each call would be for a few. So an instance has few
//! such calls under way; the next is made where the most wait, which lets the few catch up with the many.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

/// So many calls are under way at once.
const CALLS: usize = 2;
/// A call that takes longer waits for something itself, a lock perhaps, and keeps nobody else from going on. Whoever has
/// waited longer goes first, however few they are.
pub(crate) const PATIENCE: Duration = Duration::from_millis(20);

/// Clones share the turns.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Mutex<Inner>>);

struct Inner {
    free: usize,
    waiting: Vec<Waiting>,
}

struct Waiting {
    crowd: Arc<AtomicUsize>,
    since: Instant,
    give: oneshot::Sender<Turn>,
}

/// Ends when it is dropped.
pub(crate) struct Turn(Turns);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inner { free: CALLS, waiting: Vec::new() })))
    }
}

impl Turns {
    /// A turn for a kind of question, for which so many wait as `crowd` tells at any time.
    pub(crate) async fn take(&self, crowd: &Arc<AtomicUsize>) -> Turn {
        let given = {
            let mut inner = self.inner();
            if inner.free > 0 {
                inner.free -= 1;
                return Turn(self.clone());
            }
            let (give, given) = oneshot::channel();
            inner.waiting.push(Waiting { crowd: crowd.clone(), since: Instant::now(), give });
            given
        };
        match given.await {
            Ok(turn) => turn,
            // Cannot be: whoever waits here is taken out only to be given a turn.
            Err(_) => Turn(self.clone()),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Waiting> {
        let mut inner = self.inner();
        let first = first(&inner.waiting, Instant::now());
        if first.is_none() {
            inner.free += 1;
        }
        first.map(|nth| inner.waiting.swap_remove(nth))
    }
}

/// Who has lost patience, the longest ago; or else who waits with the most, and of those the longest.
fn first(waiting: &[Waiting], now: Instant) -> Option<usize> {
    let urgency = |one: &Waiting| {
        let waited = now.duration_since(one.since);
        let crowd = if waited < PATIENCE { one.crowd.load(Ordering::Relaxed) } else { usize::MAX };
        (crowd, waited)
    };
    (0..waiting.len()).max_by_key(|nth| urgency(&waiting[*nth]))
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(next) = self.0.next() {
            // Whoever has gone away does not take it: dropped in turn, it goes to the next.
            drop(next.give.send(Self(self.0.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn crowd(of: usize) -> Arc<AtomicUsize> {
        Arc::new(AtomicUsize::new(of))
    }

    #[test]
    fn where_the_most_wait_the_next_call_is_made_unless_somebody_has_lost_patience() {
        let begun = Instant::now();
        let now = begun + Duration::from_millis(100);
        let waiting = |all: &[(usize, u64)]| {
            let one = |(of, ms): &(usize, u64)| Waiting {
                crowd: crowd(*of),
                since: begun + Duration::from_millis(100 - ms),
                give: oneshot::channel().0,
            };
            first(&all.iter().map(one).collect::<Vec<_>>(), now)
        };
        assert_eq!(waiting(&[]), None);
        assert_eq!(waiting(&[(1, 19), (20, 1), (2, 5)]), Some(1), "the most");
        assert_eq!(waiting(&[(2, 1), (2, 3), (2, 2)]), Some(1), "of as many, who has waited longest");
        assert_eq!(waiting(&[(20, 19), (1, 20), (20, 1)]), Some(1), "nobody is overtaken for ever");
        assert_eq!(waiting(&[(32, 20), (1, 21), (5, 22)]), Some(2), "nor by a crowd that waits as well");
    }

    #[tokio::test]
    async fn a_turn_is_given_on_and_is_free_when_nobody_waits() {
        let (turns, some) = (Turns::default(), crowd(1));
        let (first, second) = (turns.take(&some).await, turns.take(&some).await);
        let (mut gone, mut next) = (Box::pin(turns.take(&some)), Box::pin(turns.take(&some)));
        assert!(gone.as_mut().now_or_never().is_none());
        assert!(next.as_mut().now_or_never().is_none());
        // One that has gone away is stepped over.
        drop(gone);
        drop(first);
        let third = next.as_mut().now_or_never().unwrap();
        drop((second, third));
        let both = (turns.take(&some).await, turns.take(&some).await);
        assert!(turns.take(&some).now_or_never().is_none());
        drop(both);
        drop((turns.take(&some).await, turns.take(&some).await));
    }
}
