//! A payment and its rules. Pure.

use chrono::{DateTime, Utc};
use kernel::{
    Money,
    id::{OrderId, PaymentId},
};

use crate::ports::{Intent, IntentStatus, Method, NextAction};

/// How a payment stands. The order of the variants is the rank: a payment only rises, so that a late event of the
/// past changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentStatus {
    Creating,
    RequiresPaymentMethod,
    RequiresAction,
    Processing,
    Failed,
    Canceled,
    Succeeded,
    Refunded,
}

impl PaymentStatus {
    const ALL: [Self; 8] = [
        Self::Creating,
        Self::RequiresPaymentMethod,
        Self::RequiresAction,
        Self::Processing,
        Self::Failed,
        Self::Canceled,
        Self::Succeeded,
        Self::Refunded,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Succeeded => "succeeded",
            Self::Refunded => "refunded",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// No money comes by it any more, or it is here.
    pub(crate) fn is_final(self) -> bool {
        self >= Self::Canceled
    }

    /// The money came.
    pub(crate) fn is_paid(self) -> bool {
        self >= Self::Succeeded
    }

    /// What the provider's view means here. An intent that waits for a payment method after a failure has failed.
    pub(crate) fn of(intent: &Intent) -> Self {
        match intent.status {
            IntentStatus::RequiresPaymentMethod if intent.failure.is_some() => Self::Failed,
            IntentStatus::RequiresPaymentMethod => Self::RequiresPaymentMethod,
            IntentStatus::RequiresAction => Self::RequiresAction,
            IntentStatus::Processing => Self::Processing,
            IntentStatus::Succeeded => Self::Succeeded,
            IntentStatus::Canceled => Self::Canceled,
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub order: OrderId,
    /// Whose saved cards can pay it: the provider's id.
    pub customer: Option<String>,
    /// 1 for the first.
    pub attempt: i32,
    pub method: Method,
    pub amount: Money,
    pub status: PaymentStatus,
    /// The provider's id of it, once it is known here.
    pub intent: Option<String>,
    pub client_secret: Option<String>,
    /// What the customer has to do, while it requires action.
    pub next_action: Option<NextAction>,
    pub failure: Option<String>,
    pub expires_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

/// The client secret lets anybody confirm the payment: it stays out of logs.
impl std::fmt::Debug for Payment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payment").field("id", &self.id).field("status", &self.status).finish_non_exhaustive()
    }
}

impl Payment {
    /// The key under which the provider makes this attempt's intent once.
    pub(crate) fn intent_key(&self) -> String {
        format!("pi:{}:{}", self.order, self.attempt)
    }

    /// In what the provider's view differs from what was asked for; nothing is paid unless this is empty.
    pub(crate) fn differences(&self, intent: &Intent, livemode: bool) -> Vec<&'static str> {
        let mut differences = Vec::new();
        let paid = intent.status == IntentStatus::Succeeded;
        if intent.amount != self.amount.amount() || (paid && intent.received != intent.amount) {
            differences.push("amount");
        }
        if !intent.currency.eq_ignore_ascii_case(self.amount.currency().code()) {
            differences.push("currency");
        }
        if intent.order != Some(self.order) {
            differences.push("order");
        }
        if intent.livemode != livemode {
            differences.push("livemode");
        }
        differences
    }
}
