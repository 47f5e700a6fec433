//! What payment offers other domains.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{
    Money,
    id::{OrderId, PaymentId, UserId},
};

use crate::{Payment, PaymentError, ports::Method};

/// An order's money is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartPayment {
    pub order: OrderId,
    /// Whose order it is.
    pub user: UserId,
    pub amount: Money,
    pub method: Method,
    /// Until when the order waits for it.
    pub expires_at: DateTime<Utc>,
}

/// How a payment stands after it was to be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// No money was taken, and none can be any more.
    Unpaid,
    /// The money is here.
    Paid,
    /// The customer's bank is at it: nobody can tell yet, and nobody can stop it.
    UnderWay,
}

/// What came of another attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// The attempt that is open now.
    Open(Box<Payment>),
    /// The money of an earlier one is here.
    Paid,
    /// The customer's bank is at an earlier one.
    UnderWay,
    /// Enough is enough.
    TooOften,
}

/// Money that came for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    pub payment: PaymentId,
    pub amount: Money,
}

/// How an order's payments stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// The money that has come, and has not gone back.
    pub paid: Vec<Paid>,
    /// The last attempt, if there is one.
    pub latest: Option<Payment>,
}

#[async_trait]
pub trait PaymentsApi: Send + Sync {
    /// Starts the order's first attempt to pay, once however often it is asked.
    ///
    /// A provider that is away is no error: the payment is `creating` then, and its event's job tries again.
    async fn start(&self, request: StartPayment) -> Result<Payment, PaymentError>;

    /// Another attempt, perhaps in another way: whatever was open before is stopped first. One that is open in the wanted
    /// way already is the answer itself.
    async fn retry(&self, request: StartPayment) -> Result<Retried, PaymentError>;

    /// Asks the provider how the order's payments stand, now.
    async fn sync(&self, order: OrderId) -> Result<Synced, PaymentError>;

    /// Sees to it that no money is taken for the order any more, if it still can be; it may be asked again.
    async fn stop(&self, request: StartPayment) -> Result<Stopped, PaymentError>;

    /// The money of an order that is paid by transfer is on the account; it may be said again. The payment, or nothing
    /// when it is not waited for any more.
    async fn receive_transfer(&self, request: StartPayment) -> Result<Option<PaymentId>, PaymentError>;

    /// Every attempt to pay these orders, oldest first, without its secret: for whoever asks what is held about a person.
    async fn export(&self, orders: &[OrderId]) -> Result<serde_json::Value, PaymentError>;
}
