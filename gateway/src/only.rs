//! Middleware for those requests alone that it concerns; the others pass by.

use std::{
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    http::{Method, header},
};
use futures_util::future::{Either, LocalBoxFuture, MapOk, TryFutureExt as _};

/// `then` around what `concerns` it.
pub(crate) struct Only<T> {
    pub(crate) concerns: fn(&ServiceRequest) -> bool,
    pub(crate) then: T,
}

/// It comes from a page of another origin, or asks what such a page may do. Most do neither: apps, servers, and browsers
/// at home.
pub(crate) fn from_elsewhere(req: &ServiceRequest) -> bool {
    req.headers().contains_key(header::ORIGIN) || req.method() == Method::OPTIONS
}

/// It can do with a compressed answer.
pub(crate) fn takes_encodings(req: &ServiceRequest) -> bool {
    req.headers().contains_key(header::ACCEPT_ENCODING)
}

pub(crate) struct Middleware<S, T> {
    concerns: fn(&ServiceRequest) -> bool,
    plain: Rc<S>,
    then: T,
}

impl<S, T, B, C> Transform<S, ServiceRequest> for Only<T>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    T: Transform<Rc<S>, ServiceRequest, Response = ServiceResponse<C>, Error = Error, InitError = ()>,
    T::Future: 'static,
    B: MessageBody + 'static,
    C: MessageBody + 'static,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Transform = Middleware<S, T::Transform>;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let (concerns, plain) = (self.concerns, Rc::new(service));
        let then = self.then.new_transform(plain.clone());
        Box::pin(then.map_ok(move |then| Middleware { concerns, plain, then }))
    }
}

/// What comes of a service, its body boxed: so both ways have the same.
type Boxed<F, B> = MapOk<F, fn(ServiceResponse<B>) -> ServiceResponse<BoxBody>>;

impl<S, T, B, C> Service<ServiceRequest> for Middleware<S, T>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    T: Service<ServiceRequest, Response = ServiceResponse<C>, Error = Error>,
    B: MessageBody + 'static,
    C: MessageBody + 'static,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Future = Either<Boxed<S::Future, B>, Boxed<T::Future, C>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.plain.poll_ready(context)
    }

    fn call(&self, req: ServiceRequest) -> Self::Future {
        if (self.concerns)(&req) {
            Either::Right(self.then.call(req).map_ok(ServiceResponse::map_into_boxed_body))
        } else {
            Either::Left(self.plain.call(req).map_ok(ServiceResponse::map_into_boxed_body))
        }
    }
}
