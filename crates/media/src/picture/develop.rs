//! Makes a picture anew: upright, smaller, of nothing but pixels.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder as _, ImageEncoder as _, ImageReader, Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    imageops::FilterType,
    metadata::Orientation,
};

use super::{Encoding, Header, MAIN_SIDE, MAX_MEMORY, MAX_SIDE, THUMBNAIL_SIDE};
use crate::MediaError;

/// Of a hundred: hardly to be told from the original.
const JPEG_QUALITY: u8 = 85;

/// One picture in its two sizes, encoded.
pub(crate) struct Developed {
    pub(crate) encoding: Encoding,
    pub(crate) main: Vec<u8>,
    pub(crate) thumbnail: Vec<u8>,
}

/// What the header told, the decoder must find too.
pub(crate) fn develop(bytes: &[u8], header: &Header) -> Result<Developed, MediaError> {
    let (picture, orientation) = decode(bytes, header)?;
    let mut picture = shrink(picture, MAIN_SIDE);
    picture.apply_orientation(orientation);
    let main = in_eight_bits(picture);
    let encoding = match &main {
        DynamicImage::ImageRgba8(_) => Encoding::Png,
        _ => Encoding::Jpeg,
    };
    let main_bytes = encode(&main, encoding)?;
    let thumbnail = encode(&shrink(main, THUMBNAIL_SIDE), encoding)?;
    Ok(Developed { encoding, main: main_bytes, thumbnail })
}

fn decode(bytes: &[u8], header: &Header) -> Result<(DynamicImage, Orientation), MediaError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), header.format.decoded_as());
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(MediaError::broken)?;
    if decoder.dimensions() != (header.width, header.height) || decoder.total_bytes() > MAX_MEMORY {
        return Err(MediaError::broken("decoder and header see different pictures"));
    }
    // Without a readable word about it, it is taken as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(MediaError::broken)?;
    Ok((picture, orientation))
}

/// At most `side` pixels a side; what is smaller stays as it is.
fn shrink(picture: DynamicImage, side: u32) -> DynamicImage {
    let longest = picture.width().max(picture.height());
    if longest <= side {
        return picture;
    }
    // The costly filter sees no more than twice the pixels it has to: the rest is averaged away, in little memory.
    let coarse = if longest > 2 * side { picture.thumbnail(2 * side, 2 * side) } else { picture };
    coarse.resize(side, side, FilterType::CatmullRom)
}

/// RGBA where one can see through it somewhere, RGB otherwise.
fn in_eight_bits(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return DynamicImage::ImageRgb8(picture.into_rgb8());
    }
    let picture = picture.into_rgba8();
    if picture.pixels().any(|pixel| pixel.0[3] != u8::MAX) {
        return DynamicImage::ImageRgba8(picture);
    }
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(picture).into_rgb8())
}

fn encode(picture: &DynamicImage, encoding: Encoding) -> Result<Vec<u8>, MediaError> {
    let mut bytes = Vec::new();
    let (pixels, width, height) = (picture.as_bytes(), picture.width(), picture.height());
    let colours = picture.color().into();
    let written = match encoding {
        Encoding::Jpeg => JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
            .write_image(pixels, width, height, colours),
        Encoding::Png => PngEncoder::new(&mut bytes).write_image(pixels, width, height, colours),
    };
    written.map_err(MediaError::Encoding)?;
    Ok(bytes)
}
