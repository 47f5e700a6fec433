//! Carts against a real database, with a catalogue that offers what the test says.

use std::{collections::HashMap, sync::Arc, sync::atomic::Ordering};

use bus::Runner;
use chrono::TimeDelta;
use contracts::order::{OrderPaid, OrderedLine};
use futures_util::future::{join_all, try_join_all};
use kernel::{
    Clock as _, DomainError as _, ErrorKind, Money, UserType, VatRate,
    id::{CartId, CartItemId, OrderId, ProductId, UserId},
};
use proptest::prelude::*;
use serde_json::json;

use super::{
    Cart, Line, Owner, Quantity,
    quote::{Quote, Warning, quote},
};
use crate::{
    CartApi as _, CartError,
    events::EmptyCart,
    ports::Offer,
    testing::{CORPORATE, RULES, Shop},
};

fn quantities(cart: &Quote) -> Vec<u32> {
    cart.lines.iter().map(|line| line.quantity).collect()
}

#[tokio::test]
async fn adding_a_product_again_adds_to_its_line() {
    let shop = Shop::new().await;
    let (user, first, second) = (shop.somebody(), shop.product(), shop.product());

    shop.add(user, first, 2).await.unwrap();
    shop.clock.advance(TimeDelta::seconds(1));
    shop.add(user, second, 1).await.unwrap();
    let answered = shop.add(user, first, 3).await.unwrap();

    assert_eq!(quantities(&answered), [5, 1]);
    assert_eq!(answered.summary.gross, Money::grosz(6_000));
    assert_eq!(answered, shop.cart(user).await, "the answer is the cart as it is read");
    assert!(shop.cart(shop.somebody()).await.lines.is_empty(), "nobody else's cart");
    let contents = shop.carts.cart_to_order(user).await.unwrap().unwrap();
    assert_eq!(contents.revision, 3);
    let ordered: Vec<_> = contents.lines.iter().map(|line| (line.product, line.quantity)).collect();
    assert_eq!(ordered, [(first, 5), (second, 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_adds_at_once_lose_nothing() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());

    try_join_all((0..20).map(|_| shop.add(user, product, 1))).await.unwrap();

    assert_eq!(quantities(&shop.cart(user).await), [20]);
    assert_eq!(shop.carts.cart_to_order(user).await.unwrap().unwrap().revision, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_first_adds_at_once_make_one_cart() {
    let shop = Shop::new().await;
    let user = shop.somebody();
    let products: Vec<_> = (0..10).map(|_| shop.product()).collect();

    try_join_all(products.iter().map(|product| shop.add(user, *product, 1))).await.unwrap();

    assert_eq!(shop.db.number("select count(*) from shopping.carts").await, 1);
    assert_eq!(shop.cart(user).await.lines.len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adds_at_once_never_exceed_what_is_there() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());
    shop.change(product, |offer| offer.available = 7);

    let added = join_all((0..20).map(|_| shop.add(user, product, 1))).await;

    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), 7);
    assert_eq!(quantities(&shop.cart(user).await), [7]);
}

#[tokio::test]
async fn a_refused_add_changes_nothing() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());
    shop.change(product, |offer| (offer.available, offer.min_quantity) = (5, 2));

    assert!(matches!(shop.add(user, product, 1).await, Err(CartError::MinQuantity { min_quantity: 2 })));
    assert_eq!(shop.db.number("select count(*) from shopping.carts").await, 0);
    shop.add(user, product, 3).await.unwrap();
    let too_many = shop.add(user, product, 3).await.unwrap_err();

    let told = json!({ "requested": 3, "available": 5, "inCart": 3 });
    assert_eq!(
        (too_many.code(), too_many.params()),
        ("INSUFFICIENT_STOCK", told.as_object().unwrap().clone())
    );
    assert_eq!(quantities(&shop.cart(user).await), [3]);
    assert_eq!(shop.carts.cart_to_order(user).await.unwrap().unwrap().revision, 1);
}

