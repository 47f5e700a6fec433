//! Shopping on its own: the proof that it needs nothing of the gateway.

use std::{collections::HashMap, sync::Arc};

use actix_web::{App, HttpServer, middleware::from_fn, web::Data};
use async_trait::async_trait;
use db::{Db, PoolOptions};
use http_kit::{Authenticate, Caller, Customer};
use kernel::{
    Clock as _, Money, PortError, SystemClock, UserType, VatRate,
    id::{ProductId, SessionId, UserId},
};
use serde_json::value::RawValue;
use shopping::{
    CartRules, CartService,
    ports::{Catalog, Item, Offer, View},
};

/// Sells everything at one price.
struct Everything {
    price: Money,
    vat: VatRate,
}

#[async_trait]
impl Catalog for Everything {
    async fn products(&self, ids: &[ProductId], _: View) -> Result<HashMap<ProductId, Offer>, PortError> {
        let offer = |product: ProductId| Offer {
            product,
            price: self.price,
            vat: self.vat,
            min_quantity: 1,
            available: 1_000,
            sellable: true,
            item: Item(
                RawValue::from_string(format!("{{\"id\":\"{product}\"}}"))
                    .unwrap_or_else(|_| RawValue::NULL.to_owned()),
            ),
        };
        Ok(ids.iter().map(|id| (*id, offer(*id))).collect())
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
    let vat = VatRate::from_basis_points(500).map_err(std::io::Error::other)?;
    let now = SystemClock.now();
    let customer = Customer {
        user: UserId::generate(now),
        session: SessionId::generate(now),
        user_type: UserType::Individual,
    };
    let carts = CartService::new(
        Db::new(&url, &PoolOptions::default()),
        Arc::new(SystemClock),
        Arc::new(Everything { price: Money::grosz(1_000), vat }),
        CartRules { minimum_order: Money::grosz(20_000) },
    );
    let judge: Arc<dyn Authenticate> = Arc::new(OneCustomer(customer));
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(carts.clone()))
            .app_data(Data::from(judge.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| shopping::http::routes().mount(cfg))
    })
    .bind(("127.0.0.1", 3002))?
    .run()
    .await
}
