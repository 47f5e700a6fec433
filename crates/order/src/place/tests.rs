//! Placing orders.

mod limits;
mod totals;

use std::{collections::HashSet, sync::atomic::Ordering};

use futures_util::future::join_all;
use kernel::{
    Clock as _, DomainError as _, ErrorKind, Language, Money, UserType, VatRate,
    id::{AddressId, OrderId, ProductId},
};
use serde_json::json;

use crate::{
    OrderError, OrderStatus, OrdersApi as _, PlaceOrder, Shortage, Turn,
    order::Totals,
    tests::{Door, HOLD, MINIMUM, Shop},
};

#[tokio::test]
async fn an_order_keeps_names_prices_rates_and_addresses_as_they_were() {
    let shop = Shop::new().await;
    let (buyer, ayran) = (shop.buyer(), shop.product(1_575));
    shop.fill(buyer, &[(ayran, 20)]);
    let office = AddressId::generate(testkit::clock().now());
    shop.add_address(buyer.user, office, "ul. Krótka 2");
    let request = PlaceOrder { billing_address: Some(office), ..shop.request(buyer) };
    let (placed, _) = shop.orders.place(request, None).await.unwrap();

    shop.change(ayran, |offer| {
        offer.name = "Kefir".to_owned();
        offer.code = "KEF-1".to_owned();
        offer.price = Money::grosz(1);
        offer.vat = VatRate::from_basis_points(2300).unwrap();
        offer.sellable = false;
    });
    shop.add_address(buyer.user, buyer.home, "elsewhere");
    shop.world.addresses.lock().unwrap().remove(&(buyer.user, office));

    let read = shop.orders.order(buyer.user, placed.id).await.unwrap();
    assert_eq!(read, placed);
    let line = &read.lines[0];
    assert_eq!(
        (line.name.as_str(), line.code.as_str(), line.size.as_str()),
        ("Ayran (pl)", "AYR-1", "250 ml")
    );
    assert_eq!(
        (line.quantity, line.unit_price, line.line_total),
        (20, Money::grosz(1_575), Money::grosz(31_500))
    );
    assert_eq!((line.vat.percent(), read.totals.vat), (5, Money::grosz(1_500)));
    assert_eq!(read.shipping_address.street, "ul. Długa 1");
    assert_eq!(read.billing_address.street, "ul. Krótka 2");
    assert_eq!((read.status, read.hold_until), (OrderStatus::PendingPayment, read.created_at + HOLD));
}

#[tokio::test]
async fn without_a_billing_address_the_bill_goes_where_the_goods_go() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    assert_eq!(order.billing_address, order.shipping_address);
}

#[tokio::test]
async fn tax_is_taken_from_the_total_of_each_rate() {
    let shop = Shop::new().await;
    let (buyer, [a, b, tea]) = (shop.buyer(), [20, 20, 2_460].map(|price| shop.product(price)));
    shop.change(tea, |offer| offer.vat = VatRate::from_basis_points(2300).unwrap());
    shop.fill(buyer, &[(a, 1), (tea, 2), (b, 1)]);
    // A company pays half: twice 10 grosz at 5 %, whose tax rounds to nothing line by line.
    let request =
        PlaceOrder { user_type: UserType::Corporate, language: Language::En, ..shop.request(buyer) };
    let (order, _) = shop.orders.place(request, None).await.unwrap();
    let by_rate: Vec<_> = order
        .totals
        .by_rate
        .iter()
        .map(|l| (l.rate.percent(), l.net.amount(), l.vat.amount(), l.gross.amount()))
        .collect();
    assert_eq!(by_rate, [(5, 19, 1, 20), (23, 2_000, 460, 2_460)]);
    let Totals { net, vat, gross, .. } = order.totals;
    assert_eq!([net, vat, gross].map(Money::amount), [2_019, 461, 2_480]);
    assert_eq!(
        shop.db.lines("select net, vat, gross from orders.orders").await,
        ["(2019,461,2480)"],
        "what is stored adds up too"
    );
}

