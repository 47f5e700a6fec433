//! A small shop for tests: products by a word each, stock as a test says.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use db::DbError;
use kernel::{
    Clock as _, FixedClock, Language, PortError, UserType,
    id::{CategoryId, ProductId},
};
use testkit::TestDb;

use crate::{CatalogError, CatalogService, View, index::live::Ages, ports::Availability};

pub(crate) const TODAY: &str = "timestamptz '2026-07-22 10:00Z'";
pub(crate) const INDIVIDUAL: View = View { user_type: UserType::Individual, language: Language::Tr };
pub(crate) const CORPORATE: View = View { user_type: UserType::Corporate, language: Language::Tr };

/// Counts how often it is asked, and is away when told to be.
#[derive(Default)]
pub(crate) struct Shelf {
    units: Mutex<HashMap<ProductId, u32>>,
    pub(crate) asked: AtomicUsize,
    pub(crate) away: AtomicBool,
}

impl Shelf {
    pub(crate) fn put(&self, product: ProductId, units: u32) {
        self.units.lock().unwrap().insert(product, units);
    }
}

#[async_trait]
impl Availability for Shelf {
    async fn available(&self, _: &[ProductId]) -> Result<HashMap<ProductId, u32>, PortError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.away.load(Ordering::Relaxed) {
            let away = CatalogError::Db(DbError::Pool("away".to_owned()));
            return Err(PortError::new("Availability", away));
        }
        Ok(self.units.lock().unwrap().clone())
    }
}

pub(crate) struct Shop {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) catalog: CatalogService,
}

impl Shop {
    /// An open shop with nothing in it.
    pub(crate) async fn new() -> Self {
        let (db, clock) = (TestDb::new().await, Arc::new(testkit::clock()));
        let shelf = Arc::new(Shelf::default());
        // Whoever asks looks first: a test writes by SQL and asks at once.
        let ages = Ages { look: Duration::ZERO, wait: Duration::ZERO };
        let catalog = CatalogService::with(db.db(), clock.clone(), shelf.clone(), ages);
        Self { db, clock, shelf, catalog }
    }

    /// The shop with its real categories and products.
    pub(crate) async fn real() -> Self {
        let shop = Self::new().await;
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/seed");
        let rows = |name: &str| {
            let mut reader = csv::Reader::from_path(format!("{data}/{name}.csv")).unwrap();
            let rows: Vec<HashMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
            rows
        };
        let quoted = |row: &HashMap<String, String>, column: &str| row[column].replace('\'', "''");
        let mut categories = HashMap::new();
        for row in rows("categories") {
            let id = shop.category(&row["slug"], row["position"].parse().unwrap()).await;
            for language in ["tr", "en", "pl"] {
                let name = quoted(&row, &format!("name_{language}"));
                let insert = format!(
                    "insert into catalog.category_translations values ('{id}', '{language}', '{name}')"
                );
                shop.db.exec(&insert).await;
            }
            categories.insert(row["slug"].clone(), id);
        }
        let mut sql = Vec::new();
        for row in rows("products") {
            let id = ProductId::generate(shop.clock.now());
            shop.clock.advance(chrono::TimeDelta::milliseconds(1));
            sql.push(product_sql(id, categories[&row["category"]], &row["code"]));
            sql.push(format!(
                "update catalog.products set brand = '{}', size = '{}' where id = '{id}';
                 update catalog.product_prices set gross_amount = {} where product_id = '{id}' and user_type = 'individual';
                 insert into catalog.product_translations values
                     ('{id}', 'tr', '{}'), ('{id}', 'en', '{}'), ('{id}', 'pl', '{}')",
                quoted(&row, "brand"),
                quoted(&row, "size"),
                row["consumer_gross"],
                quoted(&row, "name_tr"),
                quoted(&row, "name_en"),
                quoted(&row, "name_pl"),
            ));
        }
        shop.db.exec(&sql.join(";\n")).await;
        shop
    }

    /// A category whose slug is its only name.
    pub(crate) async fn category(&self, slug: &str, position: i32) -> CategoryId {
        let id = CategoryId::generate(self.clock.now());
        let insert = format!(
            "insert into catalog.categories values ('{id}', '{slug}', {position}, null, {TODAY}, {TODAY})"
        );
        self.db.exec(&insert).await;
        id
    }

    /// An active product of 500 g: 19.99 for individuals, 12.34 from 6 units on for companies, 5 % VAT.
    pub(crate) async fn product(&self, category: CategoryId, code: &str) -> ProductId {
        let id = ProductId::generate(self.clock.now());
        self.db.exec(&product_sql(id, category, code)).await;
        id
    }

    pub(crate) async fn name(&self, product: ProductId, language: &str, name: &str) {
        let insert =
            format!("insert into catalog.product_translations values ('{product}', '{language}', '{name}')");
        self.db.exec(&insert).await;
    }
}

/// The statements that make one product.
pub(crate) fn product_sql(id: ProductId, category: CategoryId, code: &str) -> String {
    format!(
        "insert into catalog.products
             (id, code, slug, category_id, brand, size, quantity_per_box, created_at, updated_at)
             values ('{id}', '{code}', 'slug-{code}', '{category}', 'Unlika', '500g', 12, {TODAY}, {TODAY});
         insert into catalog.product_prices
             values ('{id}', 'individual', 1999, 1, {TODAY}, null), ('{id}', 'corporate', 1234, 6, {TODAY}, null);
         insert into catalog.product_vat_rates values ('{id}', 500, {TODAY}, null)"
    )
}
