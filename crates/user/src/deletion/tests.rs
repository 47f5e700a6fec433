//! Leaving, with a clock that the test moves.

use std::{sync::atomic::Ordering, time::Duration};

use bus::{Runner, Schedules};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    Clock as _, DomainError as _, ErrorKind, Language, PortError, UserType,
    id::{ChallengeId, UserId},
};

use crate::{
    UserError,
    api::UsersApi as _,
    jobs::{AnonymiseDue, EndSessions},
    ports::CodeError,
    testing::{CODE, Closed, OTHER_PHONE, PHONE, Shop, corporate_form, form, phone, place},
};

impl Shop {
    async fn asks(&self, user: UserId) -> ChallengeId {
        self.deletions.ask_to_delete(user, Language::En, "203.0.113.9".to_owned()).await.unwrap().challenge
    }

    async fn leaves(&self, user: UserId) -> DateTime<Utc> {
        let challenge = self.asks(user).await;
        self.deletions.confirm_deletion(user, challenge, CODE.to_owned()).await.unwrap()
    }

    /// What a worker does at this moment.
    async fn works(&self) {
        let schedules = Schedules::default().every::<AnonymiseDue>(TimeDelta::minutes(10));
        let runner = Runner::new(self.db.db(), self.clock.clone());
        let runner = runner.handle(AnonymiseDue).effect(EndSessions(self.users.clone()));
        schedules.tick(&self.db.db(), self.clock.now()).await.unwrap();
        runner.drain().await.unwrap();
    }

    async fn anonymised(&self) -> Vec<String> {
        self.db.lines("select name, payload from platform.outbox where name like 'user.%'").await
    }

