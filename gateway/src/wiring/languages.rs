//! http-kit → user: the language a customer chose.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http_kit::StoredLanguage;
use kernel::{Language, id::UserId};
use moka::sync::Cache;
use tokio::time::timeout;
use user::api::UsersApi;

const PATIENCE: Duration = Duration::from_secs(1);

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
        if let Some(known) = self.known.get(&user) {
            return known;
        }
        // A language is never worth failing a request for, nor making it wait for a database that is away.
        match timeout(PATIENCE, self.users.language_of(user)).await {
            Ok(Ok(language)) => {
                self.known.insert(user, language);
                language
            }
            Ok(Err(e)) => {
                tracing::debug!(error = %e, "the customer's language could not be read");
                None
            }
            Err(e) => {
                tracing::debug!(error = %e, "the customer's language was not waited for");
                None
            }
        }
    }
}
