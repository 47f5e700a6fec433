//! A small shop for tests: products by a word each, stock as a test says.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use db::DbError;
use kernel::{
    Clock as _, FixedClock, Language, PortError, UserType,
    id::{CategoryId, ProductId},
};
use testkit::TestDb;

use crate::{CatalogError, CatalogService, View, ports::Availability};

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
        let catalog = CatalogService::new(db.db(), clock.clone(), shelf.clone());
        Self { db, clock, shelf, catalog }
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
