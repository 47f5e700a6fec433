//! Reads what a file says about itself, and judges it before anything is decoded.
//!
//! Our own reading, beside the decoder's: it costs no memory, it sees whether the file is whole, and it knows what
//! decoding will cost.

use super::{Format, MAX_MEGAPIXELS, MAX_MEMORY, MAX_SIDE};
use crate::MediaError;

/// What may be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) format: Format,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// What a format's own header tells.
struct Told {
    width: u32,
    height: u32,
    /// Bytes that the decoder holds for each hundred pixels, its result included.
    bytes_per_100: u64,
}

impl Header {
    /// Declared type and signature must agree, the file be whole, and its pixels not too many.
    pub(crate) fn read(declared: Format, bytes: &[u8]) -> Result<Self, MediaError> {
        if bytes.is_empty() {
            return Err(MediaError::broken("it is empty"));
        }
        if Format::signed(bytes) != Some(declared) {
            return Err(MediaError::UnsupportedType);
        }
        let told = match declared {
            Format::Jpeg => jpeg(bytes),
            Format::Png => png(bytes),
            Format::WebP => webp(bytes),
        };
        let told = told.ok_or_else(|| MediaError::broken("its structure is broken"))?;
        told.judge()?;
        Ok(Self { format: declared, width: told.width, height: told.height })
    }
}

impl Told {
    fn judge(&self) -> Result<(), MediaError> {
        let area = u64::from(self.width) * u64::from(self.height);
        let memory = area.saturating_mul(self.bytes_per_100) / 100;
        let fits = self.width <= MAX_SIDE
            && self.height <= MAX_SIDE
            && area <= MAX_MEGAPIXELS * 1_000_000
            && memory <= MAX_MEMORY;
        if area == 0 {
            Err(MediaError::broken("it has no pixels"))
        } else if fits {
            Ok(())
        } else {
            Err(MediaError::PictureTooLarge)
        }
    }
}

/// From segment to segment up to the end-of-image marker; what follows that is no part of the picture.
fn jpeg(bytes: &[u8]) -> Option<Told> {
    let mut rest = bytes.get(2..)?;
    let (mut frame, mut scans) = (None, 0_u32);
    loop {
        let (marker, after) = next_marker(rest)?;
        rest = after;
        match marker {
            // End of image.
            0xD9 => break,
            // Alone, without a segment.
            0x01 | 0xD0..=0xD8 => continue,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
        let segment = rest.get(2..length)?;
        rest = rest.get(length..)?;
        match marker {
            0xC0..=0xC2 => frame = Some((marker, segment)),
            // Lossless, hierarchical or arithmetic: nobody's camera writes them.
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return None,
            // What is compressed lasts until the next marker that is neither an escaped byte nor a restart.
            0xDA => {
                scans += 1;
                let end = rest.windows(2).position(|w| w[0] == 0xFF && !matches!(w[1], 0 | 0xD0..=0xD7))?;
                rest = rest.get(end..)?;
            }
            _ => {}
        }
    }
    let (marker, frame) = frame.filter(|_| scans > 0)?;
    jpeg_frame(frame, marker == 0xC2 || scans > 1)
}

/// The marker at the start of `bytes`, and what follows it.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let [0xFF, ..] = bytes else { return None };
    let at = bytes.iter().position(|byte| *byte != 0xFF)?;
    Some((*bytes.get(at)?, bytes.get(at + 1..)?))
}

/// A picture in several scans is held in coefficients of two bytes until the last one.
fn jpeg_frame(frame: &[u8], in_scans: bool) -> Option<Told> {
    let [_, h1, h2, w1, w2, count, components @ ..] = frame else { return None };
    let factors_of = |component: &[u8]| {
        let factors = *component.get(1)?;
        Some((u64::from(factors >> 4), u64::from(factors & 15)))
    };
    let factors: Option<Vec<_>> = components.chunks_exact(3).map(factors_of).collect();
    let factors = factors.filter(|factors| factors.len() == usize::from(*count))?;
    let widest = factors.iter().map(|f| f.0).max()?;
    let highest = factors.iter().map(|f| f.1).max()?;
    let samples: u64 = factors.iter().map(|(h, v)| h * v).sum();
    let coefficients = (samples * 200).checked_div(widest * highest)?;
    let pixels = if factors.len() == 1 { 100 } else { 300 };
    Some(Told {
        width: u32::from(u16::from_be_bytes([*w1, *w2])),
        height: u32::from(u16::from_be_bytes([*h1, *h2])),
        bytes_per_100: pixels + if in_scans { coefficients } else { 0 },
    })
}