    fn signed_out(&self) -> Vec<UserId> {
        self.desk.signed_out.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn twenty_days_after_the_code_the_person_is_forgotten_and_not_before() {
    let shop = Shop::open().await;
    let (leaving, staying) = (shop.registered(PHONE).await, shop.registered(OTHER_PHONE).await);
    for user in [leaving, staying] {
        shop.users.add_address(user, place("Dom")).await.unwrap();
    }
    let at = shop.leaves(leaving).await;
    assert_eq!(at, shop.clock.now() + TimeDelta::days(20));
    assert_eq!(shop.signed_out(), [leaving]);

    shop.clock.advance(TimeDelta::days(20) - TimeDelta::hours(1));
    shop.works().await;
    assert_eq!(shop.users.profile(leaving).await.unwrap().phone, phone(PHONE));
    assert!(shop.anonymised().await.is_empty());

    shop.clock.advance(TimeDelta::hours(1));
    shop.works().await;
    assert!(matches!(shop.users.profile(leaving).await, Err(UserError::NotFound)));
    let row = format!(
        "select phone, first_name, last_name, email, deletion_at, user_type, language from users.users
         where id = '{leaving}'"
    );
    assert_eq!(shop.db.lines(&row).await, ["(,,,,,individual,tr)"]);
    assert_eq!(shop.users.addresses(leaving).await.unwrap(), []);
    assert_eq!(shop.count(&format!("users.consents where user_id = '{leaving}'")).await, 3);
    let told = format!("(user.anonymised.v1,\"{{\"\"userId\"\": \"\"{leaving}\"\"}}\")");
    assert_eq!(shop.anonymised().await, [told]);
    assert_eq!(shop.users.profile(staying).await.unwrap().phone, phone(OTHER_PHONE));
    assert_eq!(shop.users.addresses(staying).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_job_forgets_once_however_often_it_runs() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    shop.leaves(user).await;
    shop.clock.advance(TimeDelta::days(20));
    for _ in 0..3 {
        shop.works().await;
        shop.clock.advance(TimeDelta::minutes(10));
    }
    assert_eq!(shop.anonymised().await.len(), 1);
    assert_eq!(shop.count("users.users where anonymised_at = '2026-08-11 10:00:00Z'").await, 1);
}

#[tokio::test]
async fn signing_in_calls_it_off() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    shop.leaves(user).await;
    shop.clock.advance(TimeDelta::days(19));
    let found = shop.users.sign_in(&phone(PHONE), UserType::Individual).await.unwrap().unwrap();
    assert_eq!(found.0, user);
    shop.clock.advance(TimeDelta::days(30));
    shop.works().await;
    assert_eq!(shop.users.profile(user).await.unwrap().first_name, "Ayşe");
    assert!(shop.anonymised().await.is_empty());
    let again = shop.leaves(user).await;
    assert_eq!(again, shop.clock.now() + TimeDelta::days(20), "the twenty days begin anew");
}

#[tokio::test]
async fn looking_whether_a_number_is_taken_calls_nothing_off() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    shop.leaves(user).await;
    assert!(shop.users.is_taken(&phone(PHONE), UserType::Individual).await.unwrap());
    shop.clock.advance(TimeDelta::days(20));
    shop.works().await;
    assert!(matches!(shop.users.profile(user).await, Err(UserError::NotFound)));
}

#[tokio::test]
async fn the_other_account_of_the_number_does_not_call_it_off() {
    let shop = Shop::open().await;
    let person = shop.registered(PHONE).await;
    let (company, _) = shop.users.register(corporate_form(PHONE), None).await.unwrap();
    shop.leaves(company.id).await;
    shop.users.sign_in(&phone(PHONE), UserType::Individual).await.unwrap().unwrap();
    shop.clock.advance(TimeDelta::days(20));
    shop.works().await;
    assert!(matches!(shop.users.profile(company.id).await, Err(UserError::NotFound)));
    assert!(shop.users.profile(person).await.is_ok());
    assert_eq!(shop.count("users.companies").await, 1, "the company stays");
    assert_eq!(shop.count("users.users where company_id is not null").await, 1);
}

#[tokio::test]
async fn a_forgotten_number_registers_anew_as_somebody_else() {
    let shop = Shop::open().await;
    let first = shop.registered(PHONE).await;
    shop.leaves(first).await;
    shop.clock.advance(TimeDelta::days(20));
    shop.works().await;
    assert_eq!(shop.users.sign_in(&phone(PHONE), UserType::Individual).await.unwrap(), None);
    let second = shop.registered(PHONE).await;
    assert_ne!(first, second);
    assert_eq!(shop.users.profile(second).await.unwrap().phone, phone(PHONE));
}

#[tokio::test]
async fn nothing_is_written_for_whoever_was_forgotten() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    shop.leaves(user).await;
    shop.clock.advance(TimeDelta::days(20));
    shop.works().await;
    let changes = crate::profile::Changes { first_name: Some("X".to_owned()), ..Default::default() };
    assert!(matches!(shop.users.change_profile(user, &changes).await, Err(UserError::NotFound)));
    assert!(matches!(shop.users.add_address(user, place("x")).await, Err(UserError::NotFound)));
    assert!(matches!(shop.users.preferences(user).await, Err(UserError::NotFound)));
    let network = "203.0.113.9".to_owned();
    assert!(matches!(
        shop.deletions.ask_to_delete(user, Language::Tr, network).await,
        Err(UserError::NotFound)
    ));
    assert!(matches!(shop.users.change_phone(user, &phone(PHONE)).await, Err(UserError::NotFound)));
    assert_eq!(shop.users.phone_of(user).await.unwrap(), None);
    // The same promise of an account does not serve a second time either.
    let form = crate::registration::Registration { user, ..form(OTHER_PHONE) };
    assert!(matches!(shop.users.register(form, None).await, Err(UserError::AlreadyRegistered)));
}

