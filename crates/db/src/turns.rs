//! Whose turn it is to call PostgreSQL for many.
//!
//! An order's questions are combined one after the other, by kind. Were every kind to call as soon as somebody waits,
//! those who came together would be pulled apart on the way, and each call would be for a few. So an instance has few
//! such calls under way; the next is made where the most has been waited, which lets the many catch up with the few.

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
/// A call that takes longer waits for something itself, a lock perhaps, and keeps nobody else from going on.
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

    /// Who waits with the most for the longest.
    fn next(&self) -> Option<Waiting> {
        let mut inner = self.inner();
        let waited = |one: &Waiting| {
            one.since.elapsed() * u32::try_from(one.crowd.load(Ordering::Relaxed)).unwrap_or(1)
        };
        let longest = (0..inner.waiting.len()).max_by_key(|nth| waited(&inner.waiting[*nth]));
        if longest.is_none() {
            inner.free += 1;
        }
        longest.map(|nth| inner.waiting.swap_remove(nth))
    }
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

    #[tokio::test]
    async fn where_the_most_wait_the_next_call_is_made() {
        let turns = Turns::default();
        let (lone, few, many) = (crowd(1), crowd(1), crowd(20));
        let (first, second) = (turns.take(&lone).await, turns.take(&lone).await);
        let (mut few, mut many) = (Box::pin(turns.take(&few)), Box::pin(turns.take(&many)));
        assert!(few.as_mut().now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(many.as_mut().now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(first);
        assert!(few.as_mut().now_or_never().is_none());
        let third = many.as_mut().now_or_never().unwrap();

        // One that has gone away is stepped over, and a turn that nobody waits for is free.
        drop(few);
        drop((second, third));
        let both = (turns.take(&lone).await, turns.take(&lone).await);
        assert!(turns.take(&lone).now_or_never().is_none());
        drop(both);
        drop((turns.take(&lone).await, turns.take(&lone).await));
    }
}
