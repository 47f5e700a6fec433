//! What the fuzz targets feed: bytes, without a shop around them.

use crate::{
    picture::{Header, develop},
    upload::http::read_bytes,
};

/// Reads a form with the field `photo`, whose parts are divided by `--x`, and makes its picture anew.
pub async fn form(body: &[u8]) {
    let Some((declared, bytes)) = read_bytes(body, "photo").await else { return };
    let Ok(header) = Header::read(declared, &bytes) else { return };
    if let Ok(developed) = develop(&bytes, &header) {
        assert!(!developed.main.is_empty() && !developed.thumbnail.is_empty());
    }
}
