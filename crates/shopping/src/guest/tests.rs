//! Guests against a real database.

use bus::JobContext;
use chrono::TimeDelta;
use contracts::{order::OrderedLine, shopping::CartAbandoned};
use db::Transact as _;
use futures_util::future::{join_all, try_join_all};
use kernel::{
    Clock as _, DomainError as _, Limit, Money, UserType,
    id::{GuestId, JobId, ProductId, UserId},
};

use super::{GuestToken, LIFE, hash};
use crate::{
    CartApi as _, CartError, FavoriteApi as _, GuestApi as _, Migrated,
    cart::{Owner, Quantity, quote::Quote},
    jobs::{DeleteExpiredGuests, TellOfAbandonedCarts},
    testing::{INDIVIDUAL, Shop},
};

impl Shop {
    async fn guest_adds(&self, guest: GuestId, product: ProductId, n: i64) -> Result<Quote, CartError> {
        self.carts.add(Owner::Guest(guest), INDIVIDUAL, product, Quantity::new(n).unwrap()).await
    }

    async fn migrate(&self, token: &str, user: UserId) -> Option<Migrated> {
        self.guests.migrate(token, user, UserType::Individual).await.unwrap()
    }

    async fn runs<H: bus::Handler<Payload = ()>>(&self, handler: H) {
        let now = self.clock.now();
        let context = JobContext { job: JobId::generate(now), now, attempt: 1 };
        let mut conn = self.db.db().conn().await.unwrap();
        conn.transaction::<_, bus::JobError, _>(async |tx| handler.run(tx, context, ()).await).await.unwrap();
    }
}

#[test]
fn a_token_cannot_be_guessed_nor_read_from_a_log() {
    let (one, other) = (GuestToken::make().unwrap(), GuestToken::make().unwrap());
    assert_ne!(one.reveal(), other.reveal());
    assert_eq!(one.reveal().len(), 43);
    assert!(!format!("{one:?}").contains(one.reveal()));
    for chosen in ["", "guest", "00000000-0000-7000-8000-000000000000", &"A".repeat(44), "ä"] {
        assert_eq!(hash(chosen), None, "{chosen}");
    }
}

#[tokio::test]
async fn a_session_lives_seven_days_from_the_last_visit() {
    let shop = Shop::new().await;
    let (token, guest) = shop.guest().await;
    for _ in 0..3 {
        shop.clock.advance(LIFE - TimeDelta::minutes(1));
        assert_eq!(shop.guests.judge(&token).await.unwrap(), Some(guest));
    }
    shop.clock.advance(LIFE);
    assert_eq!(shop.guests.judge(&token).await.unwrap(), None);
    assert!(matches!(shop.carts.cart(Owner::Guest(guest), INDIVIDUAL).await, Err(CartError::GuestExpired)));
    let late = shop.guest_adds(guest, shop.product(), 1).await.unwrap_err();
    assert_eq!(late.code(), "GUEST_SESSION_EXPIRED");
    let made_up = GuestToken::make().unwrap();
    assert_eq!(shop.guests.judge(made_up.reveal()).await.unwrap(), None);
}

#[tokio::test]
async fn a_guest_s_cart_is_like_a_customer_s() {
    let shop = Shop::new().await;
    let (_, guest) = shop.guest().await;
    let (user, product) = (shop.somebody(), shop.product());
    let theirs = shop.guest_adds(guest, product, 4).await.unwrap();
    let hers = shop.add(user, product, 4).await.unwrap();
    assert_eq!(theirs.summary, hers.summary);
    assert!(shop.carts.cart_to_order(user).await.unwrap().is_some());
    assert_eq!(shop.db.number("select count(*) from shopping.carts").await, 2);
}

