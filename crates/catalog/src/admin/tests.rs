//! Administration against a real PostgreSQL.

use std::{collections::BTreeMap, path::PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use kernel::{
    Actor, Clock as _, Expected, Language, Limit, Role, UserType, VatRate,
    id::{CategoryId, ProductId, StaffId},
};
use media::{Location, Media, Picture, Storage};
use testkit::pictures;

use super::{
    categories::Shelf,
    draft::{Draft, Offer, Offers, Texts},
    images::ImageChange,
    products::{Dossier, Wanted},
};
use crate::{
    CatalogApi as _, CatalogError,
    testing::{CORPORATE, INDIVIDUAL, Shop},
};

pub(crate) fn actor(shop: &Shop) -> Actor {
    Actor { staff: StaffId::generate(shop.clock.now()), role: Role::Catalogue }
}

/// A cheese with everything that can be said of one.
pub(crate) fn cheese(code: &str, category: &str) -> Draft {
    let texts = |name: &str| Texts { name: name.to_owned(), ..Texts::default() };
    Draft {
        code: code.to_owned(),
        category: category.to_owned(),
        brand: "Tahsildaroğlu".to_owned(),
        size: "600g".to_owned(),
        quantity_per_box: 6,
        active: true,
        manufacturer: "Tahsildaroğlu Süt Ürünleri, Ezine".to_owned(),
        origin_country: Some("TR".to_owned()),
        badges: vec!["halal".to_owned()],
        allergens: vec!["milk".to_owned()],
        nutrition: Some(BTreeMap::from([("fatMg".to_owned(), 24_000)])),
        texts: BTreeMap::from([
            (Language::Tr, texts("Ezine Peyniri")),
            (Language::En, texts("Ezine Cheese")),
        ]),
        offers: Offers {
            individual: Offer { gross: Some(4_999), min_quantity: 1 },
            corporate: Offer { gross: Some(4_200), min_quantity: 6 },
        },
        vat: VatRate::from_basis_points(500).ok(),
        ..Draft::default()
    }
}

fn at(dossier: &Dossier) -> (ProductId, Expected) {
    (dossier.sheet.id, Expected::Version(dossier.sheet.version))
}

fn wrong<T>(answer: Result<T, CatalogError>) -> Vec<(String, &'static str)> {
    let Err(CatalogError::Invalid(errors)) = answer else { panic!("it was not refused for its fields") };
    errors.into_iter().map(|e| (e.field, e.code)).collect()
}

/// What an individual pays now.
async fn price(shop: &Shop, id: ProductId) -> Option<i64> {
    shop.catalog.products(&[id], INDIVIDUAL).await.unwrap().get(&id).map(|product| product.price.amount())
}

#[tokio::test]
async fn a_product_is_made_changed_and_shown() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    let actor = actor(&shop);
    let made = shop.catalog.create_product(actor, cheese("EZ1", "sut")).await.unwrap();
    assert_eq!((made.sheet.version, made.sheet.draft.slug.as_str()), (1, "ezine-cheese-600g-ez1"));
    let (id, shown) = (made.sheet.id, &shop.catalog);
    let seen = shown.products(&[id], CORPORATE).await.unwrap().remove(&id).unwrap();
    assert_eq!((seen.price.amount(), seen.min_quantity, seen.name.as_str()), (4_200, 6, "Ezine Peyniri"));

    shop.clock.advance(TimeDelta::days(1));
    let mut changed = cheese("EZ1", "sut");
    changed.offers.individual.gross = Some(5_499);
    changed.offers.corporate = Offer::default();
    changed.texts.remove(&Language::En);
    changed.vat = VatRate::from_basis_points(800).ok();
    let after = shop.catalog.change_product(actor, at(&made), changed.clone()).await.unwrap();
    assert_eq!(after.sheet.version, 2);
    assert_eq!(after.sheet.draft, Draft { slug: "ezine-cheese-600g-ez1".to_owned(), ..changed.clone() });
    assert_eq!(price(&shop, id).await, Some(5_499));
    assert!(shown.products(&[id], CORPORATE).await.unwrap().is_empty(), "not sold to companies any more");
    // The day before keeps its prices and its rate.
    let (prices, rates) = (after.prices.len(), after.rates.len());
    assert_eq!((prices, rates), (3, 2));

    // The same again is no change.
    let again = shop.catalog.change_product(actor, at(&after), changed).await.unwrap();
    assert_eq!(again.sheet.version, 2);
    assert_eq!(
        shop.db.lines("select action from audit.entries order by at").await,
        ["(product.create)", "(product.change)"]
    );
}

