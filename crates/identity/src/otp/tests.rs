//! Codes against a real PostgreSQL.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{Phone, UserType};

use super::{OtpLimits, service::Proved};
use crate::{
    IdentityError,
    api::{Bearer, SessionsApi as _, TokensApi as _},
    testing::{Shop, other_than, phone},
};

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_wrong_codes_at_once_five_are_evaluated_and_the_right_one_comes_too_late() {
    let shop = Shop::open().await;
    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;

    let (wrong, number) = (other_than(&code), phone());
    let answers = join_all((0..200).map(|_| shop.guess(sent.challenge, &number, wrong))).await;
    let evaluated = answers.iter().filter(|a| matches!(a, Err(IdentityError::WrongCode))).count();
    let refused = answers.iter().filter(|a| matches!(a, Err(IdentityError::Locked { .. }))).count();
    assert_eq!((evaluated, refused), (5, 195));

    let right = shop.guess(sent.challenge, &phone(), &code).await;
    assert!(matches!(right, Err(IdentityError::Locked { .. })), "{right:?}");
    // What was not evaluated is not counted against the number either.
    assert_eq!(shop.db.number("select cardinality(failures) from identity.phones").await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_works_once_however_many_use_it_at_once() {
    let shop = Shop::open().await;
    let user = shop.user();
    shop.people.register(&phone(), UserType::Individual, user);
    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;

    let number = phone();
    let answers = join_all((0..5).map(|_| shop.guess(sent.challenge, &number, &code))).await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
    assert!(matches!(
        shop.guess(sent.challenge, &phone(), &code).await,
        Err(IdentityError::WrongCode | IdentityError::Locked { .. })
    ));
    assert_eq!(shop.count("identity.sessions").await, 1);
}

#[tokio::test]
async fn a_known_number_is_signed_in_an_unknown_one_is_asked_to_register() {
    let shop = Shop::open().await;
    let user = shop.user();
    let known: Phone = "+905301112233".parse().unwrap();
    shop.people.register(&known, UserType::Individual, user);

    let sent = shop.send(&known).await.unwrap();
    let code = shop.code(sent.challenge).await;
    let Proved::SignedIn { tokens, profile } = shop.guess(sent.challenge, &known, &code).await.unwrap()
    else {
        panic!("a known number was not signed in")
    };
    assert_eq!(profile["id"], user.to_string());
    assert!(
        matches!(shop.tokens.verify(&tokens.access_token), Some(Bearer::Customer { user: u, .. }) if u == user)
    );

    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;
    let Proved::RegistrationRequired { token, .. } =
        shop.guess(sent.challenge, &phone(), &code).await.unwrap()
    else {
        panic!("an unknown number was signed in")
    };
    let Some(Bearer::Registrant { phone: proved, user_type, .. }) = shop.tokens.verify(&token) else {
        panic!("the registration token is not good")
    };
    assert_eq!((proved, user_type), (phone(), UserType::Individual));
    // A right guess is no failure.
    assert_eq!(shop.db.number("select sum(cardinality(failures)) from identity.phones").await, 0);
}

#[tokio::test]
async fn a_code_expires_after_five_minutes() {
    let shop = Shop::open().await;
    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;
    shop.clock.advance(TimeDelta::minutes(5));
    assert!(matches!(shop.guess(sent.challenge, &phone(), &code).await, Err(IdentityError::ExpiredCode)));
}

#[tokio::test]
async fn a_challenge_serves_only_the_phone_it_was_sent_to() {
    let shop = Shop::open().await;
    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;
    let other: Phone = "+48501502504".parse().unwrap();
    assert!(matches!(shop.guess(sent.challenge, &other, &code).await, Err(IdentityError::WrongCode)));
    // Nor does it cost the right phone a try.
    assert_eq!(shop.db.number("select attempts from identity.challenges").await, 0);
    assert!(shop.guess(sent.challenge, &phone(), &code).await.is_ok());
}

#[tokio::test]
async fn the_next_code_waits_a_minute_and_three_in_a_quarter_of_an_hour_are_enough() {
    let shop = Shop::open().await;
    let refused_for = async || match shop.send(&phone()).await {
        Err(IdentityError::SendLimit { wait }) => Some(wait),
        Ok(_) => None,
        Err(e) => panic!("{e}"),
    };
    assert_eq!(refused_for().await, None);
    assert_eq!(refused_for().await, Some(seconds(60)));
    shop.clock.advance(TimeDelta::seconds(59));
    assert_eq!(refused_for().await, Some(seconds(1)));
    // 0:00, 1:00 and 2:00 were sent; the next may follow a quarter of an hour after the first.
    shop.clock.advance(TimeDelta::seconds(1));
    assert_eq!(refused_for().await, None);
    shop.clock.advance(TimeDelta::seconds(60));
    assert_eq!(refused_for().await, None);
    shop.clock.advance(TimeDelta::seconds(60));
    assert_eq!(refused_for().await, Some(seconds(12 * 60)));
    shop.clock.advance(TimeDelta::minutes(12));
    assert_eq!(refused_for().await, None);
}

#[tokio::test]
async fn an_hour_takes_five_codes_and_a_day_ten() {
    let shop = Shop::open().await;
    let mut sent = 0;
    // Every six minutes: the quarter of an hour never has more than three.
    for _ in 0..10 {
        sent += i32::from(shop.send(&phone()).await.is_ok());
        shop.clock.advance(TimeDelta::minutes(6));
    }
    assert_eq!(sent, 5);
    for _ in 0..30 {
        sent += i32::from(shop.send(&phone()).await.is_ok());
        shop.clock.advance(TimeDelta::minutes(20));
    }
    assert_eq!(sent, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_codes_asked_for_at_once_one_is_sent() {
    let shop = Shop::open().await;
    let number = phone();
    let answers = join_all((0..20).map(|_| shop.send(&number))).await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
    assert_eq!(shop.count("identity.challenges").await, 1);
    // The event goes out with the challenge, or not at all.
    assert_eq!(shop.count("platform.outbox").await, 1);
}

#[tokio::test]
async fn a_factor_multiplies_what_may_be_sent() {
    let shop = Shop::open_with(OtpLimits { factor: 10, ..OtpLimits::default() }).await;
    let mut sent = 0;
    for _ in 0..40 {
        sent += i32::from(shop.send(&phone()).await.is_ok());
        shop.clock.advance(TimeDelta::seconds(7));
    }
    assert_eq!(sent, 30);
}

#[tokio::test]
async fn ten_failures_lock_the_number_for_a_quarter_of_an_hour_whatever_is_resent() {
    let shop = Shop::open().await;
    for _ in 0..2 {
        let sent = shop.send(&phone()).await.unwrap();
        let code = shop.code(sent.challenge).await;
        for _ in 0..5 {
            let answer = shop.guess(sent.challenge, &phone(), other_than(&code)).await;
            assert!(matches!(answer, Err(IdentityError::WrongCode)), "{answer:?}");
        }
        shop.clock.advance(TimeDelta::seconds(60));
    }
    let answer = shop.send(&phone()).await;
    assert!(
        matches!(&answer, Err(IdentityError::Locked { wait }) if *wait == seconds(14 * 60)),
        "{answer:?}"
    );
    let other: Phone = "+48501502504".parse().unwrap();
    assert!(shop.send(&other).await.is_ok());

    shop.clock.advance(TimeDelta::minutes(14));
    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;
    assert!(shop.guess(sent.challenge, &phone(), &code).await.is_ok());
    // The right code has taken back its own guess, and locked nothing.
    assert_eq!(
        shop.db.number("select cardinality(failures) from identity.phones where phone like '%503'").await,
        10
    );
    assert_eq!(shop.count("identity.phones where locked_until is not null").await, 0);
}

#[tokio::test]
async fn a_locked_number_takes_no_right_code_either() {
    let shop = Shop::open().await;
    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;
    shop.db.exec("update identity.phones set locked_until = '2026-07-22 10:01:00Z'").await;
    let answer = shop.guess(sent.challenge, &phone(), &code).await;
    assert!(matches!(answer, Err(IdentityError::Locked { wait }) if wait == seconds(60)));
    shop.clock.advance(TimeDelta::minutes(1));
    assert!(shop.guess(sent.challenge, &phone(), &code).await.is_ok());
}

#[tokio::test]
async fn codes_go_to_allowed_countries_only() {
    let shop = Shop::open().await;
    for allowed in ["+48501502503", "+905301112233", "+4915112345678", "+37061234567"] {
        assert!(shop.send(&allowed.parse().unwrap()).await.is_ok(), "{allowed}");
    }
    for refused in ["+12025550123", "+447700900123", "+37312345678", "+882161234567"] {
        let answer = shop.send(&refused.parse().unwrap()).await;
        assert!(matches!(answer, Err(IdentityError::Country)), "{refused}: {answer:?}");
    }
    assert_eq!(shop.count("platform.outbox").await, 4);
}

#[tokio::test]
async fn the_code_itself_is_in_no_table_of_ours() {
    let shop = Shop::open().await;
    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;
    let row = shop.db.lines("select * from identity.challenges").await.join("");
    assert!(!row.contains(&format!(",{code},")), "{row}");
}

#[tokio::test]
async fn the_sweep_forgets_what_no_limit_looks_at() {
    use bus::{Handler as _, JobContext};
    use kernel::{Clock as _, id::JobId};
    let shop = Shop::open().await;
    shop.send(&phone()).await.unwrap();
    shop.sessions.open(shop.user(), UserType::Individual).await.unwrap();
    let mut conn = shop.db.db().conn().await.unwrap();
    for (days, left) in [(6, (1, 1, 1)), (2, (0, 0, 1)), (120, (0, 0, 0))] {
        shop.clock.advance(TimeDelta::days(days));
        let now = shop.clock.now();
        let context = JobContext { job: JobId::generate(now), now, attempt: 1 };
        crate::jobs::Sweep.run(&mut conn, context, ()).await.unwrap();
        let counts = (
            shop.count("identity.challenges").await,
            shop.count("identity.phones").await,
            shop.count("identity.refresh_tokens").await,
        );
        assert_eq!(counts, left, "after {days} more days");
    }
}

#[test]
fn no_calling_code_begins_with_another() {
    let codes = OtpLimits::default().countries;
    for a in &codes {
        let clashes: Vec<_> = codes.iter().filter(|b| *b != a && b.prefix.starts_with(a.prefix)).collect();
        assert!(clashes.is_empty(), "{a:?}: {clashes:?}");
    }
}
