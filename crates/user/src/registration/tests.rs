//! Registration against a real PostgreSQL.

use std::{collections::HashSet, sync::atomic::Ordering};

use futures_util::future::join_all;
use kernel::{DomainError as _, ErrorKind, UserType};

use serde_json::json;

use super::Registration;
use crate::{
    UserError,
    address::Defaults,
    api::UsersApi as _,
    ports::{TaxRecord, VatStatus},
    testing::{NIP, OTHER_PHONE, PHONE, Shop, company, corporate_form, form, phone},
};

#[tokio::test]
async fn a_number_registers_once_for_each_type() {
    let shop = Shop::open().await;
    assert!(shop.users.register(form(PHONE), None).await.is_ok());
    let again = shop.users.register(form(PHONE), None).await;
    assert!(matches!(again, Err(UserError::AlreadyRegistered)));
    assert_eq!((shop.count("users.users").await, shop.count("users.consents").await), (1, 3));
    assert_eq!(shop.desk.opened.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_registrations_at_once_one_succeeds() {
    let shop = Shop::open().await;
    let answers = join_all((0..20).map(|_| shop.users.register(form(PHONE), None))).await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
    assert!(answers.iter().all(|a| matches!(a, Ok(_) | Err(UserError::AlreadyRegistered))));
    assert_eq!((shop.count("users.users").await, shop.count("users.consents").await), (1, 3));
}

#[tokio::test]
async fn a_token_serves_once_whatever_comes_with_it() {
    let shop = Shop::open().await;
    let first = form(PHONE);
    let again = Registration { user: first.user, ..form(OTHER_PHONE) };
    let (user, _) = shop.users.register(first.clone(), None).await.unwrap();
    assert_eq!(user.id, first.user, "the account has the id that it was promised");
    for form in [first, again] {
        assert!(matches!(shop.users.register(form, None).await, Err(UserError::AlreadyRegistered)));
    }
    assert_eq!((shop.count("users.users").await, shop.count("users.consents").await), (1, 3));
}

#[tokio::test]
async fn a_company_registers_and_its_address_is_the_first() {
    let shop = Shop::open().await;
    let (user, _) = shop.users.register(corporate_form(PHONE), Some("phone")).await.unwrap();
    let company = user.company.clone().unwrap();
    assert_eq!((company.name.as_str(), company.nip.as_str()), ("ROSE SP. Z O.O.", NIP));
    assert_eq!((user.kind, shop.users.profile(user.id).await.unwrap()), (UserType::Corporate, user.clone()));
    let book = shop.users.addresses(user.id).await.unwrap();
    let [address] = book.as_slice() else { panic!("{book:?}") };
    assert_eq!(address.default_for, Defaults { delivery: true, billing: true });
    let place = &address.place;
    assert_eq!((&*place.street, &*place.postal_code, &*place.city), ("UL. PROSTA 51", "00-838", "WARSZAWA"));
    assert_eq!(place.recipient.as_deref(), Some("ROSE SP. Z O.O."));
    let kept = "select nip, name, regon, krs, address, registered_on from users.companies";
    assert_eq!(
        shop.db.lines(kept).await,
        [
            "(5260250274,\"ROSE SP. Z O.O.\",123456785,0000636771,\"UL. PROSTA 51, 00-838 WARSZAWA\",2018-02-21)"
        ]
    );
}

#[tokio::test]
async fn an_address_that_cannot_be_taken_apart_is_kept_whole() {
    let shop = Shop::open().await;
    shop.register.enter(TaxRecord { address: Some("RYNEK 1 KRAKÓW".to_owned()), ..company() });
    let (user, _) = shop.users.register(corporate_form(PHONE), None).await.unwrap();
    let place = shop.users.addresses(user.id).await.unwrap().remove(0).place;
    assert_eq!((&*place.street, &*place.postal_code, &*place.city), ("RYNEK 1 KRAKÓW", "", ""));
}

#[tokio::test]
async fn a_number_holds_a_person_and_a_company() {
    let shop = Shop::open().await;
    shop.registered(PHONE).await;
    let (corporate, _) = shop.users.register(corporate_form(PHONE), None).await.unwrap();
    let again = shop.users.register(corporate_form(PHONE), None).await;
    assert!(matches!(again, Err(UserError::AlreadyRegistered)));
    let found = shop.users.sign_in(&phone(PHONE), UserType::Corporate).await.unwrap().unwrap();
    assert_eq!((found.0, &found.1["company"]["nip"]), (corporate.id, &json!(NIP)));
    let person = shop.users.sign_in(&phone(PHONE), UserType::Individual).await.unwrap().unwrap();
    assert_eq!(person.1["company"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_people_of_one_company_at_once_make_one_company() {
    let shop = Shop::open().await;
    let answers =
        join_all((0..10).map(|n| shop.users.register(corporate_form(&format!("+4850150250{n}")), None)))
            .await;
    let companies: HashSet<_> = answers.into_iter().map(|a| a.unwrap().0.company.unwrap().id).collect();
    assert_eq!((companies.len(), shop.count("users.companies").await), (1, 1));
    assert_eq!(shop.count("users.users where company_id is not null").await, 10);
}

#[tokio::test]
async fn a_company_is_what_the_register_says_now() {
    let shop = Shop::open().await;
    let (first, _) = shop.users.register(corporate_form(PHONE), None).await.unwrap();
    shop.register.enter(TaxRecord { name: "ROSE S.A.".to_owned(), krs: None, ..company() });
    // Another process, which remembers nothing.
    let second = Shop { users: shop.forgetful(), ..shop };
    let (other, _) = second.users.register(corporate_form(OTHER_PHONE), None).await.unwrap();
    assert_eq!(other.company.as_ref().unwrap().id, first.company.unwrap().id);
    assert_eq!(second.users.profile(first.id).await.unwrap().company.unwrap().name, "ROSE S.A.");
}

#[tokio::test]
async fn a_refused_company_leaves_nothing_and_the_same_form_works_later() {
    let shop = Shop::open().await;
    let form = corporate_form(PHONE);
    let nothing = async || {
        let tables = ["users", "companies", "addresses", "consents"];
        let counts = join_all(tables.map(async |table| shop.count(&format!("users.{table}")).await)).await;
        counts == [0; 4] && shop.desk.opened.load(Ordering::Relaxed) == 0
    };
    shop.register.turn(true);
    let away = shop.users.register(form.clone(), None).await.unwrap_err();
    assert_eq!(away.kind(), ErrorKind::Unavailable);
    assert!(nothing().await);
    shop.register.turn(false);
    shop.register.enter(TaxRecord { vat_status: VatStatus::Exempt, ..company() });
    let exempt = shop.users.register(form.clone(), None).await.unwrap_err();
    assert_eq!((exempt.kind(), exempt.code()), (ErrorKind::Conflict, "VAT_NOT_ACTIVE"));
    assert!(nothing().await);
    shop.register.known.lock().unwrap().clear();
    let unknown = shop.users.register(form.clone(), None).await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.code()), (ErrorKind::NotFound, "COMPANY_NOT_FOUND"));
    assert!(nothing().await);
    shop.register.enter(company());
    let (user, _) = shop.users.register(form.clone(), None).await.unwrap();
    assert_eq!(user.id, form.user);
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
    shop.users.register(Registration { marketing: None, ..form(PHONE) }, None).await.unwrap();
    assert_eq!(shop.count("users.consents where kind = 'marketing'").await, 0);
}

#[tokio::test]
async fn an_account_whose_session_could_not_be_opened_is_there_to_sign_in_to() {
    let shop = Shop::open_with(0).await;
    let answer = shop.users.register(form(PHONE), None).await.unwrap_err();
    assert_eq!(answer.kind(), ErrorKind::Unavailable);
    let found = shop.users.sign_in(&phone(PHONE), UserType::Individual).await.unwrap();
    assert!(found.is_some());
}
