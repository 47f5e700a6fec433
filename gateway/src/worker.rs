//! The background: relays events, runs jobs, keeps schedules, measures how far behind it is.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bus::{Handler, Job, JobContext, JobError, Runner, Schedules, Subscriptions};
use db::{Db, DbError, Tx};
use kernel::Clock;
use tokio::sync::watch;

/// How long an idle loop sleeps.
const IDLE: Duration = Duration::from_millis(50);
/// How long after the database failed.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
/// Events relayed at a time.
const BATCH: i64 = 200;
/// Loops that run jobs inside PostgreSQL, and loops that wait for others' APIs.
const HANDLERS: usize = 3;
const EFFECTS: usize = 4;

#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) runner: Runner,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) schedules: Schedules,
}

impl Worker {
    /// Starts every loop on the current runtime. Each ends after the step it is at once `stop` turns true.
    pub(crate) fn start(self, stop: &watch::Receiver<bool>) -> Vec<tokio::task::JoinHandle<()>> {
        let mut loops = Vec::new();
        let worker = Arc::new(self);
        let spawn =
            |name, pause, act: Step| tokio::spawn(run_loop(worker.clone(), stop.clone(), name, pause, act));
        loops.push(spawn("relay", IDLE, |w| Box::pin(w.relay())));
        loops.push(spawn("schedule", Duration::from_secs(1), |w| Box::pin(w.tick())));
        loops.extend((0..HANDLERS).map(|_| spawn("handler", IDLE, |w| Box::pin(w.handle()))));
        loops.extend((0..EFFECTS).map(|_| spawn("effect", IDLE, |w| Box::pin(w.perform()))));
        loops
    }

    async fn relay(self: Arc<Self>) -> Result<bool, DbError> {
        let mut conn = self.db.conn().await?;
        Ok(bus::relay(&mut conn, &self.subscriptions, self.clock.now(), BATCH).await? > 0)
    }

    async fn handle(self: Arc<Self>) -> Result<bool, DbError> {
        self.runner.run_handler().await
    }

    async fn perform(self: Arc<Self>) -> Result<bool, DbError> {
        self.runner.run_effect().await
    }

    async fn tick(self: Arc<Self>) -> Result<bool, DbError> {
        self.schedules.tick(&self.db, self.clock.now()).await?;
        Ok(false)
    }
}

/// One step of a loop: whether there was something to do.
type Step = fn(Arc<Worker>) -> futures_util::future::BoxFuture<'static, Result<bool, DbError>>;

async fn run_loop(
    worker: Arc<Worker>,
    mut stop: watch::Receiver<bool>,
    name: &'static str,
    pause: Duration,
    act: Step,
) {
    let mut failing = false;
    while !*stop.borrow() {
        let wait = match act(worker.clone()).await {
            Ok(busy) => {
                if failing {
                    tracing::info!(worker.loop = name, "loop {name} goes on");
                }
                failing = false;
                if busy { Duration::ZERO } else { pause }
            }
            Err(e) => {
                if !failing {
                    tracing::warn!(worker.loop = name, error = %e, "loop {name} waits for PostgreSQL");
                }
                failing = true;
                AFTER_FAILURE
            }
        };
        if wait > Duration::ZERO {
            // Whoever asks us to stop need not wait for the pause to end.
            let _ = tokio::time::timeout(wait, stop.changed()).await;
        }
    }
}

/// Deletes what nobody will ask for again.
pub(crate) struct Sweep;

impl Job for Sweep {
    const NAME: &'static str = "platform.sweep";
    type Payload = ();
}

#[async_trait]
impl Handler for Sweep {
    async fn run(&self, tx: &mut Tx, context: JobContext, (): ()) -> Result<(), JobError> {
        bus::sweep(tx, context.now).await?;
        db::idempotency::sweep(tx, context.now).await?;
        Ok(())
    }
}
