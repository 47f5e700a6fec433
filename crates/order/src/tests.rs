//! A small shop for tests: orders over a real PostgreSQL, everything that ordering asks of others as the test says.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use contracts::order::PaymentMethod;
use db::DbError;
use kernel::{
    Clock as _, FixedClock, Language, Money, PortError, UserType, VatRate,
    id::{AddressId, CartId, OrderId, PaymentId, ProductId, UserId},
};
use testkit::TestDb;
use tokio::sync::Barrier;

use crate::{
    Order, OrderError, OrderRules, OrderService, PlaceOrder, Ports, PostalAddress, Shortage, Turn,
    ports::{
        Addresses, Cart, CartLine, Carts, Catalog, Companies, Offer, Paid, Payment, PaymentRequest, Payments,
        Retried, Stock, Stopped, Synced, Units, View,
    },
};

pub(crate) const MINIMUM: Money = Money::grosz(20_000);
pub(crate) const HOLD: TimeDelta = TimeDelta::minutes(15);

/// A place where requests wait for each other, or for the test.
pub(crate) struct Door {
    pub(crate) reached: Barrier,
    pub(crate) open: Barrier,
}

impl Door {
    /// For so many, the test included where it waits too.
    pub(crate) fn of(n: usize) -> Arc<Self> {
        Arc::new(Self { reached: Barrier::new(n), open: Barrier::new(n) })
    }

    async fn pass(door: &Mutex<Option<Arc<Self>>>) {
        let door = door.lock().unwrap().clone();
        if let Some(door) = door {
            door.reached.wait().await;
            door.open.wait().await;
        }
    }
}

/// Everybody that order asks.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) carts: Mutex<HashMap<UserId, Cart>>,
    pub(crate) offers: Mutex<HashMap<ProductId, Offer>>,
    pub(crate) addresses: Mutex<HashMap<(UserId, AddressId), PostalAddress>>,
    /// What inventory answers instead of reserving.
    pub(crate) short: Mutex<Option<Vec<Shortage>>>,
    /// What it knows without being asked to reserve.
    pub(crate) known_short: Mutex<Vec<Shortage>>,
    /// Where inventory has the units of orders.
    pub(crate) units: Mutex<HashMap<OrderId, Units>>,
    /// In how many days companies may pay.
    pub(crate) term_days: Mutex<Vec<u16>>,
    pub(crate) refilled: Mutex<Vec<CartLine>>,
    pub(crate) received: Mutex<Vec<OrderId>>,
    pub(crate) held: Mutex<HashMap<OrderId, Vec<CartLine>>>,
    pub(crate) released: Mutex<Vec<OrderId>>,
    /// Taken out of the house for late money, and given back whether or not they were.
    pub(crate) taken: Mutex<Vec<OrderId>>,
    pub(crate) given_back: Mutex<Vec<OrderId>>,
    /// What payment answers to another attempt, and what money it finds.
    pub(crate) retried: Mutex<Option<Retried>>,
    pub(crate) paid: Mutex<Vec<Paid>>,
    pub(crate) latest: Mutex<Option<Payment>>,
    /// Every request to start a payment, and the payments it made.
    pub(crate) asked_to_pay: Mutex<Vec<PaymentRequest>>,
    payments: Mutex<HashMap<OrderId, Payment>>,
    pub(crate) asked_to_stop: Mutex<Vec<OrderId>>,
    /// What payment finds when it is to stop; the others' orders are unpaid.
    pub(crate) stopped: Mutex<HashMap<OrderId, Stopped>>,
    pub(crate) provider_away: AtomicBool,
    pub(crate) payment_down: AtomicBool,
    /// Before the cart is read, and after units were reserved.
    pub(crate) at_cart: Mutex<Option<Arc<Door>>>,
    pub(crate) after_reserve: Mutex<Option<Arc<Door>>>,
}

#[async_trait]
impl Carts for World {
    async fn cart(&self, user: UserId) -> Result<Option<Cart>, PortError> {
        Door::pass(&self.at_cart).await;
        Ok(self.carts.lock().unwrap().get(&user).cloned())
    }

    /// Of each at most ten can be had.
    async fn refill(&self, _: UserId, _: UserType, lines: &[CartLine]) -> Result<Vec<CartLine>, PortError> {
        let most = |line: &CartLine| CartLine { quantity: line.quantity.min(10), ..*line };
        let offers = self.offers.lock().unwrap();
        let lines: Vec<CartLine> =
            lines.iter().filter(|line| offers.contains_key(&line.product)).map(most).collect();
        self.refilled.lock().unwrap().clone_from(&lines);
        Ok(lines)
    }
}

