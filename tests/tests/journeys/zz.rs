//! Temporary measurement.
use journeys::Shop;
#[tokio::test]
async fn measure() {
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    for (what, v, path) in [("garbage", shop.guest().bearing("garbage"), "/api/users/me"), ("verify+401", shop.guest().bearing(&ada.access_token), "/api/orders/x"), ("me", ada.visitor().clone(), "/api/users/me")] {
        let t = std::time::Instant::now();
        for _ in 0..200 { v.get(path).await; }
        eprintln!("{what}: {:?} each", t.elapsed() / 200);
    }
    // many at once
    for (what, v, path) in [("garbage", shop.guest().bearing("garbage"), "/api/users/me"), ("404 after verify", shop.guest().bearing(&ada.access_token), "/api/orders/x")] {
        let t = std::time::Instant::now();
        futures_util::future::join_all((0..200).map(|_| v.get(path))).await;
        eprintln!("200 at once {what}: {:?}", t.elapsed());
    }
}
