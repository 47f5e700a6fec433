//! What payment needs from outside, in its own words: a provider that moves the money.

use async_trait::async_trait;
use kernel::{
    Money,
    id::{OrderId, PaymentId},
};

/// A service that takes money from customers, as Stripe does with `PaymentIntents`.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Makes the intent to take `new.amount`. `key` makes it once: asked again with the same key, the
    /// provider answers with the intent made first.
    async fn create_intent(&self, new: &NewIntent, key: &str) -> Result<Intent, ProviderError>;

    /// The intent as the provider knows it now: the truth about the money.
    async fn find_intent(&self, id: &str) -> Result<Intent, ProviderError>;

    /// Ends an intent that took no money. Refused with [`ProviderError::Refused`] when it already did.
    async fn cancel_intent(&self, id: &str, key: &str) -> Result<Intent, ProviderError>;
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewIntent {
    pub order: OrderId,
    pub payment: PaymentId,
    pub amount: Money,
    pub method: Method,
}

/// How the customer pays at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Card,
    /// Not at the provider: the shop's people see it on the account.
    BankTransfer,
}

/// The provider's view of one payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// `pi_…`
    pub id: String,
    pub status: IntentStatus,
    /// Minor units, in the provider's own words: compared with what we asked for before anything is paid.
    pub amount: i64,
    /// Lower-case ISO 4217.
    pub currency: String,
    /// The order named in the intent's metadata, if it is one of ours.
    pub order: Option<OrderId>,
    /// Lets the customer's device confirm the payment; never logged.
    pub client_secret: Option<String>,
    pub livemode: bool,
    /// Why the last attempt failed (`card_declined`), if it did.
    pub failure: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    RequiresPaymentMethod,
    RequiresAction,
    Processing,
    Succeeded,
    Canceled,
}

#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Nothing was done: it could not be reached, or it said so. Asking again is safe.
    #[error("the payment provider is away: {0}")]
    Unavailable(String),
    /// It may or may not have been done (a timeout, an answer that cannot be read): look, do not repeat with another key.
    #[error("the outcome at the payment provider is not known: {0}")]
    Unknown(String),
    /// The provider said no, and will say no again.
    #[error("the payment provider refused: {code}")]
    Refused { code: String, message: String },
}

impl Method {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::BankTransfer => "bank_transfer",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Card, Self::BankTransfer].into_iter().find(|method| method.as_str() == word)
    }
}
