//! Success on the wire: `{"success":true,"data":…,"meta":{…}}`.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::StatusCode};
use kernel::Cursor;
use serde::Serialize;
use utoipa::ToSchema;

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
}

impl<T> Reply<T> {
    pub fn ok(data: T) -> Self {
        Self { status: StatusCode::OK, data, meta: None }
    }

    /// A resource was made.
    pub fn created(data: T) -> Self {
        Self { status: StatusCode::CREATED, data, meta: None }
    }

    /// The work is queued.
    pub fn accepted(data: T) -> Self {
        Self { status: StatusCode::ACCEPTED, data, meta: None }
    }

    /// With what is said about a list.
    #[must_use]
    pub fn with(self, meta: Meta) -> Self {
        Self { meta: Some(meta), ..self }
    }
}

impl<T: Serialize> Responder for Reply<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse<BoxBody> {
        HttpResponse::build(self.status)
            .insert_header(("cache-control", "no-store"))
            .json(Envelope::new(self.data, self.meta))
    }
}
