//! The shop's people against a real PostgreSQL.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{Actor, Email, Role};

use super::{Changes, Member, NewMember, Password, StaffError};
use crate::{IdentityError, testing::Shop};

const PASSWORD: &str = "correct horse battery";

fn password() -> Password {
    Password::parse(PASSWORD).unwrap()
}

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

impl Shop {
    async fn owner(&self) -> Member {
        self.staff.bootstrap(&email("boss@example.com"), &password()).await.unwrap();
        self.staff.members().await.unwrap().remove(0)
    }

    async fn hired(&self, by: &Member, role: Role) -> Member {
        let new =
            NewMember { email: email("ola@example.com"), name: "Ola".to_owned(), role, password: password() };
        self.staff.hire(actor(by), new).await.unwrap()
    }

    async fn login(&self, address: &str, password: &str) -> Result<Member, IdentityError> {
        self.staff.sign_in((&email(address), password), None).await.map(|(member, _)| member)
    }
}

fn actor(member: &Member) -> Actor {
    Actor { staff: member.id, role: member.role }
}

fn is(answer: &Result<Member, IdentityError>, expected: &StaffError) -> bool {
    matches!(answer, Err(IdentityError::Staff(e)) if e == expected)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_owner_is_made_once_however_many_start_at_once() {
    let shop = Shop::open().await;
    let (boss, password) = (email("boss@example.com"), password());
    let made = join_all((0..4).map(|_| shop.staff.bootstrap(&boss, &password))).await;
    assert!(made.iter().all(Result::is_ok));
    shop.staff.bootstrap(&email("other@example.com"), &password).await.unwrap();
    assert_eq!(shop.count("identity.staff").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_wrong_passwords_at_once_five_are_looked_at_and_the_right_one_comes_too_late() {
    let shop = Shop::open().await;
    shop.owner().await;
    // An address that nobody has is treated the same way.
    for address in ["boss@example.com", "nobody@example.com"] {
        let answers = join_all((0..50).map(|_| shop.login(address, "wrong horse battery"))).await;
        let looked_at = answers.iter().filter(|a| is(a, &StaffError::BadCredentials)).count();
        assert_eq!(looked_at, 5, "{address}");
        let locked = shop.login(address, PASSWORD).await;
        assert!(is(&locked, &StaffError::Locked { wait: Duration::from_mins(15) }), "{locked:?}");
    }
    shop.clock.advance(TimeDelta::minutes(15));
    assert!(shop.login("boss@example.com", "wrong horse battery").await.is_err());
    assert!(shop.login("boss@example.com", PASSWORD).await.is_ok());
    // The right one has wiped the slate.
    for _ in 0..4 {
        assert!(is(
            &shop.login("boss@example.com", "wrong horse battery").await,
            &StaffError::BadCredentials
        ));
    }
    assert!(shop.login("boss@example.com", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn who_does_not_work_here_any_more_is_a_stranger() {
    let shop = Shop::open().await;
    let owner = shop.owner().await;
    let ola = shop.hired(&owner, Role::Catalogue).await;
    let leave = Changes { is_active: Some(false), ..Changes::default() };
    shop.staff.change(actor(&owner), ola.id, leave).await.unwrap();
    assert!(is(&shop.login("ola@example.com", PASSWORD).await, &StaffError::BadCredentials));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_owner_always_stays() {
    let shop = Shop::open().await;
    let owner = shop.owner().await;
    let demote = || Changes { role: Some(Role::Support), ..Changes::default() };
    assert!(is(&shop.staff.change(actor(&owner), owner.id, demote()).await, &StaffError::LastOwner));
    let other = shop.hired(&owner, Role::Owner).await;
    // Each takes the other's office at the same moment.
    let both = [(&owner, &other), (&other, &owner)];
    let done = join_all(both.map(|(by, whose)| shop.staff.change(actor(by), whose.id, demote()))).await;
    assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1, "{done:?}");
    assert_eq!(shop.count("identity.staff where role = 'owner'").await, 1);
}

#[tokio::test]
async fn every_change_stands_in_the_audit_log_and_no_password_does() {
    let shop = Shop::open().await;
    let owner = shop.owner().await;
    let ola = shop.hired(&owner, Role::Catalogue).await;
    shop.clock.advance(TimeDelta::seconds(1));
    let promote = Changes { role: Some(Role::Manager), ..Changes::default() };
    shop.staff.change(actor(&owner), ola.id, promote).await.unwrap();
    shop.clock.advance(TimeDelta::seconds(1));
    let new = Password::parse("another horse battery").unwrap();
    let given = (PASSWORD, new);
    shop.staff.change_password(Actor { role: Role::Manager, ..actor(&ola) }, given, None).await.unwrap();
    assert!(shop.login("ola@example.com", "another horse battery").await.is_ok());
    let log = "select action, actor_role, before->>'role', after->>'role' from audit.entries order by id";
    assert_eq!(
        shop.db.lines(log).await,
        [
            "(staff.create,owner,,catalogue)",
            "(staff.change,owner,catalogue,manager)",
            "(staff.change_password,manager,manager,manager)",
        ]
    );
    let whole = shop.db.lines("select * from audit.entries").await.join("");
    assert!(!whole.contains("horse") && !whole.contains("argon2"));
}

#[tokio::test]
async fn what_changes_while_a_password_is_compared_ends_what_it_would_open() {
    let shop = Shop::open().await;
    let owner = shop.owner().await;
    let ola = shop.hired(&owner, Role::Manager).await;
    for change in [
        Changes { role: Some(Role::Support), ..Changes::default() },
        Changes { password: Some(Password::parse("another horse battery").unwrap()), ..Changes::default() },
        Changes { is_active: Some(false), ..Changes::default() },
    ] {
        let hers = email("ola@example.com");
        let current = if change.is_active.is_some() { "another horse battery" } else { PASSWORD };
        let (read, epoch) = shop.staff.check(&hers, current).await.unwrap();
        shop.staff.change(actor(&owner), ola.id, change).await.unwrap();
        let opened = shop.staff.open(&read, epoch, None).await;
        assert!(matches!(opened, Err(IdentityError::Staff(StaffError::BadCredentials))), "{opened:?}");
    }
    assert_eq!(shop.count("identity.sessions").await, 0);
}
