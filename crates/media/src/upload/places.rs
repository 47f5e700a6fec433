//! How many uploads are under way at once: each holds its file in memory.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::MediaError;

/// In all. Who comes next waits with its body unread.
const IN_ALL: usize = 8;
/// Of one caller, so that whoever sends slowly keeps nobody else waiting.
const OF_ONE: usize = 2;
/// How long an upload waits for its place.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a caller is remembered: longer than an upload may take.
const REMEMBERED: Duration = Duration::from_mins(5);
/// Callers remembered at once.
const CALLERS: u64 = 10_000;

#[derive(Clone)]
pub(crate) struct Places {
    in_all: Arc<Semaphore>,
    of_one: Cache<String, Arc<Semaphore>>,
}

/// Free again when it is dropped.
pub(crate) struct Place {
    _in_all: OwnedSemaphorePermit,
    _of_one: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new() -> Self {
        let of_one = Cache::builder().max_capacity(CALLERS).time_to_idle(REMEMBERED).build();
        Self { in_all: Arc::new(Semaphore::new(IN_ALL)), of_one }
    }

    /// `caller` as requests are counted by.
    pub(crate) async fn take(&self, caller: String) -> Result<Place, MediaError> {
        let own = self.of_one.get_with(caller, || Arc::new(Semaphore::new(OF_ONE)));
        let taken = tokio::time::timeout(PATIENCE, async {
            let of_one = own.acquire_owned().await.ok()?;
            let in_all = self.in_all.clone().acquire_owned().await.ok()?;
            Some(Place { _in_all: in_all, _of_one: of_one })
        });
        taken.await.ok().flatten().ok_or(MediaError::Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::{OF_ONE, Places};

    #[tokio::test]
    async fn one_caller_takes_no_place_from_another() {
        let places = Places::new();
        let mut slow = Vec::new();
        for _ in 0..OF_ONE {
            slow.push(places.take("u:1".to_owned()).await.ok().unwrap());
        }
        let mut third = Box::pin(places.take("u:1".to_owned()));
        assert!(futures_util::poll!(third.as_mut()).is_pending());
        assert!(places.take("u:2".to_owned()).await.is_ok());
        drop(slow);
        assert!(third.await.is_ok());
    }
}