#[tokio::test]
async fn a_change_made_from_another_version_is_refused() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    let made = shop.catalog.create_product(actor(&shop), cheese("EZ1", "sut")).await.unwrap();
    for expected in [Expected::Version(2), Expected::Never] {
        let change =
            shop.catalog.change_product(actor(&shop), (made.sheet.id, expected), cheese("EZ2", "sut"));
        assert!(matches!(change.await, Err(CatalogError::Outdated { version: 1 })));
    }
    let any = (made.sheet.id, Expected::Any);
    assert_eq!(
        shop.catalog.change_product(actor(&shop), any, cheese("EZ2", "sut")).await.unwrap().sheet.version,
        2
    );
    let nobody = (ProductId::generate(shop.clock.now()), Expected::Any);
    let change = shop.catalog.change_product(actor(&shop), nobody, cheese("EZ3", "sut")).await;
    assert!(matches!(change, Err(CatalogError::ProductNotFound)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_changes_of_one_version_one_is_made() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    let made = shop.catalog.create_product(actor(&shop), cheese("EZ1", "sut")).await.unwrap();
    let changes = (0..10).map(|n| {
        let draft = Draft { brand: format!("Brand {n}"), ..cheese("EZ1", "sut") };
        shop.catalog.change_product(actor(&shop), at(&made), draft)
    });
    let answers = join_all(changes).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let outdated = |answer: &&Result<_, _>| matches!(answer, Err(CatalogError::Outdated { version: 2 }));
    assert_eq!(answers.iter().filter(outdated).count(), 9);
}

#[tokio::test]
async fn names_are_used_once_and_categories_exist() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    shop.catalog.create_product(actor(&shop), cheese("EZ1", "sut")).await.unwrap();
    let create = |draft| shop.catalog.create_product(actor(&shop), draft);
    assert_eq!(
        wrong(create(cheese("EZ1", "sut")).await),
        [("code".to_owned(), "TAKEN"), ("slug".to_owned(), "TAKEN")]
    );
    assert_eq!(wrong(create(cheese("EZ2", "et")).await), [("category".to_owned(), "NOT_FOUND")]);
    let other = shop.catalog.create_product(actor(&shop), cheese("EZ2", "sut")).await.unwrap();
    let change = shop.catalog.change_product(actor(&shop), at(&other), cheese("EZ1", "sut")).await;
    assert_eq!(wrong(change), [("code".to_owned(), "TAKEN")]);
    assert_eq!(shop.db.number("select count(*) from catalog.products").await, 2);
}

#[tokio::test]
async fn a_planned_price_comes_and_goes_by_itself() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    let made = shop.catalog.create_product(actor(&shop), cheese("EZ1", "sut")).await.unwrap();
    let (id, now) = (made.sheet.id, shop.clock.now());
    let day = |n: i64| now + TimeDelta::days(n);
    let plan = async |at, gross: Option<i64>, from: Option<DateTime<Utc>>, to| {
        let offer = (UserType::Individual, Offer { gross, min_quantity: 2 });
        shop.catalog.plan_price(actor(&shop), at, offer, (from, to)).await
    };
    let offer = plan(at(&made), Some(3_999), Some(day(2)), Some(day(4))).await.unwrap();
    assert_eq!((offer.sheet.version, offer.prices.len()), (2, 4));
    assert!(matches!(plan(at(&made), Some(1), None, None).await, Err(CatalogError::Outdated { version: 2 })));
    assert_eq!(
        wrong(plan(at(&offer), Some(0), Some(day(-1)), Some(day(-2))).await),
        [("price".to_owned(), "RANGE"), ("validFrom".to_owned(), "PAST"), ("validTo".to_owned(), "INVALID")]
    );
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(price(&shop, id).await.unwrap());
        shop.clock.advance(TimeDelta::days(1));
    }
    assert_eq!(seen, [4_999, 4_999, 3_999, 3_999, 4_999, 4_999]);

    // What is changed in passing holds until what holds would have ended.
    let offer = plan(at(&offer), Some(2_999), Some(day(7)), None).await.unwrap();
    let mut draft = offer.sheet.draft.clone();
    draft.offers.individual.gross = Some(5_111);
    shop.catalog.change_product(actor(&shop), at(&offer), draft).await.unwrap();
    assert_eq!(price(&shop, id).await, Some(5_111));
    shop.clock.advance(TimeDelta::days(1));
    assert_eq!(price(&shop, id).await, Some(2_999));

    let ended = shop.catalog.dossier(id).await.unwrap();
    plan(at(&ended), None, None, None).await.unwrap();
    assert_eq!(price(&shop, id).await, None);
}

