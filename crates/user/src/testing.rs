//! What user's tests share: its service over a database and a corner of Redis of its own, and made-up neighbours.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{
    Clock as _, DomainError, ErrorKind, FixedClock, Language, Nip, Phone, PortError, UserType,
    id::{ChallengeId, UserId},
};
use testkit::TestDb;

use crate::{
    DeletionService, ExportService, Ports, UserService,
    api::PostalAddress,
    ports::{CodeError, Codes, Proof, Recipient, Sent, Sessions, TaxRecord, TaxRegister, Tokens, VatStatus},
    registration::{Kind, Registration},
};

pub(crate) struct Shop {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) users: UserService,
    pub(crate) deletions: DeletionService,
    pub(crate) exports: ExportService,
    pub(crate) desk: Arc<Desk>,
    pub(crate) codes: Arc<Post>,
    pub(crate) register: Arc<Register>,
}

/// Counts what it opens and writes down whom it signs out; fails from the `fails_after`th on.
pub(crate) struct Desk {
    pub(crate) opened: AtomicUsize,
    pub(crate) signed_out: Mutex<Vec<UserId>>,
    pub(crate) away: AtomicBool,
    fails_after: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("closed")]
pub(crate) struct Closed;

impl DomainError for Closed {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Unavailable
    }

    fn code(&self) -> &'static str {
        "UNAVAILABLE"
    }
}

#[async_trait]
impl Sessions for Desk {
    async fn open(&self, user: UserId, _: UserType, _: Option<&str>) -> Result<Tokens, PortError> {
        if self.opened.fetch_add(1, Ordering::Relaxed) >= self.fails_after {
            return Err(PortError::new("sessions", Closed));
        }
        let token = |kind: &str| format!("{kind}-{user}");
        Ok(Tokens { access_token: token("access"), refresh_token: token("refresh"), expires_in_seconds: 600 })
    }

    async fn end_all(&self, user: UserId) -> Result<(), PortError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(PortError::new("sessions", Closed));
        }
        self.signed_out.lock().unwrap().push(user);
        Ok(())
    }
}

/// Sends one code, [`CODE`], unless it is told to refuse.
#[derive(Default)]
pub(crate) struct Post {
    pub(crate) sent: Mutex<Vec<Recipient>>,
    pub(crate) refusal: Mutex<Option<CodeError>>,
}

pub(crate) const CODE: &str = "246810";

#[async_trait]
impl Codes for Post {
    async fn send(&self, to: Recipient) -> Result<Sent, CodeError> {
        if let Some(refusal) = self.refusal.lock().unwrap().take() {
            return Err(refusal);
        }
        let challenge = ChallengeId(to.user.0);
        self.sent.lock().unwrap().push(to);
        Ok(Sent { challenge, expires_in_seconds: 300, resend_after_seconds: 60 })
    }

    async fn prove(&self, proof: Proof) -> Result<(), CodeError> {
        if let Some(refusal) = self.refusal.lock().unwrap().take() {
            return Err(refusal);
        }
        let sent = self.sent.lock().unwrap().iter().any(|to| {
            (to.user, &to.phone) == (proof.user, &proof.phone) && ChallengeId(to.user.0) == proof.challenge
        });
        if sent && proof.code == CODE { Ok(()) } else { Err(CodeError::Wrong) }
    }
}

/// Knows what the test puts into it, and counts how often it is asked.
#[derive(Default)]
pub(crate) struct Register {
    pub(crate) known: Mutex<Vec<TaxRecord>>,
    pub(crate) away: AtomicBool,
    asked: AtomicUsize,
}

impl Register {
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn turn(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// One more entry, or the one with its number changed.
    pub(crate) fn enter(&self, record: TaxRecord) {
        let mut known = self.known.lock().unwrap();
        known.retain(|other| other.nip != record.nip);
        known.push(record);
    }
}

#[async_trait]
impl TaxRegister for Register {
    async fn find(&self, nip: &Nip, _: DateTime<Utc>) -> Result<Option<TaxRecord>, PortError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.away.load(Ordering::Relaxed) {
            return Err(PortError::new("tax register", Closed));
        }
        Ok(self.known.lock().unwrap().iter().find(|record| record.nip == nip.as_str()).cloned())
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(usize::MAX).await
    }

    pub(crate) async fn open_with(fails_after: usize) -> Self {
        let (db, clock) = (TestDb::new().await, Arc::new(testkit::clock()));
        let desk = Arc::new(Desk {
            opened: AtomicUsize::new(0),
            signed_out: Mutex::default(),
            away: AtomicBool::new(false),
            fails_after,
        });
        let (codes, register) = (Arc::new(Post::default()), Arc::new(Register::default()));
        register.enter(company());
        let ports = Ports { sessions: desk.clone(), tax_register: register.clone() };
        let users = UserService::new(db.db(), testkit::cache(), clock.clone(), ports);
        let deletions = DeletionService::new(users.clone(), codes.clone());
        let exports = ExportService::new(users.clone(), Vec::new());
        Self { db, clock, users, deletions, exports, desk, codes, register }
    }

    /// The same service in another process, whose corner of Redis is empty.
    pub(crate) fn forgetful(&self) -> UserService {
        let ports = Ports { sessions: self.desk.clone(), tax_register: self.register.clone() };
        UserService::new(self.db.db(), testkit::cache(), self.clock.clone(), ports)
    }

    pub(crate) async fn registered(&self, phone: &str) -> UserId {
        self.users.register(form(phone), None).await.unwrap().0.id
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.db.number(&format!("select count(*) from {table}")).await
    }
}

pub(crate) const PHONE: &str = "+48501502503";
pub(crate) const OTHER_PHONE: &str = "+905301112233";
pub(crate) const NIP: &str = "5260250274";

pub(crate) fn phone(number: &str) -> Phone {
    number.parse().unwrap()
}

pub(crate) fn nip(digits: &str) -> Nip {
    digits.parse().unwrap()
}

/// A company that pays VAT.
pub(crate) fn company() -> TaxRecord {
    TaxRecord {
        nip: NIP.to_owned(),
        name: "ROSE SP. Z O.O.".to_owned(),
        vat_status: VatStatus::Active,
        regon: Some("123456785".to_owned()),
        krs: Some("0000636771".to_owned()),
        address: Some("UL. PROSTA 51, 00-838 WARSZAWA".to_owned()),
        registered_on: "2018-02-21".parse().ok(),
    }
}

pub(crate) fn form(number: &str) -> Registration {
    Registration {
        user: UserId::generate(testkit::clock().now()),
        phone: phone(number),
        kind: Kind::Individual,
        first_name: "Ayşe".to_owned(),
        last_name: "Żółć".to_owned(),
        email: "ayse@example.com".parse().unwrap(),
        language: Language::Pl,
        marketing: Some(false),
    }
}

pub(crate) fn corporate_form(number: &str) -> Registration {
    Registration { kind: Kind::Corporate(nip(NIP)), ..form(number) }
}

pub(crate) fn place(title: &str) -> PostalAddress {
    PostalAddress {
        title: title.to_owned(),
        recipient: None,
        street: "ul. Piotrkowska 1/2".to_owned(),
        city: "Łódź".to_owned(),
        postal_code: "90-001".to_owned(),
        country: "PL".to_owned(),
    }
}
