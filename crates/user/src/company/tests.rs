//! Companies: looked up, remembered, left alone; and what becomes of their addresses.

use std::{sync::Arc, time::Duration};

use cache::{Breaker, Cache, CacheOptions, State};
use kernel::{Clock as _, DomainError as _, ErrorKind, Language};
use serde_json::json;

use super::{billing_address, lookup::Lookup};
use crate::{
    UserError,
    ports::{TaxRecord, TaxRegister, VatStatus},
    testing::{NIP, Register, company, nip},
};

const NEVER: Duration = Duration::from_hours(1);

struct Desk {
    register: Arc<Register>,
    lookup: Lookup,
}

impl Desk {
    fn new(cache: Cache, pause: Duration) -> Self {
        let register = Arc::new(Register::default());
        register.enter(company());
        let asked: Arc<dyn TaxRegister> = register.clone();
        Self { register, lookup: Lookup::with_breaker(asked, cache, Breaker::new(3, pause)) }
    }

    async fn ask(&self) -> Result<TaxRecord, UserError> {
        self.lookup.active_company(&nip(NIP), testkit::clock().now()).await
    }
}

/// Nobody listens there.
fn no_redis() -> Cache {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    Cache::new(&format!("redis://127.0.0.1:{port}"), CacheOptions::default()).unwrap()
}

fn is_away(answer: &Result<TaxRecord, UserError>) -> bool {
    matches!(answer, Err(e) if e.kind() == ErrorKind::Unavailable && e.retry_after().is_some())
}

#[tokio::test]
async fn a_good_answer_outlives_the_register() {
    let desk = Desk::new(testkit::cache(), NEVER);
    assert_eq!(desk.ask().await.unwrap(), company());
    desk.register.turn(true);
    for _ in 0..5 {
        assert_eq!(desk.ask().await.unwrap(), company());
    }
    assert_eq!(desk.register.asked(), 1);
}

#[tokio::test]
async fn what_is_refused_is_judged_anew_each_time() {
    let desk = Desk::new(testkit::cache(), NEVER);
    for status in [VatStatus::Exempt, VatStatus::NotRegistered] {
        desk.register.enter(TaxRecord { vat_status: status, ..company() });
        let refused = desk.ask().await.unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (ErrorKind::Conflict, "VAT_NOT_ACTIVE"));
        let expected = json!({
            "nip": NIP, "companyName": "ROSE SP. Z O.O.", "statusVat": status.as_str(), "regon": "123456785",
            "krs": "0000636771", "address": "UL. PROSTA 51, 00-838 WARSZAWA", "registrationDate": "2018-02-21",
        });
        assert_eq!(json!(refused.params()), expected);
    }
    desk.register.known.lock().unwrap().clear();
    let unknown = desk.ask().await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.code()), (ErrorKind::NotFound, "COMPANY_NOT_FOUND"));
    desk.register.turn(true);
    assert!(is_away(&desk.ask().await));
    desk.register.turn(false);
    desk.register.enter(company());
    assert_eq!(desk.ask().await.unwrap(), company(), "nothing of all that was remembered");
    assert_eq!(desk.register.asked(), 5);
}

#[tokio::test]
async fn without_redis_the_register_is_asked_each_time() {
    let desk = Desk::new(no_redis(), NEVER);
    for asked in 1..=3 {
        assert_eq!(desk.ask().await.unwrap(), company());
        assert_eq!(desk.register.asked(), asked);
    }
}

#[tokio::test]
async fn what_redis_holds_and_nobody_understands_is_asked_anew() {
    let cache = testkit::cache();
    let desk = Desk::new(cache.clone(), NEVER);
    let another = serde_json::to_vec(&TaxRecord { nip: "1234563218".to_owned(), ..company() }).unwrap();
    for kept in [b"{".as_slice(), b"null", b"{\"nip\":\"5260250274\"}", &another] {
        cache.put(&format!("nip:{NIP}"), kept, NEVER).await.unwrap();
        assert_eq!(desk.ask().await.unwrap(), company());
    }
    assert_eq!(desk.register.asked(), 4);
}

#[tokio::test]
async fn after_three_failures_the_register_is_left_alone() {
    let desk = Desk::new(no_redis(), NEVER);
    desk.register.turn(true);
    for _ in 0..10 {
        assert!(is_away(&desk.ask().await));
    }
    assert_eq!(desk.register.asked(), 3);
    desk.register.turn(false);
    assert!(is_away(&desk.ask().await), "until the pause is over");
}

#[tokio::test]
async fn after_the_pause_one_answer_is_enough() {
    let desk = Desk::new(no_redis(), Duration::ZERO);
    desk.register.turn(true);
    for _ in 0..4 {
        assert!(is_away(&desk.ask().await));
    }
    assert_eq!((desk.register.asked(), desk.lookup.state()), (4, State::Open));
    desk.register.turn(false);
    assert_eq!(desk.ask().await.unwrap(), company());
    assert_eq!(desk.lookup.state(), State::Closed);
}

#[tokio::test]
async fn an_answer_that_refuses_is_no_failure_of_the_register() {
    let desk = Desk::new(no_redis(), NEVER);
    desk.register.known.lock().unwrap().clear();
    for asked in 1..=5 {
        assert!(matches!(desk.ask().await, Err(UserError::CompanyNotFound)));
        assert_eq!(desk.register.asked(), asked);
    }
}

#[test]
fn addresses_of_the_register_are_taken_apart_or_kept_whole() {
    for (whole, street, postal_code, city) in [
        ("UL. PROSTA 51, 00-838 WARSZAWA", "UL. PROSTA 51", "00-838", "WARSZAWA"),
        (" UL. PROSTA 51 , LOK. 3,  00-838  NOWY SĄCZ ", "UL. PROSTA 51 , LOK. 3", "00-838", "NOWY SĄCZ"),
        ("ŁĄCZNA 7,05-520 KONSTANCIN-JEZIORNA", "ŁĄCZNA 7", "05-520", "KONSTANCIN-JEZIORNA"),
        ("RYNEK GŁÓWNY 1 KRAKÓW", "RYNEK GŁÓWNY 1 KRAKÓW", "", ""),
        ("UL. PROSTA 51, WARSZAWA", "UL. PROSTA 51, WARSZAWA", "", ""),
        ("UL. PROSTA 51, 00838 WARSZAWA", "UL. PROSTA 51, 00838 WARSZAWA", "", ""),
        ("UL. PROSTA 51, 00-838", "UL. PROSTA 51, 00-838", "", ""),
        (", 00-838 WARSZAWA", ", 00-838 WARSZAWA", "", ""),
        ("MUSTERSTRASSE 1, 10115 BERLIN, DEUTSCHLAND", "MUSTERSTRASSE 1, 10115 BERLIN, DEUTSCHLAND", "", ""),
    ] {
        let record = TaxRecord { address: Some(whole.to_owned()), ..company() };
        let place = billing_address(&record, Language::Pl).unwrap();
        assert_eq!(
            (&*place.street, &*place.postal_code, &*place.city),
            (street, postal_code, city),
            "{whole}"
        );
        assert_eq!((place.title.as_str(), place.country.as_str()), ("Adres do faktury", "PL"));
        assert_eq!(place.recipient.as_deref(), Some("ROSE SP. Z O.O."));
    }
    for nothing in [None, Some(String::new()), Some("  ".to_owned())] {
        assert_eq!(billing_address(&TaxRecord { address: nothing, ..company() }, Language::Tr), None);
    }
}