/// From chunk to chunk up to the last one.
fn png(bytes: &[u8]) -> Option<Told> {
    let mut rest = bytes.get(8..)?;
    let (mut head, mut see_through): (Option<&[u8]>, bool) = (None, false);
    loop {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let kind = rest.get(4..8)?;
        let data = rest.get(8..length.checked_add(8)?)?;
        rest = rest.get(length.checked_add(12)?..)?;
        match kind {
            b"IHDR" if head.is_none() => head = Some(data),
            _ if head.is_none() => return None,
            b"tRNS" => see_through = true,
            b"IEND" => break,
            _ => {}
        }
    }
    let [w1, w2, w3, w4, h1, h2, h3, h4, depth, colours, ..] = head? else { return None };
    let channels = match colours {
        0 => 1,
        2 | 3 => 3,
        4 => 2,
        6 => 4,
        _ => return None,
    };
    let channels = channels + u64::from(see_through && *colours < 4);
    Some(Told {
        width: u32::from_be_bytes([*w1, *w2, *w3, *w4]),
        height: u32::from_be_bytes([*h1, *h2, *h3, *h4]),
        bytes_per_100: channels * if *depth == 16 { 200 } else { 100 },
    })
}

/// The RIFF container must be whole, and hold one still picture.
fn webp(bytes: &[u8]) -> Option<Told> {
    const ANIMATED: u8 = 0b0000_0010;
    const SEE_THROUGH: u8 = 0b0001_0000;
    let length = usize::try_from(u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?)).ok()?;
    let mut rest = bytes.get(12..length.checked_add(8)?)?;
    let (mut canvas, mut see_through) = (None, false);
    loop {
        let length = usize::try_from(u32::from_le_bytes(*rest.get(4..)?.first_chunk()?)).ok()?;
        let data = rest.get(8..length.checked_add(8)?)?;
        match rest.get(..4)? {
            b"VP8X" => {
                let [flags, _, _, _, w1, w2, w3, h1, h2, h3] = data else { return None };
                if flags & ANIMATED != 0 {
                    return None;
                }
                see_through = flags & SEE_THROUGH != 0;
                let side = |a: &u8, b: &u8, c: &u8| u32::from_le_bytes([*a, *b, *c, 0]) + 1;
                canvas = Some((side(w1, w2, w3), side(h1, h2, h3)));
            }
            b"VP8 " => {
                let [_, _, _, 0x9D, 0x01, 0x2A, w1, w2, h1, h2, ..] = data else { return None };
                let side = |a: &u8, b: &u8| u32::from(u16::from_le_bytes([*a, *b]) & 0x3FFF);
                // Planes of the picture and its pixels; to see through, also the plane for that, itself a picture.
                return told((side(w1, w2), side(h1, h2)), canvas, if see_through { 1_100 } else { 450 });
            }
            b"VP8L" => {
                let [0x2F, a, b, c, d, ..] = data else { return None };
                let bits = u32::from_le_bytes([*a, *b, *c, *d]);
                let sides = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
                return told(sides, canvas, 700);
            }
            _ => {}
        }
        rest = rest.get(length.checked_add(8 + length % 2)?..)?;
    }
}

/// Canvas and picture are of one size in a still picture.
fn told(sides: (u32, u32), canvas: Option<(u32, u32)>, bytes_per_100: u64) -> Option<Told> {
    let same = canvas.is_none_or(|canvas| canvas == sides);
    same.then_some(Told { width: sides.0, height: sides.1, bytes_per_100 })
}
