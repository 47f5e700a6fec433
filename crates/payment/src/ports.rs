//! What payment needs from outside, in its own words: a provider that moves the money, and one that keeps cards.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{
    Money,
    id::{OrderId, PaymentId, RefundId, UserId},
};
use serde::{Deserialize, Serialize};

/// A service that takes money from customers and gives it back, as Stripe does with `PaymentIntents`.
///
/// A `key` makes what it goes with once: asked again with the same key, the provider answers as it did first.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Makes the intent to take `new.amount`.
    async fn create_intent(&self, new: &NewIntent, key: &str) -> Result<Intent, ProviderError>;

    /// The intent as the provider knows it now: the truth about the money.
    async fn find_intent(&self, id: &str) -> Result<Intent, ProviderError>;

    /// Ends an intent that took no money. Refused with [`ProviderError::Refused`] when it already did.
    async fn cancel_intent(&self, id: &str, key: &str) -> Result<Intent, ProviderError>;

    /// A page of the intents made since then, newest first, from behind `after` on.
    async fn list_intents(
        &self,
        since: DateTime<Utc>,
        after: Option<&str>,
    ) -> Result<Vec<Intent>, ProviderError>;

    /// Gives money back.
    async fn create_refund(&self, new: &NewRefund, key: &str) -> Result<ProviderRefund, ProviderError>;

    /// Everything that went back of an intent.
    async fn list_refunds(&self, intent: &str) -> Result<Vec<ProviderRefund>, ProviderError>;

    /// A page of the refunds made since then, newest first, from behind `after` on.
    async fn list_refunds_since(
        &self,
        since: DateTime<Utc>,
        after: Option<&str>,
    ) -> Result<Vec<ProviderRefund>, ProviderError>;

    /// What customers' banks say against an intent.
    async fn list_disputes(&self, intent: &str) -> Result<Vec<ProviderDispute>, ProviderError>;
}

/// A service that keeps customers' cards, so that nothing of them ever comes here.
#[async_trait]
pub trait CardVault: Send + Sync {
    /// Whom the vault knows the customer as from now on.
    async fn create_customer(&self, user: UserId, key: &str) -> Result<String, ProviderError>;

    /// Forgets the customer with all her cards; also one that it does not know.
    async fn delete_customer(&self, customer: &str) -> Result<(), ProviderError>;

    /// Lets the customer's device save one card.
    async fn set_up_card(&self, customer: &str) -> Result<CardSetup, ProviderError>;

    async fn list_cards(&self, customer: &str) -> Result<Vec<SavedCard>, ProviderError>;

    async fn detach_card(&self, card: &str) -> Result<(), ProviderError>;
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewIntent {
    pub order: OrderId,
    pub payment: PaymentId,
    pub amount: Money,
    pub method: Method,
    /// Whose saved cards may pay it: the provider's id.
    pub customer: Option<String>,
}

/// How the customer pays at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Card,
    Blik,
    P24,
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
    /// What was taken of it.
    pub received: i64,
    /// Lower-case ISO 4217.
    pub currency: String,
    /// The order named in the intent's metadata, if it is one of ours.
    pub order: Option<OrderId>,
    /// Lets the customer's device confirm the payment; never logged.
    pub client_secret: Option<String>,
    /// What the customer has to do now.
    pub next_action: Option<NextAction>,
    pub livemode: bool,
    /// Why the last attempt failed (`card_declined`), if it did.
    pub failure: Option<String>,
}

/// What the customer has to do before the money moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextAction {
    /// `redirect_to_url`, `blik_authorize`, `use_stripe_sdk`
    pub kind: String,
    /// Where she is sent, if she is sent anywhere.
    pub url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    RequiresPaymentMethod,
    RequiresAction,
    Processing,
    Succeeded,
    Canceled,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewRefund {
    pub refund: RefundId,
    pub intent: String,
    pub amount: Money,
}

/// The provider's view of money that goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefund {
    /// `re_…`
    pub id: String,
    pub intent: Option<String>,
    /// Ours, if we asked for it.
    pub refund: Option<RefundId>,
    pub amount: i64,
    pub status: ProviderRefundStatus,
    pub failure: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderRefundStatus {
    Pending,
    Succeeded,
    /// Failed or called off: the money stays with us.
    Failed,
}

/// What a customer's bank says against a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderDispute {
    /// `du_…`
    pub id: String,
    pub amount: i64,
    pub reason: String,
    pub state: DisputeState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DisputeState {
    Opened,
    /// The money is ours again, or was never taken away.
    Won,
    Lost,
}

/// Lets a device save a card.
#[derive(Clone, PartialEq, Eq)]
pub struct CardSetup {
    /// `seti_…`
    pub id: String,
    /// Never logged.
    pub client_secret: String,
}

impl std::fmt::Debug for CardSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardSetup").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A card as its owner recognises it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCard {
    /// `pm_…`
    pub id: String,
    pub brand: String,
    pub last4: String,
    pub expires_month: u8,
    pub expires_year: u16,
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

impl ProviderError {
    /// There is no such thing at the provider.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "resource_missing")
    }
}

impl Method {
    pub const ALL: [Self; 4] = [Self::Card, Self::Blik, Self::P24, Self::BankTransfer];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Blik => "blik",
            Self::P24 => "p24",
            Self::BankTransfer => "bank_transfer",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }
}

impl DisputeState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}
