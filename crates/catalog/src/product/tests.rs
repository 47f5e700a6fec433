//! Products against a real database, with a shelf that holds what the test says.

use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{Clock as _, Language, Limit, Money, id::ProductId};

use super::{Filter, ProductRef, Selection, preference};
use crate::{
    CatalogApi as _, CatalogError, View,
    testing::{CORPORATE, INDIVIDUAL, Shop, TODAY, product_sql},
};

#[test]
fn a_missing_translation_is_looked_for_in_turkish_then_english_then_polish() {
    assert_eq!(preference(Language::Tr), ["tr", "en", "pl"]);
    assert_eq!(preference(Language::En), ["en", "tr", "pl"]);
    assert_eq!(preference(Language::Pl), ["pl", "tr", "en"]);
}

#[tokio::test]
async fn a_name_falls_back_and_the_product_never_disappears() {
    let shop = Shop::new().await;
    let category = shop.category("et", 1).await;
    for (code, names) in [
        ("all", vec!["tr", "en", "pl"]),
        ("no-tr", vec!["en", "pl"]),
        ("no-pl", vec!["tr", "en"]),
        ("only-pl", vec!["pl"]),
        ("none", vec![]),
    ] {
        let id = shop.product(category, code).await;
        for language in names {
            shop.name(id, language, &format!("{code} {language}")).await;
        }
    }
    for (language, expected) in [
        (Language::Tr, ["all tr", "no-tr en", "no-pl tr", "only-pl pl", "none"]),
        (Language::En, ["all en", "no-tr en", "no-pl en", "only-pl pl", "none"]),
        (Language::Pl, ["all pl", "no-tr pl", "no-pl tr", "only-pl pl", "none"]),
    ] {
        let view = View { language, ..INDIVIDUAL };
        let mut names = Vec::new();
        for wanted in ["all", "no-tr", "no-pl", "only-pl", "none"] {
            let code = ProductRef::Code(wanted.to_owned());
            names.push(shop.catalog.product(&code, view).await.unwrap().0.product.name.clone());
        }
        assert_eq!(names, expected, "{language:?}");
        assert_eq!(shop.catalog.listing(&Selection::default(), view).await.unwrap().products.len(), 5);
    }
}

#[tokio::test]
async fn each_type_of_customer_has_its_own_price_and_minimum() {
    let shop = Shop::new().await;
    let id = shop.product(shop.category("et", 1).await, "A1").await;
    let seen = |p: &crate::Product| (p.price, p.min_quantity, p.vat.percent());

    let individual = shop.catalog.products(&[id], INDIVIDUAL).await.unwrap();
    let corporate = shop.catalog.products(&[id], CORPORATE).await.unwrap();

    assert_eq!(seen(&individual[&id]), (Money::grosz(1999), 1, 5));
    assert_eq!(seen(&corporate[&id]), (Money::grosz(1234), 6, 5));

    // Whoever asks at the same moment is answered together, each in her own eyes.
    let other = shop.product(shop.category("süt", 2).await, "A2").await;
    let asked = [(INDIVIDUAL, vec![id]), (CORPORATE, vec![id, other]), (INDIVIDUAL, vec![other, other])];
    let told = asked.iter().cycle().take(12).map(|(view, ids)| shop.catalog.products_now(ids, *view));
    for (nth, told) in join_all(told).await.into_iter().enumerate() {
        let (told, (view, ids)) = (told.unwrap(), &asked[nth % 3]);
        let price = if *view == CORPORATE { 1234 } else { 1999 };
        assert!(told.len() == if nth % 3 == 1 { 2 } else { 1 } && ids.iter().all(|id| told.contains_key(id)));
        assert!(told.values().all(|product| product.price == Money::grosz(price)), "{nth}");
    }
}

#[tokio::test]
async fn the_price_is_the_one_that_is_valid_now() {
    let shop = Shop::new().await;
    let id = shop.product(shop.category("et", 1).await, "A1").await;
    let price = async || shop.catalog.products(&[id], INDIVIDUAL).await.unwrap().get(&id).map(|p| p.price);
    let change = format!(
        "update catalog.product_prices set valid_to = {TODAY} + interval '1 hour' where user_type = 'individual';
         insert into catalog.product_prices values ('{id}', 'individual', 2099, 1, {TODAY} + interval '1 hour', null);
         insert into catalog.product_prices values ('{id}', 'individual', 1, 1, {TODAY} - interval '1 day', {TODAY})"
    );
    shop.db.exec(&change).await;

    assert_eq!(price().await, Some(Money::grosz(1999)));
    shop.clock.advance(TimeDelta::hours(1) - TimeDelta::microseconds(1));
    assert_eq!(price().await, Some(Money::grosz(1999)));
    shop.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(price().await, Some(Money::grosz(2099)));
    let end =
        "update catalog.product_prices set valid_to = valid_from + interval '2 hours' where valid_to is null";
    shop.db.exec(end).await;
    shop.clock.advance(TimeDelta::hours(2));
    assert_eq!(price().await, None, "there is no price any more");
}

