//! Which language to answer in: `?lang=` over `Accept-Language` over the customer's own over Turkish.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::ACCEPT_LANGUAGE, web::Data};
use async_trait::async_trait;
use futures_util::future::{Either, FutureExt as _, LocalBoxFuture, Ready, ready};
use kernel::{Language, id::UserId};

use crate::{ApiError, Caller, RequestContext};

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
    type Future = Either<Ready<Result<Self, ApiError>>, LocalBoxFuture<'static, Result<Self, ApiError>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        if let Some(language) = told(req) {
            return Either::Left(ready(Ok(Self(language))));
        }
        let req = req.clone();
        Either::Right(async move { Ok(Self(of(&req).await)) }.boxed_local())
    }
}

/// What can be told without asking anybody: the request says it, or nobody is there who may have said it before.
fn told(req: &HttpRequest) -> Option<Language> {
    let said = in_query(req.query_string()).or_else(|| in_header(req));
    said.or_else(|| customer(req).is_none().then(Language::default))
}

fn customer(req: &HttpRequest) -> Option<UserId> {
    RequestContext::read(req, |context| match &context.caller {
        Caller::Customer(customer) => Some(customer.user),
        _ => None,
    })
    .flatten()
}

pub(crate) async fn of(req: &HttpRequest) -> Language {
    if let Some(language) = told(req) {
        return language;
    }
    let user = customer(req);
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
