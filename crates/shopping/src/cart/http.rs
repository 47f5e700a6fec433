//! Serves `/api/me/cart` and `/api/guest/cart`: one shape, whoever it is.

use actix_web::web::Data;
use http_kit::{
    ApiError, ApiResult, Body, CurrentUser, Customer, Envelope, Failure, Guest, Id, Lang, Query, Reply,
    UriLanguage,
};
use kernel::{
    Language, Money, UserType, VatLine,
    id::{CartItemId, GuestId, ProductId},
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
    Owner, Quantity,
    quote::{Quote, QuotedLine, Summary, Warning},
};
use crate::{CartError, CartService, ports::View};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddItemRequest {
    product_id: ProductId,
    /// How many more.
    #[schema(minimum = 1, maximum = 9999)]
    quantity: i64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SetItemRequest {
    #[schema(minimum = 1, maximum = 9999)]
    quantity: i64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SetItemsRequest {
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<SetItemsLine>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetItemsLine {
    item_id: CartItemId,
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
    product: Option<crate::ports::Item>,
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
pub(crate) fn item_or_null() -> Schema {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    Schema::OneOf(OneOfBuilder::new().item(Ref::from_schema_name("Item")).item(null).build())
}

/// The handlers of one kind of caller, and their part of the document.
macro_rules! handlers {
    ($module:ident, $caller:ident, $cart:literal, $item:literal, $security:literal,
     [$get:literal, $add:literal, $patch:literal, $clear:literal, $set:literal, $remove:literal]) => {
        pub(crate) mod $module {
            use super::*;

            /// The caller's cart.
            #[utoipa::path(
                get, path = $cart, tag = "shopping", operation_id = $get,
                params(UriLanguage),
                responses(
                    (status = 200, body = Envelope<CartResponse>),
                    (status = "4XX", body = Failure),
                    (status = 503, body = Failure),
                ),
                security(($security = [])),
            )]
            pub(crate) async fn get(
                caller: $caller,
                carts: Data<CartService>,
                Lang(language): Lang,
                _: Query<UriLanguage>,
            ) -> ApiResult<CartResponse> {
                let (owner, view) = caller.0.shops(language);
                Ok(Reply::ok(carts.cart(owner, view).await?.into()))
            }

            /// Add to the caller's cart.
            ///
            /// Units of a product that is in the cart already are added to its line. Answers the whole cart.
            #[utoipa::path(
                post, path = $cart, tag = "shopping", operation_id = $add,
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
                security(($security = [])),
            )]
            pub(crate) async fn add(
                caller: $caller,
                carts: Data<CartService>,
                Lang(language): Lang,
                _: Query<UriLanguage>,
                body: Body<AddItemRequest>,
            ) -> ApiResult<CartResponse> {
                let (owner, view) = caller.0.shops(language);
                let AddItemRequest { product_id, quantity } = body.value;
                let quantity = Quantity::new(quantity)?;
                Ok(Reply::ok(carts.add(owner, view, product_id, quantity).await?.into()))
            }

            /// Set the quantities of several items, all or none. Answers the whole cart.
            #[utoipa::path(
                patch, path = $cart, tag = "shopping", operation_id = $patch,
                params(UriLanguage),
                request_body = SetItemsRequest,
                responses(
                    (status = 200, body = Envelope<CartResponse>),
                    (status = 404, body = Failure, description = "CART_ITEM_NOT_FOUND, PRODUCT_NOT_FOUND"),
                    (status = 409, body = Failure, description = "INSUFFICIENT_STOCK {requested, available, inCart}"),
                    (status = 422, body = Failure, description = "MIN_QUANTITY {minQuantity}, VALIDATION_FAILED"),
                    (status = "4XX", body = Failure),
                    (status = 503, body = Failure),
                ),
                security(($security = [])),
            )]
            pub(crate) async fn patch(
                caller: $caller,
                carts: Data<CartService>,
                Lang(language): Lang,
                _: Query<UriLanguage>,
                body: Body<SetItemsRequest>,
            ) -> ApiResult<CartResponse> {
                let (owner, view) = caller.0.shops(language);
                let wanted = body.value.parse()?;
                Ok(Reply::ok(carts.set(owner, view, &wanted).await?.into()))
            }

            /// Empty the caller's cart. Answers it.
            #[utoipa::path(
                delete, path = $cart, tag = "shopping", operation_id = $clear,
                params(UriLanguage),
                responses(
                    (status = 200, body = Envelope<CartResponse>),
                    (status = "4XX", body = Failure),
                    (status = 503, body = Failure),
                ),
                security(($security = [])),
            )]
            pub(crate) async fn clear(
                caller: $caller,
                carts: Data<CartService>,
                Lang(language): Lang,
                _: Query<UriLanguage>,
            ) -> ApiResult<CartResponse> {
                let (owner, view) = caller.0.shops(language);
                Ok(Reply::ok(carts.clear(owner, view).await?.into()))
            }

            /// Set the quantity of an item. Answers the whole cart.
            #[utoipa::path(
                put, path = $item, tag = "shopping", operation_id = $set,
                params(("id" = CartItemId, Path), UriLanguage),
                request_body = SetItemRequest,
                responses(
                    (status = 200, body = Envelope<CartResponse>),
                    (status = 404, body = Failure, description = "CART_ITEM_NOT_FOUND, PRODUCT_NOT_FOUND"),
                    (status = 409, body = Failure, description = "INSUFFICIENT_STOCK {requested, available, inCart}"),
                    (status = 422, body = Failure, description = "MIN_QUANTITY {minQuantity}, VALIDATION_FAILED"),
                    (status = "4XX", body = Failure),
                    (status = 503, body = Failure),
                ),
                security(($security = [])),
            )]
            pub(crate) async fn set(
                caller: $caller,
                Id(item): Id<CartItemId>,
                carts: Data<CartService>,
                Lang(language): Lang,
                _: Query<UriLanguage>,
                body: Body<SetItemRequest>,
            ) -> ApiResult<CartResponse> {
                let (owner, view) = caller.0.shops(language);
                let quantity = Quantity::new(body.value.quantity)?;
                Ok(Reply::ok(carts.set(owner, view, &[(item, quantity)]).await?.into()))
            }

            /// Take an item out of the cart. Answers the whole cart.
            #[utoipa::path(
                delete, path = $item, tag = "shopping", operation_id = $remove,
                params(("id" = CartItemId, Path), UriLanguage),
                responses(
                    (status = 200, body = Envelope<CartResponse>),
                    (status = 404, body = Failure, description = "CART_ITEM_NOT_FOUND"),
                    (status = "4XX", body = Failure),
                    (status = 503, body = Failure),
                ),
                security(($security = [])),
            )]
            pub(crate) async fn remove(
                caller: $caller,
                Id(item): Id<CartItemId>,
                carts: Data<CartService>,
                Lang(language): Lang,
                _: Query<UriLanguage>,
            ) -> ApiResult<CartResponse> {
                let (owner, view) = caller.0.shops(language);
                Ok(Reply::ok(carts.remove(owner, view, item).await?.into()))
            }
        }
    };
}

