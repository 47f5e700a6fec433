//! The log against a real PostgreSQL.

use chrono::TimeDelta;
use db::Transact as _;
use kernel::{Actor, Clock as _, Limit, Role, id::StaffId};
use serde_json::json;
use testkit::TestDb;

use crate::{Entry, record, store};

fn entry(target: &str) -> Entry {
    let now = testkit::clock().now();
    let actor = Actor { staff: StaffId::generate(now), role: Role::Finance };
    let (before, after) = (Some(json!({ "days": 7 })), Some(json!({ "days": 14 })));
    Entry { actor, action: "company.terms", target: target.to_owned(), before, after }
}

#[tokio::test]
async fn an_entry_is_kept_with_its_change_or_not_at_all() {
    let (test, clock) = (TestDb::new().await, testkit::clock());
    let mut conn = test.db().conn().await.unwrap();
    record(&mut conn, &entry("company 1"), clock.now()).await.unwrap();
    let undone = conn.transaction::<(), db::QueryError, _>(async |tx| {
        record(tx, &entry("company 2"), clock.now()).await?;
        Err(db::QueryError::RollbackTransaction)
    });
    assert!(undone.await.is_err());
    let kept = "select actor_role, action, target, before->>'days', after->>'days' from audit.entries";
    assert_eq!(test.lines(kept).await, ["(finance,company.terms,\"company 1\",7,14)"]);
}

#[tokio::test]
async fn nothing_in_the_log_can_be_changed() {
    let (test, clock) = (TestDb::new().await, testkit::clock());
    let mut conn = test.db().conn().await.unwrap();
    record(&mut conn, &entry("company 1"), clock.now()).await.unwrap();
    for forbidden in
        ["update audit.entries set target = 'x'", "delete from audit.entries", "truncate audit.entries"]
    {
        test.exec(&format!(
            "do $$ begin {forbidden}; raise 'changed'; exception when raise_exception then
                 if sqlerrm = 'changed' then raise; end if; end $$"
        ))
        .await;
    }
    assert_eq!(test.number("select count(*) from audit.entries where target = 'company 1'").await, 1);
}

#[tokio::test]
async fn it_is_read_from_the_newest_on_page_by_page() {
    let (test, clock) = (TestDb::new().await, testkit::clock());
    let mut conn = test.db().conn().await.unwrap();
    for n in 0..5 {
        clock.advance(TimeDelta::seconds(1));
        record(&mut conn, &entry(&format!("company {}", n % 2)), clock.now()).await.unwrap();
    }
    let two = Limit::new(2).unwrap();
    let first = store::list_entries(&mut conn, Some("company 0"), None, two).await.unwrap();
    assert_eq!(first.len(), 3, "one more than asked for");
    assert!(first.is_sorted_by(|a, b| a.at > b.at));
    let rest = store::list_entries(&mut conn, Some("company 0"), Some(first[1].id), two).await.unwrap();
    assert_eq!(rest, first[2..]);
    assert_eq!(store::list_entries(&mut conn, None, None, Limit::default()).await.unwrap().len(), 5);
}
