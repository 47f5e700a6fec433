//! The development mailbox: a provider that keeps what it is given, so that a developer can read the code.

pub(crate) mod http;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use db::{Db, DbError};
use kernel::{Clock, DomainError, ErrorKind, Phone, id::JobId};

use crate::ports::{Delivery, SmsError, SmsSender};

/// Never in production: it keeps one-time codes in the clear.
#[derive(Clone)]
pub struct Mailbox {
    db: Db,
    clock: Arc<dyn Clock>,
}

/// A text as it was "sent".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Debug, thiserror::Error)]
#[error("the mailbox could not be read")]
pub(crate) struct MailboxError(#[from] DbError);

impl DomainError for MailboxError {
    fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    fn code(&self) -> &'static str {
        "INTERNAL"
    }
}

impl Mailbox {
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock }
    }

    /// Newest first; the last hundred.
    pub(crate) async fn list(&self, to: &Phone) -> Result<Vec<Message>, MailboxError> {
        let mut conn = self.db.conn().await?;
        Ok(store::list_messages(&mut conn, to).await.map_err(DbError::from)?)
    }

    async fn put(&self, to: &Phone, text: &str, key: JobId) -> Result<(), DbError> {
        let message = Message { text: text.to_owned(), at: self.clock.now() };
        let mut conn = self.db.conn().await?;
        Ok(store::insert_message(&mut conn, key, to, &message).await?)
    }
}

#[async_trait]
impl SmsSender for Mailbox {
    async fn send(&self, to: &Phone, text: &str, delivery: Delivery) -> Result<(), SmsError> {
        self.put(to, text, delivery.key).await.map_err(|e| SmsError::Unavailable(e.to_string()))
    }
}