#[tokio::test]
async fn what_is_charged_comes_from_memory_only_while_that_is_what_stands() {
    let shop = Shop::new().await;
    let id = shop.product(shop.category("et", 1).await, "A1").await;
    shop.catalog.warm_up().await.unwrap();
    let price = async || {
        let now = shop.catalog.products_now(&[id], INDIVIDUAL).await.unwrap();
        now.get(&id).map(|product| product.price)
    };
    // Nobody's revision: so that what the database has and what is in memory can be told apart.
    let unseen = "update catalog.product_prices set gross_amount = 7 where user_type = 'individual'";
    shop.db
        .exec(&format!("set session_replication_role = replica; {unseen}; reset session_replication_role"))
        .await;
    assert_eq!(price().await, Some(Money::grosz(1999)), "from memory");

    shop.db.exec("update catalog.product_prices set min_quantity = 2").await;
    assert_eq!(price().await, Some(Money::grosz(7)), "something has changed since the last look");
    assert_eq!(price().await, Some(Money::grosz(7)), "and nobody has looked");
    shop.catalog.warm_up().await.unwrap();
    assert_eq!(price().await, Some(Money::grosz(7)));

    let end = format!("update catalog.product_prices set valid_to = {TODAY} + interval '1 hour'");
    shop.db.exec(&end).await;
    shop.catalog.warm_up().await.unwrap();
    assert_eq!(price().await, Some(Money::grosz(7)));
    shop.clock.advance(TimeDelta::hours(1));
    assert_eq!(price().await, None, "it ended by itself");
}

#[tokio::test]
async fn others_are_told_of_inactive_products_and_not_of_unknown_ones() {
    let shop = Shop::new().await;
    let category = shop.category("et", 1).await;
    let (sold, gone) = (shop.product(category, "A1").await, shop.product(category, "A2").await);
    let unknown = ProductId::generate(shop.clock.now());
    shop.db.exec(&format!("update catalog.products set active = false where id = '{gone}'")).await;

    let products = shop.catalog.products(&[sold, gone, unknown, sold], INDIVIDUAL).await.unwrap();

    assert_eq!(products.len(), 2);
    assert!(products[&sold].active && !products[&gone].active);
    assert!(shop.catalog.products(&[], INDIVIDUAL).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_product_is_found_by_id_and_by_code_while_it_is_active() {
    let shop = Shop::new().await;
    let id = shop.product(shop.category("et", 1).await, "105").await;
    shop.shelf.put(id, 7);
    let ask = |text: &str| {
        let (catalog, wanted) = (shop.catalog.clone(), ProductRef::parse(text.to_owned()).unwrap());
        async move { catalog.product(&wanted, INDIVIDUAL).await }
    };

    for text in ["105", &id.to_string()] {
        let (found, _) = ask(text).await.unwrap();
        assert_eq!((found.product.id, found.available), (id, 7), "{text}");
    }
    shop.db.exec("update catalog.products set active = false").await;
    for text in ["105", &id.to_string(), "106", "%", " "] {
        assert!(matches!(ask(text).await, Err(CatalogError::ProductNotFound)), "{text}");
    }
}

#[tokio::test]
async fn a_list_tells_units_and_total_and_keeps_to_its_category() {
    let shop = Shop::new().await;
    let (meat, milk) = (shop.category("et", 1).await, shop.category("sut", 2).await);
    let (first, second) = (shop.product(meat, "A1").await, shop.product(milk, "B1").await);
    let hidden = shop.product(meat, "A2").await;
    shop.db.exec(&format!("update catalog.products set active = false where id = '{hidden}'")).await;
    shop.shelf.put(second, 3);
    let list = async |category: Option<&str>| {
        let filter = Filter { category: category.map(str::to_owned), ..Filter::default() };
        let selection = Selection { filter, ..Selection::default() };
        let listing = shop.catalog.listing(&selection, INDIVIDUAL).await.unwrap();
        let mut units: Vec<_> = listing.products.iter().map(|s| (s.product.id, s.available)).collect();
        units.sort_unstable();
        (units, listing.total, listing.next)
    };

    let mut all = vec![(first, 0), (second, 3)];
    all.sort_unstable();
    assert_eq!(list(None).await, (all, 2, None));
    assert_eq!(list(Some("sut")).await, (vec![(second, 3)], 1, None));
    assert_eq!(list(Some("none")).await, (vec![], 0, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leafing_through_shows_each_product_once_while_others_are_added() {
    let shop = Shop::new().await;
    let category = shop.category("et", 1).await;
    let mut known = Vec::new();
    for n in 0..50 {
        known.push(shop.product(category, &format!("A{n}")).await);
        shop.clock.advance(TimeDelta::milliseconds(1));
    }
    let adding = async {
        for n in 0..30 {
            // Before, among and behind those that are there.
            let at = shop.clock.now() - TimeDelta::milliseconds(70 - i64::from(n) * 3);
            let sql = product_sql(ProductId::generate(at), category, &format!("N{n}"));
            shop.db.exec(&sql).await;
        }
    };
    let leafing = async {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let selection = Selection { limit: Limit::new(7).unwrap(), after, ..Selection::default() };
            let listing = shop.catalog.listing(&selection, INDIVIDUAL).await.unwrap();
            seen.extend(listing.products.iter().map(|stocked| stocked.product.id));
            after = listing.next;
            if after.is_none() {
                return seen;
            }
        }
    };

    let ((), seen) = tokio::join!(adding, leafing);

    let mut once = seen.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(seen, once, "in order, none twice");
    assert!(known.iter().all(|id| seen.contains(id)), "none of those that were there is missing");
}