#[tokio::test]
async fn many_are_forgotten_a_hundred_at_a_time() {
    let shop = Shop::open().await;
    let due = "insert into users.users (id, phone, user_type, first_name, last_name, email, language, created_at,
            updated_at, deletion_at)
        select gen_random_uuid(), '+4860000' || (1000 + n), 'individual', 'a', 'b', 'c@d.pl', 'pl', now(), now(),
            '2026-07-01' from generate_series(1, 150) n";
    shop.db.exec(due).await;
    shop.works().await;
    assert_eq!(shop.count("users.users where anonymised_at is not null").await, 100);
    shop.clock.advance(TimeDelta::minutes(10));
    shop.works().await;
    assert_eq!(shop.count("users.users where anonymised_at is not null").await, 150);
    assert_eq!(shop.anonymised().await.len(), 150);
}

#[tokio::test]
async fn sessions_that_could_not_be_ended_are_ended_by_the_job() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    shop.desk.away.store(true, Ordering::Relaxed);
    let at = shop.leaves(user).await;
    assert_eq!(at, shop.clock.now() + TimeDelta::days(20));
    assert_eq!(shop.signed_out(), []);
    shop.works().await;
    shop.desk.away.store(false, Ordering::Relaxed);
    shop.clock.advance(TimeDelta::minutes(5));
    shop.works().await;
    assert_eq!(shop.signed_out(), [user]);
}

#[tokio::test]
async fn who_signed_in_meanwhile_is_not_signed_out_by_the_job() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    shop.desk.away.store(true, Ordering::Relaxed);
    shop.leaves(user).await;
    shop.desk.away.store(false, Ordering::Relaxed);
    shop.users.sign_in(&phone(PHONE), UserType::Individual).await.unwrap().unwrap();
    shop.works().await;
    assert_eq!(shop.signed_out(), []);
}

#[tokio::test]
async fn asked_again_while_it_waits_the_first_time_stands() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let first = shop.leaves(user).await;
    shop.clock.advance(TimeDelta::minutes(5));
    assert_eq!(shop.leaves(user).await, first);
}

#[tokio::test]
async fn the_code_goes_to_the_accounts_phone_and_only_the_right_one_counts() {
    let shop = Shop::open().await;
    let (user, other) = (shop.registered(PHONE).await, shop.registered(OTHER_PHONE).await);
    let challenge = shop.asks(user).await;
    let sent = shop.codes.sent.lock().unwrap().last().cloned().unwrap();
    assert_eq!(
        (sent.phone, sent.language, sent.network.as_str()),
        (phone(PHONE), Language::En, "203.0.113.9")
    );
    for (who, code) in [(user, "000000"), (other, CODE)] {
        let wrong = shop.deletions.confirm_deletion(who, challenge, code.to_owned()).await.unwrap_err();
        assert_eq!((wrong.kind(), wrong.code()), (ErrorKind::Unauthenticated, "OTP_INVALID"));
    }
    assert_eq!(shop.count("users.users where deletion_at is not null").await, 0);
    assert_eq!((shop.signed_out(), shop.count("platform.jobs").await), (vec![], 0));
}

#[tokio::test]
async fn what_identity_refuses_is_refused_in_its_words() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let wait = Duration::from_secs(77);
    let away = || CodeError::Port(PortError::new("codes", Closed));
    for (refusal, kind, code, retry) in [
        (CodeError::Expired, ErrorKind::Gone, "OTP_EXPIRED", None),
        (CodeError::Locked { wait }, ErrorKind::RateLimited, "OTP_LOCKED", Some(wait)),
        (CodeError::TooMany { wait }, ErrorKind::RateLimited, "OTP_LIMIT", Some(wait)),
        (away(), ErrorKind::Unavailable, "INTERNAL", None),
    ] {
        *shop.codes.refusal.lock().unwrap() = Some(refusal);
        let told = shop.deletions.ask_to_delete(user, Language::Pl, String::new()).await.unwrap_err();
        assert_eq!((told.kind(), told.code(), told.retry_after()), (kind, code, retry));
    }
    assert!(shop.codes.sent.lock().unwrap().is_empty());
}