#[tokio::test]
async fn an_individual_orders_from_the_minimum_on_and_a_company_anything() {
    let shop = Shop::new().await;
    let (buyer, product) = (shop.buyer(), shop.product(19_999));
    shop.fill(buyer, &[(product, 1)]);
    let refused = shop.orders.place(shop.request(buyer), None).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (ErrorKind::Invalid, "MINIMUM_ORDER"));
    let pln = |amount: i64| json!({ "amount": amount, "currency": "PLN" });
    assert_eq!(json!(refused.params()), json!({ "required": pln(20_000), "current": pln(19_999) }));
    shop.assert_untouched().await;

    shop.change(product, |offer| offer.price = MINIMUM);
    shop.orders.place(shop.request(buyer), None).await.unwrap();
    let company = shop.buyer();
    shop.fill(company, &[(shop.product(200), 1)]);
    let request = PlaceOrder { user_type: UserType::Corporate, ..shop.request(company) };
    assert_eq!(shop.orders.place(request, None).await.unwrap().0.totals.gross, Money::grosz(100));
}

#[tokio::test]
async fn another_total_than_the_customer_saw_is_refused() {
    let shop = Shop::new().await;
    let buyer = shop.buyer_with_cart();
    let seeing = |total| PlaceOrder { expected_total: Some(Money::grosz(total)), ..shop.request(buyer) };
    let refused = shop.orders.place(seeing(31_499), None).await;
    let (expected, current) = (Money::grosz(31_499), Money::grosz(31_500));
    assert!(
        matches!(refused, Err(OrderError::PriceChanged { expected: e, current: c }) if (e, c) == (expected, current))
    );
    shop.assert_untouched().await;
    shop.orders.place(seeing(31_500), None).await.unwrap();
}

#[tokio::test]
async fn an_empty_cart_is_no_order() {
    let shop = Shop::new().await;
    let buyer = shop.buyer();
    assert!(matches!(shop.orders.place(shop.request(buyer), None).await, Err(OrderError::CartEmpty)));
    shop.fill(buyer, &[]);
    assert!(matches!(shop.orders.place(shop.request(buyer), None).await, Err(OrderError::CartEmpty)));
    shop.assert_untouched().await;
}

#[tokio::test]
async fn products_that_are_gone_are_named() {
    let shop = Shop::new().await;
    let (buyer, [kept, ended]) = (shop.buyer(), [30_000, 10].map(|price| shop.product(price)));
    let unknown = ProductId::generate(testkit::clock().now());
    shop.change(ended, |offer| offer.sellable = false);
    shop.fill(buyer, &[(kept, 1), (ended, 1), (unknown, 1)]);
    let refused = shop.orders.place(shop.request(buyer), None).await;
    assert!(matches!(refused, Err(OrderError::ProductUnavailable(gone)) if gone == [ended, unknown]));
    shop.assert_untouched().await;
}

#[tokio::test]
async fn fewer_than_the_products_minimum_is_refused() {
    let shop = Shop::new().await;
    let (buyer, product) = (shop.buyer(), shop.product(10_000));
    shop.change(product, |offer| offer.min_quantity = 6);
    shop.fill(buyer, &[(product, 5)]);
    let refused = shop.orders.place(shop.request(buyer), None).await;
    assert!(
        matches!(refused, Err(OrderError::BelowMinimumQuantity { product: p, min_quantity: 6 }) if p == product)
    );
    shop.assert_untouched().await;
    shop.fill(buyer, &[(product, 6)]);
    shop.orders.place(shop.request(buyer), None).await.unwrap();
}

#[tokio::test]
async fn a_shortage_names_its_items_and_leaves_no_trace() {
    let shop = Shop::new().await;
    let buyer = shop.buyer_with_cart();
    let product_id = ProductId::generate(testkit::clock().now());
    let short = vec![Shortage { product_id, requested: 20, available: 3 }];
    *shop.world.short.lock().unwrap() = Some(short.clone());
    let refused = shop.orders.place(shop.request(buyer), None).await.unwrap_err();
    let items = json!({ "items": [{ "productId": product_id, "requested": 20, "available": 3 }] });
    assert_eq!((refused.kind(), json!(refused.params())), (ErrorKind::Conflict, items));
    assert!(matches!(refused, OrderError::InsufficientStock(items) if items == short));
    shop.assert_untouched().await;
}

#[tokio::test]
async fn an_address_of_somebody_else_is_refused_before_anything_is_put_aside() {
    let shop = Shop::new().await;
    let (buyer, other) = (shop.buyer_with_cart(), shop.buyer());
    let to = PlaceOrder { shipping_address: other.home, ..shop.request(buyer) };
    let refused = shop.orders.place(to, None).await;
    assert!(matches!(refused, Err(OrderError::AddressNotFound { field: "shippingAddressId" })));
    let billed = PlaceOrder { billing_address: Some(other.home), ..shop.request(buyer) };
    let refused = shop.orders.place(billed, None).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.fields()[0].field.as_str()),
        (ErrorKind::Invalid, "billingAddressId")
    );
    shop.assert_untouched().await;
}

