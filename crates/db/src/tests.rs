//! Pool, errors, retries and keys, against a real PostgreSQL.
//!
//! The test database's own pool is of another build of this crate: here it only lends its address.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    dsl::sql,
    result::{DatabaseErrorKind, Error as DieselError},
    sql_types::{Array, Text},
};
use diesel_async::SimpleAsyncConnection as _;
use futures_util::future::join_all;
use kernel::{Clock as _, ErrorKind};
use testkit::TestDb;
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::{
    Db, DbError, Lock, LockError, PoolOptions, Transact as _, cached,
    idempotency::{Claim, KEPT, Keys, Request, sweep},
    retry,
};

const LEASE: TimeDelta = TimeDelta::seconds(20);

struct House {
    test: TestDb,
    db: Db,
    now: DateTime<Utc>,
}

impl House {
    async fn new() -> Self {
        Self::with(PoolOptions { wait: Duration::from_mins(1), ..PoolOptions::default() }).await
    }

    async fn with(options: PoolOptions) -> Self {
        let test = TestDb::new().await;
        let db = Db::new(test.url(), &options);
        Self { test, db, now: testkit::clock().now() }
    }

    async fn run(&self, sql: &str) -> Result<(), DbError> {
        Ok(self.db.conn().await?.batch_execute(sql).await?)
    }

    /// Of another instance each time.
    fn keys(&self) -> Keys {
        Keys::new(self.db.clone())
    }

    async fn claim(&self, request: Request<'_>, fresh: u128, now: DateTime<Utc>) -> Claim {
        self.keys().claim(request, Uuid::from_u128(fresh), now).await.unwrap()
    }
}

const ASKED: Request<'static> = Request { scope: "orders.place:7", key: "k", hash: b"hash" };

fn fresh(id: u128) -> Claim {
    Claim::Fresh(Uuid::from_u128(id))
}

fn taken_over(id: u128) -> Claim {
    Claim::TakenOver(Uuid::from_u128(id))
}