#[tokio::test]
async fn a_planned_vat_rate_comes_by_itself() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    let made = shop.catalog.create_product(actor(&shop), cheese("EZ1", "sut")).await.unwrap();
    let (id, from) = (made.sheet.id, shop.clock.now() + TimeDelta::days(3));
    let rate = VatRate::from_basis_points(2300).unwrap();
    shop.catalog.plan_rate(actor(&shop), at(&made), rate, (Some(from), None)).await.unwrap();
    let now = async || shop.catalog.products(&[id], INDIVIDUAL).await.unwrap()[&id].vat.percent();
    assert_eq!(now().await, 5);
    shop.clock.advance(TimeDelta::days(3));
    assert_eq!(now().await, 23);
}

#[tokio::test]
async fn two_prices_never_hold_at_once() {
    let shop = Shop::new().await;
    let category = shop.category("sut", 1).await;
    let id = shop.product(category, "A1").await;
    let insert = |table: &str, rest: &str| {
        format!("insert into catalog.{table} values ('{id}', {rest}, '2026-07-23', '2026-08-01')")
    };
    for (table, rest) in [("product_prices", "'individual', 1, 1"), ("product_vat_rates", "800")] {
        let refused = shop.db.try_exec(&insert(table, rest)).await.unwrap_err();
        assert!(refused.contains("would hold at once"), "{refused}");
    }
}

#[tokio::test]
async fn products_are_found_by_code_name_category_and_state() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    shop.category("et", 2).await;
    for (code, category, active) in [("EZ1", "sut", true), ("EZ2", "sut", false), ("SU1", "et", true)] {
        let draft = Draft { active, ..cheese(code, category) };
        shop.catalog.create_product(actor(&shop), draft).await.unwrap();
    }
    let found = async |wanted: Wanted| {
        let sheets = shop.catalog.sheets(&wanted, Limit::new(2).unwrap()).await.unwrap();
        sheets.into_iter().map(|sheet| sheet.draft.code).collect::<Vec<_>>()
    };
    let text = |text: &str| Wanted { text: Some(text.to_owned()), ..Wanted::default() };
    assert_eq!(found(Wanted::default()).await, ["EZ1", "EZ2", "SU1"], "one more than asked for");
    assert_eq!(found(Wanted { after: Some("EZ1".to_owned()), ..Wanted::default() }).await, ["EZ2", "SU1"]);
    assert_eq!(found(Wanted { active: Some(false), ..Wanted::default() }).await, ["EZ2"]);
    assert_eq!(found(Wanted { category: Some("et".to_owned()), ..Wanted::default() }).await, ["SU1"]);
    assert_eq!(found(text("ez")).await.len(), 3, "in a name or at the beginning of a code");
    assert_eq!(found(text("su")).await, ["SU1"]);
    assert_eq!(found(text("PEYNİRİ")).await.len(), 3);
    assert!(found(text("%")).await.len() == 3, "what is no word asks for nothing");
    assert!(found(text("kaşar")).await.is_empty());
}

/// A store of files beside a shop.
struct Studio {
    media: Media,
    dir: PathBuf,
}

impl Studio {
    fn open(shop: &Shop) -> Self {
        let dir = std::env::temp_dir().join(testkit::unique("pictures"));
        let storage = Storage::open(&Location::Directory(dir.clone())).unwrap();
        Self { media: Media::new(shop.db.db(), shop.clock.clone(), storage).unwrap(), dir }
    }

