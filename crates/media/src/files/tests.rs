//! The book of files and the sweep, over a real PostgreSQL and a directory.

use std::fs;

use bus::Runner;
use chrono::TimeDelta;
use db::Transact as _;
use kernel::{Clock as _, DomainError as _, ErrorKind};

use crate::{Sweep, testing::Bench};

#[tokio::test]
async fn what_is_kept_stays_and_what_is_pending_for_an_hour_goes() {
    let bench = Bench::new().await;
    let (kept, forgotten) = (bench.develop().await.unwrap(), bench.develop().await.unwrap());
    assert!(bench.keep(&kept).await);
    assert_eq!(bench.left().await, (4, 4));
    bench.clock.advance(TimeDelta::hours(1));
    assert_eq!(bench.sweep().await.unwrap(), 0, "not before its time");
    bench.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(bench.sweep().await.unwrap(), 2);
    assert_eq!(bench.left().await, (2, 2));
    assert!(!bench.keep(&forgotten).await, "it is too late for that");
    assert!(bench.media.is_kept(&kept.main).await.unwrap());
}

#[tokio::test]
async fn what_is_discarded_is_gone_at_once_and_deleted_by_the_next_sweep() {
    let bench = Bench::new().await;
    let picture = bench.develop().await.unwrap();
    assert!(!bench.media.is_kept(&picture.main).await.unwrap(), "not before it is kept");
    assert!(bench.keep(&picture).await);
    bench.discard(&picture).await;
    assert!(!bench.media.is_kept(&picture.main).await.unwrap());
    assert!(!bench.keep(&picture).await);
    assert_eq!(bench.sweep().await.unwrap(), 2);
    assert_eq!(bench.left().await, (0, 0));
}

#[tokio::test]
async fn a_change_that_is_rolled_back_keeps_nothing_and_discards_nothing() {
    let bench = Bench::new().await;
    let (old, new) = (bench.develop().await.unwrap(), bench.develop().await.unwrap());
    assert!(bench.keep(&old).await);
    let (now, mut conn) = (bench.clock.now(), bench.db.db().conn().await.unwrap());
    let rolled_back = conn.transaction::<(), db::QueryError, _>(async |tx| {
        crate::keep(tx, &new, now).await?;
        crate::discard(tx, &old, now).await?;
        Err(db::QueryError::RollbackTransaction)
    });
    assert!(rolled_back.await.is_err());
    drop(conn);
    bench.clock.advance(TimeDelta::hours(2));
    assert_eq!(bench.sweep().await.unwrap(), 2);
    assert!(bench.media.is_kept(&old.main).await.unwrap());
    assert!(!bench.keep(&new).await);
}

#[tokio::test]
async fn whatever_a_crash_leaves_is_swept() {
    let bench = Bench::new().await;
    // After the rows were written; after the first file was stored; in the middle of writing it; between the
    // deleting of a file and of its row.
    let mut crashed = Vec::new();
    for _ in 0..4 {
        crashed.push(bench.develop().await.unwrap());
    }
    let path = |name: &crate::FileName| bench.dir.join(name.as_str());
    fs::remove_file(path(&crashed[0].main)).unwrap();
    fs::remove_file(path(&crashed[0].thumbnail)).unwrap();
    fs::remove_file(path(&crashed[1].thumbnail)).unwrap();
    fs::rename(path(&crashed[2].main), bench.dir.join(format!("{}#1", crashed[2].main))).unwrap();
    assert!(bench.keep(&crashed[3]).await);
    bench.discard(&crashed[3]).await;
    fs::remove_file(path(&crashed[3].main)).unwrap();

    bench.clock.advance(TimeDelta::hours(2));
    assert_eq!(bench.sweep().await.unwrap(), 8);
    assert_eq!(bench.left().await, (0, 0));
}

#[tokio::test]
async fn while_the_store_is_away_nothing_is_taken_in_and_nothing_is_forgotten() {
    let bench = Bench::new().await;
    let discarded = bench.develop().await.unwrap();
    bench.discard(&discarded).await;

    bench.store_goes_away();
    let refused = bench.develop().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused}");
    assert_eq!(bench.sweep().await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(bench.db.number("select count(*) from media.files where state = 'kept'").await, 0);

    bench.come_back();
    bench.clock.advance(TimeDelta::hours(2));
    assert_eq!(bench.sweep().await.unwrap(), 4);
    assert_eq!(bench.left().await, (0, 0));
}

#[tokio::test]
async fn the_job_sweeps_and_comes_again_after_a_failure() {
    let bench = Bench::new().await;
    bench.discard(&bench.develop().await.unwrap()).await;
    let runner = Runner::new(bench.db.db(), bench.clock.clone()).effect(Sweep(bench.media.clone()));
    let now = bench.clock.now();
    bus::enqueue::<Sweep>(&mut bench.db.db().conn().await.unwrap(), &(), now, now).await.unwrap();
    bench.store_goes_away();
    assert_eq!(runner.drain().await.unwrap(), 1);
    bench.come_back();
    bench.clock.advance(TimeDelta::minutes(1));
    assert_eq!(runner.drain().await.unwrap(), 1);
    assert_eq!(bench.left().await, (0, 0));
    assert_eq!(bench.db.number("select count(*) from platform.jobs").await, 0);
}
