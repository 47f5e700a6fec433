//! Forms over HTTP: what is read, and what is refused before it is looked at.

use testkit::pictures::{self, form, jpeg, padded};

use super::MAX_BYTES;
use crate::testing::Bench;

const TYPE: &str = "image/jpeg";

#[tokio::test]
async fn a_form_with_one_picture_is_taken_whatever_its_file_is_called() {
    let bench = Bench::new().await;
    for file in ["me.jpg", "../../etc/passwd", "..\\..\\boot.ini", "/etc/cron.d/x", "<script>.svg", ""] {
        let (body, content_type) = form(&[("photo", file, TYPE, &jpeg(64, 48))]);
        let answer = bench.post(&content_type, body).await;
        assert_eq!(answer.status, 201, "{file:?}: {:?}", answer.body);
    }
    for entry in std::fs::read_dir(&bench.dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.parse::<crate::FileName>().is_ok(), "{name}");
    }
}

#[tokio::test]
async fn the_limit_holds_to_the_byte() {
    let bench = Bench::new().await;
    for (length, status) in
        [(MAX_BYTES - 1, 201), (MAX_BYTES, 201), (MAX_BYTES + 1, 413), (3 * MAX_BYTES, 413)]
    {
        let (body, content_type) = form(&[("photo", "p", TYPE, &padded(jpeg(64, 48), length))]);
        let answer = bench.post(&content_type, body).await;
        assert_eq!(answer.status, status, "{length}");
        if status == 413 {
            assert_eq!(answer.refusal().1, "FILE_TOO_LARGE");
            assert_eq!(answer.json()["error"]["params"]["maxBytes"], 2_097_152);
        }
    }
}

#[tokio::test]
async fn the_form_has_this_one_field() {
    let bench = Bench::new().await;
    let picture = jpeg(64, 48);
    let photo = ("photo", "p", TYPE, picture.as_slice());
    let other = ("avatar", "p", TYPE, picture.as_slice());
    for (fields, expected) in [
        (vec![other], ("avatar", "UNKNOWN")),
        (vec![photo, other], ("avatar", "UNKNOWN")),
        (vec![photo, photo], ("photo", "DUPLICATE")),
    ] {
        let (body, content_type) = form(&fields);
        let told = bench.post(&content_type, body).await.field();
        assert_eq!((told.0.as_str(), told.1.as_str()), expected);
    }
    let (body, content_type) = form(&[]);
    let told = bench.post(&content_type, body).await.field();
    assert_eq!((told.0.as_str(), told.1.as_str()), ("photo", "REQUIRED"));
    assert_eq!(bench.left().await, (0, 0));
}

#[tokio::test]
async fn what_is_no_form_or_breaks_off_is_refused() {
    let bench = Bench::new().await;
    let (body, content_type) = form(&[("photo", "p", TYPE, &jpeg(64, 48))]);
    for other in ["", "image/jpeg", "application/json", "multipart/mixed; boundary=x", "text/plain"] {
        let answer = bench.post(other, body.clone()).await;
        assert_eq!(answer.refusal(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{other}");
    }
    let cut = |at: usize| body[..at].to_vec();
    for (what, content_type, body) in [
        ("no boundary", "multipart/form-data", body.clone()),
        ("another boundary", "multipart/form-data; boundary=x", body.clone()),
        ("in the middle of the file", content_type.as_str(), cut(body.len() / 2)),
        ("in the middle of the head", content_type.as_str(), cut(60)),
        ("before the last boundary", content_type.as_str(), cut(body.len() - 8)),
        ("nothing", content_type.as_str(), Vec::new()),
        ("no name", content_type.as_str(), body_without_a_name()),
    ] {
        let answer = bench.post(content_type, body).await;
        assert_eq!(answer.refusal(), (400, "MALFORMED_REQUEST".to_owned()), "{what}");
    }
    let endless = [body.as_slice(), &vec![b'x'; 3 * MAX_BYTES]].concat();
    assert_eq!(bench.post("multipart/form-data; boundary=x", endless).await.status, 413);
    assert_eq!(bench.left().await, (0, 0));
}

fn body_without_a_name() -> Vec<u8> {
    let body = String::from_utf8(form(&[("photo", "p", TYPE, b"x")]).0).unwrap();
    body.replace("name=\"photo\"; ", "").into_bytes()
}

#[tokio::test]
async fn every_file_of_the_corpus_is_answered_as_it_deserves() {
    let bench = Bench::new().await;
    let mut stored = 0;
    for sample in pictures::corpus() {
        let (body, content_type) = form(&[("photo", "p", sample.declared, &sample.bytes)]);
        let answer = bench.post(&content_type, body).await;
        match sample.expected {
            pictures::Expected::Stored(..) => {
                assert_eq!(answer.status, 201, "{}: {:?}", sample.what, answer.body);
                stored += 1;
            }
            pictures::Expected::Refused(status, code) => {
                assert_eq!(answer.refusal(), (status, code.to_owned()), "{}", sample.what);
            }
        }
    }
    assert_eq!(bench.left().await, (2 * stored, i64::try_from(2 * stored).unwrap()));
}

#[tokio::test]
async fn while_the_store_is_away_uploads_are_told_to_come_again() {
    let bench = Bench::new().await;
    bench.store_goes_away();
    let (body, content_type) = form(&[("photo", "p", TYPE, &jpeg(64, 48))]);
    let answer = bench.post(&content_type, body).await;
    assert_eq!(answer.refusal(), (503, "UNAVAILABLE".to_owned()));
    assert!(answer.header("retry-after").is_some());
    bench.come_back();
}

#[tokio::test]
async fn a_place_is_given_back_whatever_became_of_the_upload() {
    let bench = Bench::new().await;
    let broken = form(&[("photo", "p", TYPE, b"no picture")]);
    let good = form(&[("photo", "p", TYPE, &jpeg(8, 8))]);
    for _ in 0..20 {
        assert_eq!(bench.post(&broken.1, broken.0.clone()).await.status, 415);
        assert_eq!(bench.post(&broken.1, broken.0[..50].to_vec()).await.status, 400);
        assert_eq!(bench.post(&good.1, good.0.clone()).await.status, 201);
    }
}