    async fn picture(&self) -> Picture {
        let upload = self.media.upload("image/jpeg", pictures::jpeg(8, 8)).await.unwrap();
        self.media.develop(upload).await.unwrap()
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

async fn files(shop: &Shop, state: &str) -> i64 {
    shop.db.number(&format!("select count(*) from media.files where state = '{state}'")).await
}

#[tokio::test]
async fn pictures_are_added_arranged_and_removed() {
    let shop = Shop::new().await;
    let studio = Studio::open(&shop);
    shop.category("sut", 1).await;
    let mut product = shop.catalog.create_product(actor(&shop), cheese("EZ1", "sut")).await.unwrap();
    let change = async |product: &Dossier, change: ImageChange<'_>| {
        shop.catalog.change_images(actor(&shop), at(product), change).await
    };
    for _ in 0..10 {
        let picture = studio.picture().await;
        shop.clock.advance(TimeDelta::milliseconds(1));
        product = change(&product, ImageChange::Add(&picture)).await.unwrap();
        assert_eq!(product.images.last().unwrap().url, picture.main.url());
    }
    let one_more = studio.picture().await;
    assert!(matches!(change(&product, ImageChange::Add(&one_more)).await, Err(CatalogError::TooManyImages)));
    assert_eq!((files(&shop, "kept").await, files(&shop, "pending").await), (20, 2));

    let mut order: Vec<_> = product.images.iter().map(|image| image.id).collect();
    order.reverse();
    for bad in [&order[1..], &[order.clone(), vec![order[0]]].concat()] {
        let refused = change(&product, ImageChange::Arrange(bad)).await;
        assert!(matches!(refused, Err(CatalogError::NotTheseImages)));
    }
    product = change(&product, ImageChange::Arrange(&order)).await.unwrap();
    assert_eq!(product.images.iter().map(|image| image.id).collect::<Vec<_>>(), order);
    let first = product.images[0].url.clone();
    let id = product.sheet.id;
    assert_eq!(
        shop.catalog.products(&[id], INDIVIDUAL).await.unwrap()[&id].image_url.as_deref(),
        Some(&*first)
    );

    product = change(&product, ImageChange::Remove(order[0])).await.unwrap();
    assert_eq!((product.images.len(), files(&shop, "discarded").await), (9, 2));
    assert!(matches!(
        change(&product, ImageChange::Remove(order[0])).await,
        Err(CatalogError::ImageNotFound)
    ));
    assert_ne!(
        shop.catalog.products(&[id], INDIVIDUAL).await.unwrap()[&id].image_url.as_deref(),
        Some(&*first)
    );
}

fn shelf(slug: &str, position: i32) -> Shelf {
    let names = [(Language::Tr, "Peynirler"), (Language::Pl, "Sery")];
    let names = names.map(|(language, name)| (language, name.to_owned()));
    Shelf { slug: slug.to_owned(), position, names: names.into() }
}

#[tokio::test]
async fn a_category_is_made_changed_pictured_and_removed() {
    let shop = Shop::new().await;
    let studio = Studio::open(&shop);
    let actor = actor(&shop);
    shop.category("sut", 1).await;
    let made = shop.catalog.create_category(actor, shelf("peynir", 0)).await.unwrap();
    let at = |version| (made.id, Expected::Version(version));
    let shown = async || {
        let categories = shop.catalog.categories(INDIVIDUAL).await.unwrap().into_iter();
        categories.map(|c| (c.slug, c.name, c.image_url)).collect::<Vec<_>>()
    };
    assert_eq!(shown().await[0], ("peynir".to_owned(), "Peynirler".to_owned(), None));
    assert_eq!(
        wrong(shop.catalog.create_category(actor, shelf("peynir", 0)).await),
        [("slug".to_owned(), "TAKEN")]
    );
    let nothing = Shelf { slug: "Ł".to_owned(), position: -1, names: BTreeMap::new() };
    assert_eq!(
        wrong(shop.catalog.create_category(actor, nothing).await),
        [
            ("slug".to_owned(), "INVALID"),
            ("position".to_owned(), "RANGE"),
            ("translations".to_owned(), "REQUIRED")
        ]
    );

    let changed = shop.catalog.change_category(actor, at(1), shelf("sery", 2)).await.unwrap();
    assert_eq!(changed.version, 2);
    assert_eq!(shown().await[1].0, "sery");
    let outdated = shop.catalog.change_category(actor, at(1), shelf("x", 2)).await;
    assert!(matches!(outdated, Err(CatalogError::Outdated { version: 2 })));

    for version in [2, 3] {
        let picture = studio.picture().await;
        let pictured = shop.catalog.put_category_image(actor, at(version), Some(&picture)).await.unwrap();
        assert_eq!(pictured.image_url, Some(picture.main.url()));
        assert_eq!(shown().await[1].2, Some(picture.main.url()));
    }
    assert_eq!((files(&shop, "kept").await, files(&shop, "discarded").await), (2, 2));

    let product = shop.catalog.create_product(actor, cheese("EZ1", "sery")).await.unwrap();
    let full = shop.catalog.remove_category(actor, at(4)).await;
    assert!(matches!(full, Err(CatalogError::CategoryNotEmpty { products: 1 })));
    let elsewhere = Draft { slug: String::new(), ..cheese("EZ1", "sut") };
    shop.catalog.change_product(actor, self::at(&product), elsewhere).await.unwrap();
    shop.catalog.remove_category(actor, at(4)).await.unwrap();
    assert_eq!((shown().await.len(), files(&shop, "discarded").await), (1, 4));
    let gone = shop.catalog.remove_category(actor, (made.id, Expected::Any)).await;
    assert!(matches!(gone, Err(CatalogError::CategoryNotFound)));
    let nobody = CategoryId::generate(shop.clock.now());
    assert!(matches!(shop.catalog.shelf(nobody).await, Err(CatalogError::CategoryNotFound)));
}
