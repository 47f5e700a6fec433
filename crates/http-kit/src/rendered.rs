//! Bodies that are rendered once and sent often: bytes with a strong `ETag`, answered by 304 where the client has them.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Write as _},
    sync::{Arc, OnceLock},
};

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    http::header::{self, AcceptEncoding, ContentEncoding, Encoding, HeaderValue},
    web::Bytes,
};
use serde::Serialize;

use crate::Envelope;

/// What is preferred when the client likes several equally comes first. The same as actix' `Compress` knows, which
/// leaves alone what comes to it encoded.
const ENCODINGS: [ContentEncoding; 5] = [
    ContentEncoding::Identity,
    ContentEncoding::Brotli,
    ContentEncoding::Gzip,
    ContentEncoding::Deflate,
    ContentEncoding::Zstd,
];

static VARY: HeaderValue =
    HeaderValue::from_static("accept-encoding, accept-language, authorization, origin");
static JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A finished body. Cloning shares the bytes, also those that are compressed later.
#[derive(Debug, Clone)]
pub struct Rendered(Arc<Forms>);

#[derive(Debug)]
struct Forms {
    plain: Form,
    /// By their place in [`ENCODINGS`], each made when somebody first asks for it.
    encoded: [OnceLock<Form>; ENCODINGS.len()],
}

/// The body in one encoding. A strong tag names bytes, so each has its own (RFC 9110 §8.8.3.3).
#[derive(Debug, Clone)]
struct Form {
    body: Bytes,
    etag: HeaderValue,
    encoding: ContentEncoding,
}

impl Rendered {
    /// The envelope around `data`, as bytes.
    pub fn new<T: Serialize, M: Serialize>(data: T, meta: Option<M>) -> Result<Self, serde_json::Error> {
        let body = Bytes::from(serde_json::to_vec(&Envelope::new(data, meta))?);
        // Two runs of the hash with a prefix each: 128 bits, so that different bodies never meet in practice.
        let half = |seed: u8| {
            let mut hasher = DefaultHasher::new();
            seed.hash(&mut hasher);
            body.hash(&mut hasher);
            hasher.finish()
        };
        let etag = tag(&format!("{:016x}{:016x}", half(1), half(2)));
        let plain = Form { body, etag, encoding: ContentEncoding::Identity };
        Ok(Self(Arc::new(Forms { plain, encoded: Default::default() })))
    }

    /// Bytes it occupies at most: a compressed form is smaller than the plain one, and clients ask for one or two.
    pub fn len(&self) -> usize {
        self.0.plain.body.len() * 2
    }

    pub fn is_empty(&self) -> bool {
        self.0.plain.body.is_empty()
    }

    /// The bytes as they are sent in that encoding.
    #[cfg(test)]
    pub(crate) fn bytes(&self, encoding: ContentEncoding) -> Bytes {
        self.form(encoding).body.clone()
    }

    fn form(&self, encoding: ContentEncoding) -> &Form {
        let Forms { plain, encoded } = &*self.0;
        let place = ENCODINGS.iter().position(|known| *known == encoding);
        match place.and_then(|place| encoded.get(place)) {
            Some(form) if encoding != ContentEncoding::Identity => {
                form.get_or_init(|| plain.encoded(encoding))
            }
            _ => plain,
        }
    }
}

impl Form {
    /// Writing into memory does not fail; were it to, the plain form is what everybody understands.
    fn encoded(&self, encoding: ContentEncoding) -> Self {
        let Ok(body) = compress(&self.body, encoding) else { return self.clone() };
        let plain = self.etag.to_str().unwrap_or_default().trim_matches('"');
        Self { body: body.into(), etag: tag(&format!("{plain}-{}", encoding.as_str())), encoding }
    }
}

fn tag(text: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{text}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// At the levels at which actix compresses.
fn compress(body: &[u8], encoding: ContentEncoding) -> io::Result<Vec<u8>> {
    use flate2::{Compression, write};
    match encoding {
        ContentEncoding::Brotli => {
            let mut writer = brotli::CompressorWriter::new(Vec::new(), 32 * 1024, 3, 22);
            writer.write_all(body)?;
            Ok(writer.into_inner())
        }
        ContentEncoding::Gzip => {
            let mut writer = write::GzEncoder::new(Vec::new(), Compression::fast());
            writer.write_all(body)?;
            writer.finish()
        }
        ContentEncoding::Deflate => {
            let mut writer = write::ZlibEncoder::new(Vec::new(), Compression::fast());
            writer.write_all(body)?;
            writer.finish()
        }
        ContentEncoding::Zstd => zstd::encode_all(body, 3),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Answers with the body in the encoding the client likes best, or 304 when `If-None-Match` names it.
pub fn serve(req: &HttpRequest, rendered: &Rendered, cache_control: &'static str) -> HttpResponse {
    let form = rendered.form(liked(req));
    let known = is_known(req, &form.etag);
    let mut res = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    res.insert_header((header::ETAG, form.etag.clone()))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(cache_control)))
        .insert_header((header::VARY, VARY.clone()));
    if known {
        return res.finish();
    }
    if form.encoding != ContentEncoding::Identity {
        res.insert_header((header::CONTENT_ENCODING, form.encoding));
    }
    res.insert_header((header::CONTENT_TYPE, JSON.clone())).body(form.body.clone())
}

fn liked(req: &HttpRequest) -> ContentEncoding {
    if !req.headers().contains_key(header::ACCEPT_ENCODING) {
        return ContentEncoding::Identity;
    }
    let known = ENCODINGS.map(Encoding::Known);
    match req.get_header::<AcceptEncoding>().and_then(|asked| asked.negotiate(known.iter())) {
        Some(Encoding::Known(encoding)) => encoding,
        _ => ContentEncoding::Identity,
    }
}

/// Whether `If-None-Match` names the tag: the client has this very body.
pub fn is_known(req: &HttpRequest, etag: &HeaderValue) -> bool {
    req.headers().get_all(header::IF_NONE_MATCH).any(|list| names(list, etag))
}

/// `*`, or a list that holds the tag; a weak one names the same body (RFC 9110 §13.1.2).
fn names(header: &HeaderValue, etag: &HeaderValue) -> bool {
    // What nearly everybody sends: the one tag they were given.
    if header == etag {
        return true;
    }
    let (Ok(list), Ok(etag)) = (header.to_str(), etag.to_str()) else { return false };
    list.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
