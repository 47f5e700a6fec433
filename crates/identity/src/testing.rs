//! What identity's tests share: its services over a database of their own, and made-up accounts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use db::Db;
use kernel::{
    Clock as _, FixedClock, Language, Phone, PortError, UserType,
    id::{ChallengeId, UserId},
};
use serde_json::json;
use testkit::TestDb;

use crate::{
    GuestMigration, IdentityError, OtpLimits, OtpService, Pepper, SessionService, SigningKeys, StaffService,
    TokenService,
    api::SentCode,
    otp::{Guess, service::Proved},
    ports::{Account, Accounts, GuestData, MovedGuestData},
};

/// Two keys, seeds of 32 × `a` and 32 × `b`.
pub(crate) const KEYS: &str =
    "new:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=,old:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";

/// Where tests ask from.
pub(crate) const NETWORK: &str = "203.0.113.9";

pub(crate) struct Shop {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) tokens: TokenService,
    pub(crate) sessions: SessionService,
    pub(crate) codes: OtpService,
    pub(crate) staff: StaffService,
    pub(crate) people: Arc<People>,
    pub(crate) guests: GuestMigration,
}

/// Accounts that a test makes up.
#[derive(Default)]
pub(crate) struct People(Mutex<HashMap<(String, UserType), UserId>>);

impl People {
    pub(crate) fn register(&self, phone: &Phone, user_type: UserType, user: UserId) {
        self.0.lock().unwrap().insert((phone.as_str().to_owned(), user_type), user);
    }

    pub(crate) fn find(&self, phone: &Phone, user_type: UserType) -> Option<UserId> {
        self.0.lock().unwrap().get(&(phone.as_str().to_owned(), user_type)).copied()
    }
}

#[async_trait]
impl Accounts for People {
    async fn sign_in(&self, phone: &Phone, user_type: UserType) -> Result<Option<Account>, PortError> {
        Ok(self.find(phone, user_type).map(|user| Account { user, profile: json!({ "id": user }) }))
    }

    async fn phone_of(&self, user: UserId) -> Result<Option<Phone>, PortError> {
        let known = self.0.lock().unwrap();
        let held = known.iter().find(|(_, holder)| **holder == user);
        Ok(held.map(|((phone, _), _)| phone.parse().unwrap()))
    }

    async fn is_taken(&self, phone: &Phone, user_type: UserType) -> Result<bool, PortError> {
        Ok(self.find(phone, user_type).is_some())
    }

    async fn change_phone(&self, user: UserId, to: &Phone) -> Result<bool, PortError> {
        let mut known = self.0.lock().unwrap();
        let (_, user_type) = known.iter().find(|(_, holder)| **holder == user).unwrap().0.clone();
        if known.contains_key(&(to.as_str().to_owned(), user_type)) {
            return Ok(false);
        }
        known.retain(|_, holder| *holder != user);
        known.insert((to.as_str().to_owned(), user_type), user);
        Ok(true)
    }
}

/// One guest: what she had can be taken along once, and is told again to whoever did.
#[derive(Default)]
pub(crate) struct OneGuest(Mutex<Option<UserId>>);

pub(crate) const GUEST_TOKEN: &str = "the guest's";

#[async_trait]
impl GuestData for OneGuest {
    async fn migrate(
        &self,
        token: &str,
        user: UserId,
        _: UserType,
    ) -> Result<Option<MovedGuestData>, PortError> {
        let mut owner = self.0.lock().unwrap();
        let known = token == GUEST_TOKEN && *owner.get_or_insert(user) == user;
        Ok(known.then_some(MovedGuestData { cart_items: 3, favorites: 1 }))
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(OtpLimits::default()).await
    }

    pub(crate) async fn open_with(limits: OtpLimits) -> Self {
        let db = TestDb::new().await;
        Self::over(db.db(), db, limits).await
    }

    /// Its services ask `asked`, which leads to the same database.
    pub(crate) async fn over(asked: Db, db: TestDb, limits: OtpLimits) -> Self {
        let clock = Arc::new(testkit::clock());
        let tokens = TokenService::new(clock.clone(), SigningKeys::parse(KEYS).unwrap());
        let sessions = SessionService::new(asked.clone(), clock.clone(), tokens.clone());
        sessions.revocations().refresh(&asked, &*clock).await.unwrap();
        let staff = StaffService::new(asked.clone(), clock.clone(), sessions.clone());
        let pepper = Pepper::parse("a pepper of thirty-two bytes or so").unwrap();
        let people = Arc::new(People::default());
        let both = (sessions.clone(), tokens.clone());
        let codes = OtpService::new(asked, clock.clone(), (pepper, limits), both, people.clone());
        let guests = GuestMigration(Arc::new(OneGuest::default()));
        Self { db, clock, tokens, sessions, codes, staff, people, guests }
    }

    pub(crate) fn user(&self) -> UserId {
        UserId::generate(self.clock.now())
    }

    pub(crate) async fn send(&self, phone: &Phone) -> Result<SentCode, IdentityError> {
        self.send_from(phone, NETWORK).await
    }

    pub(crate) async fn send_from(&self, phone: &Phone, network: &str) -> Result<SentCode, IdentityError> {
        self.codes.send_to_sign_in(phone, UserType::Individual, (Language::Pl, network)).await
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
        self.codes.verify(&guess, None).await
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
