//! What identity's tests share: its services over a database of their own, and made-up accounts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use kernel::{
    Clock as _, FixedClock, Language, Phone, PortError, UserType,
    id::{ChallengeId, UserId},
};
use serde_json::json;
use testkit::TestDb;

use crate::{
    IdentityError, OtpLimits, OtpService, Pepper, SessionService, SigningKeys, TokenService,
    otp::service::{Guess, Proved, Sent},
    ports::{Account, Accounts},
};

/// Two keys, seeds of 32 × `a` and 32 × `b`.
pub(crate) const KEYS: &str =
    "new:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=,old:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";

pub(crate) struct Shop {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) tokens: TokenService,
    pub(crate) sessions: SessionService,
    pub(crate) codes: OtpService,
    pub(crate) people: Arc<People>,
}

/// Accounts that a test makes up.
#[derive(Default)]
pub(crate) struct People(Mutex<HashMap<(String, UserType), UserId>>);

impl People {
    pub(crate) fn register(&self, phone: &Phone, user_type: UserType, user: UserId) {
        self.0.lock().unwrap().insert((phone.as_str().to_owned(), user_type), user);
    }
}

#[async_trait]
impl Accounts for People {
    async fn find(&self, phone: &Phone, user_type: UserType) -> Result<Option<Account>, PortError> {
        let user = self.0.lock().unwrap().get(&(phone.as_str().to_owned(), user_type)).copied();
        Ok(user.map(|user| Account { user, profile: json!({ "id": user }) }))
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(OtpLimits::default()).await
    }

    pub(crate) async fn open_with(limits: OtpLimits) -> Self {
        let (db, clock) = (TestDb::new().await, Arc::new(testkit::clock()));
        let tokens = TokenService::new(clock.clone(), SigningKeys::parse(KEYS).unwrap());
        let sessions = SessionService::new(db.db(), clock.clone(), tokens.clone());
        let pepper = Pepper::parse("a pepper of thirty-two bytes or so").unwrap();
        let people = Arc::new(People::default());
        let both = (sessions.clone(), tokens.clone());
        let codes = OtpService::new(db.db(), clock.clone(), (pepper, limits), both, people.clone());
        Self { db, clock, tokens, sessions, codes, people }
    }

    pub(crate) fn user(&self) -> UserId {
        UserId::generate(self.clock.now())
    }

    pub(crate) async fn send(&self, phone: &Phone) -> Result<Sent, IdentityError> {
        self.codes.send(phone, UserType::Individual, Language::Pl).await
    }

    /// The code as the text message would tell it.
    pub(crate) async fn code(&self, challenge: ChallengeId) -> String {
        let sql = format!("select payload->>'code' from platform.outbox where aggregate = '{challenge}'");
        self.db.lines(&sql).await[0].trim_matches(['(', ')']).to_owned()
    }

    pub(crate) async fn guess(
        &self,
        challenge: ChallengeId,
        phone: &Phone,
        code: &str,
    ) -> Result<Proved, IdentityError> {
        let guess = Guess { challenge, phone: phone.clone(), code: code.to_owned() };
        self.codes.verify(&guess).await
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.db.number(&format!("select count(*) from {table}")).await
    }
}

pub(crate) fn phone() -> Phone {
    "+48501502503".parse().unwrap()
}

/// A code that is not `code`.
pub(crate) fn other_than(code: &str) -> &'static str {
    if code == "000000" { "111111" } else { "000000" }
}
