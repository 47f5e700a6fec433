//! Payment on its own: the proof that it needs nothing of the gateway. It takes events in; its provider is away.

use std::sync::Arc;

use actix_web::{App, HttpServer, middleware::from_fn, web::Data};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use db::{Db, PoolOptions};
use kernel::SystemClock;
use payment::{
    PaymentService, WebhookSecrets,
    ports::{Intent, NewIntent, NewRefund, PaymentProvider, ProviderDispute, ProviderError, ProviderRefund},
};

struct Away;

fn away() -> ProviderError {
    ProviderError::Unavailable("there is none here".to_owned())
}

#[async_trait]
impl PaymentProvider for Away {
    async fn create_intent(&self, _: &NewIntent, _: &str) -> Result<Intent, ProviderError> {
        Err(away())
    }

    async fn find_intent(&self, _: &str) -> Result<Intent, ProviderError> {
        Err(away())
    }

    async fn cancel_intent(&self, _: &str, _: &str) -> Result<Intent, ProviderError> {
        Err(away())
    }

    async fn list_intents(&self, _: DateTime<Utc>, _: Option<&str>) -> Result<Vec<Intent>, ProviderError> {
        Err(away())
    }

    async fn create_refund(&self, _: &NewRefund, _: &str) -> Result<ProviderRefund, ProviderError> {
        Err(away())
    }

    async fn list_refunds(&self, _: &str) -> Result<Vec<ProviderRefund>, ProviderError> {
        Err(away())
    }

    async fn list_refunds_since(
        &self,
        _: DateTime<Utc>,
        _: Option<&str>,
    ) -> Result<Vec<ProviderRefund>, ProviderError> {
        Err(away())
    }

    async fn list_disputes(&self, _: &str) -> Result<Vec<ProviderDispute>, ProviderError> {
        Err(away())
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let variable = |name| std::env::var(name).map_err(std::io::Error::other);
    let secrets = WebhookSecrets::parse(&variable("STRIPE_WEBHOOK_SECRET")?)
        .ok_or_else(|| std::io::Error::other("STRIPE_WEBHOOK_SECRET is empty"))?;
    let db = Db::new(&variable("DATABASE_URL")?, &PoolOptions::default());
    let payments = PaymentService::new(db, Arc::new(SystemClock), Arc::new(Away), false);
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(payments.clone()))
            .app_data(Data::new(secrets.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| payment::http::routes().mount(cfg))
    })
    .bind(("127.0.0.1", 3004))?
    .run()
    .await
}
