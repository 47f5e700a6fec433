//! Relay, runner and schedules against a real PostgreSQL.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use contracts::{identity::CodeRequested, payment::PaymentFailed};
use db::Tx;
use diesel::{dsl::sql, sql_types::BigInt};
use diesel_async::SimpleAsyncConnection as _;
use futures_util::future::join_all;
use kernel::{
    Clock as _, FixedClock, Language,
    id::{ChallengeId, OrderId, PaymentId},
};
use testkit::TestDb;

use crate::{
    Effect, Handler, Job, JobContext, JobError, Queue, Runner, Schedules, Subscriptions, enqueue, publish,
    relay,
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
    const QUEUE: Queue = Queue::Effects;
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

/// The others' end is not put off, nor their number of tries mixed up, by one that fails or has to wait.
#[tokio::test]
async fn effects_that_were_taken_together_end_each_by_itself() {
    let bench = Bench::new().await;
    let (made, put_off) = (Call::default(), Call { put_off: true, ..Call::default() });
    let now = bench.clock.now();
    let mut conn = bench.db.db().conn().await.unwrap();
    for nth in 0..10 {
        enqueue::<Call>(&mut conn, &(), now + TimeDelta::milliseconds(nth - 20), now).await.unwrap();
    }
    // One has been tried before.
    bench
        .db
        .exec("update platform.jobs set attempts = 3 where run_at = (select max(run_at) from platform.jobs)")
        .await;
    assert!(bench.runner().effect(put_off.clone()).run(Call::QUEUE, 3, || ()).await.unwrap());
    assert_eq!((put_off.made.load(Ordering::SeqCst), bench.jobs("attempts = 0").await), (3, 9));
    assert!(bench.runner().effect(made.clone()).run(Call::QUEUE, 8, || ()).await.unwrap());
    assert_eq!((made.made.load(Ordering::SeqCst), bench.jobs("true").await), (7, 3));
    assert!(!bench.runner().effect(made).run(Call::QUEUE, 8, || ()).await.unwrap());
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
    assert_eq!(bench.db.number("select count(*) from platform.outbox").await, 0);
}

#[tokio::test]
async fn a_delayed_subscriber_runs_so_long_after_the_event() {
    let bench = Bench::new().await;
    bench.publish(1).await;
    let subscriptions = Subscriptions::default()
        .on::<PaymentFailed, Count>()
        .on_after::<PaymentFailed, Stumble>(TimeDelta::seconds(15));
    bench.clock.advance(TimeDelta::seconds(5));
    assert_eq!(bench.relay(&subscriptions).await, 1);
    let runner = bench.runner().handle(Count).handle(Stumble(AtomicU32::new(0)));
    assert_eq!(runner.drain().await.unwrap(), 1);
    bench.clock.advance(TimeDelta::milliseconds(9_999));
    assert_eq!(runner.drain().await.unwrap(), 0);
    bench.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(runner.drain().await.unwrap(), 1);
}

#[tokio::test]
async fn a_subscriber_of_some_events_gets_no_job_of_the_others() {
    let bench = Bench::new().await;
    bench.publish(3).await;
    let events = bench.db.json("select payload from platform.outbox limit 1").await;
    let held = &events[0]["payload"]["paymentId"];
    let subscriptions = Subscriptions::default()
        .on_those::<PaymentFailed, Count>(serde_json::json!({ "paymentId": held }))
        .on_those::<PaymentFailed, Stumble>(serde_json::json!({ "paymentId": "of nobody" }));
    assert_eq!(bench.relay(&subscriptions).await, 3);
    assert_eq!(bench.jobs("true").await, 1);
    assert_eq!(bench.jobs(&format!("payload->'paymentId' = '{held}'")).await, 1);
    assert_eq!(bench.db.number("select count(*) from platform.outbox").await, 0);
}

/// Waits for somebody slow.
struct Wait;

impl Job for Wait {
    const NAME: &'static str = "test.wait";
    const QUEUE: Queue = Queue::Slow;
    type Payload = ();
}

#[async_trait]
impl Effect for Wait {
    async fn perform(&self, _: JobContext, (): ()) -> Result<(), JobError> {
        Ok(())
    }
}

#[tokio::test]
async fn what_waits_in_one_queue_does_not_wait_for_another() {
    let bench = Bench::new().await;
    let call = Call::default();
    let runner = bench.runner().effect(call.clone()).effect(Wait);
    let (now, mut conn) = (bench.clock.now(), bench.db.db().conn().await.unwrap());
    for _ in 0..5 {
        enqueue::<Wait>(&mut conn, &(), now - TimeDelta::hours(1), now).await.unwrap();
    }
    enqueue::<Call>(&mut conn, &(), now, now).await.unwrap();
    assert!(runner.run(Queue::Effects, 1, || ()).await.unwrap());
    assert_eq!((call.made.load(Ordering::SeqCst), bench.jobs("true").await), (1, 5));
    assert!(!runner.run(Queue::Effects, 1, || ()).await.unwrap());
    assert!(runner.run(Queue::Slow, 1, || ()).await.unwrap());
}

/// Plans are kept: one that was made while nothing waited has to serve when thousands do.
#[tokio::test]
async fn a_long_queue_is_not_read_whole_however_empty_it_was_before() {
    use diesel_async::RunQueryDsl as _;

    const LOOKS: &str = "
        select platform.relay(7, '{e}', '{test.call}', '{effects}', '{0}', '{null}', '2020-01-01');
        select platform.take_job('{test.call}', '2020-01-01');
        select platform.lease_jobs('effects', '{test.call}', 7, '2020-01-01', '2020-01-01');
        select platform.end_jobs(array[gen_random_uuid()], '{1}');
        select platform.put_back_job(gen_random_uuid(), 1, 2, '2020-01-01', null, null);";
    let bench = Bench::new().await;
    for table in ["platform.jobs", "platform.outbox"] {
        bench.db.exec(&format!("vacuum analyze {table}")).await;
    }
    let mut conn = bench.db.db().conn().await.unwrap();
    conn.batch_execute(&LOOKS.repeat(10)).await.unwrap();
    let fill = "begin;
        insert into platform.jobs (id, name, queue, payload, run_at, created_at)
        select gen_random_uuid(), 'test.call', 'effects', 'null', '2030-01-01', '2020-01-01' from generate_series(1, 2000);
        insert into platform.outbox (id, name, aggregate, payload, occurred_at)
        select gen_random_uuid(), 'e', 'a', 'null', '2020-01-01' from generate_series(1, 2000);";
    conn.batch_execute(fill).await.unwrap();
    conn.batch_execute(LOOKS).await.unwrap();
    let read = sql::<BigInt>(
        "(select coalesce(sum(seq_tup_read), 0)::bigint from pg_stat_xact_user_tables where schemaname = 'platform')",
    );
    let read: i64 = diesel::select(read).get_result(&mut conn).await.unwrap();
    assert_eq!(read, 0);
    conn.batch_execute("rollback").await.unwrap();
}

#[tokio::test]
async fn who_looks_for_work_is_told_when_it_is_taken_and_not_when_there_is_none() {
    let bench = Bench::new().await;
    bench.publish(1).await;
    bench.relay(&Subscriptions::default().on::<PaymentFailed, Count>()).await;
    let (runner, told) = (bench.runner().handle(Count).effect(Wait), AtomicU32::new(0));
    let tell = || {
        told.fetch_add(1, Ordering::SeqCst);
    };
    for (queue, ran, times) in
        [(Queue::Slow, false, 0), (Queue::Handlers, true, 1), (Queue::Handlers, false, 1)]
    {
        assert_eq!(runner.run(queue, 1, tell).await.unwrap(), ran);
        assert_eq!(told.load(Ordering::SeqCst), times);
    }
}

#[tokio::test]
async fn a_job_that_waits_in_another_queue_than_today_s_is_sorted_in() {
    let bench = Bench::new().await;
    let now = bench.clock.now();
    enqueue::<Wait>(&mut bench.db.db().conn().await.unwrap(), &(), now, now).await.unwrap();
    bench.db.exec("update platform.jobs set queue = 'handlers'").await;
    let runner = bench.runner().handle(Count).effect(Wait);
    assert_eq!(runner.drain().await.unwrap(), 0, "handlers know it not");
    assert_eq!((runner.sort().await.unwrap(), runner.sort().await.unwrap()), (1, 0));
    assert_eq!(runner.drain().await.unwrap(), 1);
}

/// Panics, in either way.
struct Explode;

impl Job for Explode {
    const NAME: &'static str = "test.explode";
    type Payload = PaymentFailed;
}

#[async_trait]
impl Handler for Explode {
    async fn run(&self, tx: &mut Tx, _: JobContext, _: PaymentFailed) -> Result<(), JobError> {
        tx.batch_execute("insert into platform.seen default values").await?;
        panic!("no {}", "milk")
    }
}

struct Burst;

impl Job for Burst {
    const NAME: &'static str = "test.burst";
    const QUEUE: Queue = Queue::Effects;
    type Payload = ();
}

#[async_trait]
impl Effect for Burst {
    async fn perform(&self, _: JobContext, (): ()) -> Result<(), JobError> {
        panic!("no bread")
    }
}

#[tokio::test]
async fn a_panic_is_a_failed_try_and_the_runner_goes_on() {
    let bench = Bench::new().await;
    bench.publish(1).await;
    bench.relay(&Subscriptions::default().on::<PaymentFailed, Explode>()).await;
    let now = bench.clock.now();
    enqueue::<Burst>(&mut bench.db.db().conn().await.unwrap(), &(), now, now).await.unwrap();
    let runner = bench.runner().handle(Explode).effect(Burst);
    assert!(runner.run_handler().await.unwrap() && runner.run_effect().await.unwrap());
    let failed = bench.db.lines("select attempts, last_error from platform.jobs order by name").await;
    assert_eq!(failed, [r#"(1,"panicked: no bread")"#, r#"(1,"panicked: no milk")"#]);
    assert_eq!(bench.seen().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduled_job_comes_round_once_however_many_instances_look() {
    let bench = Bench::new().await;
    let schedules = Schedules::default().every::<Call>(TimeDelta::seconds(10));
    let pool = bench.db.db();
    let runner = bench.runner().effect(Call::default());
    for _ in 0..2 {
        let ticks = join_all((0..8).map(|_| schedules.tick(&pool, bench.clock.now()))).await;
        assert_eq!(ticks.into_iter().map(Result::unwrap).sum::<usize>(), 1);
        assert_eq!(runner.drain().await.unwrap(), 1);
        bench.clock.advance(TimeDelta::seconds(10));
    }
}

#[tokio::test]
async fn a_schedule_skips_its_turn_while_its_last_job_still_waits() {
    let bench = Bench::new().await;
    let schedules = Schedules::default().every::<Call>(TimeDelta::seconds(10));
    let pool = bench.db.db();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(schedules.tick(&pool, bench.clock.now()).await.unwrap());
        bench.clock.advance(TimeDelta::seconds(10));
    }
    assert_eq!((made, bench.jobs("true").await), (vec![1, 0, 0], 1));
    bench.db.exec("update platform.jobs set dead_at = now()").await;
    assert_eq!(schedules.tick(&pool, bench.clock.now()).await.unwrap(), 1, "a buried one waits for nothing");
}

#[tokio::test]
async fn lag_is_the_age_of_what_waits() {
    let bench = Bench::new().await;
    bench.publish(1).await;
    bench.clock.advance(TimeDelta::seconds(3));
    let lag = crate::lag(&bench.db.db(), bench.clock.now()).await.unwrap();
    assert_eq!((lag.outbox_ms, lag.jobs_ms, lag.dead), (3000, 0, 0));

    bench.relay(&Subscriptions::default().on::<PaymentFailed, Count>()).await;
    bench.clock.advance(TimeDelta::seconds(2));
    let now = bench.clock.now();
    let mut conn = bench.db.db().conn().await.unwrap();
    enqueue::<Wait>(&mut conn, &(), now - TimeDelta::seconds(1), now).await.unwrap();
    enqueue::<Call>(&mut conn, &(), now + TimeDelta::seconds(9), now).await.unwrap();
    bench.publish(1).await;
    let lag = crate::lag(&bench.db.db(), now).await.unwrap();
    assert_eq!((lag.outbox_ms, lag.jobs_ms, lag.dead), (0, 2000, 0));
    bench.db.exec("update platform.jobs set dead_at = now() where queue = 'handlers'").await;
    let lag = crate::lag(&bench.db.db(), now).await.unwrap();
    assert_eq!((lag.jobs_ms, lag.dead), (1000, 1));
}
