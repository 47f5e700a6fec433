//! Pictures: what is taken, and what is made of it. Pure: bytes in, bytes out.
//!
//! Nothing of what came in leaves again but the pixels: the picture is decoded, turned upright, made smaller and
//! encoded anew, which drops EXIF, places, comments, trailers and whatever else a file can carry. Colours are taken
//! for sRGB, for a colour profile is dropped too.

mod darkroom;
mod develop;
mod header;
#[cfg(test)]
mod tests;

use image::ImageFormat;

pub(crate) use self::{
    darkroom::Darkroom,
    develop::{Developed, develop},
    header::Header,
};

/// The longest side that is taken, pixels.
pub(crate) const MAX_SIDE: u32 = 6_000;
/// The same for the client.
pub(crate) const MAX_SIDE_TOLD: u64 = 6_000;
/// The largest area that is taken, millions of pixels.
pub(crate) const MAX_MEGAPIXELS: u64 = 25;
/// What decoding one picture may take, bytes: enough for 25 megapixels of every usual kind. Pictures with 16 bits a
/// channel, and progressive ones with full colour resolution, take twice as much and reach it at about 17 megapixels.
pub(crate) const MAX_MEMORY: u64 = 25_000_000 * 6;
/// Longest side of what is stored.
pub(crate) const MAIN_SIDE: u32 = 1_024;
pub(crate) const THUMBNAIL_SIDE: u32 = 256;

/// What is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
    WebP,
}

impl Format {
    /// By what the client says it is.
    pub(crate) fn declared(content_type: &str) -> Option<Self> {
        match content_type {
            "image/jpeg" => Some(Self::Jpeg),
            "image/png" => Some(Self::Png),
            "image/webp" => Some(Self::WebP),
            _ => None,
        }
    }

    /// By its first bytes.
    fn signed(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    fn decoded_as(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::WebP => ImageFormat::WebP,
        }
    }
}

/// What is stored: JPEG, or PNG for what one can see through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Encoding {
    Jpeg,
    Png,
}

impl Encoding {
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    pub(crate) fn of_ending(ending: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png].into_iter().find(|encoding| encoding.ending() == ending)
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}
