//! What is taken, and what is made of it.

use std::time::{Duration, Instant};

use image::GenericImageView as _;
use kernel::DomainError as _;
use proptest::prelude::*;
use testkit::pictures::{self, BLUE, BitDepth, ColorType, Expected, PAYLOAD, RED, Sample};

use super::*;
use crate::{MediaError, upload};

fn made_of(sample: &Sample) -> Result<Developed, MediaError> {
    let declared = Format::declared(sample.declared).ok_or(MediaError::UnsupportedType)?;
    if sample.bytes.len() > upload::MAX_BYTES {
        return Err(MediaError::FileTooLarge);
    }
    develop(&sample.bytes, &Header::read(declared, &sample.bytes)?)
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

#[test]
fn only_good_pictures_come_through_and_nothing_but_their_pixels() {
    let corpus = pictures::corpus();
    assert!(corpus.len() >= 20);
    for sample in corpus {
        let what = sample.what;
        match (sample.expected, made_of(&sample)) {
            (Expected::Stored(width, height), Ok(developed)) => {
                let main = image::load_from_memory(&developed.main).unwrap();
                assert_eq!(main.dimensions(), (width, height), "{what}");
                let thumbnail = image::load_from_memory(&developed.thumbnail).unwrap();
                assert!(thumbnail.width().max(thumbnail.height()) <= THUMBNAIL_SIDE, "{what}");
                for bytes in [&developed.main, &developed.thumbnail] {
                    let carried = [PAYLOAD, "Exif", "tEXt", "PK\u{3}\u{4}"];
                    assert!(carried.iter().all(|word| !contains(bytes, word)), "{what}");
                }
            }
            (Expected::Refused(_, code), Err(e)) => assert_eq!(e.code(), code, "{what}: {e}"),
            (expected, made) => panic!("{what}: {expected:?}, not {:?}", made.err()),
        }
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_decoded() {
    let bomb = pictures::bomb();
    assert!(bomb.len() < 64 * 1024, "{}", bomb.len());
    let started = Instant::now();
    let refused = Header::read(Format::Png, &bomb);
    let took = started.elapsed();
    println!("a bomb of {} bytes was refused in {took:?}", bomb.len());
    assert!(matches!(refused, Err(MediaError::PictureTooLarge)));
    assert!(took < Duration::from_millis(200), "{took:?}");
}

/// Whether a pixel is more red than blue.
fn is_red(picture: &image::DynamicImage, x: u32, y: u32) -> bool {
    let [red, _, blue, _] = picture.get_pixel(x, y).0;
    red > blue
}

#[test]
fn every_orientation_is_turned_upright() {
    assert!(RED[0] > RED[2] && BLUE[0] < BLUE[2]);
    // Where the red half, which lies on the left, comes to lie.
    for (orientation, sides, red) in [
        (1, (80, 40), (10, 20)),
        (2, (80, 40), (70, 20)),
        (3, (80, 40), (70, 20)),
        (4, (80, 40), (10, 20)),
        (5, (40, 80), (20, 10)),
        (6, (40, 80), (20, 10)),
        (7, (40, 80), (20, 70)),
        (8, (40, 80), (20, 70)),
    ] {
        for (format, bytes) in [
            (Format::Jpeg, pictures::jpeg_with_exif(80, 40, orientation)),
            (Format::WebP, pictures::webp_with_exif(80, 40, orientation)),
        ] {
            let developed = develop(&bytes, &Header::read(format, &bytes).unwrap()).unwrap();
            let picture = image::load_from_memory(&developed.main).unwrap();
            assert_eq!(picture.dimensions(), sides, "{orientation}");
            let (x, y) = red;
            assert!(is_red(&picture, x, y), "{format:?} {orientation}");
            assert!(!is_red(&picture, sides.0 - 1 - x, sides.1 - 1 - y), "{format:?} {orientation}");
        }
    }
}

#[test]
fn what_one_can_see_through_stays_so_and_all_else_becomes_a_jpeg() {
    let bytes = pictures::png_to_see_through(2_000, 1_000);
    let developed = develop(&bytes, &Header::read(Format::Png, &bytes).unwrap()).unwrap();
    assert_eq!(developed.encoding, Encoding::Png);
    for (bytes, width) in [(&developed.main, 1_024), (&developed.thumbnail, 256)] {
        let picture = image::load_from_memory(bytes).unwrap();
        assert_eq!(picture.dimensions(), (width, width / 2));
        let opacity = |x| picture.get_pixel(x, 10).0[3];
        assert_eq!((opacity(10), opacity(width - 10)), (0, 255));
    }
    for (format, bytes) in [(Format::Png, pictures::png(64, 48)), (Format::WebP, pictures::webp(64, 48))] {
        let developed = develop(&bytes, &Header::read(format, &bytes).unwrap()).unwrap();
        assert_eq!(developed.encoding, Encoding::Jpeg);
        assert_eq!(image::guess_format(&developed.main).unwrap(), ImageFormat::Jpeg);
    }
}

#[tokio::test]
async fn a_decoder_that_panics_ends_nothing() {
    let darkroom = Darkroom::open().unwrap();
    let gave_up: Result<(), _> = darkroom.run(|| panic!("as decoders do")).await;
    assert!(matches!(gave_up, Err(MediaError::BrokenPicture(_))));
    assert_eq!(darkroom.run(|| Ok(7)).await.unwrap(), 7);
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_begun() {
    let darkroom = Darkroom::open().unwrap();
    let (begin, wait) = std::sync::mpsc::channel::<()>();
    let first = darkroom.run(move || wait.recv().map_err(MediaError::broken));
    let (told, heard) = std::sync::mpsc::channel();
    let abandoned = darkroom.run(move || told.send(()).map_err(MediaError::broken));
    let mut first = Box::pin(first);
    // Asked once each, both are in the queue.
    assert!(futures_util::poll!(first.as_mut()).is_pending());
    let mut abandoned = Box::pin(abandoned);
    assert!(futures_util::poll!(abandoned.as_mut()).is_pending());
    drop(abandoned);
    begin.send(()).unwrap();
    first.await.unwrap();
    darkroom.run(|| Ok(())).await.unwrap();
    assert!(heard.try_recv().is_err());
}

#[test]
fn sides_that_no_number_can_multiply_are_too_large() {
    let mut bytes = pictures::png_of_zeros((16, 16), ColorType::Rgb, BitDepth::Eight);
    for sides in [[0x7F, 0xFF, 0xFF, 0xFF], [0xFF; 4]] {
        bytes[16..20].copy_from_slice(&sides);
        bytes[20..24].copy_from_slice(&sides);
        assert!(Header::read(Format::Png, &bytes).is_err());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_header_panic(bytes: Vec<u8>) {
        for format in [Format::Jpeg, Format::Png, Format::WebP] {
            let _ = Header::read(format, &bytes);
        }
    }

    #[test]
    fn no_damage_makes_the_header_panic(kind in 0_usize..3, at: prop::sample::Index, byte: u8, length: prop::sample::Index) {
        let (format, mut bytes) = [
            (Format::Jpeg, pictures::jpeg_with_exif(16, 16, 6)),
            (Format::Png, pictures::png_with_text(16, 16)),
            (Format::WebP, pictures::webp_with_exif(16, 16, 6)),
        ][kind].clone();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(length.index(bytes.len()) + 1);
        let _ = Header::read(format, &bytes);
    }
}