#[tokio::test]
async fn what_is_not_sold_cannot_be_put_in() {
    let shop = Shop::new().await;
    let (user, inactive, unknown) = (shop.somebody(), shop.product(), shop.product());
    shop.change(inactive, |offer| offer.sellable = false);
    shop.forget(unknown);
    for product in [inactive, unknown] {
        let refused = shop.add(user, product, 1).await.unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (ErrorKind::NotFound, "PRODUCT_NOT_FOUND"));
    }
}

#[tokio::test]
async fn a_line_holds_9999_units_and_a_cart_100_lines() {
    let shop = Shop::new().await;
    let (user, many) = (shop.somebody(), shop.product());
    shop.change(many, |offer| offer.available = 20_000);
    for n in [0, -1, 10_000, i64::MAX, i64::MIN] {
        assert!(matches!(shop.add(user, many, n).await, Err(CartError::QuantityOutOfRange)), "{n}");
    }
    shop.add(user, many, 9_998).await.unwrap();
    assert!(matches!(shop.add(user, many, 2).await, Err(CartError::QuantityOutOfRange)));
    shop.add(user, many, 1).await.unwrap();
    for _ in 0..99 {
        shop.add(user, shop.product(), 1).await.unwrap();
    }
    let full = shop.add(user, shop.product(), 1).await.unwrap_err();
    assert_eq!((full.kind(), full.code()), (ErrorKind::Conflict, "CART_FULL"));
    shop.change(many, |offer| offer.available = 1);
    assert_eq!(shop.cart(user).await.lines.len(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_additions_at_once_leave_a_hundred_lines() {
    let shop = Shop::new().await;
    let user = shop.somebody();
    for _ in 0..95 {
        shop.add(user, shop.product(), 1).await.unwrap();
    }
    let products: Vec<_> = (0..30).map(|_| shop.product()).collect();
    let adds = join_all(products.iter().map(|product| shop.add(user, *product, 1))).await;
    assert_eq!(adds.iter().filter(|add| add.is_ok()).count(), 5);
    let full = |add: &&Result<_, CartError>| matches!(add, Err(CartError::CartFull { max: 100 }));
    assert_eq!(adds.iter().filter(full).count(), 25);
    assert_eq!(shop.cart(user).await.lines.len(), 100);
    // Whoever was let in was shown the whole cart as it was then.
    let mut seen: Vec<usize> = adds.iter().flatten().map(|cart| cart.lines.len()).collect();
    seen.sort_unstable();
    assert_eq!(seen.last(), Some(&100));
    assert!(seen.iter().all(|lines| *lines > 95));
}

#[tokio::test]
async fn a_cart_says_what_changed_since_things_were_put_in() {
    let shop = Shop::new().await;
    let user = shop.somebody();
    let products: Vec<_> = (0..7).map(|_| shop.product()).collect();
    for product in &products {
        shop.add(user, *product, 4).await.unwrap();
        shop.clock.advance(TimeDelta::seconds(1));
    }
    let [sold_out, fewer, more, dearer, inactive, gone, _fine] = products[..] else { panic!("seven") };
    shop.change(sold_out, |offer| offer.available = 0);
    shop.change(fewer, |offer| offer.available = 3);
    shop.change(more, |offer| offer.min_quantity = 6);
    shop.change(dearer, |offer| offer.price = Money::grosz(1_100));
    shop.change(inactive, |offer| (offer.sellable, offer.price) = (false, Money::grosz(900)));
    shop.forget(gone);

    let cart = shop.cart(user).await;

    let warnings: Vec<_> = cart.lines.iter().map(|line| line.warnings.clone()).collect();
    let expected = [
        vec![Warning::OutOfStock],
        vec![Warning::LessAvailable],
        vec![Warning::BelowMinimum],
        vec![Warning::PriceChanged],
        vec![Warning::Unavailable],
        vec![Warning::Unavailable],
        vec![],
    ];
    assert_eq!(warnings, expected);
    let shown: Vec<_> =
        cart.lines.iter().map(|l| (l.unit_price.amount(), l.total.amount(), l.item.is_some())).collect();
    assert_eq!(shown[3..6], [(1_100, 4_400, true), (900, 0, true), (1_000, 0, false)]);
    assert_eq!((cart.summary.lines, cart.summary.quantity), (7, 20));
    assert_eq!(cart.summary.gross, Money::grosz(4 * 4_000 + 4_400));
    assert!(!cart.summary.can_checkout);

    let seen_again = shop.add(user, dearer, 1).await.unwrap();
    assert!(seen_again.lines[3].warnings.is_empty(), "put in again at the new price");
}

#[tokio::test]
async fn individuals_order_from_the_minimum_on_and_companies_anything() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());
    let state = |cart: &Quote| (cart.summary.missing.amount(), cart.summary.can_checkout);

    assert_eq!(state(&shop.cart(user).await), (20_000, false));
    assert_eq!(state(&shop.carts.cart(Owner::User(user), CORPORATE).await.unwrap()), (0, false), "empty");
    assert_eq!(state(&shop.add(user, product, 19).await.unwrap()), (1_000, false));
    let corporate = shop.carts.cart(Owner::User(user), CORPORATE).await.unwrap();
    assert_eq!((state(&corporate), corporate.summary.gross), ((0, true), Money::grosz(9_500)));
    assert_eq!(state(&shop.add(user, product, 1).await.unwrap()), (0, true));

    shop.change(product, |offer| offer.price = Money::grosz(1_001));
    assert_eq!(state(&shop.cart(user).await), (0, true), "a changed price alone does not keep from ordering");
}

#[tokio::test]
async fn an_empty_cart_asks_nobody_and_cannot_be_ordered() {
    let shop = Shop::new().await;
    let user = shop.somebody();
    assert!(shop.cart(user).await.lines.is_empty());
    assert_eq!(shop.offers.asked.load(Ordering::Relaxed), 0);
    assert_eq!(shop.carts.cart_to_order(user).await.unwrap(), None);
    assert_eq!(shop.db.number("select count(*) from shopping.carts").await, 0, "looking makes no cart");
}

#[tokio::test]
async fn a_catalogue_that_is_away_is_told_as_such() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());
    shop.offers.away.store(true, Ordering::Relaxed);
    let away = shop.add(user, product, 1).await.unwrap_err();
    assert_eq!((away.kind(), away.code()), (ErrorKind::Unavailable, "UNAVAILABLE"));
}

