//! Where pictures are developed: a thread of its own, one picture after the other.
//!
//! One, because a picture may take 120 MB and the process is not to grow by more than 200; a thread of its own, so
//! that no request waits for pixels.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use tokio::sync::{mpsc, oneshot};

use crate::MediaError;

type Work = Box<dyn FnOnce() + Send>;

/// Clones share the thread, which ends with the last of them. Who may queue is bounded by the places for uploads.
#[derive(Clone)]
pub(crate) struct Darkroom {
    queue: mpsc::UnboundedSender<Work>,
}

impl Darkroom {
    pub(crate) fn open() -> io::Result<Self> {
        let (queue, mut waiting) = mpsc::unbounded_channel::<Work>();
        thread::Builder::new().name("darkroom".to_owned()).spawn(move || {
            while let Some(work) = waiting.blocking_recv() {
                work();
            }
        })?;
        Ok(Self { queue })
    }

    /// Waits for its turn and for the result. Work whose caller has gone away is not begun.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, MediaError> + Send + 'static,
    ) -> Result<T, MediaError> {
        let (done, result) = oneshot::channel();
        let work = move || {
            if !done.is_closed() {
                // A file that makes a decoder panic is a broken one, and must not end the thread.
                let made = catch_unwind(AssertUnwindSafe(work));
                let _ = done.send(made.unwrap_or_else(|_| Err(MediaError::broken("the decoder gave up"))));
            }
        };
        self.queue.send(Box::new(work)).map_err(|_| MediaError::NoDarkroom)?;
        result.await.map_err(|_| MediaError::NoDarkroom)?
    }
}
