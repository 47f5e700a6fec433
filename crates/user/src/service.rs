//! The one service of user; its use cases stand with their features.

use std::sync::Arc;

use async_trait::async_trait;
use cache::Cache;
use db::{Db, DbError, Together};
use kernel::{
    Clock, Language, Phone, UserType,
    id::{AddressId, UserId},
};

use crate::{
    UserError,
    address::{self, Address},
    api::{PostalAddress, UsersApi},
    company::{self, lookup::Lookup},
    ports::{Sessions, TaxRegister},
    profile,
};

#[derive(Clone)]
pub struct UserService {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) companies: Arc<Lookup>,
    /// What is asked at the same moment is looked up by one call.
    pub(crate) addresses_asked: Together<(UserId, AddressId), Option<Address>>,
    pub(crate) languages_asked: Together<UserId, Option<Language>>,
}

/// Whom user asks.
pub struct Ports {
    pub sessions: Arc<dyn Sessions>,
    pub tax_register: Arc<dyn TaxRegister>,
}

impl UserService {
    /// `cache` remembers what the tax register said.
    pub fn new(db: Db, cache: Cache, clock: Arc<dyn Clock>, ports: Ports) -> Self {
        let Ports { sessions, tax_register } = ports;
        let companies = Arc::new(Lookup::new(tax_register, cache));
        Self {
            addresses_asked: Together::new(&db),
            languages_asked: Together::new(&db),
            db,
            clock,
            sessions,
            companies,
        }
    }
}

impl UserService {
    async fn find_addresses(
        &self,
        wanted: Vec<Arc<(UserId, AddressId)>>,
    ) -> Result<Vec<Option<Address>>, DbError> {
        Ok(address::store::find_addresses(&mut *self.db.conn().await?, &wanted).await?)
    }

    async fn find_languages(&self, of: Vec<Arc<UserId>>) -> Result<Vec<Option<Language>>, DbError> {
        Ok(profile::store::find_languages(&mut *self.db.conn().await?, &of).await?)
    }
}

#[async_trait]
impl UsersApi for UserService {
    async fn sign_in(
        &self,
        phone: &Phone,
        user_type: UserType,
    ) -> Result<Option<(UserId, serde_json::Value)>, UserError> {
        let mut conn = self.db.conn().await?;
        let user = profile::store::sign_in(&mut conn, phone, user_type).await?;
        user.map(|user| Ok((user.id, profile::http::shown(&user)?))).transpose()
    }

    async fn phone_of(&self, user: UserId) -> Result<Option<Phone>, UserError> {
        let mut conn = self.db.conn().await?;
        Ok(profile::store::find_user(&mut conn, user).await?.map(|user| user.phone))
    }

    async fn is_taken(&self, phone: &Phone, user_type: UserType) -> Result<bool, UserError> {
        let mut conn = self.db.conn().await?;
        Ok(profile::store::is_taken(&mut conn, phone, user_type).await?)
    }

    async fn change_phone(&self, user: UserId, to: &Phone) -> Result<bool, UserError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        match profile::store::put_phone(&mut conn, user, to, now).await.map_err(DbError::from) {
            Ok(true) => Ok(true),
            Ok(false) => Err(UserError::NotFound),
            Err(e) if e.violated() == Some("users_phone_type") => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    async fn language_of(&self, user: UserId) -> Result<Option<Language>, UserError> {
        Ok(self.languages_asked.ask(user, PartialEq::eq, |of| self.find_languages(of)).await?)
    }

    async fn address(&self, owner: UserId, id: AddressId) -> Result<Option<PostalAddress>, UserError> {
        let find = |wanted| self.find_addresses(wanted);
        let found = self.addresses_asked.ask((owner, id), PartialEq::eq, find).await?;
        Ok(found.map(|address| address.place))
    }

    async fn payment_term_days(&self, user: UserId) -> Result<Vec<u16>, UserError> {
        Ok(company::store::list_term_days(&mut *self.db.conn().await?, user).await?)
    }
}
