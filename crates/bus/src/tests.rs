//! Relay, runner and schedules against a real PostgreSQL.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use contracts::{identity::CodeRequested, payment::PaymentFailed};
use db::Tx;
use diesel_async::SimpleAsyncConnection as _;
use futures_util::future::join_all;
use kernel::{
    Clock as _, FixedClock, Language,
    id::{ChallengeId, OrderId, PaymentId},
};
use testkit::TestDb;

use crate::{
    Effect, Handler, Job, JobContext, JobError, Runner, Schedules, Subscriptions, enqueue, publish, relay,
};

/// Leaves a row for each time it ran to its end.
struct Count;

impl Job for Count {
    const NAME: &'static str = "test.count";
    type Payload = PaymentFailed;
}

#[async_trait]
impl Handler for Count {
    async fn run(&self, tx: &mut Tx, _: JobContext, _: PaymentFailed) -> Result<(), JobError> {
        tx.batch_execute("insert into platform.seen default values").await?;
        Ok(())
    }
}

/// Leaves a row and then fails, as often as it is told to.
struct Stumble(AtomicU32);

impl Job for Stumble {
    const NAME: &'static str = "test.stumble";
    type Payload = PaymentFailed;
}

#[async_trait]
impl Handler for Stumble {
    async fn run(&self, tx: &mut Tx, _: JobContext, _: PaymentFailed) -> Result<(), JobError> {
        tx.batch_execute("insert into platform.seen default values").await?;
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        left.map_or(Ok(()), |_| Err(JobError::Failed("the mail is down".into())))
    }
}

/// Something outside the database.
#[derive(Default, Clone)]
struct Call {
    made: Arc<AtomicU32>,
    put_off: bool,
}

impl Job for Call {
    const NAME: &'static str = "test.call";
    type Payload = ();
}

#[async_trait]
impl Effect for Call {
    async fn perform(&self, _: JobContext, (): ()) -> Result<(), JobError> {
        self.made.fetch_add(1, Ordering::SeqCst);
        if self.put_off { Err(JobError::NotYet(TimeDelta::seconds(10))) } else { Ok(()) }
    }
}

struct Bench {
    db: TestDb,
    clock: Arc<FixedClock>,
}

impl Bench {
    async fn new() -> Self {
        let db = TestDb::new().await;
        db.exec("create table platform.seen (at timestamptz default now())").await;
        Self { db, clock: Arc::new(testkit::clock()) }
    }

    fn runner(&self) -> Runner {
        Runner::new(self.db.db(), self.clock.clone())
    }

    async fn publish(&self, n: usize) {
        let (now, mut conn) = (self.clock.now(), self.db.db().conn().await.unwrap());
        for _ in 0..n {
            let (payment_id, order_id) = (PaymentId::generate(now), OrderId::generate(now));
            publish(&mut conn, &PaymentFailed { payment_id, order_id, reason: "x".into() }, now)
                .await
                .unwrap();
        }
    }

    async fn relay(&self, subscriptions: &Subscriptions) -> usize {
        relay(&mut self.db.db().conn().await.unwrap(), subscriptions, self.clock.now(), 7).await.unwrap()
    }

    async fn seen(&self) -> i64 {
        self.db.number("select count(*) from platform.seen").await
    }

