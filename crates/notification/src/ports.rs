//! What notification needs from outside: a provider that sends text messages.

use async_trait::async_trait;
use kernel::{Phone, id::JobId};

#[async_trait]
pub trait SmsSender: Send + Sync {
    /// Sends `text` once: asked again with the same `key`, nothing more is sent.
    async fn send(&self, to: &Phone, text: &str, key: JobId) -> Result<(), SmsError>;
}

#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// The provider could not be reached, or is overloaded. Asking again with the same key may help.
    #[error("the text message provider is away: {0}")]
    Unavailable(String),
    /// The provider will not send to this number, however often it is asked.
    #[error("the text message provider refused: {code}")]
    Refused { code: String },
}
