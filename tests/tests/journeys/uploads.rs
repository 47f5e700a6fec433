//! Profile photos: uploaded, shown, served by every instance, replaced, removed; and those that mean harm.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use journeys::{Answer, Customer, Shop};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::pictures::{self, BitDepth, ColorType, Expected, PAYLOAD, Sample};

const PHOTO: &str = "/api/users/me/profile-photo";

async fn uploads(customer: &Customer, declared: &str, bytes: &[u8]) -> Answer {
    customer.visitor().uploads(PHOTO, &[("photo", "../../etc/passwd", declared, bytes)]).await
}

async fn removes(customer: &Customer) -> Answer {
    customer.visitor().ask(Method::DELETE, PHOTO, None).await
}

async fn photo_of(customer: &Customer) -> Value {
    customer.visitor().get("/api/users/me").await.with_status(200).data()["photo"].take()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A store of files of a test's own.
struct Store(PathBuf);

impl Store {
    fn new() -> Self {
        Self(std::env::temp_dir().join(testkit::unique("store")))
    }

    async fn shop(&self) -> Shop {
        Shop::setting("MEDIA_STORE", format!("file://{}", self.0.display())).open().await
    }

    fn files(&self) -> usize {
        fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_photo_is_uploaded_shown_replaced_and_removed() {
    let shop = Shop::open().await;
    let mut twin = shop.gateway.twin();
    twin.start().await;
    let ada = shop.customer().await;
    assert_eq!(photo_of(&ada).await, json!(null));

    let answer = uploads(&ada, "image/jpeg", &pictures::jpeg(3_000, 1_500)).await.with_status(201);
    let first = answer.data()["photo"].take();
    assert_eq!(photo_of(&ada).await, first);
    assert_eq!(shop.guest().proves(&ada.phone).await["user"]["photo"], first);
    for (url, sides) in [("url", (1_024, 512)), ("thumbnailUrl", (256, 128))] {
        let url = text(&first[url]);
        assert!(url.starts_with("/media/"), "{url}");
        let here = shop.guest().get(&url).await.with_status(200);
        assert_eq!(pictures::sides(&here.body), sides);
        let there = twin.visitor().get(&url).await.with_status(200);
        assert_eq!((&there.body, there.header("etag")), (&here.body, here.header("etag")));
    }

    let png = pictures::png_to_see_through(300, 300);
    let second = uploads(&ada, "image/png", &png).await.with_status(201).data()["photo"].take();
    assert_ne!(second, first);
    assert_eq!(photo_of(&ada).await, second);
    let served = shop.guest().get(&text(&second["url"])).await.with_status(200);
    assert_eq!(served.header("content-type"), Some("image/png"));
    for gone in ["url", "thumbnailUrl"] {
        let answer = twin.visitor().get(&text(&first[gone])).await;
        assert_eq!(answer.refusal(), (404, "NOT_FOUND".to_owned()));
    }

    for _ in 0..2 {
        assert_eq!(removes(&ada).await.with_status(204).body, b"");
        assert_eq!(photo_of(&ada).await, json!(null));
    }
    shop.guest().get(&text(&second["url"])).await.with_status(404);
    assert_eq!(shop.count("media.files where state = 'kept'").await, 0);
    shop.is_sound().await;
}

#[tokio::test]
async fn a_photo_is_served_with_headers_that_keep_it_and_make_it_harmless() {
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    let photo = uploads(&ada, "image/webp", &pictures::webp(64, 48)).await.with_status(201).data();
    let url = text(&photo["photo"]["url"]);
    let asked = shop.guest().with("accept-encoding", "br, zstd, gzip").get(&url).await.with_status(200);
    assert_eq!(asked.header("content-type"), Some("image/jpeg"));
    assert_eq!(asked.header("content-encoding"), None, "a picture does not get smaller");
    assert_eq!(asked.number("content-length"), u64::try_from(asked.body.len()).unwrap());
    assert_eq!(asked.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let mut policies = asked.headers.get_all("content-security-policy").iter();
    assert_eq!(policies.next().unwrap(), "default-src 'none'");
    assert_eq!(policies.next().unwrap(), "frame-ancestors 'none'");
    let nosniff: Vec<_> = asked.headers.get_all("x-content-type-options").iter().collect();
    assert_eq!(nosniff, ["nosniff"]);
    let tag = asked.header("etag").unwrap();
    let again = shop.guest().with("if-none-match", tag).get(&url).await.with_status(304);
    assert!(again.body.is_empty());
}

#[tokio::test]
async fn names_that_nobody_was_told_are_not_found() {
    let shop = Shop::open().await;
    let (ada, bo) = (shop.customer().await, shop.customer().await);
    let photo = uploads(&ada, "image/jpeg", &pictures::jpeg(64, 48)).await.with_status(201).data();
    let url = text(&photo["photo"]["url"]);
    // Somebody else's removal is of their own photo.
    removes(&bo).await.with_status(204);
    shop.guest().get(&url).await.with_status(200);
    let other = url.replace(['0', '1', '2', '3'], "4");
    for guess in [
        other.as_str(),
        "/media/",
        "/media/..",
        "/media/%2e%2e%2fsecrets",
        "/media/..%2Fsecrets",
        "/media/secrets",
        &format!("{url}%00"),
        &format!("{url}/"),
        &url.replace(".jpg", ".png"),
        &url.to_uppercase().replace("/MEDIA", "/media"),
    ] {
        let answer = bo.visitor().get(guess).await;
        assert_eq!(answer.refusal(), (404, "NOT_FOUND".to_owned()), "{guess}");
    }
}

#[tokio::test]
async fn of_the_corpus_only_good_pictures_are_stored_and_nothing_but_their_pixels() {
    let store = Store::new();
    let shop = store.shop().await;
    let ada = shop.customer().await;
    let mut stored = 0;
    for Sample { what, declared, bytes, expected } in pictures::corpus() {
        let answer = uploads(&ada, declared, &bytes).await;
        match expected {
            Expected::Stored(width, height) => {
                stored += 1;
                let photo = answer.with_status(201).data()["photo"].take();
                let main = shop.guest().get(&text(&photo["url"])).await.with_status(200).body;
                assert_eq!(pictures::sides(&main), (width, height), "{what}");
            }
            Expected::Refused(status, code) => {
                assert_eq!(answer.refusal(), (status, code.to_owned()), "{what}");
            }
        }
    }
    assert_eq!(store.files(), 2 * stored);
    for file in fs::read_dir(&store.0).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for carried in [PAYLOAD, "<script>", "Exif", "tEXt", "PK\u{3}\u{4}"] {
            assert!(!bytes.windows(carried.len()).any(|window| window == carried.as_bytes()), "{carried}");
        }
    }
    shop.is_sound().await;
}

#[tokio::test]
async fn a_form_has_one_field_and_a_body_that_is_no_form_is_refused() {
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    let picture = pictures::jpeg(64, 48);
    let photo = ("photo", "me.jpg", "image/jpeg", picture.as_slice());
    let other = ("userType", "", "image/jpeg", picture.as_slice());
    for fields in [vec![], vec![other], vec![photo, photo], vec![photo, other]] {
        let refused = ada.visitor().uploads(PHOTO, &fields).await;
        assert_eq!(refused.refusal(), (422, "VALIDATION_FAILED".to_owned()), "{}", fields.len());
    }
    assert_eq!(ada.visitor().post(PHOTO, &json!({})).await.refusal().0, 415);
    shop.guest().uploads(PHOTO, &[photo]).await.with_status(401);
    assert_eq!(photo_of(&ada).await, json!(null));
}

#[tokio::test]
async fn a_bomb_is_refused_at_once() {
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    let bomb = pictures::bomb();
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        let refused = uploads(&ada, "image/png", &bomb).await;
        quickest = quickest.min(started.elapsed());
        assert_eq!(refused.refusal(), (422, "IMAGE_TOO_LARGE".to_owned()));
    }
    println!("a bomb of {} bytes was refused in {quickest:?}", bomb.len());
    assert!(quickest < Duration::from_millis(200), "{quickest:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn many_large_uploads_at_once_do_not_fill_the_memory() {
    const MOST: u64 = 200_000_000;
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    uploads(&ada, "image/jpeg", &pictures::jpeg(64, 48)).await.with_status(201);
    let (before, _) = shop.gateway.memory();

    let limit = 2_097_152;
    let zeros = pictures::png_of_zeros((5_000, 5_000), ColorType::Rgba, BitDepth::Eight);
    let kinds = [
        ("image/jpeg", pictures::padded(pictures::jpeg_in_scans(5_000, 5_000, false), limit), 201),
        ("image/png", pictures::padded(zeros, limit), 201),
        ("image/webp", pictures::webp(5_000, 4_200), 201),
        ("image/jpeg", pictures::padded(pictures::jpeg(5_000, 5_000), limit), 201),
        ("image/png", pictures::padded(pictures::bomb(), limit), 422),
    ];
    let all = (0..30).map(|n| {
        let (ada, (declared, bytes, status)) = (&ada, &kinds[n % kinds.len()]);
        async move { (uploads(ada, declared, bytes).await, *status) }
    });
    let answers = join_all(all).await;
    let (_, most) = shop.gateway.memory();
    for (answer, expected) in answers {
        // Who waited for too long for a place was told to come again.
        assert!(answer.status == expected || answer.status == 503, "{}", answer.text());
    }
    let grown = most.saturating_sub(before);
    println!("30 uploads at once: from {} MB, grown by {} MB", before / 1_000_000, grown / 1_000_000);
    assert!(grown <= MOST, "grown by {grown} bytes");
    assert_eq!(shop.count("media.files where state = 'kept'").await, 2);
}

#[tokio::test]
async fn while_the_store_is_away_nothing_is_half_done() {
    let store = Store::new();
    let shop = store.shop().await;
    let ada = shop.customer().await;
    let picture = pictures::jpeg(64, 48);
    let photo = uploads(&ada, "image/jpeg", &picture).await.with_status(201).data()["photo"].take();
    let url = text(&photo["url"]);
    let away = store.0.with_extension("away");

    fs::rename(&store.0, &away).unwrap();
    fs::write(&store.0, "no directory").unwrap();
    for refused in [uploads(&ada, "image/jpeg", &picture).await, shop.guest().get(&url).await] {
        assert_eq!(refused.refusal(), (503, "UNAVAILABLE".to_owned()));
        assert!(refused.number("retry-after") >= 1);
    }
    assert_eq!(photo_of(&ada).await, photo);

    fs::remove_file(&store.0).unwrap();
    fs::rename(&away, &store.0).unwrap();
    shop.guest().get(&url).await.with_status(200);
    uploads(&ada, "image/jpeg", &picture).await.with_status(201);
}