#[tokio::test]
async fn only_the_customer_sees_the_order() {
    let shop = Shop::new().await;
    let (order, other) = (shop.placed().await, shop.buyer());
    assert!(matches!(shop.orders.order(other.user, order.id).await, Err(OrderError::NotFound)));
    assert!(matches!(shop.orders.order(order.user, shop.id()).await, Err(OrderError::NotFound)));
    let existing = shop.orders.existing(&[order.id, shop.id()]).await.unwrap();
    assert_eq!(existing, HashSet::from([order.id]));
}

#[tokio::test]
async fn ways_to_pay_that_are_not_there_are_refused_at_once() {
    use contracts::order::PaymentMethod::BankTransfer;
    let shop = Shop::new().await;
    let buyer = shop.buyer_with_cart();
    for (user_type, method, code) in [
        (UserType::Individual, BankTransfer, "PAYMENT_METHOD_NOT_AVAILABLE"),
        (UserType::Corporate, BankTransfer, "PAYMENT_METHOD_NOT_AVAILABLE"),
    ] {
        let refused = shop.orders.place(PlaceOrder { user_type, method, ..shop.request(buyer) }, None).await;
        assert_eq!(refused.unwrap_err().code(), code);
    }
    shop.assert_untouched().await;
}

#[tokio::test]
async fn an_order_waits_for_its_money_as_long_as_its_way_of_paying_takes() {
    use contracts::order::PaymentMethod::{Blik, Card, P24};
    let shop = Shop::new().await;
    for (method, times) in [(Card, 1), (Blik, 1), (P24, 2)] {
        let request = PlaceOrder { method, ..shop.request(shop.buyer_with_cart()) };
        let (order, _) = shop.orders.place(request, None).await.unwrap();
        assert_eq!((order.payment_method, order.hold_until), (method, order.created_at + HOLD * times));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_orders_at_once_have_a_hundred_numbers() {
    let shop = Shop::new().await;
    let buyers: Vec<_> = (0..100).map(|_| shop.buyer_with_cart()).collect();
    let placed = join_all(buyers.iter().map(|buyer| shop.orders.place(shop.request(*buyer), None))).await;
    let numbers: HashSet<String> = placed.into_iter().map(|order| order.unwrap().0.number).collect();
    assert_eq!(numbers.len(), 100);
    assert!(numbers.iter().all(|n| n.len() == 15 && n.starts_with("ORD-2026-000")), "{numbers:?}");
    assert_eq!(shop.count("orders.orders").await, 100);
}

#[tokio::test]
async fn asked_again_with_the_same_id_it_finds_the_order_it_made() {
    let shop = Shop::new().await;
    let buyer = shop.buyer_with_cart();
    let request = shop.request(buyer);
    let first = shop.orders.place(request.clone(), None).await.unwrap();
    shop.fill(buyer, &[]);
    let second = shop.orders.place(request, None).await.unwrap();
    assert_eq!(first, second);
    let asked = shop.world.asked_to_pay.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], asked[1]);
    assert_eq!((asked[0].order, asked[0].amount), (first.0.id, Money::grosz(31_500)));
    assert_eq!(shop.count("orders.orders").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_id_ten_times_at_once_makes_one_order() {
    let shop = Shop::new().await;
    let request = shop.request(shop.buyer_with_cart());
    let answers = join_all((0..10).map(|_| shop.orders.place(request.clone(), None))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!((shop.count("orders.orders").await, shop.count("platform.outbox").await), (1, 1));
    assert!(shop.world.released.lock().unwrap().is_empty());
    let asked = shop.world.asked_to_pay.lock().unwrap();
    assert!(asked.len() == 10 && asked.iter().all(|request| *request == asked[0]));
}

#[tokio::test]
async fn a_request_that_was_overtaken_by_its_own_repetition_answers_the_same_order() {
    let shop = Shop::new().await;
    // At the cart: before the order is looked for by its cart. After reserving: before it is written.
    for door_at in [&shop.world.at_cart, &shop.world.after_reserve] {
        let request = PlaceOrder { order: shop.id(), ..shop.request(shop.buyer_with_cart()) };
        let door = Door::of(2);
        *door_at.lock().unwrap() = Some(door.clone());
        let slow = tokio::spawn({
            let (orders, request) = (shop.orders.clone(), request.clone());
            async move { orders.place(request, None).await }
        });
        door.reached.wait().await;
        *door_at.lock().unwrap() = None;
        let fast = shop.orders.place(request, None).await.unwrap();
        door.open.wait().await;
        assert_eq!(slow.await.unwrap().unwrap(), fast);
    }
    assert_eq!(shop.count("orders.orders").await, 2);
    assert!(shop.world.released.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_order_under_a_new_id_is_not_looked_for_and_is_found_all_the_same_if_it_is_there() {
    let shop = Shop::new().await;
    let request = PlaceOrder { turn: Turn::First, ..shop.request(shop.buyer_with_cart()) };
    let placed = shop.orders.place(request.clone(), None).await.unwrap();
    assert_eq!(shop.orders.place(request, None).await.unwrap(), placed);
    assert_eq!(shop.count("orders.orders").await, 1);
}

#[tokio::test]
async fn numbers_follow_one_another_and_a_refusal_takes_none() {
    let shop = Shop::new().await;
    let first = shop.placed().await;
    let refused = shop.buyer_with_cart();
    *shop.world.short.lock().unwrap() = Some(Vec::new());
    shop.orders.place(shop.request(refused), None).await.unwrap_err();
    *shop.world.short.lock().unwrap() = None;
    let second = shop.placed().await;
    assert_eq!([first.number.as_str(), second.number.as_str()], ["ORD-2026-000001", "ORD-2026-000002"]);
    shop.db.exec("select setval('orders.order_numbers', 1234567)").await;
    assert_eq!(shop.placed().await.number, "ORD-2026-1234568", "no digit is lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_cart_sent_six_times_at_once_becomes_one_order() {
    let shop = Shop::new().await;
    let buyer = shop.buyer_with_cart();
    *shop.world.after_reserve.lock().unwrap() = Some(Door::of(6));
    let requests: Vec<PlaceOrder> = (0..6).map(|_| shop.request(buyer)).collect();
    let answers = join_all(requests.iter().map(|request| shop.orders.place(request.clone(), None))).await;
    let won: Vec<OrderId> = answers.iter().filter_map(|a| Some(a.as_ref().ok()?.0.id)).collect();
    assert_eq!(won.len(), 1);
    for refused in answers.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, OrderError::CartAlreadyOrdered(order) if order == won[0]), "{refused}");
    }
    let held: Vec<OrderId> = shop.world.held.lock().unwrap().keys().copied().collect();
    assert_eq!((held, shop.world.released.lock().unwrap().len()), (won, 5));
    assert_eq!((shop.count("orders.orders").await, shop.count("platform.outbox").await), (1, 1));
}

#[tokio::test]
async fn a_cart_that_was_ordered_takes_nothing_more_from_stock() {
    let shop = Shop::new().await;
    let buyer = shop.buyer_with_cart();
    let (order, _) = shop.orders.place(shop.request(buyer), None).await.unwrap();
    let refused = shop.orders.place(shop.request(buyer), None).await;
    assert!(matches!(refused, Err(OrderError::CartAlreadyOrdered(earlier)) if earlier == order.id));
    assert_eq!(shop.world.held.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_cart_whose_order_has_ended_unpaid_can_be_ordered_again() {
    let shop = Shop::new().await;
    let buyer = shop.buyer_with_cart();
    for status in ["expired", "cancelled"] {
        let (order, _) = shop.orders.place(shop.request(buyer), None).await.unwrap();
        shop.db
            .exec(&format!("update orders.orders set status = '{status}' where id = '{}'", order.id))
            .await;
    }
    shop.orders.place(shop.request(buyer), None).await.unwrap();
    let refused = shop.orders.place(shop.request(buyer), None).await;
    assert!(matches!(refused, Err(OrderError::CartAlreadyOrdered(_))));
    assert_eq!(shop.count("orders.orders").await, 3);
}

#[tokio::test]
async fn an_order_stands_while_the_provider_is_away() {
    let shop = Shop::new().await;
    shop.world.provider_away.store(true, Ordering::Relaxed);
    let (order, payment) = shop.orders.place(shop.request(shop.buyer_with_cart()), None).await.unwrap();
    assert_eq!((payment.status.as_str(), payment.client_secret), ("creating", None));
    assert_eq!(shop.orders.order(order.user, order.id).await.unwrap(), order);
}

#[tokio::test]
async fn an_order_whose_payment_could_not_be_asked_for_is_found_again() {
    let shop = Shop::new().await;
    let request = shop.request(shop.buyer_with_cart());
    shop.world.payment_down.store(true, Ordering::Relaxed);
    let failed = shop.orders.place(request.clone(), None).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Unavailable);
    assert_eq!(shop.count("orders.orders").await, 1);
    shop.world.payment_down.store(false, Ordering::Relaxed);
    let (order, payment) = shop.orders.place(request.clone(), None).await.unwrap();
    assert_eq!((order.id, payment.status.as_str()), (request.order, "requires_payment_method"));
    assert_eq!(shop.count("orders.orders").await, 1);
}

#[tokio::test]
async fn a_crash_between_reserving_and_writing_is_finished_by_the_retry() {
    let shop = Shop::new().await;
    let request = shop.request(shop.buyer_with_cart());
    let door = Door::of(2);
    *shop.world.after_reserve.lock().unwrap() = Some(door.clone());
    tokio::select! {
        answer = shop.orders.place(request.clone(), None) => panic!("{answer:?}"),
        _ = door.reached.wait() => {}
    }
    assert_eq!((shop.count("orders.orders").await, shop.world.held.lock().unwrap().len()), (0, 1));
    *shop.world.after_reserve.lock().unwrap() = None;

    let (order, _) = shop.orders.place(request.clone(), None).await.unwrap();
    assert_eq!(order.id, request.order);
    let held = shop.world.held.lock().unwrap();
    assert!(held.len() == 1 && held.contains_key(&order.id));
    assert!(shop.world.released.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_order_is_told_of_in_the_transaction_that_writes_it() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    let told = shop.db.lines("select name, aggregate, payload from platform.outbox").await;
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("order.placed.v1") && told[0].contains(&order.id.to_string()), "{told:?}");
    let payload = "payload = jsonb_build_object('orderId', o.id, 'userId', o.user_id, 'method', 'card',
        'total', jsonb_build_object('amount', o.gross, 'currency', 'PLN'), 'holdUntil', '2026-07-22T10:15:00Z')";
    assert_eq!(shop.count(&format!("platform.outbox, orders.orders o where {payload}")).await, 1);

    // What tells of it cannot be written: then it does not exist either, and its units stay for inventory to judge.
    shop.db.exec("alter table platform.outbox add check (name <> 'order.placed.v1') not valid").await;
    let failed = shop.orders.place(shop.request(shop.buyer_with_cart()), None).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Internal);
    assert_eq!(shop.count("orders.orders").await, 1);
    assert_eq!(shop.count("orders.order_lines").await, 1);
}

/// Written together: whoever cannot be served does not keep the others from it, and each hears of her own order.
#[tokio::test]
async fn those_who_order_at_the_same_moment_get_each_her_own_answer() {
    let shop = Shop::new().await;
    let (greedy, late) = (shop.buyer_with_cart(), shop.buyer_with_cart());
    let bread = shop.product(1_000);
    for _ in 0..5 {
        shop.fill(greedy, &[(bread, 100)]);
        shop.orders.place(shop.request(greedy), None).await.unwrap();
    }
    shop.fill(greedy, &[(bread, 100)]);
    let ordered = shop.orders.place(shop.request(late), None).await.unwrap().0;
    let others: Vec<_> = (0..6).map(|_| shop.buyer_with_cart()).collect();

    // Until the refusals are met: alone, among others, by one who has ordered her cart already.
    for round in 0..3 {
        let all = others.iter().copied().chain([greedy, late]);
        let mut answers = join_all(all.map(|buyer| shop.orders.place(shop.request(buyer), None))).await;
        let (of_late, of_greedy) = (answers.pop().unwrap(), answers.pop().unwrap());
        assert!(matches!(of_late, Err(OrderError::CartAlreadyOrdered(earlier)) if earlier == ordered.id));
        assert!(matches!(of_greedy, Err(OrderError::TooManyUnpaidOrders { limit: 5 })), "{round}");
        for (buyer, answer) in others.iter().zip(answers) {
            let order = answer.unwrap().0;
            assert_eq!((order.user, shop.read(&order).await.number), (buyer.user, order.number.clone()));
            shop.fill(*buyer, &[(shop.product(1_575), 20)]);
        }
    }
    assert_eq!(shop.count("orders.orders").await, 5 + 1 + 3 * 6);
    assert_eq!(shop.told("placed").await, 5 + 1 + 3 * 6);
}