    async fn jobs(&self, condition: &str) -> i64 {
        self.db.number(&format!("select count(*) from platform.jobs where {condition}")).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_relays_and_workers_at_once_do_each_thing_once() {
    let bench = Bench::new().await;
    bench.publish(40).await;
    let subscriptions = Subscriptions::default().on::<PaymentFailed, Count>();
    let relayed: usize = join_all((0..12).map(|_| bench.relay(&subscriptions))).await.into_iter().sum();
    assert_eq!(relayed, 40);
    let runner = bench.runner().handle(Count);
    join_all((0..4).map(|_| async { while runner.run_handler().await.unwrap() {} })).await;
    assert_eq!((bench.seen().await, bench.jobs("true").await), (40, 0));
}

#[tokio::test]
async fn an_event_that_is_rolled_back_was_never_published() {
    let bench = Bench::new().await;
    bench
        .db
        .exec(
            "begin; insert into platform.outbox values (gen_random_uuid(), 'x', 'y', '{}', now()); rollback",
        )
        .await;
    assert_eq!(bench.relay(&Subscriptions::default()).await, 0);
}

#[tokio::test]
async fn a_failed_job_leaves_no_trace_and_comes_back_later_and_later() {
    let bench = Bench::new().await;
    bench.publish(1).await;
    bench.relay(&Subscriptions::default().on::<PaymentFailed, Stumble>()).await;
    let runner = bench.runner().handle(Stumble(AtomicU32::new(2)));
    for wait in [1, 2] {
        assert!(runner.run_handler().await.unwrap());
        assert_eq!(bench.seen().await, 0);
        bench.clock.advance(TimeDelta::milliseconds(wait * 1000 - 1));
        assert!(!runner.run_handler().await.unwrap(), "not before its time");
        bench.clock.advance(TimeDelta::milliseconds(1));
    }
    assert!(runner.run_handler().await.unwrap());
    assert_eq!((bench.seen().await, bench.jobs("true").await), (1, 0));
}

#[tokio::test]
async fn after_fifty_tries_a_job_is_buried_with_its_reason() {
    let bench = Bench::new().await;
    bench.publish(1).await;
    bench.relay(&Subscriptions::default().on::<PaymentFailed, Stumble>()).await;
    let runner = bench.runner().handle(Stumble(AtomicU32::new(1000)));
    let mut tries = 0;
    while runner.run_handler().await.unwrap() {
        tries += 1;
        bench.clock.advance(TimeDelta::minutes(5));
    }
    assert_eq!(tries, 50);
    assert_eq!(
        bench.jobs("dead_at is not null and attempts = 50 and last_error = 'the mail is down'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_effect_is_performed_by_one_of_many_workers() {
    let bench = Bench::new().await;
    let call = Call::default();
    let runner = bench.runner().effect(call.clone());
    let now = bench.clock.now();
    for _ in 0..10 {
        enqueue::<Call>(&mut bench.db.db().conn().await.unwrap(), &(), now, now).await.unwrap();
    }
    join_all((0..4).map(|_| async { while runner.run_effect().await.unwrap() {} })).await;
    assert_eq!((call.made.load(Ordering::SeqCst), bench.jobs("true").await), (10, 0));
}

#[tokio::test]
async fn what_cannot_be_done_yet_comes_again_without_counting_as_a_try() {
    let bench = Bench::new().await;
    let call = Call { put_off: true, ..Call::default() };
    let runner = bench.runner().effect(call.clone());
    let now = bench.clock.now();
    enqueue::<Call>(&mut bench.db.db().conn().await.unwrap(), &(), now, now).await.unwrap();
    assert!(runner.run_effect().await.unwrap());
    assert!(!runner.run_effect().await.unwrap());
    assert_eq!(bench.jobs("attempts = 0 and last_error is null").await, 1);
    bench.clock.advance(TimeDelta::seconds(10));
    assert!(runner.run_effect().await.unwrap());
    assert_eq!(call.made.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_secret_leaves_the_outbox_with_its_job() {
    struct Send;
    impl Job for Send {
        const NAME: &'static str = "test.send";
        type Payload = CodeRequested;
    }
    let bench = Bench::new().await;
    let now = bench.clock.now();
    let event = CodeRequested {
        challenge_id: ChallengeId::generate(now),
        phone: "+48501502503".into(),
        code: "123456".into(),
        language: Language::Pl,
        expires_in_minutes: 5,
    };
    publish(&mut bench.db.db().conn().await.unwrap(), &event, now).await.unwrap();
    assert_eq!(bench.relay(&Subscriptions::default().on::<CodeRequested, Send>()).await, 1);
    assert_eq!(bench.jobs("payload->>'code' = '123456'").await, 1);
    assert_eq!(bench.db.number("select count(*) from platform.outbox where payload = '{}'").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduled_job_comes_round_once_however_many_instances_look() {
    let bench = Bench::new().await;
    let schedules = Schedules::default().every::<Call>(TimeDelta::seconds(10));
    let pool = bench.db.db();
    for expected in [1, 2] {
        let ticks = join_all((0..8).map(|_| schedules.tick(&pool, bench.clock.now()))).await;
        assert_eq!(ticks.into_iter().map(Result::unwrap).sum::<usize>(), 1);
        assert_eq!(bench.jobs("name = 'test.call'").await, expected);
        bench.clock.advance(TimeDelta::seconds(10));
    }
}

#[tokio::test]
async fn lag_is_the_age_of_what_waits() {
    let bench = Bench::new().await;
    bench.publish(1).await;
    bench.clock.advance(TimeDelta::seconds(3));
    let lag = crate::lag(&bench.db.db(), bench.clock.now()).await.unwrap();
    assert_eq!((lag.outbox_ms, lag.jobs_ms, lag.dead), (3000, 0, 0));
}
