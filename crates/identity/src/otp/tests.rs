//! Codes against a real PostgreSQL.

use std::time::Duration;

use chrono::TimeDelta;
use db::{Db, PoolOptions};
use futures_util::future::join_all;
use kernel::{Clock as _, Phone, UserType};
use testkit::{Meter, TestDb};

use super::{OtpLimits, service::Proved};
use crate::{
    IdentityError,
    api::{Bearer, Judgement, SessionsApi as _, TokensApi as _},
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
    let failures = "select cardinality(failures) from identity.phones";
    assert_eq!(shop.db.number(failures).await, 0, "who taps twice has not guessed wrong");
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
    let Proved::SignedIn { tokens, profile, .. } = shop.guess(sent.challenge, &known, &code).await.unwrap()
    else {
        panic!("a known number was not signed in")
    };
    assert_eq!(profile["id"], user.to_string());
    assert!(
        matches!(shop.tokens.judge(&tokens.access_token), Judgement::Good(Bearer::Customer { user: u, .. }) if u == user)
    );

    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;
    let Proved::RegistrationRequired { token, .. } =
        shop.guess(sent.challenge, &phone(), &code).await.unwrap()
    else {
        panic!("an unknown number was signed in")
    };
    let Judgement::Good(Bearer::Registrant { phone: proved, user_type, .. }) = shop.tokens.judge(&token)
    else {
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

/// How long the number has to wait for another code; nothing when it was sent.
async fn refused_for(shop: &Shop) -> Option<Duration> {
    match shop.send(&phone()).await {
        Err(IdentityError::SendLimit { wait }) => Some(wait),
        Ok(_) => None,
        Err(e) => panic!("{e}"),
    }
}

#[tokio::test]
async fn the_next_code_waits_one_minute_then_two_and_three_in_a_quarter_of_an_hour_are_enough() {
    let shop = Shop::open().await;
    let first = shop.send(&phone()).await.unwrap();
    assert_eq!(first.resend_after_seconds, 60);
    assert_eq!(refused_for(&shop).await, Some(seconds(60)));
    shop.clock.advance(TimeDelta::seconds(59));
    assert_eq!(refused_for(&shop).await, Some(seconds(1)));
    shop.clock.advance(TimeDelta::seconds(1));
    let second = shop.send(&phone()).await.unwrap();
    assert_eq!(second.resend_after_seconds, 120);
    shop.clock.advance(TimeDelta::seconds(60));
    assert_eq!(refused_for(&shop).await, Some(seconds(60)));
    shop.clock.advance(TimeDelta::seconds(60));
    let third = shop.send(&phone()).await.unwrap();
    assert_eq!(third.resend_after_seconds, 300);
    // 0:00, 1:00 and 3:00 were sent; the next may follow a quarter of an hour after the first.
    shop.clock.advance(TimeDelta::minutes(5));
    assert_eq!(refused_for(&shop).await, Some(seconds(7 * 60)));
    shop.clock.advance(TimeDelta::minutes(7));
    assert_eq!(refused_for(&shop).await, None);
}

#[tokio::test]
async fn a_code_that_was_used_ends_the_series() {
    let shop = Shop::open().await;
    for wait in [60, 120] {
        let sent = shop.send(&phone()).await.unwrap();
        assert_eq!(sent.resend_after_seconds, wait);
        shop.clock.advance(TimeDelta::seconds(wait));
    }
    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;
    shop.guess(sent.challenge, &phone(), &code).await.unwrap();
    shop.clock.advance(TimeDelta::minutes(12));
    let again = shop.send(&phone()).await.unwrap();
    assert_eq!(again.resend_after_seconds, 60);
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
    }
    assert_eq!(sent, 30, "of three in a quarter of an hour, and without a wait between them");
    let shop = Shop::open_with(OtpLimits { factor: 0, ..OtpLimits::default() }).await;
    for _ in 0..40 {
        shop.send(&phone()).await.unwrap();
    }
}

/// Numbers that differ in more than their last four digits.
fn far_apart(n: usize) -> Phone {
    format!("+4850{n:03}0000").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_numbers_asked_for_from_one_network_at_once_ten_get_a_code() {
    let shop = Shop::open().await;
    let numbers: Vec<Phone> = (0..1_000).map(far_apart).collect();
    let answers = join_all(numbers.iter().map(|number| shop.send(number))).await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 10);
    assert!(answers.iter().all(|a| matches!(a, Ok(_) | Err(IdentityError::SendLimit { .. }))));
    assert_eq!(shop.count("platform.outbox").await, 10);
    assert!(shop.send_from(&phone(), "203.0.113.10").await.is_ok(), "others are not held up");
    shop.clock.advance(TimeDelta::hours(1));
    assert!(shop.send(&"+48511512513".parse().unwrap()).await.is_ok());
}

#[tokio::test]
async fn numbers_that_differ_in_their_last_digits_count_together() {
    let shop = Shop::open().await;
    let near = |n: usize| format!("+48501502{n:03}").parse::<Phone>().unwrap();
    let mut sent = 0;
    for n in 0..30 {
        let network = format!("203.0.113.{n}");
        sent += i32::from(shop.send_from(&near(n), &network).await.is_ok());
    }
    assert_eq!(sent, 20);
}

#[tokio::test]
async fn an_hour_takes_five_hundred_codes_in_all() {
    let shop = Shop::open().await;
    shop.db
        .exec(
            "insert into identity.phones (phone, seen_at)
                 select '+48600' || lpad(n::text, 6, '0'), '2026-07-22 10:00:00Z' from generate_series(1, 499) n;
             insert into identity.challenges
                 (id, phone, country, user_type, purpose, asked_from, code_hmac, created_at, expires_at, consumed_at)
                 select gen_random_uuid(), phone, 'PL', 'individual', 'sign_in', 'x', sha256('x'),
                        '2026-07-22 10:00:00Z', '2026-07-22 10:05:00Z', '2026-07-22 10:01:00Z'
                 from identity.phones",
        )
        .await;
    assert!(shop.send(&far_apart(1)).await.is_ok());
    let refused = shop.send(&far_apart(2)).await;
    assert!(
        matches!(refused, Err(IdentityError::SendLimit { wait }) if wait == seconds(3_600)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_country_whose_codes_nobody_uses_is_paused_for_an_hour() {
    let shop = Shop::open_with(OtpLimits { sends: Vec::new(), ..OtpLimits::default() }).await;
    let turkish = |n: usize| format!("+90530{n:07}").parse::<Phone>().unwrap();
    for n in 0..100 {
        let sent = shop.send(&turkish(n)).await.unwrap();
        if n < 24 {
            let code = shop.code(sent.challenge).await;
            shop.guess(sent.challenge, &turkish(n), &code).await.unwrap();
        }
    }
    // Codes that may still be used are not judged.
    assert!(shop.send(&turkish(100)).await.is_ok());
    shop.clock.advance(TimeDelta::minutes(5));
    let refused = shop.send(&turkish(101)).await;
    assert!(
        matches!(refused, Err(IdentityError::SendLimit { wait }) if wait == seconds(3_600)),
        "{refused:?}"
    );
    assert!(shop.send(&phone()).await.is_ok(), "Poland is not");
    shop.clock.advance(TimeDelta::hours(1));
    for n in 102..110 {
        assert!(
            shop.send(&turkish(n)).await.is_ok(),
            "what was sent before the pause is not held against it"
        );
    }
}

#[tokio::test]
async fn a_country_whose_codes_are_used_often_enough_is_not_paused() {
    let shop = Shop::open_with(OtpLimits { sends: Vec::new(), ..OtpLimits::default() }).await;
    for n in 0..100 {
        let sent = shop.send(&far_apart(n)).await.unwrap();
        if n < 25 {
            let code = shop.code(sent.challenge).await;
            shop.guess(sent.challenge, &far_apart(n), &code).await.unwrap();
        }
    }
    shop.clock.advance(TimeDelta::minutes(5));
    assert!(shop.send(&phone()).await.is_ok());
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
    // The right code has taken back its own guess, and locks nothing.
    assert_eq!(
        shop.db.number("select cardinality(failures) from identity.phones where phone like '%503'").await,
        10
    );
    assert_eq!(shop.count("identity.phones where locked_until is not null").await, 0);
}

#[tokio::test]
async fn the_failures_after_a_lock_lock_for_an_hour_and_then_for_a_day() {
    let shop = Shop::open_with(OtpLimits { sends: Vec::new(), ..OtpLimits::default() }).await;
    let failures =
        "update identity.phones set failures = array_fill('2026-07-22 10:00:00Z'::timestamptz, array[9])";
    shop.send(&phone()).await.unwrap();
    shop.db.exec(failures).await;
    for expected in [15 * 60, 3_600, 24 * 3_600] {
        shop.clock.advance(TimeDelta::minutes(5));
        let sent = shop.send(&phone()).await.unwrap();
        let code = shop.code(sent.challenge).await;
        let wrong = shop.guess(sent.challenge, &phone(), other_than(&code)).await;
        assert!(matches!(wrong, Err(IdentityError::WrongCode)), "{wrong:?}");
        let locked = shop.guess(sent.challenge, &phone(), &code).await;
        assert!(
            matches!(&locked, Err(IdentityError::Locked { wait }) if *wait == seconds(expected)),
            "{expected}: {locked:?}"
        );
        shop.clock.advance(TimeDelta::seconds(i64::try_from(expected).unwrap()));
    }
    // A day later nothing of it is left.
    shop.clock.advance(TimeDelta::minutes(5));
    assert!(shop.send(&phone()).await.is_ok());
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
    for refused in [
        "+12025550123",
        "+447700900123",
        "+37312345678",
        "+882161234567",
        // Premium rate, shared cost, and a landline that takes no texts.
        "+48701234567",
        "+48801234567",
        "+48221234567",
        "+909001234567",
        "+49900123456",
        "+33899123456",
    ] {
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
    use kernel::id::JobId;
    let shop = Shop::open().await;
    shop.send(&phone()).await.unwrap();
    shop.sessions.open(shop.user(), UserType::Individual, None).await.unwrap();
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
        let clashes: Vec<_> =
            codes.iter().filter(|b| b.country != a.country && b.prefix.starts_with(a.prefix)).collect();
        assert!(clashes.is_empty(), "{a:?}: {clashes:?}");
    }
}

/// The fourth is the account's, which `user` holds to one.
#[tokio::test]
async fn signing_in_asks_postgresql_three_times_and_judging_a_token_never() {
    let test = TestDb::new().await;
    let meter = Meter::before(test.url()).await;
    let db = Db::new(meter.url(), &PoolOptions { max_size: 1, ..PoolOptions::default() });
    let shop = Shop::over(db, test, OtpLimits::default()).await;
    shop.people.register(&phone(), UserType::Individual, shop.user());
    let sign_in = async || {
        let sent = shop.send(&phone()).await.unwrap();
        let code = shop.code(sent.challenge).await;
        meter.trips();
        let signed = shop.guess(sent.challenge, &phone(), &code).await.unwrap();
        shop.clock.advance(TimeDelta::minutes(1));
        let Proved::SignedIn { tokens, .. } = signed else { panic!("{signed:?}") };
        (meter.trips(), tokens)
    };
    // The first one on a connection prepares the statements.
    sign_in().await;
    let (trips, tokens) = sign_in().await;
    assert!(matches!(shop.tokens.judge(&tokens.access_token), Judgement::Good(_)));
    assert_eq!((trips, meter.trips()), (3, 0));
}