#[tokio::test]
async fn what_a_guest_has_comes_along_once() {
    let shop = Shop::new().await;
    let (token, guest) = shop.guest().await;
    let user = shop.somebody();
    let (both, scarce, new, gone) = (shop.product(), shop.product(), shop.product(), shop.product());
    shop.add(user, both, 2).await.unwrap();
    shop.clock.advance(TimeDelta::seconds(1));
    shop.add(user, scarce, 3).await.unwrap();
    for (product, n) in [(both, 5), (scarce, 4), (new, 1), (gone, 1)] {
        shop.clock.advance(TimeDelta::seconds(1));
        shop.guest_adds(guest, product, n).await.unwrap();
    }
    shop.change(scarce, |offer| offer.available = 6);
    shop.change(gone, |offer| offer.sellable = false);
    for product in [both, new] {
        shop.favorites.add(Owner::Guest(guest), INDIVIDUAL, product).await.unwrap();
    }
    shop.favorites.add(Owner::User(user), INDIVIDUAL, both).await.unwrap();

    let migrated = shop.migrate(&token, user).await;

    assert_eq!(migrated, Some(Migrated { cart_items: 3, favorites: 1 }));
    let cart = shop.cart(user).await;
    let quantities: Vec<u32> = cart.lines.iter().map(|line| line.quantity).collect();
    assert_eq!(quantities, [7, 6, 1], "added, capped by what is there; what is not sold stays behind");
    let liked = shop.favorites.export(user).await.unwrap();
    assert_eq!(liked.as_array().unwrap().len(), 2);

    assert_eq!(shop.migrate(&token, user).await, migrated, "asked again, it tells the same");
    assert_eq!(shop.cart(user).await, cart, "and moves nothing");
    assert_eq!(shop.migrate(&token, shop.somebody()).await, None, "a thief gets nothing");
    assert_eq!(shop.guests.judge(&token).await.unwrap(), None);
    let late = shop.guest_adds(guest, new, 1).await.unwrap_err();
    assert!(matches!(late, CartError::GuestExpired));
    let late = shop.favorites.add(Owner::Guest(guest), INDIVIDUAL, new).await.unwrap_err();
    assert!(matches!(late, CartError::GuestExpired));
    assert_eq!(shop.db.number("select count(*) from shopping.carts where guest_id is not null").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_migrations_at_once_move_everything_once() {
    let shop = Shop::new().await;
    let (token, guest) = shop.guest().await;
    let (user, product) = (shop.somebody(), shop.product());
    shop.guest_adds(guest, product, 3).await.unwrap();
    let adds = join_all((0..10).map(|_| shop.guest_adds(guest, product, 1)));
    let migrations = try_join_all((0..20).map(|_| shop.guests.migrate(&token, user, UserType::Individual)));
    let (adds, migrated) = tokio::join!(adds, migrations);
    let migrated = migrated.unwrap();
    assert!(
        migrated.iter().all(|told| *told == Some(Migrated { cart_items: 1, favorites: 0 })),
        "{migrated:?}"
    );
    let added = adds.iter().filter(|added| added.is_ok()).count();
    assert!(adds.into_iter().filter_map(Result::err).all(|e| matches!(e, CartError::GuestExpired)));
    let units = shop.cart(user).await.lines[0].quantity;
    assert_eq!(
        units,
        3 + u32::try_from(added).unwrap(),
        "what was acknowledged came along, what came later was refused"
    );
}

#[tokio::test]
async fn a_full_cart_takes_what_fits() {
    let shop = Shop::new().await;
    let (token, guest) = shop.guest().await;
    let user = shop.somebody();
    for _ in 0..99 {
        shop.add(user, shop.product(), 1).await.unwrap();
    }
    for _ in 0..3 {
        shop.guest_adds(guest, shop.product(), 1).await.unwrap();
    }
    assert_eq!(shop.migrate(&token, user).await.unwrap().cart_items, 1);
    assert_eq!(shop.cart(user).await.lines.len(), 100);
}

#[tokio::test]
async fn guests_who_do_not_come_back_are_forgotten() {
    let shop = Shop::new().await;
    let (_, gone) = shop.guest().await;
    shop.guest_adds(gone, shop.product(), 1).await.unwrap();
    shop.favorites.add(Owner::Guest(gone), INDIVIDUAL, shop.product()).await.unwrap();
    shop.clock.advance(LIFE + TimeDelta::seconds(1));
    let (_, there) = shop.guest().await;
    shop.guest_adds(there, shop.product(), 1).await.unwrap();

    shop.runs(DeleteExpiredGuests).await;

    for (table, left) in [("guests", 1), ("carts", 1), ("cart_items", 1), ("favorites", 0)] {
        assert_eq!(shop.db.number(&format!("select count(*) from shopping.{table}")).await, left, "{table}");
    }
}

#[tokio::test]
async fn a_cart_that_is_left_alone_is_told_of_once() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());
    let (_, guest) = shop.guest().await;
    shop.add(user, product, 2).await.unwrap();
    shop.guest_adds(guest, product, 1).await.unwrap();
    let emptied = shop.somebody();
    shop.add(emptied, product, 1).await.unwrap();
    shop.carts.clear(Owner::User(emptied), INDIVIDUAL).await.unwrap();
    let changed_at = shop.clock.now();
    let told = "select count(*) from platform.outbox where name = 'shopping.cart_abandoned.v1'";

    shop.clock.advance(TimeDelta::hours(24));
    shop.runs(TellOfAbandonedCarts).await;
    assert_eq!(shop.db.number(told).await, 0, "a day is not over yet");
    shop.clock.advance(TimeDelta::seconds(1));
    shop.runs(TellOfAbandonedCarts).await;
    shop.runs(TellOfAbandonedCarts).await;
    assert_eq!(shop.db.number(told).await, 2);
    let cart_id = shop.carts.cart_to_order(user).await.unwrap().unwrap().cart;
    let event = CartAbandoned {
        cart_id,
        user_id: Some(user),
        lines: vec![OrderedLine { product_id: product, quantity: 2 }],
        value: Money::grosz(2_000),
        changed_at,
    };
    let same = format!("{told} and payload = '{}'", serde_json::to_string(&event).unwrap());
    assert_eq!(shop.db.number(&same).await, 1);

    shop.add(user, product, 1).await.unwrap();
    shop.clock.advance(TimeDelta::hours(25));
    shop.runs(TellOfAbandonedCarts).await;
    assert_eq!(shop.db.number(told).await, 3, "changed and left alone again");
    let limit = Limit::new(5).unwrap();
    assert!(
        shop.favorites.list(Owner::User(user), INDIVIDUAL, limit, None).await.unwrap().favorites.is_empty()
    );
}
