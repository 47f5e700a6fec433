//! The order and its rules. Pure: no clock, no database, no HTTP.

use chrono::{DateTime, Utc};
use contracts::order::PaymentMethod;
use kernel::{
    Money, MoneyError, VatLine, VatRate,
    id::{CartId, OrderId, PaymentId, ProductId, UserId},
    totals_by_rate,
};
use serde::{Deserialize, Serialize};

use crate::ports::CartLine;

/// Declares an enum that is stored and sent by the same lower-case words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($variant),+ }

        impl $name {
            /// In the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// `pending_payment → paid → preparing → shipped → delivered`, and the ways out of it.
    OrderStatus {
        PendingPayment = "pending_payment",
        Paid = "paid",
        Preparing = "preparing",
        Shipped = "shipped",
        Delivered = "delivered",
        Expired = "expired",
        Cancelled = "cancelled",
        PartiallyRefunded = "partially_refunded",
        Refunded = "refunded",
        Disputed = "disputed",
        Review = "review",
    }
}

words! {
    /// How the order's payment stands; only rises, from the first on.
    PaymentStatus {
        Creating = "creating",
        RequiresPaymentMethod = "requires_payment_method",
        RequiresAction = "requires_action",
        Processing = "processing",
        Failed = "failed",
        Canceled = "canceled",
        Succeeded = "succeeded",
        Refunded = "refunded",
    }
}

impl PaymentStatus {
    /// Itself and all above it: from there it is not reached any more.
    pub(crate) fn and_above(self) -> &'static [Self] {
        let rank = Self::ALL.iter().position(|status| *status == self);
        Self::ALL.get(rank.unwrap_or_default()..).unwrap_or_default()
    }
}

/// The words of the contract for a way of paying.
pub(crate) const fn method_word(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Card => "card",
        PaymentMethod::Blik => "blik",
        PaymentMethod::P24 => "p24",
        PaymentMethod::BankTransfer => "bank_transfer",
    }
}

/// An address as it was when the order was placed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostalAddress {
    pub title: String,
    pub recipient: Option<String>,
    pub street: String,
    pub city: String,
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// Where somebody lives does not belong into logs.
impl std::fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostalAddress").field("country", &self.country).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub id: OrderId,
    pub number: String,
    pub user: UserId,
    pub status: OrderStatus,
    pub payment_status: PaymentStatus,
    pub payment_method: PaymentMethod,
    pub cart: CartId,
    pub cart_revision: i64,
    pub totals: Totals,
    pub lines: Vec<OrderLine>,
    pub shipping_address: PostalAddress,
    pub billing_address: PostalAddress,
    pub notes: Option<String>,
    pub hold_until: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub paid_at: Option<DateTime<Utc>>,
    pub due_at: Option<DateTime<Utc>>,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub cancel_reason: Option<String>,
    pub tracking_number: Option<String>,
    pub carrier: Option<String>,
    /// The attempt to pay that counts: the last one begun, if it was not the first, or the one that paid.
    pub payment: Option<PaymentId>,
    /// How much of its money has gone back.
    pub refunded: Money,
    pub events: Vec<OrderEvent>,
}

/// A product as it was bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    pub product: ProductId,
    pub code: String,
    pub name: String,
    pub size: String,
    pub image_url: Option<String>,
    pub quantity: u32,
    pub unit_price: Money,
    pub line_total: Money,
    pub vat: VatRate,
}

impl Order {
    /// As they would stand in a cart.
    pub(crate) fn cart_lines(&self) -> Vec<CartLine> {
        let line = |line: &OrderLine| CartLine { product: line.product, quantity: line.quantity };
        self.lines.iter().map(line).collect()
    }
}

/// One entry of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    pub kind: String,
    pub detail: Option<String>,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    pub net: Money,
    pub vat: Money,
    pub gross: Money,
    pub by_rate: Vec<VatLine>,
}

impl Totals {
    /// The tax of each rate is taken from the total of that rate.
    pub(crate) fn of(lines: &[OrderLine]) -> Result<Self, MoneyError> {
        let by_rate = totals_by_rate(lines.iter().map(|l| (l.vat, l.line_total)))?;
        let zero = Money::grosz(0);
        let sum = |pick: fn(&VatLine) -> Money| by_rate.iter().try_fold(zero, |s, l| s.checked_add(pick(l)));
        Ok(Self { net: sum(|l| l.net)?, vat: sum(|l| l.vat)?, gross: sum(|l| l.gross)?, by_rate })
    }
}

/// What may become of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transition {
    Pay,
    /// Its money came after it had expired, and its units could still be had.
    Revive,
    Expire,
    /// By its customer, before anybody packs it.
    Cancel,
    /// By the shop's people, before it is shipped.
    CallOff,
    Prepare,
    Ship,
    Deliver,
    /// Some of its money went back.
    RefundPart,
    /// All of it did.
    RefundAll,
    /// The customer's bank wants the money back: nothing happens until that is decided.
    Dispute,
    /// What does not add up waits for a person.
    Review,
}

impl Transition {
    /// Where it can begin; from anywhere else it changes nothing.
    pub const fn from(self) -> &'static [OrderStatus] {
        use OrderStatus::{
            Cancelled, Delivered, Disputed, Expired, Paid, PartiallyRefunded, PendingPayment, Preparing,
            Review, Shipped,
        };
        match self {
            Self::Pay | Self::Expire => &[PendingPayment],
            Self::Revive => &[Expired],
            Self::Cancel => &[PendingPayment, Paid],
            Self::CallOff => &[PendingPayment, Paid, Preparing, PartiallyRefunded, Review],
            Self::Prepare => &[Paid, PartiallyRefunded],
            Self::Ship => &[Preparing, PartiallyRefunded],
            Self::Deliver => &[Shipped, PartiallyRefunded],
            Self::RefundPart => &[Paid, Preparing, Shipped, Delivered],
            Self::RefundAll => &[Paid, Preparing, Shipped, Delivered, PartiallyRefunded, Disputed],
            Self::Dispute => &[Paid, Preparing, Shipped, Delivered, PartiallyRefunded],
            Self::Review => &[PendingPayment, Expired, Cancelled],
        }
    }

    pub const fn to(self) -> OrderStatus {
        match self {
            Self::Pay | Self::Revive => OrderStatus::Paid,
            Self::Expire => OrderStatus::Expired,
            Self::Cancel | Self::CallOff => OrderStatus::Cancelled,
            Self::Prepare => OrderStatus::Preparing,
            Self::Ship => OrderStatus::Shipped,
            Self::Deliver => OrderStatus::Delivered,
            Self::RefundPart => OrderStatus::PartiallyRefunded,
            Self::RefundAll => OrderStatus::Refunded,
            Self::Dispute => OrderStatus::Disputed,
            Self::Review => OrderStatus::Review,
        }
    }

    /// Whether the parcel must be under way for it, or must not be: an order that was refunded in part does not tell by its
    /// status. `None` where it does not matter.
    pub const fn wants_parcel(self) -> Option<bool> {
        match self {
            Self::Prepare | Self::Ship | Self::CallOff => Some(false),
            Self::Deliver => Some(true),
            _ => None,
        }
    }
}

impl OrderStatus {
    /// Whether the customer may still call the order off; what was paid goes back.
    pub fn can_cancel(self) -> bool {
        Transition::Cancel.from().contains(&self)
    }

    /// Its money is here, or was.
    pub fn is_paid(self) -> bool {
        Transition::RefundAll.from().contains(&self) || self == Self::Refunded
    }
}
