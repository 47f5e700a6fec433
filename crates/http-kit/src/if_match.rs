//! `If-Match`: a change says which version it was made from.

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use futures_util::future::{Ready, ready};
use kernel::Expected;

use crate::ApiError;

/// The header of that name: one tag as an answer's `ETag` gave it, or `*`. 428 without it. What is no tag of ours names
/// no version that there ever was.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Expected);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let given = req.headers().get(header::IF_MATCH).map(|tag| tag.to_str().unwrap_or_default().trim());
        ready(match given {
            None => Err(ApiError::new(StatusCode::PRECONDITION_REQUIRED, "IF_MATCH_REQUIRED")),
            Some("*") => Ok(Self(Expected::Any)),
            Some(tag) => {
                let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')?.parse().ok());
                Ok(Self(version.map_or(Expected::Never, Expected::Version)))
            }
        })
    }
}

/// The strong tag of a version.
pub(crate) fn tag_of(version: i32) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}
