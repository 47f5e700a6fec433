//! Serving, over HTTP.

use actix_web::test::TestRequest;

use crate::testing::Bench;

#[tokio::test]
async fn a_kept_picture_is_served_for_ever_and_safely() {
    let bench = Bench::new().await;
    let picture = bench.develop().await.unwrap();
    let get = async |url: &str| bench.ask(TestRequest::get().uri(url)).await;
    assert_eq!(get(&picture.main.url()).await.refusal(), (404, "NOT_FOUND".to_owned()), "not kept yet");
    assert!(bench.keep(&picture).await);
    for name in [&picture.main, &picture.thumbnail] {
        let answer = get(&name.url()).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")));
        assert_eq!(answer.body, std::fs::read(bench.dir.join(name.as_str())).unwrap());
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        let tag = answer.header("etag").unwrap().to_owned();

        let request = TestRequest::get().uri(&name.url()).insert_header(("if-none-match", tag.as_str()));
        let again = bench.ask(request).await;
        assert_eq!((again.status, again.header("etag")), (304, Some(tag.as_str())));
        assert!(again.body.is_empty());
    }
    bench.discard(&picture).await;
    assert_eq!(get(&picture.main.url()).await.refusal(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn nothing_but_a_kept_files_name_is_found() {
    let bench = Bench::new().await;
    let picture = bench.develop().await.unwrap();
    assert!(bench.keep(&picture).await);
    std::fs::write(bench.dir.join("secret"), "secret").unwrap();
    let other = format!("{}.png", picture.main.as_str().trim_end_matches(".jpg"));
    for name in [
        "x",
        "secret",
        "..",
        "%2e%2e%2fsecret",
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "%FF",
        other.as_str(),
        &format!("{}%00", picture.main),
        &format!("{}%2F", picture.main),
        &picture.main.as_str().to_uppercase(),
        "00000000000000000000000000000000.jpg",
    ] {
        let answer = bench.ask(TestRequest::get().uri(&format!("/media/{name}"))).await;
        assert_eq!(answer.status, 404, "{name}");
    }
}

#[tokio::test]
async fn while_the_store_is_away_pictures_are_told_to_come_again() {
    let bench = Bench::new().await;
    let picture = bench.develop().await.unwrap();
    assert!(bench.keep(&picture).await);
    bench.store_goes_away();
    let answer = bench.ask(TestRequest::get().uri(&picture.main.url())).await;
    assert_eq!(answer.refusal(), (503, "UNAVAILABLE".to_owned()));
    bench.come_back();
}
