//! Pictures made for tests: good ones, broken ones, and those that mean harm.
#![expect(clippy::unwrap_used, reason = "for tests only, which it fails")]

mod containers;
mod corpus;

pub use self::{
    containers::{jpeg_with_exif, png_with_text, webp_animated, webp_with_exif},
    corpus::{Expected, Sample, corpus},
};

pub use png::{BitDepth, ColorType};

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// What must not come out again, wherever it went in.
pub const PAYLOAD: &str = "<script>PAYLOAD-8c1f</script>";

pub const RED: [u8; 3] = [220, 20, 30];
pub const BLUE: [u8; 3] = [20, 30, 220];

/// Red on the left, blue on the right.
pub fn two_halves(width: u32, height: u32) -> DynamicImage {
    let colour = |x, _| Rgb(if x < width / 2 { RED } else { BLUE });
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, colour))
}

/// Nothing in it repeats, so that it does not get small.
pub fn noise(width: u32, height: u32) -> DynamicImage {
    let mut state = 0x2545_F491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |_, _| Rgb([next(), next(), next()])))
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(&two_halves(width, height), ImageFormat::Jpeg)
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(&two_halves(width, height), ImageFormat::Png)
}

pub fn webp(width: u32, height: u32) -> Vec<u8> {
    encoded(&two_halves(width, height), ImageFormat::WebP)
}

/// One can see through its left half.
pub fn png_to_see_through(width: u32, height: u32) -> Vec<u8> {
    let colour = |x, _| Rgba([20, 30, 220, if x < width / 2 { 0 } else { 255 }]);
    encoded(&DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, colour)), ImageFormat::Png)
}

pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG of zeros, compressed as well as can be, written row by row: it may be larger than memory.
pub fn png_of_zeros(sides: (u32, u32), colours: ColorType, depth: BitDepth) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, sides.0, sides.1);
    encoder.set_color(colours);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let depth_bits = match depth {
        BitDepth::One => 1,
        BitDepth::Two => 2,
        BitDepth::Four => 4,
        BitDepth::Eight => 8,
        BitDepth::Sixteen => 16,
    };
    let bits = colours.samples() * depth_bits * usize::try_from(sides.0).unwrap();
    let row = vec![0; bits.div_ceil(8)];
    let mut writer = encoder.write_header().unwrap();
    let mut stream = writer.stream_writer().unwrap();
    for _ in 0..sides.1 {
        std::io::Write::write_all(&mut stream, &row).unwrap();
    }
    stream.finish().unwrap();
    drop(writer);
    bytes
}

/// A grey JPEG in several scans, as slow connections like it: a decoder holds all its coefficients at once. `full`: with
/// full colour resolution, which is twice as much to hold.
pub fn jpeg_in_scans(width: u16, height: u16, full: bool) -> Vec<u8> {
    let (sampling, side, blocks) = if full { (0x11, 8, 3) } else { (0x22, 16, 6) };
    let units = usize::from(width.div_ceil(side)) * usize::from(height.div_ceil(side));
    let ([w1, w2], [h1, h2]) = (width.to_be_bytes(), height.to_be_bytes());
    let tables = [&[0xFF, 0xDB, 0, 67, 0][..], &[1; 64]].concat();
    let frame = [0xFF, 0xC2, 0, 17, 8, h1, h2, w1, w2, 3, 1, sampling, 0, 2, 0x11, 0, 3, 0x11, 0];
    // One code of one bit: no difference to the block before.
    let code = [&[0xFF, 0xC4, 0, 20, 0, 1][..], &[0; 15], &[0]].concat();
    let scan = [0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0];
    let grey = vec![0; (units * blocks).div_ceil(8)];
    [&[0xFF, 0xD8][..], &tables, &frame, &code, &scan, &grey, &[0xFF, 0xD9]].concat()
}

/// The sides of a picture that can be decoded.
pub fn sides(bytes: &[u8]) -> (u32, u32) {
    let picture = image::load_from_memory(bytes).unwrap();
    (picture.width(), picture.height())
}

/// 400 megapixels in 48 KB: decoded it takes 400 MB.
pub fn bomb() -> Vec<u8> {
    png_of_zeros((20_000, 20_000), ColorType::Grayscale, BitDepth::One)
}

/// The same file with zeros behind it, `length` bytes in all.
pub fn padded(mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
    assert!(bytes.len() <= length, "{} bytes already", bytes.len());
    bytes.resize(length, 0);
    bytes
}

/// A multipart body with these fields, each `(name, file name, content type, bytes)`; the second is its content type.
pub fn form(fields: &[(&str, &str, &str, &[u8])]) -> (Vec<u8>, String) {
    const BOUNDARY: &str = "------------------------7d1c0ffee";
    let mut body = Vec::new();
    for (name, file, content_type, bytes) in fields {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: {content_type}\r\n\r\n",
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    (body, format!("multipart/form-data; boundary={BOUNDARY}"))
}