handlers!(
    mine,
    CurrentUser,
    "/api/me/cart",
    "/api/me/cart/{id}",
    "bearer",
    ["getCart", "addToCart", "setCartItems", "emptyCart", "setCartItem", "removeCartItem"]
);
handlers!(
    guests,
    Guest,
    "/api/guest/cart",
    "/api/guest/cart/{id}",
    "guest",
    [
        "getGuestCart",
        "addToGuestCart",
        "setGuestCartItems",
        "emptyGuestCart",
        "setGuestCartItem",
        "removeGuestCartItem"
    ]
);

/// Somebody who shops: whose things they are, and through whose eyes the catalogue is seen.
pub(crate) trait Shopper {
    fn shops(&self, language: Language) -> (Owner, View);
}

impl Shopper for Customer {
    fn shops(&self, language: Language) -> (Owner, View) {
        (Owner::User(self.user), View { user_type: self.user_type, language })
    }
}

impl Shopper for GuestId {
    fn shops(&self, language: Language) -> (Owner, View) {
        (Owner::Guest(*self), View { user_type: UserType::Individual, language })
    }
}

impl SetItemsRequest {
    fn parse(self) -> Result<Vec<(CartItemId, Quantity)>, ApiError> {
        let mut wanted: Vec<(CartItemId, Quantity)> = Vec::new();
        for SetItemsLine { item_id, quantity } in self.items {
            if wanted.iter().any(|(known, _)| *known == item_id) {
                return Err(CartError::ItemTwice.into());
            }
            wanted.push((item_id, Quantity::new(quantity)?));
        }
        Ok(wanted)
    }
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
