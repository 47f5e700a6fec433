//! The session that `cargo xtask up` prints: pasted into a shell, it buys something.

use std::process::Command;

use journeys::{Goods, Shop};

const SESSION: &str = include_str!("../../../xtask/src/session.sh");

#[tokio::test]
async fn the_printed_session_ends_with_a_paid_order() {
    let shop = Shop::open().await;
    // A product that is scarce, so that the session has something to pass over.
    shop.sells(Goods { stock: 5, ..Goods::default() }).await;
    let plenty = shop.sells(Goods { stock: 250, price: 1_999, ..Goods::default() }).await;
    shop.lists(&plenty).await;
    let api = format!("http://127.0.0.1:{}", shop.gateway.port());
    let script = SESSION.replace("{{API}}", &api).replace("{{STRIPE}}", &shop.stripe.url());

    let said = Command::new("bash").args(["-c", &script]).output().unwrap();

    let (out, errors) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{out}{errors}");
    let last = out.lines().last().unwrap();
    assert!(last.contains("\"paymentStatus\":\"succeeded\""), "{out}{errors}");
    assert_eq!(errors, "");
    // 11 × 19.99 zł is the first number of them above the minimum order.
    assert!(out.starts_with(&format!("11 x {}", plenty.name_in("en"))), "{out}");
    assert_eq!(shop.count("orders.orders where paid_at is not null").await, 1);
    shop.is_sound().await;
}
