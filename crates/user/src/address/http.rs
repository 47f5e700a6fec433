//! Serves `/api/users/me/addresses`.

use actix_web::{HttpResponse, web::Data};
use http_kit::{ApiError, ApiResult, Body, CurrentUser, Envelope, Failure, Fields, Id, Reply};
use kernel::id::AddressId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Address, Country, Defaults, PostalCode};
use crate::{UserService, api::PostalAddress};

const MAX_TITLE_CHARS: usize = 60;
const MAX_LINE_CHARS: usize = 120;
const MAX_CITY_CHARS: usize = 80;

/// Everything is optional to the parser, so that a form hears of all its gaps at once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddressRequest {
    #[schema(required, nullable = false, max_length = 60, example = "Dom")]
    title: Option<String>,
    /// The account's owner when absent.
    #[schema(max_length = 120)]
    recipient: Option<String>,
    #[schema(required, nullable = false, max_length = 120, example = "ul. Piotrkowska 1/2")]
    street: Option<String>,
    #[schema(required, nullable = false, max_length = 80, example = "Łódź")]
    city: Option<String>,
    /// As the country writes it.
    #[schema(required, nullable = false, example = "90-001")]
    postal_code: Option<String>,
    /// ISO 3166-1 alpha-2
    #[schema(required, nullable = false, example = "PL")]
    country: Option<String>,
}

/// What an address is to be the default for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DefaultKind {
    Delivery,
    Billing,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetDefaultRequest {
    r#type: DefaultKind,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressResponse {
    id: AddressId,
    title: String,
    recipient: Option<String>,
    /// The whole address when it came from the tax register and could not be taken apart; city and postal code are
    /// empty then.
    street: String,
    city: String,
    postal_code: String,
    country: String,
    is_default_delivery: bool,
    is_default_billing: bool,
}

/// The address book, oldest first; at most 50.
#[utoipa::path(
    get, path = "/api/users/me/addresses", tag = "user", operation_id = "listAddresses",
    responses((status = 200, body = Envelope<Vec<AddressResponse>>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn list_addresses(
    customer: CurrentUser,
    users: Data<UserService>,
) -> ApiResult<Vec<AddressResponse>> {
    let addresses = users.addresses(customer.0.user).await?;
    Ok(Reply::ok(addresses.into_iter().map(AddressResponse::from).collect()))
}

/// Add an address. The first becomes the default for delivery and for billing.
#[utoipa::path(
    post, path = "/api/users/me/addresses", tag = "user", operation_id = "addAddress",
    request_body = AddressRequest,
    responses((status = 201, body = Envelope<AddressResponse>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn add_address(
    customer: CurrentUser,
    users: Data<UserService>,
    body: Body<AddressRequest>,
) -> ApiResult<AddressResponse> {
    let place = body.value.parse()?;
    let address = users.add_address(customer.0.user, place).await?;
    Ok(Reply::created(address.into()))
}

/// Replace an address; what it is the default for stays. Orders keep the address they were placed with.
#[utoipa::path(
    put, path = "/api/users/me/addresses/{id}", tag = "user", operation_id = "updateAddress",
    params(("id" = AddressId, Path)), request_body = AddressRequest,
    responses((status = 200, body = Envelope<AddressResponse>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn update_address(
    customer: CurrentUser,
    users: Data<UserService>,
    Id(id): Id<AddressId>,
    body: Body<AddressRequest>,
) -> ApiResult<AddressResponse> {
    let place = body.value.parse()?;
    let address = users.change_address(customer.0.user, id, &place).await?;
    Ok(Reply::ok(address.into()))
}

/// Delete an address. What it was the default for, the oldest that remains becomes.
#[utoipa::path(
    delete, path = "/api/users/me/addresses/{id}", tag = "user", operation_id = "deleteAddress",
    params(("id" = AddressId, Path)),
    responses((status = 204, description = "It is gone."), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_address(
    customer: CurrentUser,
    users: Data<UserService>,
    Id(id): Id<AddressId>,
) -> Result<HttpResponse, ApiError> {
    users.delete_address(customer.0.user, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Make an address the default for delivery or for billing, in place of the one that is.
#[utoipa::path(
    post, path = "/api/users/me/addresses/{id}/set-default", tag = "user", operation_id = "setDefaultAddress",
    params(("id" = AddressId, Path)), request_body = SetDefaultRequest,
    responses((status = 200, body = Envelope<AddressResponse>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn set_default(
    customer: CurrentUser,
    users: Data<UserService>,
    Id(id): Id<AddressId>,
    body: Body<SetDefaultRequest>,
) -> ApiResult<AddressResponse> {
    let address = users.make_default(customer.0.user, id, body.value.r#type.into()).await?;
    Ok(Reply::ok(address.into()))
}

impl From<DefaultKind> for Defaults {
    fn from(kind: DefaultKind) -> Self {
        match kind {
            DefaultKind::Delivery => Self::DELIVERY,
            DefaultKind::Billing => Self::BILLING,
        }
    }
}

impl AddressRequest {
    fn parse(self) -> Result<PostalAddress, ApiError> {
        let mut fields = Fields::default();
        let title = fields.text("title", &self.title.unwrap_or_default(), MAX_TITLE_CHARS);
        let recipient = match self.recipient {
            Some(name) => fields.text("recipient", &name, MAX_LINE_CHARS).map(Some),
            None => Some(None),
        };
        let street = fields.text("street", &self.street.unwrap_or_default(), MAX_LINE_CHARS);
        let city = fields.text("city", &self.city.unwrap_or_default(), MAX_CITY_CHARS);
        let (country, code) = (self.country.unwrap_or_default(), self.postal_code.unwrap_or_default());
        // Which codes are good depends on the country: without one there is only whether there is a code.
        let country = fields.text("country", &country, MAX_TITLE_CHARS);
        let country = country.and_then(|code| fields.take("country", code.parse::<Country>()));
        let postal_code = match country {
            Some(country) => fields.take("postalCode", PostalCode::parse(&code, country)),
            None => fields.text("postalCode", &code, MAX_TITLE_CHARS).and(None),
        };
        fields.finish(|| {
            Some(PostalAddress {
                title: title?,
                recipient: recipient?,
                street: street?,
                city: city?,
                postal_code: postal_code?.into_inner(),
                country: country?.code().to_owned(),
            })
        })
    }
}

impl From<Address> for AddressResponse {
    fn from(address: Address) -> Self {
        let place = address.place;
        Self {
            id: address.id,
            title: place.title,
            recipient: place.recipient,
            street: place.street,
            city: place.city,
            postal_code: place.postal_code,
            country: place.country,
            is_default_delivery: address.default_for.delivery,
            is_default_billing: address.default_for.billing,
        }
    }
}
