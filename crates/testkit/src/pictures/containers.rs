//! Pictures with more in them than pixels.

use super::{PAYLOAD, jpeg, png, webp};

/// EXIF as a phone writes it: its maker (here [`PAYLOAD`]), which side is up, and where it was taken.
fn exif(orientation: u16) -> Vec<u8> {
    let maker = format!("{PAYLOAD}\0");
    let maker_length = u32::try_from(maker.len()).unwrap();
    let (maker_at, gps_at) = (50, 50 + maker_length);
    let mut tiff = b"II*\0".to_vec();
    let long = |tiff: &mut Vec<u8>, n: u32| tiff.extend_from_slice(&n.to_le_bytes());
    let entry = |tiff: &mut Vec<u8>, (tag, kind): (u16, u16), count: u32, value: u32| {
        tiff.extend_from_slice(&tag.to_le_bytes());
        tiff.extend_from_slice(&kind.to_le_bytes());
        tiff.extend_from_slice(&count.to_le_bytes());
        tiff.extend_from_slice(&value.to_le_bytes());
    };
    long(&mut tiff, 8);
    tiff.extend_from_slice(&3_u16.to_le_bytes());
    entry(&mut tiff, (0x010F, 2), maker_length, maker_at);
    entry(&mut tiff, (0x0112, 3), 1, u32::from(orientation));
    entry(&mut tiff, (0x8825, 4), 1, gps_at);
    long(&mut tiff, 0);
    assert_eq!(u32::try_from(tiff.len()).unwrap(), maker_at);
    tiff.extend_from_slice(maker.as_bytes());
    tiff.extend_from_slice(&2_u16.to_le_bytes());
    entry(&mut tiff, (0x0001, 2), 2, u32::from(b'N'));
    entry(&mut tiff, (0x0002, 5), 3, gps_at + 30);
    long(&mut tiff, 0);
    for degrees in [52, 1, 13, 1, 47, 1] {
        long(&mut tiff, degrees);
    }
    tiff
}

pub fn jpeg_with_exif(width: u32, height: u32, orientation: u16) -> Vec<u8> {
    let mut segment = b"Exif\0\0".to_vec();
    segment.extend_from_slice(&exif(orientation));
    let length = u16::try_from(segment.len() + 2).unwrap();
    let picture = jpeg(width, height);
    let mut bytes = picture[..2].to_vec();
    bytes.extend_from_slice(&[0xFF, 0xE1]);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&segment);
    bytes.extend_from_slice(&picture[2..]);
    bytes
}

/// With [`PAYLOAD`] as its title.
pub fn png_with_text(width: u32, height: u32) -> Vec<u8> {
    let picture = png(width, height);
    // Signature and IHDR.
    let (head, rest) = picture.split_at(33);
    let mut chunk = b"tEXtTitle\0".to_vec();
    chunk.extend_from_slice(PAYLOAD.as_bytes());
    let length = u32::try_from(chunk.len() - 4).unwrap();
    let sum = crc32(&chunk).to_be_bytes();
    [head, &length.to_be_bytes(), &chunk, &sum, rest].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

pub fn webp_with_exif(width: u32, height: u32, orientation: u16) -> Vec<u8> {
    const HAS_EXIF: u8 = 0b0000_1000;
    let picture = webp(width, height);
    riff(&[extended(HAS_EXIF, width, height), picture[12..].to_vec(), chunk(*b"EXIF", &exif(orientation))])
}

/// Two frames.
pub fn webp_animated(width: u32, height: u32) -> Vec<u8> {
    const ANIMATED: u8 = 0b0000_0010;
    let picture = webp(width, height);
    let side = |n: u32| (n - 1).to_le_bytes()[..3].to_vec();
    let place = [vec![0; 6], side(width), side(height), vec![100, 0, 0, 0]].concat();
    let frame = chunk(*b"ANMF", &[&place, &picture[12..]].concat());
    riff(&[extended(ANIMATED, width, height), chunk(*b"ANIM", &[0; 6]), frame.clone(), frame])
}

fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let side = |n: u32| (n - 1).to_le_bytes()[..3].to_vec();
    chunk(*b"VP8X", &[vec![flags, 0, 0, 0], side(width), side(height)].concat())
}

fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = name.to_vec();
    bytes.extend_from_slice(&u32::try_from(data.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(data);
    if data.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WEBP".to_vec(), chunks.concat()].concat();
    chunk(*b"RIFF", &body)
}