/// Whoever holds a connection over and over must not keep those who asked before it from theirs.
#[tokio::test]
async fn connections_are_given_in_the_order_of_asking() {
    let house = House::with(PoolOptions { max_size: 1, ..PoolOptions::default() }).await;
    let order = std::sync::Mutex::new(Vec::new());
    let greedy = async |name: u32| {
        for turn in 0..3 {
            let conn = house.db.conn().await.unwrap();
            order.lock().unwrap().push((turn, name));
            // The others get to ask while this one holds it.
            tokio::task::yield_now().await;
            drop(conn);
        }
    };
    join_all((0..4).map(greedy)).await;
    let given = order.into_inner().unwrap();
    let expected: Vec<_> = (0..3).flat_map(|turn| (0..4).map(move |name| (turn, name))).collect();
    assert_eq!(given, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_claims_at_once_one_gets_the_work() {
    let house = House::new().await;
    let claims = join_all((0..40).map(|n| house.claim(ASKED, n, house.now))).await;
    assert_eq!(claims.iter().filter(|c| matches!(c, Claim::Fresh(_))).count(), 1);
    assert_eq!(claims.iter().filter(|c| **c == Claim::Running).count(), 39);
}

/// And only for them: the connection's next transaction is waited for again.
#[tokio::test]
async fn a_key_and_its_answer_are_not_waited_for_to_be_on_the_disk() {
    use diesel_async::RunQueryDsl as _;

    let house = House::with(PoolOptions { max_size: 1, ..PoolOptions::default() }).await;
    let note = "set synchronous_commit = on;
        create table public.noted (nth int generated always as identity, waited text);
        create function public.note() returns trigger language plpgsql as $$
        begin insert into public.noted (waited) values (current_setting('synchronous_commit')); return null; end $$;
        create trigger note after insert or update on platform.idempotency_keys
        for each row execute function public.note()";
    house.run(note).await.unwrap();
    assert_eq!(house.claim(ASKED, 1, house.now).await, fresh(1));
    house.keys().reopen(ASKED).await.unwrap();
    house.keys().complete(ASKED, (201, "{}")).await.unwrap();
    let mut conn = house.db.conn().await.unwrap();
    let noted: Vec<String> =
        diesel::select(sql::<Array<Text>>("(select array_agg(waited order by nth) from public.noted)"))
            .get_result(&mut conn)
            .await
            .unwrap();
    assert_eq!(noted, ["off", "on", "off"]);
}

#[tokio::test]
async fn what_was_answered_is_answered_again_word_for_word() {
    let house = House::new().await;
    assert_eq!(house.claim(ASKED, 1, house.now).await, fresh(1));
    let body = "{\"a\":  \"ż\\u0142\"}\n";
    assert_eq!(house.keys().complete(ASKED, (201, body)).await.unwrap(), None);
    let much_later = house.now + TimeDelta::days(6);
    let done = Claim::Done { status: 201, body: body.to_owned() };
    assert_eq!(house.claim(ASKED, 2, much_later).await, done);
    for undo in [house.keys().release(ASKED).await, house.keys().reopen(ASKED).await] {
        undo.unwrap();
    }
    assert_eq!(house.claim(ASKED, 3, much_later).await, done, "an answer is not taken back");
    let first = Some((201, body.to_owned()));
    assert_eq!(house.keys().complete(ASKED, (200, "later")).await.unwrap(), first, "it is given instead");
    assert_eq!(house.claim(ASKED, 4, much_later).await, done, "the first answer stays");
}

#[tokio::test]
async fn a_key_is_bound_to_its_body_its_caller_and_its_endpoint() {
    let house = House::new().await;
    assert_eq!(house.claim(ASKED, 1, house.now).await, fresh(1));
    let other_body = Request { hash: b"other", ..ASKED };
    assert_eq!(house.claim(other_body, 2, house.now).await, Claim::Reused);
    assert_eq!(
        house.claim(other_body, 2, house.now + LEASE * 2).await,
        Claim::Reused,
        "nor is it taken over"
    );
    assert_eq!(house.claim(Request { scope: "orders.place:8", ..ASKED }, 3, house.now).await, fresh(3));
    assert_eq!(house.claim(Request { key: "K", ..ASKED }, 4, house.now).await, fresh(4));
    house.keys().complete(ASKED, (201, "{}")).await.unwrap();
    assert_eq!(house.claim(other_body, 5, house.now).await, Claim::Reused);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_lease_one_takes_over_under_the_same_id() {
    let house = House::new().await;
    assert_eq!(house.claim(ASKED, 1, house.now).await, fresh(1));
    assert_eq!(house.claim(ASKED, 2, house.now + LEASE).await, Claim::Running);
    let later = house.now + LEASE + TimeDelta::microseconds(1);
    let claims = join_all((2..22).map(|n| house.claim(ASKED, n, later))).await;
    assert_eq!(claims.iter().filter(|c| **c == taken_over(1)).count(), 1);
    assert_eq!(claims.iter().filter(|c| **c == Claim::Running).count(), 19);
}

#[tokio::test]
async fn a_reopened_key_is_taken_over_at_once_and_a_released_one_begins_anew() {
    let house = House::new().await;
    assert_eq!(house.claim(ASKED, 1, house.now).await, fresh(1));
    house.keys().reopen(ASKED).await.unwrap();
    assert_eq!(house.claim(ASKED, 2, house.now).await, taken_over(1));
    assert_eq!(house.claim(ASKED, 3, house.now).await, Claim::Running, "with a lease of its own");
    house.keys().release(ASKED).await.unwrap();
    let other_body = Request { hash: b"other", ..ASKED };
    assert_eq!(house.claim(other_body, 4, house.now).await, fresh(4));
}

#[tokio::test]
async fn answers_are_kept_for_a_week() {
    let house = House::new().await;
    house.claim(ASKED, 1, house.now).await;
    house.claim(Request { key: "young", ..ASKED }, 2, house.now + TimeDelta::seconds(1)).await;
    let mut conn = house.db.conn().await.unwrap();
    assert!(!sweep(&mut conn, house.now + KEPT).await.unwrap());
    assert_eq!(house.test.number("select count(*) from platform.idempotency_keys").await, 2);
    house
        .test
        .exec(
            "insert into platform.idempotency_keys (scope, key, request_hash, resource_id, created_at)
             select 'old', n::text, '', gen_random_uuid(), '2020-01-01' from generate_series(1, 1500) n",
        )
        .await;
    let later = house.now + KEPT + TimeDelta::milliseconds(1);
    assert!(sweep(&mut conn, later).await.unwrap(), "a thousand at a time");
    assert!(!sweep(&mut conn, later).await.unwrap());
    assert_eq!(house.test.lines("select key from platform.idempotency_keys").await, ["(young)"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loser_of_a_deadlock_tries_again_and_both_get_through() {
    let house = House::new().await;
    house
        .test
        .exec("create table kept (id int primary key, n int); insert into kept values (1, 0), (2, 0)")
        .await;
    let (met, tries) = (Barrier::new(2), AtomicU32::new(0));
    let transfer = async |first: i32, second: i32| {
        let once = AtomicU32::new(0);
        retry(|| async {
            tries.fetch_add(1, Ordering::SeqCst);
            let meeting = once.fetch_add(1, Ordering::SeqCst) == 0;
            let add = |id: i32| format!("update kept set n = n + 1 where id = {id}");
            let mut conn = house.db.conn().await?;
            conn.transaction(async |tx| {
                tx.batch_execute(&add(first)).await?;
                if meeting {
                    met.wait().await;
                }
                tx.batch_execute(&add(second)).await?;
                Ok::<_, DbError>(())
            })
            .await
        })
        .await
    };
    let (a, b) = tokio::join!(transfer(1, 2), transfer(2, 1));
    a.unwrap();
    b.unwrap();
    assert_eq!(house.test.lines("select n from kept").await, ["(2)", "(2)"]);
    assert!(tries.load(Ordering::SeqCst) >= 3, "one of the two went twice");
}

#[tokio::test]
async fn it_gives_up_after_four_tries_and_at_once_when_trying_again_is_no_help() {
    for (code, tries, kind) in [
        ("deadlock_detected", 4, ErrorKind::Unavailable),
        ("serialization_failure", 4, ErrorKind::Unavailable),
        ("division_by_zero", 1, ErrorKind::Internal),
    ] {
        let house = House::new().await;
        let made = AtomicU32::new(0);
        let message = if code == "deadlock_detected" { "deadlock detected" } else { code };
        let raise = format!("do $$ begin raise exception '{message}' using errcode = '{code}'; end $$");
        let failed = retry(|| async {
            made.fetch_add(1, Ordering::SeqCst);
            house.run(&raise).await
        });
        assert_eq!(failed.await.unwrap_err().kind(), kind, "{code}");
        assert_eq!(made.load(Ordering::SeqCst), tries, "{code}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_or_too_slow_is_unavailable() {
    let wait = Duration::from_millis(200);
    let nowhere =
        Db::new("postgres://postgres@127.0.0.1:1/none", &PoolOptions { wait, ..PoolOptions::default() });
    let refused = nowhere.ping().await.unwrap_err();
    assert!(matches!(refused, DbError::Pool(_)));
    assert_eq!(refused.kind(), ErrorKind::Unavailable);

    let impatient = PoolOptions {
        max_size: 2,
        wait,
        statement_timeout: Duration::from_millis(50),
        lock_timeout: Duration::from_millis(20),
    };
    let house = House::with(impatient).await;
    let slow = house.run("select pg_sleep(10)").await.unwrap_err();
    assert_eq!(slow.kind(), ErrorKind::Unavailable, "{slow:?}");

    house.test.exec("create table kept (id int primary key); insert into kept values (1)").await;
    let (mut holder, mut other) = (house.db.conn().await.unwrap(), house.db.conn().await.unwrap());
    holder.batch_execute("begin; delete from kept").await.unwrap();
    let waited = DbError::from(other.batch_execute("delete from kept").await.unwrap_err());
    assert_eq!(waited.kind(), ErrorKind::Unavailable, "{waited:?}");

    let busy = house.db.ping().await.unwrap_err();
    assert!(matches!(busy, DbError::Pool(_)), "both connections are taken");
    assert_eq!(house.db.status().connections, 2);
}

#[tokio::test]
async fn a_violated_constraint_is_known_by_its_name() {
    let house = House::new().await;
    house.test.exec("create table kept (id int constraint kept_once unique check (id > 0))").await;
    house.run("insert into kept values (1)").await.unwrap();
    let twice = house.run("insert into kept values (1)").await.unwrap_err();
    assert_eq!((twice.violated(), twice.kind()), (Some("kept_once"), ErrorKind::Internal));
    let checked = house.run("insert into kept values (0)").await.unwrap_err();
    assert_eq!((checked.violated(), checked.is_contention()), (None, false));
    assert!(matches!(
        checked,
        DbError::Query(DieselError::DatabaseError(DatabaseErrorKind::CheckViolation, _))
    ));
}

#[tokio::test]
async fn a_statement_cut_off_by_the_server_is_unavailable() {
    let house = House::new().await;
    let mut victim = house.db.conn().await.unwrap();
    let cut = victim.batch_execute("select pg_terminate_backend(pg_backend_pid())").await.unwrap_err();
    assert_eq!(DbError::from(cut).kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn connections_that_the_server_closed_are_replaced() {
    let house = House::new().await;
    let held = join_all((0..5).map(|_| house.db.conn())).await;
    assert!(held.iter().all(Result::is_ok));
    drop(held);
    assert_eq!(house.db.status().idle, 5);
    house
        .test
        .exec(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await;
    for _ in 0..10 {
        house.db.ping().await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_left_inside_a_transaction_is_not_handed_on() {
    let house = House::with(PoolOptions { max_size: 1, ..PoolOptions::default() }).await;
    house.test.exec("create table kept (id int)").await;
    let abandoned = async {
        let mut conn = house.db.conn().await?;
        conn.transaction(async |tx| {
            tx.batch_execute("insert into kept values (1)").await?;
            std::future::pending::<Result<(), DbError>>().await
        })
        .await
    };
    tokio::select! {
        biased;
        _ = abandoned => panic!("it hangs"),
        () = async { while house.test.number("select count(*) from pg_locks l join pg_class c on c.oid = l.relation where relname = 'kept'").await == 0 {} } => {}
    }
    house.db.ping().await.unwrap();
    house.run("insert into kept values (2)").await.unwrap();
    assert_eq!(house.test.lines("select id from kept").await, ["(2)"]);
}

#[tokio::test]
async fn limits_are_set_on_every_connection() {
    use diesel_async::RunQueryDsl as _;
    let house = House::new().await;
    let mut conn = house.db.conn().await.unwrap();
    for (setting, value) in
        [("statement_timeout", "5s"), ("lock_timeout", "2s"), ("application_name", "metropolitan")]
    {
        let says = diesel::sql_query(format!("select 1 where current_setting('{setting}') = '{value}'"));
        assert_eq!(says.execute(&mut conn).await.unwrap(), 1, "{setting}");
    }
}

diesel::table! {
    kept.rows (id) {
        id -> Int4,
        n -> Nullable<Int4>,
    }
}

#[tokio::test]
async fn a_cached_statement_is_prepared_once_for_each_text_and_follows_its_values() {
    use diesel::{ExpressionMethods as _, QueryDsl as _};
    use diesel_async::RunQueryDsl as _;
    let house = House::with(PoolOptions { max_size: 1, ..PoolOptions::default() }).await;
    house.test.exec("create schema kept; create table kept.rows (id int primary key, n int); insert into kept.rows values (1), (2)").await;
    let mut conn = house.db.conn().await.unwrap();
    for round in 1..=3 {
        for id in [1, 2] {
            let put = diesel::update(rows::table.find(id)).set(rows::n.eq(Some(round * 10 + id)));
            let n: Option<i32> = cached(put.returning(rows::n)).get_result(&mut conn).await.unwrap();
            assert_eq!(n, Some(round * 10 + id));
            // The other text of the same type.
            let put = diesel::update(rows::table.find(id))
                .set((None::<i32>.map(|n| rows::n.eq(n)), rows::id.eq(id)));
            assert_eq!(cached(put).execute(&mut conn).await.unwrap(), 1);
        }
    }
    drop(conn);
    let prepared = diesel::sql_query("select 1 from pg_prepared_statements where statement ilike 'update%'");
    let count = prepared.execute(&mut house.db.conn().await.unwrap()).await.unwrap();
    assert_eq!(count, 2, "two texts, three rounds");
}

const LIFE: Duration = Duration::from_mins(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_ask_for_a_lock_one_has_it_until_it_is_let_go() {
    let house = House::new().await;
    let acquire = || Lock::acquire(&house.db, "reaper", LIFE);
    let mut taken: Vec<Lock> =
        join_all((0..20).map(|_| acquire())).await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(taken.len(), 1);
    let first = taken.pop().unwrap();
    assert!(first.renew(&house.db).await.unwrap());
    assert!(Lock::acquire(&house.db, "another", LIFE).await.unwrap().is_some(), "names do not share");
    let fence = first.fence();
    first.release(&house.db).await.unwrap();
    let second = acquire().await.unwrap().unwrap();
    assert!(second.fence() > fence);
}

/// The holder stands still for longer than its lock lives (a pause of the machine, a long collection of garbage), and
/// goes on as if nothing had been.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_was_paused_cannot_write() {
    let house = House::new().await;
    house.run("create table written (by bigint)").await.unwrap();
    let write = async |lock: &Lock| {
        let mut conn = house.db.conn().await.unwrap();
        conn.transaction::<_, LockError, _>(async |tx| {
            lock.guard(tx).await?;
            tx.batch_execute(&format!("insert into written values ({})", lock.fence())).await?;
            Ok(())
        })
        .await
    };
    let paused = Lock::acquire(&house.db, "reaper", LIFE).await.unwrap().unwrap();
    write(&paused).await.unwrap();
    house.run("update platform.locks set until = clock_timestamp()").await.unwrap();
    let next = Lock::acquire(&house.db, "reaper", LIFE).await.unwrap().unwrap();
    assert!(matches!(write(&paused).await, Err(LockError::Lost(_))));
    assert!(!paused.renew(&house.db).await.unwrap());
    paused.release(&house.db).await.unwrap();
    write(&next).await.unwrap();
    assert!(
        Lock::acquire(&house.db, "reaper", LIFE).await.unwrap().is_none(),
        "who lost it cannot let others in"
    );
    assert_eq!(house.test.number("select count(distinct by) from written").await, 2);
}

/// While the holder writes nobody else gets the lock, even when its time runs out in the middle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_holds_the_lock_until_it_is_written() {
    let house = House::new().await;
    let lock = Lock::acquire(&house.db, "reaper", LIFE).await.unwrap().unwrap();
    house.run("update platform.locks set until = clock_timestamp()").await.unwrap();
    let mut conn = house.db.conn().await.unwrap();
    let db = house.db.clone();
    let taking = conn
        .transaction::<_, LockError, _>(async |tx| {
            lock.guard(tx).await?;
            let taking = tokio::spawn(async move { Lock::acquire(&db, "reaper", LIFE).await });
            let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
            while house.test.number(waits).await == 0 {
                assert!(!taking.is_finished(), "somebody else got it meanwhile");
            }
            Ok(taking)
        })
        .await
        .unwrap();
    assert_eq!(taking.await.unwrap().unwrap().unwrap().fence(), lock.fence() + 1);
}

/// One instance's keys, written together: each request hears of its own, the same key goes to one of them.
#[tokio::test]
async fn keys_that_come_at_the_same_moment_do_not_get_into_each_others_way() {
    let house = House::new().await;
    let keys = house.keys();
    let names: Vec<String> = (0..60).map(|n| format!("key {}", n % 50)).collect();
    let asked = |n: usize| Request { key: &names[n], ..ASKED };
    let id = |n: usize| u128::try_from(n).unwrap();
    let at = |n: usize| keys.claim(asked(n), Uuid::from_u128(id(n)), house.now);
    let claims: Vec<Claim> = join_all((0..60).map(at)).await.into_iter().map(Result::unwrap).collect();
    for (n, claim) in claims.iter().enumerate() {
        let expected = if n < 50 { fresh(id(n)) } else { Claim::Running };
        assert_eq!(*claim, expected, "{n}");
    }
    let bodies: Vec<String> = (0..40).map(|n| format!("{n}")).collect();
    let kept = join_all((0..40).map(|n| keys.complete(asked(n), (201, &bodies[n])))).await;
    let known = join_all((0..60).map(|n| keys.is_known(asked(n)))).await;
    assert!(known.into_iter().all(Result::unwrap));
    let given_back = join_all((30..50).map(|n| keys.release(asked(n)))).await;
    assert!(kept.into_iter().all(|kept| kept.unwrap().is_none()));
    assert!(given_back.into_iter().all(|given_back| given_back.is_ok()));
    let known = join_all((0..50).map(|n| keys.is_known(asked(n)))).await;
    for (n, known) in known.into_iter().enumerate() {
        assert_eq!(known.unwrap(), n < 40, "{n}");
    }
    assert!(!keys.is_known(Request { scope: "another", ..asked(0) }).await.unwrap());
    for n in 0..50 {
        let claim = keys.claim(asked(n), Uuid::from_u128(100), house.now).await.unwrap();
        let expected = match bodies.get(n) {
            Some(body) => Claim::Done { status: 201, body: body.clone() },
            None => fresh(100),
        };
        assert_eq!(claim, expected, "{n}");
    }
}
