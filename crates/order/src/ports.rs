//! What order needs from the rest of the shop, by role.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contracts::order::PaymentMethod;
use kernel::{
    Language, Money, PortError, UserType, VatRate,
    id::{AddressId, CartId, OrderId, PaymentId, ProductId, UserId},
};

use crate::{OrderError, PostalAddress, Shortage};

/// Where the customer's choice waits.
#[async_trait]
pub trait Carts: Send + Sync {
    /// `None` when the customer has no cart yet.
    async fn cart(&self, user: UserId) -> Result<Option<Cart>, PortError>;

    /// Puts these into the cart, as far as they can be had: at least as many of each as are wanted. Asked again, it
    /// changes nothing. Of each line how many are in the cart then.
    async fn refill(
        &self,
        user: UserId,
        user_type: UserType,
        lines: &[CartLine],
    ) -> Result<Vec<CartLine>, PortError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    pub id: CartId,
    /// Raised by every change of the cart.
    pub revision: i64,
    pub lines: Vec<CartLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CartLine {
    pub product: ProductId,
    pub quantity: u32,
}

/// What is for sale, at what price for whom.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Unknown products are absent.
    async fn offers(
        &self,
        products: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Offer>, PortError>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    pub user_type: UserType,
    pub language: Language,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub code: String,
    pub name: String,
    pub size: String,
    pub image_url: Option<String>,
    pub price: Money,
    pub vat: VatRate,
    pub min_quantity: u32,
    pub sellable: bool,
}

/// Who decides which units an order gets.
#[async_trait]
pub trait Stock: Send + Sync {
    /// What there is too little of, as far as is known without asking whoever decides; empty promises nothing.
    async fn too_little(&self, lines: &[CartLine], now: DateTime<Utc>) -> Vec<Shortage>;

    /// All lines or none; once, however often it is asked for the same order. A shortage comes back as
    /// [`OrderError::InsufficientStock`].
    async fn reserve(&self, order: OrderId, lines: &[CartLine], now: DateTime<Utc>)
    -> Result<(), OrderError>;

    /// Where the units of these orders are; an order that has none is absent.
    async fn units(&self, orders: &[OrderId]) -> Result<HashMap<OrderId, Units>, PortError>;

    /// Takes the units out of the house at once, for an order whose money came after it had given them back: all lines or
    /// none; once, however often it is asked. A shortage comes back as [`OrderError::InsufficientStock`].
    async fn take(&self, order: OrderId, lines: &[CartLine], now: DateTime<Utc>) -> Result<(), OrderError>;

    /// Gives an order's units back, also those that had left the house. Asked again, it changes nothing.
    async fn give_back(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), PortError>;

    /// Gives back what was reserved for an order that did not come to be.
    async fn release(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), PortError>;
}

/// Where an order's units are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    /// Put aside for it.
    Aside,
    /// Out of the books.
    Gone,
    /// For anybody to buy.
    Free,
}

impl Units {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Aside => "aside",
            Self::Gone => "gone",
            Self::Free => "free",
        }
    }
}

/// The customer's address book.
#[async_trait]
pub trait Addresses: Send + Sync {
    /// `None` when it is absent or somebody else's.
    async fn address(&self, owner: UserId, id: AddressId) -> Result<Option<PostalAddress>, PortError>;
}

/// Which companies may pay later.
#[async_trait]
pub trait Companies: Send + Sync {
    /// In how many days after an order the customer may pay by transfer; empty when she may not.
    async fn payment_term_days(&self, user: UserId) -> Result<Vec<u16>, PortError>;
}

/// Who takes the money.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Starts taking an order's money, once however often it is asked, and tells how it stands. When the provider
    /// is away the answer says `creating`, and it is tried again in the background.
    async fn start(&self, request: PaymentRequest) -> Result<Payment, PortError>;

    /// Sees to it that no money is taken for the order any more, if it still can be; it may be asked again.
    async fn stop(&self, request: PaymentRequest) -> Result<Stopped, PortError>;

    /// Another attempt, perhaps in another way: what was open before is stopped first. One that is open in the wanted way
    /// already is the answer itself.
    async fn retry(&self, request: PaymentRequest) -> Result<Retried, PortError>;

    /// Asks the provider how the order's payments stand, now.
    async fn sync(&self, order: OrderId) -> Result<Synced, PortError>;

    /// The money of an order on account is here: its payment, or nothing when it is not waited for any more. It may be said
    /// again.
    async fn receive(&self, request: PaymentRequest) -> Result<Option<PaymentId>, PortError>;
}

/// What came of another attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// The attempt that is open now.
    Open(Payment),
    /// The money of an earlier one is here.
    Paid,
    /// The customer's bank is at an earlier one.
    UnderWay,
    /// Enough is enough.
    TooOften,
}

/// How an order's payments stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// The money that has come, and has not gone back.
    pub paid: Vec<Paid>,
    /// The last attempt, if there is one.
    pub latest: Option<Payment>,
}

/// Money that came for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    pub payment: PaymentId,
    pub amount: Money,
}

/// How a payment stands after it was to be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// No money was taken, and none can be any more.
    Unpaid,
    /// The money is here.
    Paid,
    /// Nobody can tell yet, and nobody can stop it.
    UnderWay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentRequest {
    pub order: OrderId,
    /// Whose order it is.
    pub user: UserId,
    pub amount: Money,
    pub method: PaymentMethod,
    /// Until when the order waits for the money.
    pub expires_at: DateTime<Utc>,
}

/// How a payment stands, for the customer's device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    /// 1 for the one that the order began with.
    pub attempt: i32,
    pub status: String,
    pub client_secret: Option<String>,
    pub next_action: Option<NextAction>,
    pub expires_at: DateTime<Utc>,
}

/// What the customer has to do before the money moves, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextAction {
    pub kind: String,
    /// Where she is sent, if she is sent anywhere.
    pub url: Option<String>,
}
