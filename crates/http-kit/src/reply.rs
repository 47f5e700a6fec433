//! Success on the wire: `{"success":true,"data":…,"meta":{…}}`.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{StatusCode, header},
};
use kernel::Cursor;
use serde::Serialize;
use utoipa::ToSchema;

use crate::if_match;

/// The body of every success.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope<T, M = Meta> {
    /// Always `true`.
    success: bool,
    data: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    meta: Option<M>,
}

/// What is said about a list.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Ask with it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
    /// How many items there are in all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    total: Option<i64>,
}

impl Meta {
    pub fn page(next: Option<&Cursor>, total: Option<i64>) -> Self {
        Self { next_cursor: next.map(|c| c.as_str().to_owned()), total }
    }
}

impl<T: Serialize, M: Serialize> Envelope<T, M> {
    pub fn new(data: T, meta: Option<M>) -> Self {
        Self { success: true, data, meta }
    }
}

/// A handler's answer: status and data; the envelope is put around it here.
#[derive(Debug)]
pub struct Reply<T> {
    pub(crate) status: StatusCode,
    pub(crate) data: T,
    meta: Option<Meta>,
    version: Option<i32>,
}

impl<T> Reply<T> {
    pub fn ok(data: T) -> Self {
        Self { status: StatusCode::OK, data, meta: None, version: None }
    }

    /// A resource was made.
    pub fn created(data: T) -> Self {
        Self { status: StatusCode::CREATED, data, meta: None, version: None }
    }

    /// The work is queued.
    pub fn accepted(data: T) -> Self {
        Self { status: StatusCode::ACCEPTED, data, meta: None, version: None }
    }

    /// With what is said about a list.
    #[must_use]
    pub fn with(self, meta: Meta) -> Self {
        Self { meta: Some(meta), ..self }
    }

    /// With the version that a change will have to name (`ETag`).
    #[must_use]
    pub fn of_version(self, version: i32) -> Self {
        Self { version: Some(version), ..self }
    }
}

impl<T: Serialize> Responder for Reply<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse<BoxBody> {
        let mut res = HttpResponse::build(self.status);
        if let Some(version) = self.version {
            res.insert_header((header::ETAG, if_match::tag_of(version)));
        }
        res.insert_header(("cache-control", "no-store")).json(Envelope::new(self.data, self.meta))
    }
}
