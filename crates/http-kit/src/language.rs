//! Which language to answer in: `?lang=` over `Accept-Language` over the customer's own over Turkish.

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::header::ACCEPT_LANGUAGE, web::Data,
};
use async_trait::async_trait;
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use kernel::{Language, id::UserId};

use std::sync::Arc;

use crate::{ApiError, Caller};

/// The language a customer chose, remembered with the account.
#[async_trait]
pub trait StoredLanguage: Send + Sync {
    async fn language_of(&self, user: UserId) -> Option<Language>;
}

/// The language of the answer.
#[derive(Debug, Clone, Copy)]
pub struct Lang(pub Language);

impl FromRequest for Lang {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        async move { Ok(Self(of(&req).await)) }.boxed_local()
    }
}

pub(crate) async fn of(req: &HttpRequest) -> Language {
    if let Some(language) = in_query(req.query_string()).or_else(|| in_header(req)) {
        return language;
    }
    let user = match req.extensions().get::<Arc<Caller>>().map(|caller| &**caller) {
        Some(Caller::Customer(customer)) => Some(customer.user),
        _ => None,
    };
    match (user, req.app_data::<Data<dyn StoredLanguage>>()) {
        (Some(user), Some(stored)) => stored.language_of(user).await.unwrap_or_default(),
        _ => Language::default(),
    }
}

fn in_query(query: &str) -> Option<Language> {
    query.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(|tag| tag.parse().ok())
}

fn in_header(req: &HttpRequest) -> Option<Language> {
    Language::negotiate(req.headers().get(ACCEPT_LANGUAGE)?.to_str().ok()?)
}
