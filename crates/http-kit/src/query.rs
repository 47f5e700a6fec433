//! The query string, path ids, and paging.

use std::str::FromStr;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::{Ready, ready};
use kernel::{Cursor, FieldError, Language, Limit, Params};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use crate::ApiError;

/// The query string as `T`; 422 when it is not.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = form_urlencoded::parse(req.query_string().as_bytes());
        let parsed = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
        ready(parsed.map(Self).map_err(|e| {
            ApiError::invalid(vec![crate::body::field_error(&e.path().to_string(), &e.inner().to_string())])
        }))
    }
}

/// `?lang=`, for routes that read nothing else of the query.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UriLanguage {
    /// Language of the answer; over `Accept-Language`.
    #[param(value_type = Option<Language>)]
    pub lang: Option<Language>,
}

/// `?limit=&cursor=`, as they come in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Items a page, 1 to 100; 20 when not given.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u32>,
    /// `meta.nextCursor` of the page before.
    pub cursor: Option<String>,
}

impl Page {
    pub fn parse(&self) -> Result<(Limit, Option<Cursor>), ApiError> {
        let limit = match self.limit {
            None => Limit::default(),
            Some(n) => Limit::new(n).ok_or_else(|| {
                let params =
                    Params::from_iter([("min".to_owned(), 1.into()), ("max".to_owned(), Limit::MAX.into())]);
                ApiError::invalid(vec![FieldError { field: "limit".to_owned(), code: "RANGE", params }])
            })?,
        };
        Ok((limit, self.cursor.as_deref().map(Cursor::parse)))
    }

    /// A cursor that this list did not make.
    pub fn bad_cursor() -> ApiError {
        ApiError::invalid(vec![FieldError {
            field: "cursor".to_owned(),
            code: "INVALID",
            params: Params::new(),
        }])
    }
}

/// The `{id}` of the path. What is no id cannot exist: 404.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl<T: FromStr> FromRequest for Id<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = req.match_info().get("id").and_then(|id| id.parse().ok());
        ready(id.map(Self).ok_or_else(ApiError::not_found))
    }
}
