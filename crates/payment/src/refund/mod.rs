//! Money that goes back.
//!
//! A refund is written first, under the payment's lock and never beyond what is left of it, then asked for at the provider
//! under the key that was written with it, then followed until the provider says how it ended.

pub(crate) mod http;
pub(crate) mod jobs;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use kernel::{
    Money,
    id::{OrderId, PaymentId, RefundId},
};

use crate::ports::ProviderRefundStatus;

/// How a refund stands. The order of the variants is the rank: it only rises, and one that has failed, even after it had
/// seemed to succeed, is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RefundStatus {
    /// The provider has not been asked, or has not answered.
    Requested,
    Pending,
    Succeeded,
    /// The money stays with us.
    Failed,
}

impl RefundStatus {
    const ALL: [Self; 4] = [Self::Requested, Self::Pending, Self::Succeeded, Self::Failed];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

impl From<ProviderRefundStatus> for RefundStatus {
    fn from(status: ProviderRefundStatus) -> Self {
        match status {
            ProviderRefundStatus::Pending => Self::Pending,
            ProviderRefundStatus::Succeeded => Self::Succeeded,
            ProviderRefundStatus::Failed => Self::Failed,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refund {
    pub(crate) id: RefundId,
    pub(crate) payment: PaymentId,
    pub(crate) order: OrderId,
    /// Makes it once, here and at the provider.
    pub(crate) key: String,
    pub(crate) amount: Money,
    pub(crate) status: RefundStatus,
    pub(crate) reason: String,
    pub(crate) provider_id: Option<String>,
    pub(crate) failure: Option<String>,
    pub(crate) requested_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// What is left of what was paid; a failed refund takes nothing away.
pub(crate) fn left(paid: Money, refunds: &[Refund]) -> Money {
    let gone: i64 =
        refunds.iter().filter(|r| r.status != RefundStatus::Failed).map(|r| r.amount.amount()).sum();
    Money::grosz(paid.amount().saturating_sub(gone).max(0))
}

/// What has gone back for certain.
pub(crate) fn gone_back(refunds: &[Refund]) -> Money {
    let succeeded = refunds.iter().filter(|r| r.status == RefundStatus::Succeeded);
    Money::grosz(succeeded.map(|r| r.amount.amount()).sum())
}
