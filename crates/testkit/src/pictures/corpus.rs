//! Files that somebody may upload, each with what is to become of it.

use image::ImageFormat;
use png::{BitDepth, ColorType};

use super::{
    PAYLOAD, bomb, encoded, jpeg, jpeg_in_scans, jpeg_with_exif, padded, png, png_of_zeros,
    png_to_see_through, png_with_text, two_halves, webp, webp_animated, webp_with_exif,
};

/// One file.
#[derive(Debug, Clone)]
pub struct Sample {
    pub what: &'static str,
    /// The content type that the client says it has.
    pub declared: &'static str,
    pub bytes: Vec<u8>,
    pub expected: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// With these sides.
    Stored(u32, u32),
    /// With this status and code.
    Refused(u16, &'static str),
}

use Expected::{Refused, Stored};

const JPEG: &str = "image/jpeg";
const PNG: &str = "image/png";
const WEBP: &str = "image/webp";
const BROKEN: Expected = Refused(422, "IMAGE_INVALID");
const TOO_LARGE: Expected = Refused(422, "IMAGE_TOO_LARGE");
const WRONG_TYPE: Expected = Refused(415, "UNSUPPORTED_MEDIA_TYPE");
/// The most that a file may have.
const LIMIT: usize = 2_097_152;

pub fn corpus() -> Vec<Sample> {
    [good(), carrying(), large(), broken(), foreign()].concat()
}

fn sample(what: &'static str, declared: &'static str, bytes: Vec<u8>, expected: Expected) -> Sample {
    Sample { what, declared, bytes, expected }
}

fn good() -> Vec<Sample> {
    vec![
        sample("a jpeg", JPEG, jpeg(640, 480), Stored(640, 480)),
        sample("a png", PNG, png(64, 48), Stored(64, 48)),
        sample("a png to see through", PNG, png_to_see_through(64, 48), Stored(64, 48)),
        sample("a webp", WEBP, webp(64, 48), Stored(64, 48)),
        sample("one pixel", PNG, png(1, 1), Stored(1, 1)),
        sample("to the byte as large as allowed", JPEG, padded(jpeg(64, 48), LIMIT), Stored(64, 48)),
        sample("a jpeg larger than what is stored", JPEG, jpeg(3_000, 1_500), Stored(1_024, 512)),
    ]
}

fn carrying() -> Vec<Sample> {
    let behind = |bytes: Vec<u8>, more: &str| [bytes, more.as_bytes().to_vec()].concat();
    let zip = format!("PK\u{3}\u{4}{PAYLOAD}PK\u{5}\u{6}");
    vec![
        sample("a jpeg with EXIF, lying on its side", JPEG, jpeg_with_exif(80, 40, 6), Stored(40, 80)),
        sample("a webp with EXIF, lying on its side", WEBP, webp_with_exif(80, 40, 8), Stored(40, 80)),
        sample("a png with a text in it", PNG, png_with_text(64, 48), Stored(64, 48)),
        sample("a jpeg that is a web page too", JPEG, behind(jpeg(64, 48), PAYLOAD), Stored(64, 48)),
        sample("a jpeg that is an archive too", JPEG, behind(jpeg(64, 48), &zip), Stored(64, 48)),
        sample("a png that is a web page too", PNG, behind(png(64, 48), PAYLOAD), Stored(64, 48)),
    ]
}

fn large() -> Vec<Sample> {
    let zeros = |width, height| png_of_zeros((width, height), ColorType::Rgba, BitDepth::Eight);
    let deep = png_of_zeros((5_000, 5_000), ColorType::Rgba, BitDepth::Sixteen);
    let one_more = padded(jpeg(64, 48), LIMIT + 1);
    vec![
        sample("one byte more than allowed", JPEG, one_more, Refused(413, "FILE_TOO_LARGE")),
        sample("a bomb: 48 KB that decode to 400 MB", PNG, bomb(), TOO_LARGE),
        sample("a bomb of a side too long", PNG, zeros(20_000, 5_000), TOO_LARGE),
        sample("a bomb within the pixels: 200 MB", PNG, deep, TOO_LARGE),
        sample("as long as allowed", JPEG, jpeg(6_000, 60), Stored(1_024, 10)),
        sample("a jpeg of a side too long", JPEG, jpeg(6_001, 10), TOO_LARGE),
        sample("a webp of a side too long", WEBP, webp(10, 6_001), TOO_LARGE),
        sample("25 megapixels", PNG, zeros(5_000, 5_000), Stored(1_024, 1_024)),
        sample(
            "a jpeg in scans, 25 megapixels",
            JPEG,
            jpeg_in_scans(5_000, 5_000, false),
            Stored(1_024, 1_024),
        ),
        sample("a jpeg in scans that takes 225 MB", JPEG, jpeg_in_scans(5_000, 5_000, true), TOO_LARGE),
        sample("a few more than 25 megapixels", PNG, zeros(5_001, 5_000), TOO_LARGE),
    ]
}

fn broken() -> Vec<Sample> {
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let start = |start: &[u8], more: &str| [start, more.as_bytes()].concat();
    let mut flipped = png(64, 48);
    let at = flipped.len() - 20;
    flipped[at] ^= 0xFF;
    vec![
        sample("nothing", JPEG, Vec::new(), BROKEN),
        sample("35 bytes that begin like a jpeg", JPEG, start(b"\xFF\xD8\xFF\xE0", PAYLOAD), BROKEN),
        sample("what begins like a png", PNG, start(b"\x89PNG\r\n\x1A\n", PAYLOAD), BROKEN),
        sample("what begins like a webp", WEBP, start(b"RIFF\x10\0\0\0WEBP", PAYLOAD), BROKEN),
        sample("half a jpeg", JPEG, half(jpeg(640, 480)), BROKEN),
        sample("half a png", PNG, half(png(640, 480)), BROKEN),
        sample("half a webp", WEBP, half(webp(640, 480)), BROKEN),
        sample("a png with a wrong byte", PNG, flipped, BROKEN),
        sample("an animated webp", WEBP, webp_animated(64, 48), BROKEN),
    ]
}

fn foreign() -> Vec<Sample> {
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec();
    let svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{PAYLOAD}</svg>").into_bytes();
    let mut bmp = encoded(&two_halves(4, 4), ImageFormat::Png);
    bmp[..2].copy_from_slice(b"BM");
    vec![
        sample("a png called a jpeg", JPEG, png(64, 48), WRONG_TYPE),
        sample("a jpeg called a webp", WEBP, jpeg(64, 48), WRONG_TYPE),
        sample("a jpeg called a file", "application/octet-stream", jpeg(64, 48), WRONG_TYPE),
        sample("a gif", "image/gif", gif.clone(), WRONG_TYPE),
        sample("a gif called a png", PNG, gif, WRONG_TYPE),
        sample("an svg", "image/svg+xml", svg.clone(), WRONG_TYPE),
        sample("an svg called a png", PNG, svg, WRONG_TYPE),
        sample("a bmp called a png", PNG, bmp, WRONG_TYPE),
        sample("a web page called a jpeg", JPEG, format!("<html>{PAYLOAD}").into_bytes(), WRONG_TYPE),
    ]
}