#[async_trait]
impl Catalog for World {
    /// The name tells the language; companies pay half.
    async fn offers(&self, ids: &[ProductId], view: View) -> Result<HashMap<ProductId, Offer>, PortError> {
        let offers = self.offers.lock().unwrap();
        let mut found: HashMap<_, _> =
            ids.iter().filter_map(|id| Some((*id, offers.get(id)?.clone()))).collect();
        for offer in found.values_mut() {
            offer.name = format!("{} ({})", offer.name, view.language.code());
            if view.user_type == UserType::Corporate {
                offer.price = Money::grosz(offer.price.amount() / 2);
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Stock for World {
    async fn too_little(&self, _: &[CartLine], _: DateTime<Utc>) -> Vec<Shortage> {
        self.known_short.lock().unwrap().clone()
    }

    async fn reserve(&self, order: OrderId, lines: &[CartLine], _: DateTime<Utc>) -> Result<(), OrderError> {
        if let Some(short) = self.short.lock().unwrap().clone() {
            return Err(OrderError::InsufficientStock(short));
        }
        self.held.lock().unwrap().entry(order).or_insert_with(|| lines.to_vec());
        Door::pass(&self.after_reserve).await;
        Ok(())
    }

    async fn units(&self, orders: &[OrderId]) -> Result<HashMap<OrderId, Units>, PortError> {
        let units = self.units.lock().unwrap();
        Ok(orders.iter().filter_map(|order| Some((*order, *units.get(order)?))).collect())
    }

    async fn take(&self, order: OrderId, _: &[CartLine], _: DateTime<Utc>) -> Result<(), OrderError> {
        if let Some(short) = self.short.lock().unwrap().clone() {
            return Err(OrderError::InsufficientStock(short));
        }
        self.taken.lock().unwrap().push(order);
        Ok(())
    }

    async fn give_back(&self, order: OrderId, _: DateTime<Utc>) -> Result<(), PortError> {
        self.given_back.lock().unwrap().push(order);
        Ok(())
    }

    async fn release(&self, order: OrderId, _: DateTime<Utc>) -> Result<(), PortError> {
        assert!(self.held.lock().unwrap().remove(&order).is_some(), "{order} held nothing");
        self.released.lock().unwrap().push(order);
        Ok(())
    }
}

#[async_trait]
impl Companies for World {
    async fn payment_term_days(&self, _: UserId) -> Result<Vec<u16>, PortError> {
        Ok(self.term_days.lock().unwrap().clone())
    }
}

#[async_trait]
impl Addresses for World {
    async fn address(&self, owner: UserId, id: AddressId) -> Result<Option<PostalAddress>, PortError> {
        Ok(self.addresses.lock().unwrap().get(&(owner, id)).cloned())
    }
}

#[async_trait]
impl Payments for World {
    async fn start(&self, request: PaymentRequest) -> Result<Payment, PortError> {
        self.asked_to_pay.lock().unwrap().push(request);
        if self.payment_down.load(Ordering::Relaxed) {
            return Err(PortError::new("payment", OrderError::Db(DbError::Pool("away".to_owned()))));
        }
        let away = self.provider_away.load(Ordering::Relaxed);
        let mut payments = self.payments.lock().unwrap();
        let payment = payments.entry(request.order).or_insert_with(|| Payment {
            id: PaymentId::generate(testkit::clock().now()),
            attempt: 1,
            status: if away { "creating" } else { "requires_payment_method" }.to_owned(),
            client_secret: (!away).then(|| "pi_1_secret".to_owned()),
            next_action: None,
            expires_at: request.expires_at,
        });
        Ok(payment.clone())
    }

    async fn stop(&self, request: PaymentRequest) -> Result<Stopped, PortError> {
        self.asked_to_stop.lock().unwrap().push(request.order);
        if self.payment_down.load(Ordering::Relaxed) {
            return Err(PortError::new("payment", OrderError::Db(DbError::Pool("away".to_owned()))));
        }
        let known = self.stopped.lock().unwrap().get(&request.order).copied();
        Ok(known.unwrap_or(Stopped::Unpaid))
    }

    async fn retry(&self, request: PaymentRequest) -> Result<Retried, PortError> {
        self.asked_to_pay.lock().unwrap().push(request);
        let set = self.retried.lock().unwrap().clone();
        let next = || Payment {
            id: PaymentId::generate(testkit::clock().now()),
            attempt: 2,
            status: "requires_payment_method".to_owned(),
            client_secret: Some("pi_2_secret".to_owned()),
            next_action: None,
            expires_at: request.expires_at,
        };
        Ok(set.unwrap_or_else(|| Retried::Open(next())))
    }

    async fn sync(&self, _: OrderId) -> Result<Synced, PortError> {
        let latest = self.latest.lock().unwrap().clone();
        Ok(Synced { paid: self.paid.lock().unwrap().clone(), latest })
    }

    /// Until it was stopped.
    async fn receive(&self, request: PaymentRequest) -> Result<Option<PaymentId>, PortError> {
        self.received.lock().unwrap().push(request.order);
        let stopped = self.asked_to_stop.lock().unwrap().contains(&request.order);
        Ok((!stopped).then_some(PaymentId(request.order.0)))
    }
}

pub(crate) struct Shop {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) world: Arc<World>,
    pub(crate) orders: OrderService,
}

/// A customer with one address in the book.
#[derive(Clone, Copy)]
pub(crate) struct Buyer {
    pub(crate) user: UserId,
    pub(crate) home: AddressId,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        let (db, clock) = (TestDb::new().await, Arc::new(testkit::clock()));
        let world = Arc::new(World::default());
        let ports = Ports {
            carts: world.clone(),
            catalog: world.clone(),
            stock: world.clone(),
            addresses: world.clone(),
            companies: world.clone(),
            payments: world.clone(),
        };
        let rules = OrderRules {
            minimum_order: MINIMUM,
            hold: HOLD,
            most_unpaid_orders: 5,
            most_unpaid_units: (500, 5_000),
            ..OrderRules::default()
        };
        let orders = OrderService::new(db.db(), clock.clone(), ports, rules);
        Self { db, clock, world, orders }
    }

    pub(crate) fn id(&self) -> OrderId {
        OrderId::generate(self.clock.now())
    }

    /// A product on sale, 5 % VAT.
    pub(crate) fn product(&self, price: i64) -> ProductId {
        let product = ProductId::generate(self.clock.now());
        let offer = Offer {
            code: "AYR-1".to_owned(),
            name: "Ayran".to_owned(),
            size: "250 ml".to_owned(),
            image_url: Some("/media/ayran.webp".to_owned()),
            price: Money::grosz(price),
            vat: VatRate::from_basis_points(500).unwrap(),
            min_quantity: 1,
            sellable: true,
        };
        self.world.offers.lock().unwrap().insert(product, offer);
        product
    }

    pub(crate) fn change(&self, product: ProductId, change: impl FnOnce(&mut Offer)) {
        change(self.world.offers.lock().unwrap().get_mut(&product).unwrap());
    }

    /// Somebody with an address and no cart.
    pub(crate) fn buyer(&self) -> Buyer {
        let (user, home) = (UserId::generate(self.clock.now()), AddressId::generate(self.clock.now()));
        self.add_address(user, home, "ul. Długa 1");
        Buyer { user, home }
    }

    pub(crate) fn add_address(&self, owner: UserId, id: AddressId, street: &str) {
        let address = PostalAddress {
            title: "Dom".to_owned(),
            recipient: Some("Ayşe Kowalska".to_owned()),
            street: street.to_owned(),
            city: "Warszawa".to_owned(),
            postal_code: "00-238".to_owned(),
            country: "PL".to_owned(),
        };
        self.world.addresses.lock().unwrap().insert((owner, id), address);
    }

    /// Puts this and nothing else into the buyer's cart.
    pub(crate) fn fill(&self, buyer: Buyer, lines: &[(ProductId, u32)]) {
        let lines =
            lines.iter().map(|(product, quantity)| CartLine { product: *product, quantity: *quantity });
        let mut carts = self.carts();
        let (id, revision) = carts
            .get(&buyer.user)
            .map_or_else(|| (CartId::generate(self.clock.now()), 1), |cart| (cart.id, cart.revision + 1));
        carts.insert(buyer.user, Cart { id, revision, lines: lines.collect() });
    }

    fn carts(&self) -> MutexGuard<'_, HashMap<UserId, Cart>> {
        self.world.carts.lock().unwrap()
    }

    /// A buyer whose cart holds 20 of something at 15.75: 315.00 in all.
    pub(crate) fn buyer_with_cart(&self) -> Buyer {
        let buyer = self.buyer();
        self.fill(buyer, &[(self.product(1_575), 20)]);
        buyer
    }

    /// What an individual asks who pays by card.
    pub(crate) fn request(&self, buyer: Buyer) -> PlaceOrder {
        PlaceOrder {
            order: self.id(),
            turn: Turn::Again,
            user: buyer.user,
            user_type: UserType::Individual,
            language: Language::Pl,
            shipping_address: buyer.home,
            billing_address: None,
            method: PaymentMethod::Card,
            term_days: None,
            notes: None,
            expected_total: None,
        }
    }

    /// Somebody's order of 315.00, waiting for its money.
    pub(crate) async fn placed(&self) -> Order {
        self.orders.place(self.request(self.buyer_with_cart()), None).await.unwrap().0
    }

    pub(crate) async fn set_status(&self, order: &Order, status: &str) {
        let put = format!("update orders.orders set status = '{status}' where id = '{}'", order.id);
        self.db.exec(&put).await;
    }

    pub(crate) async fn read(&self, order: &Order) -> Order {
        self.orders.order(order.user, order.id).await.unwrap()
    }

    /// How often an event of order's was published.
    pub(crate) async fn told(&self, name: &str) -> i64 {
        self.count(&format!("platform.outbox where name = 'order.{name}.v1'")).await
    }

    pub(crate) async fn count(&self, what: &str) -> i64 {
        self.db.number(&format!("select count(*) from {what}")).await
    }

    /// Nothing was put aside, nothing written, nobody asked for money.
    pub(crate) async fn assert_untouched(&self) {
        assert_eq!(self.count("orders.orders").await, 0);
        assert_eq!(self.count("platform.outbox").await, 0);
        assert!(self.world.held.lock().unwrap().is_empty(), "units are held");
        assert!(self.world.asked_to_pay.lock().unwrap().is_empty(), "a payment was started");
    }
}
