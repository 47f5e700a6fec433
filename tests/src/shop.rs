//! A whole shop: gateway, database, Stripe, and what it sells.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use testkit::TestDb;

use crate::{
    Customer, Gateway, Goods, Product, Proxy, Stripe, Visitor, eventually,
    product::CATEGORY,
    stripe::{PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET},
};

/// The first owner's address and password.
pub const OWNER: &str = "owner@example.com";
pub const OWNERS_PASSWORD: &str = "a password of the owner's";

/// A shop that is open: dropping it ends everything that it started.
pub struct Shop {
    pub gateway: Gateway,
    pub stripe: Stripe,
    pub db: TestDb,
    products: AtomicU32,
    phones: AtomicU32,
}

/// How a shop is opened, where that differs from the usual.
#[derive(Default)]
pub struct Setup {
    settings: Vec<(String, String)>,
}

impl Setup {
    /// One more variable of the gateway's environment.
    #[must_use]
    pub fn setting(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    pub async fn open(self) -> Shop {
        let mut shop = self.prepare(ToOwned::to_owned).await;
        shop.gateway.start().await;
        shop
    }

    /// A shop that finds its database at what `way` makes of the real URL; its gateway is not started yet.
    pub async fn prepare(self, way: impl FnOnce(&str) -> String) -> Shop {
        self.prepare_on(TestDb::new().await, way).await
    }

    /// The same on this database.
    pub async fn prepare_on(self, db: TestDb, way: impl FnOnce(&str) -> String) -> Shop {
        db.exec(CATEGORY).await;
        let mut gateway = Gateway::prepared(Vec::new());
        let stripe = Stripe::telling(gateway.port());
        gateway.set("APP_ENV", "test");
        gateway.set("DATABASE_URL", way(db.url()));
        gateway.set("REDIS_URL", testkit::redis_url());
        gateway.set("REDIS_NAMESPACE", testkit::unique("journey"));
        gateway.set("STRIPE_API_BASE", stripe.url());
        gateway.set("STRIPE_SECRET_KEY", SECRET_KEY);
        gateway.set("STRIPE_PUBLISHABLE_KEY", PUBLISHABLE_KEY);
        gateway.set("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET);
        gateway.set("SMS_PROVIDER", "mailbox");
        gateway.set("RATE_LIMITS", "1000");
        // Its instances know each other's tokens and codes.
        gateway.set("JWT_SIGNING_KEYS", "journey:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=");
        gateway.set("OTP_PEPPER", "the pepper of every journey, so that two may share it");
        gateway.set("ADMIN_BOOTSTRAP_EMAIL", OWNER);
        gateway.set("ADMIN_BOOTSTRAP_PASSWORD", OWNERS_PASSWORD);
        for (name, value) in self.settings {
            gateway.set(&name, value);
        }
        Shop { gateway, stripe, db, products: AtomicU32::new(1), phones: AtomicU32::new(1) }
    }
}

impl Shop {
    /// The usual: limits wide enough not to be met.
    pub async fn open() -> Self {
        Setup::default().open().await
    }

    /// Opened with this variable in the gateway's environment.
    pub fn setting(name: &str, value: impl Into<String>) -> Setup {
        Setup::default().setting(name, value)
    }

    /// One whose way to PostgreSQL can be cut.
    pub async fn behind_a_proxy() -> (Self, Proxy) {
        let mut way = None;
        let mut shop = Setup::default()
            .prepare(|url| {
                let proxy = Proxy::before(url);
                let through = proxy.url(url);
                way = Some(proxy);
                through
            })
            .await;
        shop.gateway.start().await;
        (shop, way.unwrap())
    }

    /// Another instance of the same shop.
    pub async fn another_instance(&self) -> Gateway {
        let mut other = self.gateway.twin();
        other.start().await;
        other
    }

    /// The first owner, signed in.
    pub async fn owner(&self) -> Visitor {
        let form = json!({ "email": OWNER, "password": OWNERS_PASSWORD });
        let signed = self.guest().post("/api/admin/auth/login", &form).await.with_status(200).data();
        self.guest().bearing(signed["accessToken"].as_str().unwrap_or_default())
    }

    /// Somebody without an account.
    pub fn guest(&self) -> Visitor {
        self.gateway.visitor()
    }

    /// Somebody who has a guest's session.
    pub async fn somebody_without_an_account(&self) -> Visitor {
        let session = self.guest().post("/api/guest/session", &json!({})).await.with_status(201).data();
        self.guest().with("x-guest-token", session["guestToken"].as_str().unwrap_or_default())
    }

    /// Somebody who has just signed up, speaking English.
    pub async fn customer(&self) -> Customer {
        self.customer_speaking("en").await
    }

    pub async fn customer_speaking(&self, language: &str) -> Customer {
        Customer::signs_up(&self.guest().speaking(language), self.phone()).await
    }

    /// A number that nobody has yet.
    pub fn phone(&self) -> String {
        format!("+4850{:07}", self.phones.fetch_add(1, Ordering::Relaxed))
    }

    /// Puts a product on sale.
    pub async fn sells(&self, goods: Goods) -> Product {
        let product = Product::numbered(self.products.fetch_add(1, Ordering::Relaxed), &goods);
        self.db.exec(&product.sql(&goods)).await;
        product
    }

    /// Until lists show the product: an instance looks for changes a few times a second.
    pub async fn lists(&self, product: &Product) {
        let guest = self.guest();
        let path = format!("/api/products?q={}", product.code);
        eventually("the product is on the list", async || {
            let listed = guest.get(&path).await.with_status(200).data();
            (listed[0]["id"] == json!(product.id)).then_some(())
        })
        .await;
    }

    /// More units of a product come in.
    pub async fn receives(&self, product: &Product, units: i64) {
        self.db.exec(&product.delivery(units)).await;
    }

    /// `(on hand, reserved)`
    pub async fn stock_of(&self, product: &Product) -> (i64, i64) {
        let of = |column| format!("select {column} from inventory.stock where sku_id = '{}'", product.id);
        let on_hand = self.db.number(&of("on_hand")).await;
        (on_hand, self.db.number(&of("reserved")).await)
    }

    /// From now on every event that is published is kept, to be counted by [`told`](Self::told).
    pub async fn keeps_events(&self) {
        let keep = "create table public.told (name text);
            create function public.keep() returns trigger language plpgsql as $$
            begin insert into public.told values (new.name); return new; end $$;
            create trigger keep after insert on platform.outbox for each row execute function public.keep()";
        self.db.exec(keep).await;
    }

    /// How often an event was published since then.
    pub async fn told(&self, name: &str) -> i64 {
        self.count(&format!("public.told where name = '{name}'")).await
    }

    pub async fn count(&self, rows: &str) -> i64 {
        self.db.number(&format!("select count(*) from {rows}")).await
    }

    /// Nothing that must never be, is; and no job was given up on.
    pub async fn is_sound(&self) {
        for books in ["inventory", "payments"] {
            let violations = self.db.lines(&format!("select * from {books}.integrity")).await;
            assert_eq!(violations, Vec::<String>::new(), "{books}");
        }
        let dead =
            self.db.lines("select name, last_error from platform.jobs where dead_at is not null").await;
        assert_eq!(dead, Vec::<String>::new());
    }
}
