//! Serves `/api/me/cart`.

use actix_web::web::Data;
use http_kit::{ApiResult, Body, CurrentUser, Customer, Envelope, Failure, Lang, Query, Reply, UriLanguage};
use kernel::{
    Money, VatLine,
    id::{CartItemId, ProductId},
};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{
        OneOfBuilder, Ref, Schema,
        schema::{ObjectBuilder, Type},
    },
};

use super::{
    Quantity,
    quote::{Quote, QuotedLine, Summary, Warning},
};
use crate::{CartService, ports::View};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddItemRequest {
    product_id: ProductId,
    /// How many more.
    #[schema(minimum = 1, maximum = 9999)]
    quantity: i64,
}

/// A cart at today's prices.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cart)]
pub(crate) struct CartResponse {
    items: Vec<LineResponse>,
    summary: SummaryResponse,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CartItem)]
#[serde(rename_all = "camelCase")]
struct LineResponse {
    id: CartItemId,
    /// The item of the catalogue; null when the product is gone for good.
    #[schema(schema_with = item_or_null)]
    product: Option<serde_json::Value>,
    quantity: u32,
    /// Today's gross price; where there is none, the one at which it was put in.
    unit_price: Money,
    /// Zero when the product is not on sale.
    line_total: Money,
    /// Percent; null when the product is gone for good.
    vat_rate: Option<u16>,
    /// Units that can be had now.
    available: u32,
    /// All but `PRICE_CHANGED` keep from ordering.
    warnings: Vec<WarningCode>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CartWarning)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum WarningCode {
    OutOfStock,
    LessAvailable,
    BelowMinimum,
    PriceChanged,
    Unavailable,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CartSummary)]
#[serde(rename_all = "camelCase")]
struct SummaryResponse {
    /// All lines, also those that are not on sale.
    lines: usize,
    /// Units on lines that are on sale.
    quantity: u32,
    net: Money,
    vat: Money,
    gross: Money,
    vat_by_rate: Vec<VatLineResponse>,
    minimum_order: MinimumOrderResponse,
    can_checkout: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CartVatLine)]
struct VatLineResponse {
    /// Percent.
    rate: u16,
    net: Money,
    vat: Money,
    gross: Money,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CartMinimumOrder)]
struct MinimumOrderResponse {
    required: Money,
    /// What is missing to the minimum; zero when it is reached.
    missing: Money,
}

/// The catalogue describes its item itself; here it is named only.
fn item_or_null() -> Schema {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    Schema::OneOf(OneOfBuilder::new().item(Ref::from_schema_name("Item")).item(null).build())
}

/// The caller's cart.
#[utoipa::path(
    get, path = "/api/me/cart", tag = "shopping", operation_id = "getCart",
    params(UriLanguage),
    responses(
        (status = 200, body = Envelope<CartResponse>),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get(
    CurrentUser(customer): CurrentUser,
    carts: Data<CartService>,
    lang: Lang,
    _: Query<UriLanguage>,
) -> ApiResult<CartResponse> {
    let cart = carts.cart(customer.user, view(customer, lang)).await?;
    Ok(Reply::ok(cart.into()))
}

/// Add to the caller's cart.
///
/// Units of a product that is in the cart already are added to its line. Answers the whole cart.
#[utoipa::path(
    post, path = "/api/me/cart", tag = "shopping", operation_id = "addToCart",
    params(UriLanguage),
    request_body = AddItemRequest,
    responses(
        (status = 200, body = Envelope<CartResponse>),
        (status = 404, body = Failure, description = "PRODUCT_NOT_FOUND"),
        (status = 409, body = Failure, description = "INSUFFICIENT_STOCK {requested, available, inCart}, CART_FULL {max}"),
        (status = 422, body = Failure, description = "MIN_QUANTITY {minQuantity}, VALIDATION_FAILED"),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn add(
    CurrentUser(customer): CurrentUser,
    carts: Data<CartService>,
    lang: Lang,
    _: Query<UriLanguage>,
    body: Body<AddItemRequest>,
) -> ApiResult<CartResponse> {
    let AddItemRequest { product_id, quantity } = body.value;
    let quantity = Quantity::new(quantity)?;
    let cart = carts.add(customer.user, view(customer, lang), product_id, quantity).await?;
    Ok(Reply::ok(cart.into()))
}

fn view(customer: Customer, Lang(language): Lang) -> View {
    View { user_type: customer.user_type, language }
}

impl From<Quote> for CartResponse {
    fn from(quote: Quote) -> Self {
        Self {
            items: quote.lines.into_iter().map(LineResponse::from).collect(),
            summary: quote.summary.into(),
        }
    }
}

impl From<QuotedLine> for LineResponse {
    fn from(line: QuotedLine) -> Self {
        Self {
            id: line.id,
            product: line.item,
            quantity: line.quantity,
            unit_price: line.unit_price,
            line_total: line.total,
            vat_rate: line.vat.map(kernel::VatRate::percent),
            available: line.available,
            warnings: line.warnings.into_iter().map(WarningCode::from).collect(),
        }
    }
}

impl From<Warning> for WarningCode {
    fn from(warning: Warning) -> Self {
        match warning {
            Warning::OutOfStock => Self::OutOfStock,
            Warning::LessAvailable => Self::LessAvailable,
            Warning::BelowMinimum => Self::BelowMinimum,
            Warning::PriceChanged => Self::PriceChanged,
            Warning::Unavailable => Self::Unavailable,
        }
    }
}

impl From<Summary> for SummaryResponse {
    fn from(summary: Summary) -> Self {
        let minimum_order =
            MinimumOrderResponse { required: summary.minimum_order, missing: summary.missing };
        Self {
            lines: summary.lines,
            quantity: summary.quantity,
            net: summary.net,
            vat: summary.vat,
            gross: summary.gross,
            vat_by_rate: summary.by_rate.into_iter().map(VatLineResponse::from).collect(),
            minimum_order,
            can_checkout: summary.can_checkout,
        }
    }
}

impl From<VatLine> for VatLineResponse {
    fn from(line: VatLine) -> Self {
        let VatLine { rate, net, vat, gross } = line;
        Self { rate: rate.percent(), net, vat, gross }
    }
}
