//! Serves `/api/auth/migrate-guest-data`.

use actix_web::web::Data;
use http_kit::{ApiResult, Body, CurrentUser, Envelope, Failure, Reply};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::GuestMigration;
use crate::ports::MovedGuestData;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MigrateRequest {
    guest_token: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MigratedGuestData)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MigratedResponse {
    /// Lines of the guest's cart that are in the caller's now.
    cart_items: i32,
    /// Favourites that the caller did not have yet.
    favorites: i32,
}

/// Take along what was put into the cart and remembered before signing in.
///
/// Quantities are added, as far as the units can be had and the cart has room. Once for each guest session: asked again
/// by the same customer it tells the same, by anybody else it does not exist.
#[utoipa::path(
    post, path = "/api/auth/migrate-guest-data", tag = "auth", operation_id = "migrateGuestData",
    request_body = MigrateRequest,
    responses(
        (status = 200, body = Envelope<MigratedResponse>),
        (status = 404, body = Failure, description = "GUEST_SESSION_NOT_FOUND"),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn migrate(
    CurrentUser(customer): CurrentUser,
    guests: Data<GuestMigration>,
    body: Body<MigrateRequest>,
) -> ApiResult<MigratedResponse> {
    let moved = guests.migrate(&body.value.guest_token, customer.user, customer.user_type).await?;
    let MovedGuestData { cart_items, favorites } = moved;
    Ok(Reply::ok(MigratedResponse { cart_items, favorites }))
}
