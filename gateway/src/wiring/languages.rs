//! http-kit → user: the language a customer chose.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http_kit::StoredLanguage;
use kernel::{Language, id::UserId};
use moka::future::Cache;
use user::api::UsersApi;

/// Remembers languages for a minute: a request that says nothing about its language costs no query.
pub(crate) struct LanguagesOfUsers {
    users: Arc<dyn UsersApi>,
    known: Cache<UserId, Option<Language>>,
}

impl LanguagesOfUsers {
    pub(crate) fn new(users: Arc<dyn UsersApi>) -> Self {
        let known = Cache::builder().max_capacity(50_000).time_to_live(Duration::from_mins(1)).build();
        Self { users, known }
    }
}

#[async_trait]
impl StoredLanguage for LanguagesOfUsers {
    async fn language_of(&self, user: UserId) -> Option<Language> {
        let asked = self.known.try_get_with(user, self.users.language_of(user)).await;
        // A language is never worth failing a request for.
        asked.unwrap_or_else(|e| {
            tracing::debug!(error = %e, "the customer's language could not be read");
            None
        })
    }
}
