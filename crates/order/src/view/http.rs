//! `GET /api/orders/{id}`, and the order as clients see it.

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use http_kit::{ApiResult, CurrentUser, Envelope, Failure, Id, Reply};
use kernel::{
    Money, VatLine,
    id::{OrderId, PaymentId, ProductId},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    OrderLine, OrderService,
    order::{Order, OrderEvent, PostalAddress, Totals, method_word},
    ports::Payment,
};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderResponse {
    id: OrderId,
    /// `ORD-2026-000123`
    number: String,
    /// `pending_payment`, `paid`, `preparing`, `shipped`, `delivered`, `expired`, `cancelled`,
    /// `partially_refunded`, `refunded`, `disputed` or `review`.
    status: &'static str,
    /// `creating`, `requires_payment_method`, `requires_action`, `processing`, `failed`, `canceled`, `succeeded` or
    /// `refunded`.
    payment_status: &'static str,
    payment_method: &'static str,
    totals: TotalsResponse,
    items: Vec<LineResponse>,
    shipping_address: AddressResponse,
    billing_address: AddressResponse,
    notes: Option<String>,
    created_at: DateTime<Utc>,
    paid_at: Option<DateTime<Utc>>,
    due_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    cancel_reason: Option<String>,
    tracking_number: Option<String>,
    carrier: Option<String>,
    /// How much of its money has gone back.
    refunded: Money,
    /// Oldest first.
    events: Vec<EventResponse>,
    can_cancel: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TotalsResponse {
    net: Money,
    vat: Money,
    gross: Money,
    vat_by_rate: Vec<VatResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
struct VatResponse {
    /// Percent.
    rate: u16,
    net: Money,
    vat: Money,
    gross: Money,
}

/// An address as it was when the order was placed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AddressResponse {
    title: String,
    recipient: Option<String>,
    street: String,
    city: String,
    postal_code: String,
    /// ISO 3166-1 alpha-2.
    country: String,
}

/// A product as it was bought.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LineResponse {
    product_id: ProductId,
    code: String,
    name: String,
    size: String,
    image_url: Option<String>,
    quantity: u32,
    /// Gross.
    unit_price: Money,
    line_total: Money,
    /// Percent.
    vat_rate: u16,
}

#[derive(Debug, Serialize, ToSchema)]
struct EventResponse {
    /// `placed`, `payment_failed`, `paid`, `preparing`, `shipped`, `delivered`, `expired`, `cancelled`,
    /// `overdue`, `review`; of its money `payment_attempt`, `partially_refunded`, `refunded`, `refund_failed`, `paid_twice`,
    /// `late_payment_refused`, `disputed`, `dispute_won`, `dispute_lost`.
    kind: String,
    detail: Option<String>,
    at: DateTime<Utc>,
}

/// How the order's payment stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentResponse {
    id: PaymentId,
    status: String,
    /// For the provider's library on the customer's device; absent while the payment is being set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// What the customer has to do before the money moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_action: Option<NextActionResponse>,
    /// Until when the order waits.
    expires_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
struct NextActionResponse {
    /// `redirect_to_url`, `blik_authorize` or `use_stripe_sdk`.
    #[serde(rename = "type")]
    kind: String,
    /// Where to send her, for `redirect_to_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// One of the caller's orders.
#[utoipa::path(
    get, path = "/api/orders/{id}", tag = "orders", operation_id = "getOrder",
    params(("id" = OrderId, Path)),
    responses((status = 200, body = Envelope<OrderResponse>), (status = "default", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn get_order(
    user: CurrentUser,
    orders: Data<OrderService>,
    id: Id<OrderId>,
) -> ApiResult<OrderResponse> {
    let order = orders.order(user.0.user, id.0).await?;
    Ok(Reply::ok(OrderResponse::from(&order)))
}

/// [`OrderResponse`]s in JSON, for those who pass them on.
pub(crate) fn shown(orders: &[Order]) -> serde_json::Value {
    let responses: Vec<OrderResponse> = orders.iter().map(OrderResponse::from).collect();
    serde_json::json!(responses)
}

impl From<&Order> for OrderResponse {
    fn from(order: &Order) -> Self {
        Self {
            id: order.id,
            number: order.number.clone(),
            status: order.status.as_str(),
            payment_status: order.payment_status.as_str(),
            payment_method: method_word(order.payment_method),
            totals: TotalsResponse::from(&order.totals),
            items: order.lines.iter().map(LineResponse::from).collect(),
            shipping_address: AddressResponse::from(&order.shipping_address),
            billing_address: AddressResponse::from(&order.billing_address),
            notes: order.notes.clone(),
            created_at: order.created_at,
            paid_at: order.paid_at,
            due_at: order.due_at,
            cancelled_at: order.cancelled_at,
            cancel_reason: order.cancel_reason.clone(),
            tracking_number: order.tracking_number.clone(),
            carrier: order.carrier.clone(),
            refunded: order.refunded,
            events: order.events.iter().map(EventResponse::from).collect(),
            can_cancel: order.status.can_cancel(),
        }
    }
}

impl From<&PostalAddress> for AddressResponse {
    fn from(address: &PostalAddress) -> Self {
        let PostalAddress { title, recipient, street, city, postal_code, country } = address.clone();
        Self { title, recipient, street, city, postal_code, country }
    }
}

impl From<&Totals> for TotalsResponse {
    fn from(totals: &Totals) -> Self {
        let vat_by_rate = totals.by_rate.iter().map(VatResponse::from).collect();
        Self { net: totals.net, vat: totals.vat, gross: totals.gross, vat_by_rate }
    }
}

impl From<&VatLine> for VatResponse {
    fn from(line: &VatLine) -> Self {
        Self { rate: line.rate.percent(), net: line.net, vat: line.vat, gross: line.gross }
    }
}

impl From<&OrderLine> for LineResponse {
    fn from(line: &OrderLine) -> Self {
        Self {
            product_id: line.product,
            code: line.code.clone(),
            name: line.name.clone(),
            size: line.size.clone(),
            image_url: line.image_url.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            line_total: line.line_total,
            vat_rate: line.vat.percent(),
        }
    }
}

impl From<&OrderEvent> for EventResponse {
    fn from(event: &OrderEvent) -> Self {
        Self { kind: event.kind.clone(), detail: event.detail.clone(), at: event.at }
    }
}

impl From<Payment> for PaymentResponse {
    fn from(payment: Payment) -> Self {
        Self {
            id: payment.id,
            status: payment.status,
            client_secret: payment.client_secret,
            next_action: payment
                .next_action
                .map(|action| NextActionResponse { kind: action.kind, url: action.url }),
            expires_at: payment.expires_at,
        }
    }
}
