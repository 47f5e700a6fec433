//! What user's tests share: its service over a database of its own, and made-up sessions.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use kernel::{
    Clock as _, DomainError, ErrorKind, FixedClock, Language, Phone, PortError, UserType, id::UserId,
};
use testkit::TestDb;

use crate::{
    UserService,
    api::PostalAddress,
    ports::{Sessions, Tokens},
    registration::Registration,
};

pub(crate) struct Shop {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) users: UserService,
    pub(crate) desk: Arc<Desk>,
}

/// Counts what it opens; fails from the `fails_after`th on.
pub(crate) struct Desk {
    pub(crate) opened: AtomicUsize,
    fails_after: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("closed")]
struct Closed;

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
    async fn open(&self, user: UserId, _: UserType) -> Result<Tokens, PortError> {
        if self.opened.fetch_add(1, Ordering::Relaxed) >= self.fails_after {
            return Err(PortError::new("sessions", Closed));
        }
        let token = |kind: &str| format!("{kind}-{user}");
        Ok(Tokens { access_token: token("access"), refresh_token: token("refresh"), expires_in_seconds: 600 })
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(usize::MAX).await
    }

    pub(crate) async fn open_with(fails_after: usize) -> Self {
        let (db, clock) = (TestDb::new().await, Arc::new(testkit::clock()));
        let desk = Arc::new(Desk { opened: AtomicUsize::new(0), fails_after });
        let users = UserService::new(db.db(), clock.clone(), desk.clone());
        Self { db, clock, users, desk }
    }

    pub(crate) async fn registered(&self, phone: &str) -> UserId {
        self.users.register(form(phone)).await.unwrap().0.id
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.db.number(&format!("select count(*) from {table}")).await
    }
}

pub(crate) const PHONE: &str = "+48501502503";
pub(crate) const OTHER_PHONE: &str = "+905301112233";

pub(crate) fn phone(number: &str) -> Phone {
    number.parse().unwrap()
}

pub(crate) fn form(number: &str) -> Registration {
    Registration {
        user: UserId::generate(kernel::SystemClock.now()),
        phone: phone(number),
        user_type: UserType::Individual,
        first_name: "Ayşe".to_owned(),
        last_name: "Żółć".to_owned(),
        email: "ayse@example.com".parse().unwrap(),
        language: Language::Pl,
        marketing: Some(false),
    }
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
