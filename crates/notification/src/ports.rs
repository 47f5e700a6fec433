//! What notification needs from outside: a provider that sends text messages.

use async_trait::async_trait;
use kernel::{Phone, id::JobId};

#[async_trait]
pub trait SmsSender: Send + Sync {
    /// Sends `text` once: asked again for the same delivery, nothing more is sent, as far as the provider can tell.
    async fn send(&self, to: &Phone, text: &str, delivery: Delivery) -> Result<(), SmsError>;
}

/// Which text this is, and how often it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The same for every try.
    pub key: JobId,
    /// 1 for the first try. Of an earlier one nobody may know how it ended.
    pub attempt: i32,
}

impl Delivery {
    /// Whether an earlier try may have sent the text.
    pub const fn is_repeated(self) -> bool {
        self.attempt > 1
    }
}

/// No text of it names a number, a code or a token.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// The provider could not be reached, is overloaded, or did not say whether it took the text. Asking again for
    /// the same delivery may help.
    #[error("the text message provider is away: {0}")]
    Unavailable(String),
    /// The provider will not send to this number, however often it is asked.
    #[error("the text message provider refused: {code}")]
    Refused { code: String },
    /// The provider does not take what we are set up with: our key, our sender, what our account may do. Nothing
    /// was sent; asking again helps once a person has mended it.
    #[error("the text message provider does not accept our settings: {code}")]
    Misconfigured { code: String },
}
