//! Serves `/api/admin/products/{id}/stock` and `…/stock-movements`.

use std::sync::Arc;

use actix_web::{HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use http_kit::{
    Answers, ApiError, ApiResult, Body, Envelope, Failure, Fields, Id, IdempotencyKey, KeyedRequest, Meta,
    Page, Query, Reply, Staff, Turn, once,
};
use kernel::{
    Actor, Cursor,
    id::{OrderId, ProductId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Kind, MOST, Movement, Stock, service::Change};
use crate::{
    StockKeeping,
    http::{ManageStock, SeeStock},
};

const MAX_REASON_CHARS: usize = 200;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeStockRequest {
    /// `receive`: goods came in. `adjust`: the count was another than the books'. `writeoff`: goods are gone or spoilt.
    kind: KindRequest,
    /// Units. Of `adjust` the difference, which may be negative.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    quantity: i64,
    /// For whoever reads the books later: a delivery note, what was spoilt.
    #[schema(max_length = 200)]
    reason: String,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KindRequest {
    Receive,
    Adjust,
    Writeoff,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PutStockRequest {
    /// With fewer units to be had, the product runs low (`inventory.stock_low.v1`).
    #[schema(maximum = 1_000_000)]
    low_at: u32,
}

/// How much of a product there is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StockResponse {
    product_id: ProductId,
    /// Units in the house.
    on_hand: u32,
    /// Of these, put aside for orders.
    reserved: u32,
    /// Units that can be sold.
    available: u32,
    /// Raised by every movement.
    version: i64,
    /// With fewer units available the product runs low.
    low_at: u32,
    low: bool,
}

/// One change of the stock. Those of a product are a chain without gaps.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MovementResponse {
    version: i64,
    /// `receive`, `adjust`, `writeoff` by a person; `reserve`, `commit`, `release`, `expire` by an order.
    kind: String,
    /// What it added to the units in the house.
    on_hand: i32,
    /// What it added to those put aside.
    reserved: i32,
    on_hand_after: u32,
    reserved_after: u32,
    /// Whose units they are.
    order_id: Option<OrderId>,
    /// The id of whoever did it; `order` for the shop itself.
    actor: String,
    reason: Option<String>,
    at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StockHistory {
    stock: StockResponse,
    /// Newest first.
    movements: Vec<MovementResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StockChanged {
    stock: StockResponse,
    movement: MovementResponse,
}

/// Receive goods, correct a count, write goods off.
///
/// Needs an `Idempotency-Key`. The same key and body give the first answer again, byte for byte.
#[utoipa::path(
    post, path = "/api/admin/products/{id}/stock-movements", tag = "administration", operation_id = "changeStock",
    params(
        ("id" = ProductId, Path),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters, one per intended change"),
    ),
    request_body = ChangeStockRequest,
    responses(
        (status = 201, body = Envelope<StockChanged>),
        (status = 409, body = Failure, description = "`STOCK_RESERVED {onHand, reserved}`: what is put aside for orders cannot be taken; `REQUEST_IN_PROGRESS`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn change_stock(
    staff: Staff<ManageStock>,
    keeping: Data<StockKeeping>,
    answers: Data<dyn Answers>,
    id: Id<ProductId>,
    key: IdempotencyKey,
    body: Body<ChangeStockRequest>,
) -> Result<HttpResponse, ApiError> {
    let (actor, product) = (staff.member.actor, id.0);
    let Body { value, raw } = body;
    let change = value.parse(product)?;
    let endpoint = format!("stock.change:{product}");
    let request = KeyedRequest::new(&endpoint, actor.staff, key, raw);
    answer(keeping, answers.into_inner(), request, (actor, change)).await
}

async fn answer(
    keeping: Data<StockKeeping>,
    answers: Arc<dyn Answers>,
    request: KeyedRequest,
    (actor, change): (Actor, Change),
) -> Result<HttpResponse, ApiError> {
    once(answers, request, move |turn| async move {
        let (Turn::First(request) | Turn::Again(request)) = turn;
        let (movement, stock) = keeping.change(actor, &Change { request, ..change }).await?;
        Ok(Reply::created(StockChanged { stock: stock.into(), movement: movement.into() }))
    })
    .await
}

/// How much of a product there is, and what was done to it.
#[utoipa::path(
    get, path = "/api/admin/products/{id}/stock", tag = "administration", operation_id = "getStock",
    params(("id" = ProductId, Path), Page),
    responses((status = 200, body = Envelope<StockHistory>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn get_stock(
    _: Staff<SeeStock>,
    keeping: Data<StockKeeping>,
    id: Id<ProductId>,
    page: Query<Page>,
) -> ApiResult<StockHistory> {
    let (limit, cursor) = page.0.parse()?;
    let before = cursor.map(|c| c.decode().ok_or_else(Page::bad_cursor)).transpose()?;
    let (stock, mut movements) = keeping.history(id.0, before, limit).await?;
    let more = movements.len() > limit.get();
    movements.truncate(limit.get());
    let next = movements.last().filter(|_| more).map(|last| Cursor::encode(&last.version));
    let movements = movements.into_iter().map(MovementResponse::from).collect();
    Ok(Reply::ok(StockHistory { stock: stock.into(), movements }).with(Meta::page(next.as_ref(), None)))
}

/// Say below how many units a product runs low.
#[utoipa::path(
    put, path = "/api/admin/products/{id}/stock", tag = "administration", operation_id = "putStock",
    params(("id" = ProductId, Path)),
    request_body = PutStockRequest,
    responses((status = 200, body = Envelope<StockResponse>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn put_stock(
    staff: Staff<ManageStock>,
    keeping: Data<StockKeeping>,
    id: Id<ProductId>,
    body: Body<PutStockRequest>,
) -> ApiResult<StockResponse> {
    let low_at = body.value.low_at;
    let mut fields = Fields::default();
    if low_at > MOST {
        fields.refuse("lowAt", "INVALID");
    }
    fields.finish(|| Some(()))?;
    Ok(Reply::ok(keeping.put_low_at(staff.member.actor, id.0, low_at).await?.into()))
}

impl ChangeStockRequest {
    /// The use case's words; the request's id comes with the key.
    fn parse(self, product: ProductId) -> Result<Change, ApiError> {
        let kind = match self.kind {
            KindRequest::Receive => Kind::Receive,
            KindRequest::Adjust => Kind::Adjust,
            KindRequest::Writeoff => Kind::Writeoff,
        };
        let mut fields = Fields::default();
        let delta = kind.delta(self.quantity);
        if delta.is_none() {
            fields.refuse("quantity", "INVALID");
        }
        let reason = fields.text("reason", &self.reason, MAX_REASON_CHARS);
        fields.finish(|| Some(Change { request: Uuid::nil(), product, kind, delta: delta?, reason: reason? }))
    }
}

impl From<Stock> for StockResponse {
    fn from(stock: Stock) -> Self {
        let Stock { product, on_hand, reserved, version, low_at } = stock;
        let available = on_hand.saturating_sub(reserved);
        Self { product_id: product, on_hand, reserved, available, version, low_at, low: available < low_at }
    }
}

impl From<Movement> for MovementResponse {
    fn from(movement: Movement) -> Self {
        Self {
            version: movement.version,
            kind: movement.kind,
            on_hand: movement.on_hand,
            reserved: movement.reserved,
            on_hand_after: movement.on_hand_after,
            reserved_after: movement.reserved_after,
            order_id: movement.order,
            actor: movement.actor,
            reason: movement.reason,
            at: movement.at,
        }
    }
}
