//! Serves `/.well-known/jwks.json`.

use actix_web::{HttpResponse, http::header::CACHE_CONTROL, web::Data};
use http_kit::{Failure, Public};
use serde::Serialize;
use utoipa::ToSchema;

use crate::TokenService;

/// A JSON Web Key Set (RFC 7517), without the envelope: libraries read it as it stands in the standard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Jwks<'a> {
    keys: Vec<Jwk<'a>>,
}

/// An Ed25519 public key (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
struct Jwk<'a> {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    r#use: &'static str,
    kid: &'a str,
    x: &'a str,
}

/// The public keys that verify our tokens.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "auth", operation_id = "jwks",
    responses((status = 200, body = Jwks<'static>), (status = "4XX", body = Failure)),
)]
pub(crate) async fn jwks(_: Public, tokens: Data<TokenService>) -> HttpResponse {
    let keys = tokens
        .public_keys()
        .map(|(kid, x)| Jwk { kty: "OKP", crv: "Ed25519", alg: "EdDSA", r#use: "sig", kid, x })
        .collect();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(Jwks { keys })
}
