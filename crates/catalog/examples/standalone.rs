//! The catalogue on its own: the proof that it needs nothing of the gateway.

use std::{collections::HashMap, sync::Arc};

use actix_web::{App, HttpServer, middleware::from_fn, web::Data};
use async_trait::async_trait;
use catalog::{CatalogService, ports::Availability};
use db::{Db, PoolOptions};
use kernel::{PortError, SystemClock, id::ProductId};

/// A shelf that never empties.
struct Plenty;

#[async_trait]
impl Availability for Plenty {
    async fn available(&self, products: &[ProductId]) -> Result<HashMap<ProductId, u32>, PortError> {
        Ok(products.iter().map(|product| (*product, 1_000)).collect())
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let url = std::env::var("DATABASE_URL").map_err(std::io::Error::other)?;
    let db = Db::new(&url, &PoolOptions::default());
    let catalog = CatalogService::new(db, Arc::new(SystemClock), Arc::new(Plenty));
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(catalog.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| catalog::http::routes().mount(cfg))
    })
    .bind(("127.0.0.1", 3001))?
    .run()
    .await
}
