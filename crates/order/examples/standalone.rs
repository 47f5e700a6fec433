//! Order on its own: the proof that it needs nothing of the gateway.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use actix_web::{App, HttpServer, middleware::from_fn, web::Data};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use db::{Db, PoolOptions};
use http_kit::{Answers, Authenticate, Caller, Claimed, Customer, Given, KeyedRequest, Turn};
use kernel::{
    Clock as _, Money, PortError, SystemClock, UserType, VatRate,
    id::{AddressId, CartId, OrderId, PaymentId, ProductId, SessionId, UserId},
};
use order::{
    OrderError, OrderRules, OrderService, Ports, PostalAddress, Shortage,
    ports::{
        Addresses, Cart, CartLine, Carts, Catalog, Companies, Offer, Payment, PaymentRequest, Payments,
        Retried, Stock, Stopped, Synced, Units, View,
    },
};

/// A shop that has everything, and a customer who buys the same again and again.
struct Everything {
    cart: CartId,
    product: ProductId,
    vat: VatRate,
    /// Each look at the cart finds it changed, so that each can be ordered.
    revision: AtomicI64,
}

#[async_trait]
impl Carts for Everything {
    async fn refill(&self, _: UserId, _: UserType, lines: &[CartLine]) -> Result<Vec<CartLine>, PortError> {
        Ok(lines.to_vec())
    }

    async fn cart(&self, _: UserId) -> Result<Option<Cart>, PortError> {
        let revision = self.revision.fetch_add(1, Ordering::Relaxed);
        let lines = vec![CartLine { product: self.product, quantity: 20 }];
        Ok(Some(Cart { id: self.cart, revision, lines }))
    }
}

#[async_trait]
impl Catalog for Everything {
    async fn offers(&self, ids: &[ProductId], _: View) -> Result<HashMap<ProductId, Offer>, PortError> {
        let offer = Offer {
            code: "AYR-1".to_owned(),
            name: "Ayran".to_owned(),
            size: "250 ml".to_owned(),
            image_url: None,
            price: Money::grosz(1_000),
            vat: self.vat,
            min_quantity: 1,
            sellable: true,
        };
        Ok(ids.iter().map(|id| (*id, offer.clone())).collect())
    }
}

#[async_trait]
impl Stock for Everything {
    async fn units(&self, _: &[OrderId]) -> Result<HashMap<OrderId, Units>, PortError> {
        Ok(HashMap::new())
    }

    async fn too_little(&self, _: &[CartLine], _: DateTime<Utc>) -> Vec<Shortage> {
        Vec::new()
    }

    async fn reserve(&self, _: OrderId, _: &[CartLine], _: DateTime<Utc>) -> Result<(), OrderError> {
        Ok(())
    }

    async fn take(&self, _: OrderId, _: &[CartLine], _: DateTime<Utc>) -> Result<(), OrderError> {
        Ok(())
    }

    async fn give_back(&self, _: OrderId, _: DateTime<Utc>) -> Result<(), PortError> {
        Ok(())
    }

    async fn release(&self, _: OrderId, _: DateTime<Utc>) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Addresses for Everything {
    async fn address(&self, _: UserId, _: AddressId) -> Result<Option<PostalAddress>, PortError> {
        Ok(Some(PostalAddress {
            title: "Dom".to_owned(),
            recipient: None,
            street: "ul. Długa 1".to_owned(),
            city: "Warszawa".to_owned(),
            postal_code: "00-238".to_owned(),
            country: "PL".to_owned(),
        }))
    }
}

#[async_trait]
impl Payments for Everything {
    async fn start(&self, request: PaymentRequest) -> Result<Payment, PortError> {
        Ok(Payment {
            id: PaymentId(request.order.0),
            attempt: 1,
            status: "creating".to_owned(),
            client_secret: None,
            next_action: None,
            expires_at: request.expires_at,
        })
    }

    async fn stop(&self, _: PaymentRequest) -> Result<Stopped, PortError> {
        Ok(Stopped::Unpaid)
    }

    async fn retry(&self, request: PaymentRequest) -> Result<Retried, PortError> {
        Ok(Retried::Open(self.start(request).await?))
    }

    async fn sync(&self, _: OrderId) -> Result<Synced, PortError> {
        Ok(Synced { paid: Vec::new(), latest: None })
    }

    async fn receive(&self, request: PaymentRequest) -> Result<Option<PaymentId>, PortError> {
        Ok(Some(PaymentId(request.order.0)))
    }
}

#[async_trait]
impl Companies for Everything {
    async fn payment_term_days(&self, _: UserId) -> Result<Vec<u16>, PortError> {
        Ok(Vec::new())
    }
}

/// Keeps no answers: every key is new, and the order carries an id of its own.
struct Forgetful;

#[async_trait]
impl Answers for Forgetful {
    async fn claim(&self, _: &KeyedRequest) -> Result<Claimed, PortError> {
        Ok(Claimed::Work(Turn::First(OrderId::generate(SystemClock.now()).0)))
    }

    async fn is_known(&self, _: &KeyedRequest) -> Result<bool, PortError> {
        Ok(false)
    }

    async fn keep(&self, _: &KeyedRequest, _: &Given) -> Result<Option<Given>, PortError> {
        Ok(None)
    }

    async fn forget(&self, _: &KeyedRequest) -> Result<(), PortError> {
        Ok(())
    }

    async fn reopen(&self, _: &KeyedRequest) -> Result<(), PortError> {
        Ok(())
    }
}

/// Whatever the token, it is the same customer's.
struct OneCustomer(Customer);

#[async_trait]
impl Authenticate for OneCustomer {
    async fn authenticate(&self, _: &str) -> Caller {
        Caller::Customer(self.0)
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let url = std::env::var("DATABASE_URL").map_err(std::io::Error::other)?;
    let now = SystemClock.now();
    let shop = Arc::new(Everything {
        cart: CartId::generate(now),
        product: ProductId::generate(now),
        vat: VatRate::from_basis_points(500).map_err(std::io::Error::other)?,
        revision: AtomicI64::new(1),
    });
    let ports = Ports {
        carts: shop.clone(),
        catalog: shop.clone(),
        stock: shop.clone(),
        addresses: shop.clone(),
        companies: shop.clone(),
        payments: shop,
    };
    let rules = OrderRules::default();
    let orders =
        OrderService::new(Db::new(&url, &PoolOptions::default()), Arc::new(SystemClock), ports, rules);
    let customer = Customer {
        user: UserId::generate(now),
        session: SessionId::generate(now),
        user_type: UserType::Individual,
    };
    let judge: Arc<dyn Authenticate> = Arc::new(OneCustomer(customer));
    let answers: Arc<dyn Answers> = Arc::new(Forgetful);
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(orders.clone()))
            .app_data(Data::from(judge.clone()))
            .app_data(Data::from(answers.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| order::http::routes().mount(cfg))
    })
    .bind(("127.0.0.1", 3003))?
    .run()
    .await
}
