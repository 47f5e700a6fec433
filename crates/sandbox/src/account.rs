//! The one owner of the state: changes pass through its lock, are written down, and wake the dispatcher.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{Notify, watch};

use crate::Options;
use crate::snapshot;
use crate::state::State;
use crate::webhook::{Parcel, Target};

pub(crate) struct Account {
    options: Options,
    state: Mutex<State>,
    /// Wakes the writer of the state file.
    unwritten: Notify,
    /// Wakes the dispatcher of webhooks.
    due: Notify,
    /// The version of the state that a restart would find.
    written: watch::Sender<u64>,
}

impl Account {
    /// Reads the state file, if there is one.
    pub(crate) fn open(mut options: Options) -> io::Result<Self> {
        let mut state = match &options.state {
            Some(file) => snapshot::read(file)?,
            None => State::default(),
        };
        if let Some(url) = options.webhook_url.take() {
            let enabled_events = std::mem::take(&mut options.enabled_events);
            let target = Target { url: Some(url), enabled_events, ..state.outbox.target().clone() };
            state.outbox.set_target(target);
        }
        state.outbox.resume();
        let written = watch::Sender::new(state.version());
        Ok(Self { options, state: Mutex::new(state), unwritten: Notify::new(), due: Notify::new(), written })
    }

    pub(crate) fn secret_key(&self) -> &str {
        &self.options.secret_key
    }

    pub(crate) fn publishable_key(&self) -> &str {
        &self.options.publishable_key
    }

    pub(crate) fn webhook_secret(&self) -> &str {
        &self.options.webhook_secret
    }

    /// Works on the state; short and never waiting, for everybody else waits for it.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.version();
        let result = work(&mut state);
        let after = state.version();
        drop(state);
        if before != after {
            self.unwritten.notify_one();
            self.due.notify_one();
        }
        result
    }

    /// Waits until a restart would remember everything that has happened up to now.
    pub(crate) async fn settled(&self) {
        if self.options.state.is_none() {
            return;
        }
        let version = self.with(|state| state.version());
        // An error would mean that the sender is gone, and this is the sender.
        let _ = self.written.subscribe().wait_for(|written| *written >= version).await;
    }

    /// Writes the state file after each change; changes that come while it writes share the next one.
    /// It blocks the thread of the dispatcher meanwhile, never that of the requests.
    pub(crate) async fn write_changes(&self) {
        let Some(file) = &self.options.state else { return };
        loop {
            self.unwritten.notified().await;
            self.write(file);
        }
    }

    /// For the end: whatever is not written yet.
    pub(crate) fn write_rest(&self) {
        if let Some(file) = &self.options.state {
            self.write(file);
        }
    }

    fn write(&self, file: &Path) {
        let (version, text) = self.with(|state| (state.version(), snapshot::text(state)));
        snapshot::write(file, text);
        // Also after a failure, which has been reported: answering goes on from memory.
        self.written.send_replace(version);
    }

    pub(crate) fn event_text(&self, id: &str) -> Option<String> {
        self.with(|state| state.events.get(id).map(|event| format!("{:#}", event.wire())))
    }

    pub(crate) fn take_due(&self, room: usize) -> Vec<Parcel> {
        self.with(|state| state.outbox.take_due(room))
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.with(|state| state.outbox.next_due())
    }

    pub(crate) fn finish_delivery(&self, delivery: &str, outcome: Result<u16, String>) {
        self.with(|state| {
            state.outbox.finish(delivery, outcome);
            state.changed();
        });
    }

    pub(crate) fn wake_dispatcher(&self) {
        self.due.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.due.notified().await;
    }
}
