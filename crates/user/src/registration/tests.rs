//! Registration against a real PostgreSQL.

use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use kernel::{DomainError as _, ErrorKind, UserType};

use super::Registration;
use crate::{
    UserError,
    api::UsersApi as _,
    testing::{PHONE, Shop, form, phone},
};

#[tokio::test]
async fn a_number_registers_once_for_each_type() {
    let shop = Shop::open().await;
    assert!(shop.users.register(form(PHONE)).await.is_ok());
    let again = shop.users.register(form(PHONE)).await;
    assert!(matches!(again, Err(UserError::AlreadyRegistered)));
    assert_eq!((shop.count("users.users").await, shop.count("users.consents").await), (1, 3));
    assert_eq!(shop.desk.opened.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_registrations_at_once_one_succeeds() {
    let shop = Shop::open().await;
    let answers = join_all((0..20).map(|_| shop.users.register(form(PHONE)))).await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
    assert!(answers.iter().all(|a| matches!(a, Ok(_) | Err(UserError::AlreadyRegistered))));
    assert_eq!((shop.count("users.users").await, shop.count("users.consents").await), (1, 3));
}

#[tokio::test]
async fn a_company_is_told_to_wait_and_leaves_nothing_behind() {
    let shop = Shop::open().await;
    let company = Registration { user_type: UserType::Corporate, ..form(PHONE) };
    let refused = shop.users.register(company).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (ErrorKind::NotImplemented, "NOT_IMPLEMENTED"));
    assert_eq!((shop.count("users.users").await, shop.count("users.consents").await), (0, 0));
    assert_eq!(shop.desk.opened.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn consents_are_kept_with_time_and_text_and_never_changed() {
    let shop = Shop::open().await;
    shop.registered(PHONE).await;
    let kept = "select kind, granted, text_version, at at time zone 'UTC' from users.consents order by kind";
    assert_eq!(
        shop.db.lines(kept).await,
        [
            "(marketing,f,2026-11,\"2026-07-22 10:00:00\")",
            "(privacy,t,2026-11,\"2026-07-22 10:00:00\")",
            "(terms,t,2026-11,\"2026-07-22 10:00:00\")",
        ]
    );
    for forbidden in ["update users.consents set granted = true", "delete from users.consents"] {
        shop.db
            .exec(&format!(
                "do $$ begin {forbidden}; raise 'changed'; exception when raise_exception then
                     if sqlerrm = 'changed' then raise; end if; end $$"
            ))
            .await;
    }
    assert_eq!(shop.count("users.consents where granted").await, 2);
}

#[tokio::test]
async fn who_said_nothing_about_marketing_has_no_such_consent() {
    let shop = Shop::open().await;
    shop.users.register(Registration { marketing: None, ..form(PHONE) }).await.unwrap();
    assert_eq!(shop.count("users.consents where kind = 'marketing'").await, 0);
}

#[tokio::test]
async fn an_account_whose_session_could_not_be_opened_is_there_to_sign_in_to() {
    let shop = Shop::open_with(0).await;
    let answer = shop.users.register(form(PHONE)).await.unwrap_err();
    assert_eq!(answer.kind(), ErrorKind::Unavailable);
    let found = shop.users.find_by_phone(&phone(PHONE), UserType::Individual).await.unwrap();
    assert!(found.is_some());
}