/// Publishes that `bought` of the customer's cart is paid, and lets the workers run.
async fn pay(shop: &Shop, user: UserId, cart: CartId, bought: &[(ProductId, u32)]) {
    let now = shop.clock.now();
    let lines = bought
        .iter()
        .map(|(product_id, quantity)| OrderedLine { product_id: *product_id, quantity: *quantity });
    let paid =
        OrderPaid { order_id: OrderId::generate(now), user_id: user, cart_id: cart, lines: lines.collect() };
    let mut conn = shop.db.db().conn().await.unwrap();
    bus::enqueue::<EmptyCart>(&mut conn, &paid, now, now).await.unwrap();
    let runner = Runner::new(shop.db.db(), shop.clock.clone()).handle(EmptyCart);
    assert_eq!(runner.drain().await.unwrap(), 1);
    assert_eq!(shop.db.number("select count(*) from platform.jobs").await, 0);
}

#[tokio::test]
async fn what_was_bought_leaves_the_cart_and_what_was_added_meanwhile_stays() {
    let shop = Shop::new().await;
    let user = shop.somebody();
    let (whole, grown, late, shrunk) = (shop.product(), shop.product(), shop.product(), shop.product());
    for product in [whole, grown, shrunk] {
        shop.add(user, product, 5).await.unwrap();
    }
    let ordered = shop.carts.cart_to_order(user).await.unwrap().unwrap();
    let bought: Vec<_> = ordered.lines.iter().map(|line| (line.product, line.quantity)).collect();
    shop.add(user, grown, 2).await.unwrap();
    shop.add(user, late, 1).await.unwrap();
    shop.db.exec(&format!("update shopping.cart_items set quantity = 1 where product_id = '{shrunk}'")).await;
    let other = shop.somebody();
    shop.add(other, whole, 5).await.unwrap();

    pay(&shop, user, ordered.cart, &bought).await;

    let left = shop.carts.cart_to_order(user).await.unwrap().unwrap();
    let lines: HashMap<_, _> = left.lines.iter().map(|line| (line.product, line.quantity)).collect();
    assert_eq!(lines, HashMap::from([(grown, 2), (late, 1)]));
    assert_eq!((left.cart, left.revision), (ordered.cart, 6));
    assert_eq!(quantities(&shop.cart(other).await), [5]);
}

