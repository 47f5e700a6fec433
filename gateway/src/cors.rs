//! Browsers from other origins; everybody else passes by without a look at the rules.

use std::{
    rc::Rc,
    task::{Context, Poll},
};

use actix_cors::Cors;
use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    http::{Method, header},
};
use futures_util::future::{LocalBoxFuture, TryFutureExt as _};

/// Asks the rules about requests that say where they come from. Most do not: apps, servers, and browsers at home.
pub(crate) struct Browsers(pub(crate) Cors);

pub(crate) struct Middleware<S, C> {
    plain: Rc<S>,
    judged: C,
}

impl<S, B> Transform<S, ServiceRequest> for Browsers
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = Middleware<S, <Cors as Transform<Rc<S>, ServiceRequest>>::Transform>;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let plain = Rc::new(service);
        let judged = self.0.new_transform(plain.clone());
        Box::pin(judged.map_ok(|judged| Middleware { plain, judged }))
    }
}

impl<S, C, B> Service<ServiceRequest> for Middleware<S, C>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    C: Service<ServiceRequest, Response = ServiceResponse<EitherBody<B>>, Error = Error>,
    C::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.plain.poll_ready(context)
    }

    fn call(&self, req: ServiceRequest) -> Self::Future {
        if req.headers().contains_key(header::ORIGIN) || req.method() == Method::OPTIONS {
            return Box::pin(self.judged.call(req));
        }
        Box::pin(self.plain.call(req).map_ok(ServiceResponse::map_into_left_body))
    }
}
