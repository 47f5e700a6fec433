//! The background: relays events, runs jobs, keeps schedules, measures how far behind it is.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue, Runner, Schedules, Subscriptions};
use db::{Db, DbError};
use futures_util::FutureExt as _;
use kernel::Clock;
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
};

/// How long an idle loop sleeps.
const IDLE: Duration = Duration::from_millis(50);
/// How long after the database failed.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
/// Events relayed at a time.
const BATCH: i64 = 200;
/// So many loops work on each queue, and take so many leased jobs at once. One that waits for a provider costs next to
/// nothing: it holds no connection.
const LOOPS: [(Queue, usize); 3] = [(Queue::Handlers, 3), (Queue::Effects, 4), (Queue::Slow, 8)];
const JOBS: i64 = 8;

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
    pub(crate) fn start(self, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
        let mut loops = Vec::new();
        let worker = Arc::new(self);
        let spawn =
            |name, pause, act: Step| tokio::spawn(run_loop(worker.clone(), stop.clone(), name, pause, act));
        loops.push(spawn("relay", IDLE, |w| Box::pin(w.relay())));
        loops.push(spawn("schedule", Duration::from_secs(1), |w| Box::pin(w.tick())));
        loops.push(spawn("sort", Duration::from_mins(1), |w| Box::pin(w.sort())));
        for (queue, count) in LOOPS {
            let turn = Arc::new(Mutex::new(()));
            let work = || tokio::spawn(work_off(worker.clone(), queue, turn.clone(), stop.clone()));
            loops.extend((0..count).map(|_| work()));
        }
        loops
    }

    async fn relay(self: Arc<Self>) -> Result<bool, DbError> {
        let mut conn = self.db.conn().await?;
        Ok(bus::relay(&mut conn, &self.subscriptions, self.clock.now(), BATCH).await? > 0)
    }

    async fn tick(self: Arc<Self>) -> Result<bool, DbError> {
        self.schedules.tick(&self.db, self.clock.now()).await?;
        Ok(false)
    }

    async fn sort(self: Arc<Self>) -> Result<bool, DbError> {
        self.runner.sort().await?;
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
    let mut pace = Pace { name, pause, failing: false };
    while !*stop.borrow() {
        let wait = pace.after(act(worker.clone())).await;
        rest(wait, &mut stop).await;
    }
}

/// Works off one queue beside its siblings. Only the loop whose turn it is looks for work, so that an idle queue costs
/// one statement every 50 ms however many loops it has; the turn is given on as soon as a job is taken.
async fn work_off(worker: Arc<Worker>, queue: Queue, turn: Arc<Mutex<()>>, mut stop: watch::Receiver<bool>) {
    let mut pace = Pace { name: queue.as_str(), pause: IDLE, failing: false };
    while !*stop.borrow() {
        let mut mine = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            mine = turn.clone().lock_owned() => Some(mine),
        };
        while mine.is_some() && !*stop.borrow() {
            let wait = pace.after(worker.runner.run(queue, JOBS, || mine = None)).await;
            rest(wait, &mut stop).await;
        }
    }
}

/// Whoever asks us to stop need not wait for the pause to end.
async fn rest(wait: Duration, stop: &mut watch::Receiver<bool>) {
    if wait > Duration::ZERO {
        let _ = tokio::time::timeout(wait, stop.changed()).await;
    }
}

/// How a loop goes on after a step.
struct Pace {
    name: &'static str,
    /// After a step that found nothing to do.
    pause: Duration,
    failing: bool,
}

impl Pace {
    /// Takes the step and tells how long to wait before the next. A panic ends the step and not the loop: nothing would
    /// start it again.
    async fn after(&mut self, step: impl Future<Output = Result<bool, DbError>>) -> Duration {
        let name = self.name;
        let problem = match AssertUnwindSafe(step).catch_unwind().await {
            Ok(Ok(busy)) => {
                if self.failing {
                    tracing::info!(worker.loop = name, "loop {name} goes on");
                }
                self.failing = false;
                return if busy { Duration::ZERO } else { self.pause };
            }
            Ok(Err(e)) => e.to_string(),
            Err(_) => "a panic".to_owned(),
        };
        if !self.failing {
            tracing::warn!(worker.loop = name, error = problem, "loop {name} failed and tries on");
        }
        self.failing = true;
        AFTER_FAILURE
    }
}

/// Deletes what nobody will ask for again.
pub(crate) struct Sweep(pub(crate) Db);

impl Job for Sweep {
    const NAME: &'static str = "platform.sweep";
    const QUEUE: Queue = Queue::Effects;
    type Payload = ();
}

#[async_trait]
impl Effect for Sweep {
    async fn perform(&self, context: JobContext, (): ()) -> Result<(), JobError> {
        while db::idempotency::sweep(&mut *self.0.conn().await?, context.now).await? {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use testkit::TestDb;
    use tokio::sync::Barrier;

    use super::*;

    #[tokio::test]
    async fn a_loop_outlives_failures_and_panics() {
        let mut pace = Pace { name: "test", pause: IDLE, failing: false };
        assert_eq!(pace.after(async { Ok(true) }).await, Duration::ZERO);
        assert_eq!(pace.after(async { panic!("on purpose") }).await, AFTER_FAILURE);
        assert_eq!(pace.after(async { Err(DbError::Pool("away".to_owned())) }).await, AFTER_FAILURE);
        assert_eq!(pace.after(async { Ok(false) }).await, IDLE);
    }

    /// Waits for all the others of its kind that may run at once.
    struct Meet(Arc<Barrier>, Arc<AtomicUsize>);

    impl Job for Meet {
        const NAME: &'static str = "test.meet";
        const QUEUE: Queue = Queue::Slow;
        type Payload = ();
    }

    #[async_trait]
    impl Effect for Meet {
        async fn perform(&self, _: JobContext, (): ()) -> Result<(), JobError> {
            self.0.wait().await;
            self.1.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_loops_of_a_queue_work_side_by_side_and_stop_when_told() {
        let (test, clock) = (TestDb::new().await, Arc::new(testkit::clock()));
        let together = LOOPS[2].1;
        let (all, met) = (Arc::new(Barrier::new(together + 1)), Arc::new(AtomicUsize::new(0)));
        let db = test.db();
        let now = clock.now();
        for _ in 0..together {
            bus::enqueue::<Meet>(&mut db.conn().await.unwrap(), &(), now, now).await.unwrap();
        }
        let worker = Worker {
            runner: Runner::new(db.clone(), clock.clone()).effect(Meet(all.clone(), met.clone())),
            subscriptions: Subscriptions::default(),
            schedules: Schedules::default(),
            db,
            clock,
        };
        let (stop, stopped) = watch::channel(false);
        let loops = worker.start(&stopped);
        all.wait().await;
        stop.send_replace(true);
        for done in futures_util::future::join_all(loops).await {
            done.unwrap();
        }
        assert_eq!(met.load(Ordering::SeqCst), together);
        assert_eq!(test.number("select count(*) from platform.jobs").await, 0);
    }
}