#[tokio::test]
async fn a_cart_that_is_empty_or_gone_is_left_alone() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());
    pay(&shop, user, CartId::generate(shop.clock.now()), &[(product, 1)]).await;

    shop.add(user, product, 2).await.unwrap();
    let cart = shop.carts.cart_to_order(user).await.unwrap().unwrap().cart;
    pay(&shop, user, cart, &[(product, 1), (product, 1)]).await;
    pay(&shop, user, cart, &[(product, 1)]).await;

    assert_eq!(shop.carts.cart_to_order(user).await.unwrap(), None);
    assert_eq!(
        shop.db.number("select revision from shopping.carts").await,
        2,
        "nothing changed, same revision"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adding_while_the_bought_leaves_loses_nothing() {
    let shop = Arc::new(Shop::new().await);
    let (user, product) = (shop.somebody(), shop.product());
    shop.add(user, product, 10).await.unwrap();
    let cart = shop.carts.cart_to_order(user).await.unwrap().unwrap().cart;

    let bought = [(product, 10)];
    let adding = join_all((0..10).map(|_| shop.add(user, product, 1)));
    let (added, ()) = tokio::join!(adding, pay(&shop, user, cart, &bought));

    assert!(added.iter().all(Result::is_ok));
    assert_eq!(quantities(&shop.cart(user).await), [10]);
}

/// Price, which rate, minimum, units there, on sale.
type DrawnOffer = (i64, usize, u32, u32, bool);

/// Quantity, price seen, and what is offered today: `None` when the product is gone.
fn drawn_line() -> impl Strategy<Value = (i64, i64, Option<DrawnOffer>)> {
    let offer = (0i64..200_000, 0usize..4, 1u32..12, 0u32..200, prop::bool::weighted(0.9));
    (1i64..=9_999, 0i64..200_000, prop::option::weighted(0.9, offer))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn totals_are_right_to_the_grosz(drawn in prop::collection::vec(drawn_line(), 0..30), corporate in any::<bool>()) {
        const RATES: [i32; 4] = [0, 500, 800, 2300];
        let now = testkit::clock().now();
        let (mut lines, mut offers) = (Vec::new(), HashMap::new());
        // Recomputed with nothing of ours: gross by rate, then VAT by rate, in wide integers.
        let (mut gross_by_rate, mut blocked) = ([0i128; 4], drawn.is_empty());
        for (n, seen, offer) in &drawn {
            let product = ProductId::generate(now);
            let (quantity, price_seen) = (Quantity::new(*n).unwrap(), Money::grosz(*seen));
            lines.push(Line { id: CartItemId::generate(now), product, quantity, price_seen, added_at: now });
            let Some((price, rate, min_quantity, available, sellable)) = *offer else { blocked = true; continue };
            let vat = VatRate::from_basis_points(RATES[rate]).unwrap();
            let (price, item) = (Money::grosz(price), json!({}));
            blocked |= !sellable || *n < i64::from(min_quantity) || *n > i64::from(available);
            if sellable {
                gross_by_rate[rate] += i128::from(price.amount()) * i128::from(*n);
            }
            offers.insert(product, Offer { product, price, vat, min_quantity, available, sellable, item: crate::testing::item(&item) });
        }
        let vat_by_rate = [0, 1, 2, 3].map(|at| {
            let (gross, percent) = (gross_by_rate[at], i128::from(RATES[at] / 100));
            let (whole, rest) = (gross * percent / (100 + percent), gross * percent % (100 + percent));
            if rest * 2 >= 100 + percent { whole + 1 } else { whole }
        });
        let (gross, vat): (i128, i128) = (gross_by_rate.iter().sum(), vat_by_rate.iter().sum());
        let (user_type, minimum) = if corporate { (UserType::Corporate, 0) } else { (UserType::Individual, 20_000) };

        let summary = quote(&lines, &offers, RULES, user_type).unwrap().summary;

        prop_assert_eq!(i128::from(summary.gross.amount()), gross);
        prop_assert_eq!(i128::from(summary.vat.amount()), vat);
        prop_assert_eq!(i128::from(summary.net.amount()), gross - vat);
        prop_assert_eq!(i128::from(summary.missing.amount()), (minimum - gross).max(0));
        prop_assert_eq!(summary.can_checkout, !blocked && gross >= minimum);
        prop_assert_eq!(summary.lines, drawn.len());
    }

    #[test]
    fn adds_in_any_order_sum_up_or_are_refused(adds in prop::collection::vec((0usize..3, 1i64..4_000), 0..40)) {
        let now = testkit::clock().now();
        let mut cart = Cart { id: CartId::generate(now), revision: 1, lines: Vec::new() };
        let products = [(); 3].map(|()| ProductId::generate(now));
        let mut sums = [0u32; 3];
        for (at, n) in adds {
            let (price, vat) = (Money::grosz(100), VatRate::from_basis_points(800).unwrap());
            let offer = Offer {
                product: products[at], price, vat, min_quantity: 2, available: 9_000, sellable: true, item: crate::testing::item(&json!({})),
            };
            let fits = (2..=9_000).contains(&(i64::from(sums[at]) + n));
            prop_assert_eq!(cart.add(Some(&offer), offer.product, Quantity::new(n).unwrap(), now).is_ok(), fits);
            if fits {
                sums[at] += u32::try_from(n).unwrap();
            }
        }
        for (product, sum) in products.iter().zip(sums) {
            let line = cart.lines.iter().find(|line| line.product == *product);
            prop_assert_eq!(line.map_or(0, |line| line.quantity.get()), sum);
        }
    }
}

#[tokio::test]
async fn a_refill_brings_lines_up_to_what_is_wanted_and_never_down() {
    let shop = Shop::new().await;
    let (user, now) = (shop.somebody(), shop.clock.now());
    let (more, fewer, scarce, gone) =
        (shop.product(), shop.product(), shop.product(), ProductId::generate(now));
    shop.change(scarce, |offer| offer.available = 3);
    shop.add(user, more, 9).await.unwrap();
    shop.add(user, fewer, 1).await.unwrap();
    let wanted = [(more, 4), (fewer, 5), (scarce, 7), (gone, 1)]
        .map(|(product, quantity)| crate::CartLine { product, quantity });
    for _ in 0..2 {
        let stands = shop.carts.refill(user, UserType::Individual, &wanted).await.unwrap();
        let mut stands: Vec<_> = stands.iter().map(|line| (line.product, line.quantity)).collect();
        stands.sort_unstable();
        let mut expected = vec![(more, 9), (fewer, 5), (scarce, 3)];
        expected.sort_unstable();
        assert_eq!(stands, expected);
    }
    assert_eq!(shop.cart(user).await.lines.len(), 3);
}
