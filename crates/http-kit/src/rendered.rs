//! Bodies that are rendered once and sent often: bytes with a strong `ETag`, answered by 304 where the client has them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web::Bytes,
};
use serde::Serialize;

use crate::{Envelope, Meta};

/// A finished body. Cloning shares the bytes.
#[derive(Debug, Clone)]
pub struct Rendered {
    body: Bytes,
    etag: HeaderValue,
}

impl Rendered {
    /// The envelope around `data`, as bytes.
    pub fn new<T: Serialize>(data: T, meta: Option<Meta>) -> Result<Self, serde_json::Error> {
        let body = Bytes::from(serde_json::to_vec(&Envelope::new(data, meta))?);
        // Two runs of the hash with a prefix each: 128 bits, so that different bodies never meet in practice.
        let half = |seed: u8| {
            let mut hasher = DefaultHasher::new();
            seed.hash(&mut hasher);
            body.hash(&mut hasher);
            hasher.finish()
        };
        let tag = format!("\"{:016x}{:016x}\"", half(1), half(2));
        let etag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"0\""));
        Ok(Self { body, etag })
    }

    /// Bytes it occupies.
    pub fn len(&self) -> usize {
        self.body.len()
    }

    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }
}

/// Answers with the body, or 304 when `If-None-Match` names it.
pub fn serve(req: &HttpRequest, rendered: &Rendered, cache_control: &'static str) -> HttpResponse {
    let known = is_known(req, &rendered.etag);
    let mut res = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    res.insert_header((header::ETAG, rendered.etag.clone()))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(cache_control)))
        .insert_header((
            header::VARY,
            HeaderValue::from_static("accept-encoding, accept-language, authorization"),
        ));
    if known {
        return res.finish();
    }
    res.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json")))
        .body(rendered.body.clone())
}

/// Whether `If-None-Match` names the tag: the client has this very body.
pub fn is_known(req: &HttpRequest, etag: &HeaderValue) -> bool {
    req.headers().get_all(header::IF_NONE_MATCH).any(|list| names(list, etag))
}

/// `*`, or a list that holds the tag; a weak one names the same body (RFC 9110 §13.1.2).
fn names(header: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(list), Ok(etag)) = (header.to_str(), etag.to_str()) else { return false };
    list.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
