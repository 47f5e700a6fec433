//! Everything that the shop holds about a person, from every domain that holds something.

pub(crate) mod http;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kernel::id::UserId;
use serde_json::{Map, Value};

use crate::{
    UserError, UserService,
    address::{self, Address},
    ports::PersonalData,
    preferences::{self, Consent, Preferences},
    profile::{self, User},
};

/// What is held about a person.
pub(crate) struct Export {
    /// With the company.
    pub(crate) profile: User,
    pub(crate) preferences: Preferences,
    pub(crate) addresses: Vec<Address>,
    pub(crate) consents: Vec<Consent>,
    /// Of other domains, by the name of their section.
    pub(crate) others: Map<String, Value>,
}

/// Built last: those it asks may themselves need the users.
#[derive(Clone)]
pub struct ExportService {
    users: UserService,
    others: Arc<[Arc<dyn PersonalData>]>,
}

impl ExportService {
    pub fn new(users: UserService, others: Vec<Arc<dyn PersonalData>>) -> Self {
        Self { users, others: others.into() }
    }

    /// If one of the others cannot answer there is no export: half of it would pass for the whole.
    pub(crate) async fn export(&self, user: UserId) -> Result<Export, UserError> {
        let mut conn = self.users.db.conn().await?;
        let profile = profile::store::find_user(&mut conn, user).await?.ok_or(UserError::NotFound)?;
        let preferences = preferences::store::find_preferences(&mut conn, user).await?;
        let addresses = address::store::list_addresses(&mut conn, user).await?;
        let consents = preferences::store::list_consents(&mut conn, user).await?;
        drop(conn);
        let mut others = Map::new();
        for other in self.others.iter() {
            others.insert(other.section().to_owned(), other.export(user).await?);
        }
        let preferences = preferences.ok_or(UserError::NotFound)?;
        Ok(Export { profile, preferences, addresses, consents, others })
    }
}
