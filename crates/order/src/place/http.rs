//! `POST /api/orders`

use std::sync::Arc;

use actix_web::{HttpResponse, web::Data};
use contracts::order::PaymentMethod;
use http_kit::{
    Answers, ApiError, Body, CurrentUser, Customer, Envelope, Failure, Fields, IdempotencyKey, KeyedRequest,
    Lang, Reply, once_seen,
};
use kernel::{
    Language, Money,
    id::{AddressId, OrderId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Order, OrderService, PlaceOrder, Turn,
    ports::Payment,
    view::http::{OrderResponse, PaymentResponse},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlaceOrderRequest {
    shipping_address_id: AddressId,
    /// The shipping address when not given.
    billing_address_id: Option<AddressId>,
    payment_method: MethodRequest,
    /// Days to pay in, for `bank_transfer` only: one of the company's `paymentTermDays`.
    payment_term_days: Option<u16>,
    /// For whoever packs and delivers; at most 500 characters.
    #[schema(max_length = 500)]
    notes: Option<String>,
    /// The total that the customer saw; another one is refused with `PRICE_CHANGED`.
    expected_total: Option<Money>,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MethodRequest {
    Card,
    Blik,
    P24,
    BankTransfer,
}

/// The order, and what the customer's device needs to pay it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlacedResponse {
    order: OrderResponse,
    payment: PaymentResponse,
}

impl PlacedResponse {
    pub(crate) fn new(order: &Order, payment: Payment) -> Self {
        Self { order: OrderResponse::from(order), payment: payment.into() }
    }
}

/// Order what is in the cart.
///
/// Needs an `Idempotency-Key`. The same key and body give the first answer again, byte for byte.
#[utoipa::path(
    post, path = "/api/orders", tag = "orders", operation_id = "placeOrder",
    request_body = PlaceOrderRequest,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 characters, one per intended order")),
    responses(
        (status = 201, body = Envelope<PlacedResponse>),
        (status = 400, body = Failure, description = "`IDEMPOTENCY_KEY_REQUIRED`"),
        (status = 409, body = Failure, description = "`INSUFFICIENT_STOCK`, `PRICE_CHANGED`, `CART_EMPTY`, `CART_ALREADY_ORDERED`, `PRODUCT_UNAVAILABLE`, `TOO_MANY_UNPAID_ORDERS {limit}`, `TOO_MANY_UNPAID_UNITS {productId, limit, unpaid}`, `REQUEST_IN_PROGRESS`"),
        (status = 422, body = Failure, description = "`MINIMUM_ORDER`, `MIN_QUANTITY`, `IDEMPOTENCY_KEY_REUSED`, or a field"),
        (status = "default", body = Failure),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn place_order(
    user: CurrentUser,
    orders: Data<OrderService>,
    answers: Data<dyn Answers>,
    key: IdempotencyKey,
    language: Lang,
    body: Body<PlaceOrderRequest>,
) -> Result<HttpResponse, ApiError> {
    let Body { value, raw } = body;
    let draft = value.parse(user.0, language.0)?;
    answer(orders, answers.into_inner(), KeyedRequest::new("orders.place", user.0.user, key, raw), draft)
        .await
}

async fn answer(
    orders: Data<OrderService>,
    answers: Arc<dyn Answers>,
    request: KeyedRequest,
    draft: PlaceOrder,
) -> Result<HttpResponse, ApiError> {
    let (seer, wanted) = (orders.clone(), draft.clone());
    let look = async move {
        let refused = seer.look(&wanted).await;
        refused.map_err(|refused| async move { ApiError::from(seer.why(refused).await) })
    };
    once_seen(answers, request, look, move |turn, seen| async move {
        let (id, turn) = match turn {
            http_kit::Turn::First(id) => (id, Turn::First),
            http_kit::Turn::Again(id) => (id, Turn::Again),
        };
        let (order, payment) = orders.place(PlaceOrder { order: OrderId(id), turn, ..draft }, seen).await?;
        Ok(Reply::created(PlacedResponse::new(&order, payment)))
    })
    .await
}

impl PlaceOrderRequest {
    /// The use case's words; the order's id comes with the key.
    fn parse(self, customer: Customer, language: Language) -> Result<PlaceOrder, ApiError> {
        let mut fields = Fields::default();
        let notes = self.notes.as_deref().map(str::trim).filter(|n| !n.is_empty());
        let notes = notes.map(|notes| fields.text("notes", &notes.replace(['\n', '\r', '\t'], " "), 500));
        if self.payment_term_days.is_some() && !matches!(self.payment_method, MethodRequest::BankTransfer) {
            fields.refuse("paymentTermDays", "UNKNOWN");
        }
        fields.finish(|| {
            Some(PlaceOrder {
                order: OrderId(uuid::Uuid::nil()),
                turn: Turn::First,
                user: customer.user,
                user_type: customer.user_type,
                language,
                shipping_address: self.shipping_address_id,
                billing_address: self.billing_address_id,
                method: self.payment_method.into(),
                term_days: self.payment_term_days,
                notes: notes.flatten(),
                expected_total: self.expected_total,
            })
        })
    }
}

impl From<MethodRequest> for PaymentMethod {
    fn from(method: MethodRequest) -> Self {
        match method {
            MethodRequest::Card => Self::Card,
            MethodRequest::Blik => Self::Blik,
            MethodRequest::P24 => Self::P24,
            MethodRequest::BankTransfer => Self::BankTransfer,
        }
    }
}
