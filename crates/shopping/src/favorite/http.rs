//! Serves `/api/users/me/favorites` and `/api/guest/favorites`.

use actix_web::{HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use http_kit::{
    ApiError, ApiResult, Body, CurrentUser, Envelope, Failure, Guest, Id, Lang, Meta, Page as Paging, Query,
    Reply, UriLanguage,
};
use kernel::{
    Cursor, Language,
    id::{FavoriteId, ProductId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Favorite;
use crate::{
    FavoriteService,
    cart::http::{Shopper as _, item_or_null},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddFavoriteRequest {
    product_id: ProductId,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Favorite)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FavoriteResponse {
    product_id: ProductId,
    added_at: DateTime<Utc>,
    /// The item of the catalogue; null while it is not sold.
    #[schema(schema_with = item_or_null)]
    product: Option<crate::ports::Item>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddedFavorite)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddedResponse {
    product_id: ProductId,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Language of the answer; over `Accept-Language`.
    #[serde(rename = "lang")]
    #[param(value_type = Option<Language>)]
    _lang: Option<Language>,
    /// Items a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `meta.nextCursor` of the page before.
    cursor: Option<String>,
}

/// The handlers of one kind of caller, and their part of the document.
macro_rules! handlers {
    ($module:ident, $caller:ident, $list:literal, $one:literal, $security:literal,
     [$get:literal, $add:literal, $remove:literal]) => {
        pub(crate) mod $module {
            use super::*;

            /// The caller's favourites, the newest first.
            #[utoipa::path(
                get, path = $list, tag = "shopping", operation_id = $get,
                params(ListParams),
                responses(
                    (status = 200, body = Envelope<Vec<FavoriteResponse>>),
                    (status = "4XX", body = Failure),
                    (status = 503, body = Failure),
                ),
                security(($security = [])),
            )]
            pub(crate) async fn list(
                caller: $caller,
                favorites: Data<FavoriteService>,
                Lang(language): Lang,
                Query(params): Query<ListParams>,
            ) -> ApiResult<Vec<FavoriteResponse>> {
                let (owner, view) = caller.0.shops(language);
                let (limit, cursor) = Paging { limit: params.limit, cursor: params.cursor }.parse()?;
                let before: Option<FavoriteId> =
                    cursor.map(|c| c.decode().ok_or_else(Paging::bad_cursor)).transpose()?;
                let page = favorites.list(owner, view, limit, before).await?;
                let next = page.next.map(|last| Cursor::encode(&last));
                let shown: Vec<_> = page.favorites.into_iter().map(FavoriteResponse::from).collect();
                Ok(Reply::ok(shown).with(Meta::page(next.as_ref(), None)))
            }

            /// Remember a product. What is remembered already stays so: 200 instead of 201.
            #[utoipa::path(
                post, path = $list, tag = "shopping", operation_id = $add,
                params(UriLanguage),
                request_body = AddFavoriteRequest,
                responses(
                    (status = 201, body = Envelope<AddedResponse>),
                    (status = 200, body = Envelope<AddedResponse>, description = "it was among them already"),
                    (status = 404, body = Failure, description = "PRODUCT_NOT_FOUND"),
                    (status = 409, body = Failure, description = "FAVORITES_FULL {max}"),
                    (status = "4XX", body = Failure),
                    (status = 503, body = Failure),
                ),
                security(($security = [])),
            )]
            pub(crate) async fn add(
                caller: $caller,
                favorites: Data<FavoriteService>,
                Lang(language): Lang,
                _: Query<UriLanguage>,
                body: Body<AddFavoriteRequest>,
            ) -> ApiResult<AddedResponse> {
                let (owner, view) = caller.0.shops(language);
                let AddFavoriteRequest { product_id } = body.value;
                let new = favorites.add(owner, view, product_id).await?;
                let added = AddedResponse { product_id };
                Ok(if new { Reply::created(added) } else { Reply::ok(added) })
            }

            /// Forget a product; what is not among them is forgotten already.
            #[utoipa::path(
                delete, path = $one, tag = "shopping", operation_id = $remove,
                params(("id" = ProductId, Path, description = "the product's")),
                responses((status = 204), (status = "4XX", body = Failure), (status = 503, body = Failure)),
                security(($security = [])),
            )]
            pub(crate) async fn remove(
                caller: $caller,
                Id(product): Id<ProductId>,
                favorites: Data<FavoriteService>,
            ) -> Result<HttpResponse, ApiError> {
                let (owner, _) = caller.0.shops(Language::default());
                favorites.remove(owner, product).await?;
                Ok(HttpResponse::NoContent().finish())
            }
        }
    };
}

handlers!(
    mine,
    CurrentUser,
    "/api/users/me/favorites",
    "/api/users/me/favorites/{id}",
    "bearer",
    ["listFavorites", "addFavorite", "removeFavorite"]
);
handlers!(
    guests,
    Guest,
    "/api/guest/favorites",
    "/api/guest/favorites/{id}",
    "guest",
    ["listGuestFavorites", "addGuestFavorite", "removeGuestFavorite"]
);

impl From<Favorite> for FavoriteResponse {
    fn from(favorite: Favorite) -> Self {
        let Favorite { product, added_at, item, .. } = favorite;
        Self { product_id: product, added_at, product: item }
    }
}
