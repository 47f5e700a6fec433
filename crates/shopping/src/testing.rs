//! A small shop for tests: carts over a real database, a catalogue that offers what the test says.

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
    Clock as _, FixedClock, Language, Money, PortError, UserType, VatRate,
    id::{GuestId, ProductId, UserId},
};
use serde_json::json;
use testkit::TestDb;

use crate::{
    CartError, CartRules, CartService, FavoriteService, GuestService,
    cart::{Owner, Quantity, quote::Quote},
    ports::{Catalog, Item, Offer, View},
};

pub(crate) const INDIVIDUAL: View = View { user_type: UserType::Individual, language: Language::Tr };
pub(crate) const CORPORATE: View = View { user_type: UserType::Corporate, language: Language::Tr };
pub(crate) const RULES: CartRules = CartRules { minimum_order: Money::grosz(20_000) };

/// Offers the same to everybody, but to companies at half the price.
#[derive(Default)]
pub(crate) struct Offers {
    by_product: Mutex<HashMap<ProductId, Offer>>,
    pub(crate) asked: AtomicUsize,
    pub(crate) away: AtomicBool,
}

#[async_trait]
impl Catalog for Offers {
    async fn products(&self, ids: &[ProductId], view: View) -> Result<HashMap<ProductId, Offer>, PortError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.away.load(Ordering::Relaxed) {
            return Err(PortError::new("Catalog", CartError::Db(DbError::Pool("away".to_owned()))));
        }
        let offers = self.by_product.lock().unwrap();
        let mut found: HashMap<_, _> =
            ids.iter().filter_map(|id| Some((*id, offers.get(id)?.clone()))).collect();
        if view.user_type == UserType::Corporate {
            for offer in found.values_mut() {
                offer.price = Money::grosz(offer.price.amount() / 2);
            }
        }
        Ok(found)
    }
}

pub(crate) struct Shop {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) offers: Arc<Offers>,
    pub(crate) carts: CartService,
    pub(crate) guests: GuestService,
    pub(crate) favorites: FavoriteService,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        let db = TestDb::new().await;
        Self::over(db.db(), db)
    }

    /// Its services ask `asked`, which leads to the same database.
    pub(crate) fn over(asked: db::Db, db: TestDb) -> Self {
        let (clock, offers) = (Arc::new(testkit::clock()), Arc::new(Offers::default()));
        let carts = CartService::new(asked.clone(), clock.clone(), offers.clone(), RULES);
        let guests = GuestService::new(asked.clone(), clock.clone(), carts.clone());
        let favorites = FavoriteService::new(asked, clock.clone(), offers.clone());
        Self { db, clock, offers, carts, guests, favorites }
    }

    /// Somebody without an account: her token, and who she is.
    pub(crate) async fn guest(&self) -> (String, GuestId) {
        let (token, _) = self.guests.begin().await.unwrap();
        let token = token.reveal().to_owned();
        let guest = self.guests.judge(&token).await.unwrap().unwrap();
        (token, guest)
    }

    pub(crate) fn somebody(&self) -> UserId {
        UserId::generate(self.clock.now())
    }

    /// A product on sale: 10.00 each, 5 % VAT, 1,000 there, sold singly.
    pub(crate) fn product(&self) -> ProductId {
        let product = ProductId::generate(self.clock.now());
        let offer = Offer {
            product,
            price: Money::grosz(1_000),
            vat: VatRate::from_basis_points(500).unwrap(),
            min_quantity: 1,
            available: 1_000,
            sellable: true,
            item: item(&json!({ "id": product, "name": "Ayran" })),
        };
        self.offers.by_product.lock().unwrap().insert(product, offer);
        product
    }

    pub(crate) fn change(&self, product: ProductId, change: impl FnOnce(&mut Offer)) {
        change(self.offers.by_product.lock().unwrap().get_mut(&product).unwrap());
    }

    pub(crate) fn forget(&self, product: ProductId) {
        self.offers.by_product.lock().unwrap().remove(&product);
    }

    /// Adds as an individual.
    pub(crate) async fn add(&self, user: UserId, product: ProductId, n: i64) -> Result<Quote, CartError> {
        self.carts.add(Owner::User(user), INDIVIDUAL, product, Quantity::new(n)?).await
    }

    pub(crate) async fn cart(&self, user: UserId) -> Quote {
        self.carts.cart(Owner::User(user), INDIVIDUAL).await.unwrap()
    }
}

pub(crate) fn item(json: &serde_json::Value) -> Item {
    Item(serde_json::value::to_raw_value(json).unwrap())
}
