//! User on its own: the proof that it needs nothing of the gateway.

use std::sync::Arc;

use actix_web::{App, HttpServer, middleware::from_fn, web::Data};
use async_trait::async_trait;
use cache::{Cache, CacheOptions};
use chrono::{DateTime, Utc};
use db::{Db, PoolOptions};
use kernel::{
    Clock as _, Nip, PortError, SystemClock, UserType,
    id::{ChallengeId, UserId},
};
use media::{Location, Media, Storage};
use user::{
    DeletionService, ExportService, Ports, UserService,
    ports::{CodeError, Codes, Proof, Recipient, Sent, Sessions, TaxRecord, TaxRegister, Tokens},
};

/// Tokens that open nothing.
struct NoSessions;

#[async_trait]
impl Sessions for NoSessions {
    async fn open(&self, _: UserId, _: UserType, _: Option<&str>) -> Result<Tokens, PortError> {
        Ok(Tokens {
            access_token: "none".to_owned(),
            refresh_token: "none".to_owned(),
            expires_in_seconds: 600,
        })
    }

    async fn end_all(&self, _: UserId) -> Result<(), PortError> {
        Ok(())
    }
}

/// Codes that nobody gets, and that are all wrong.
struct NoCodes;

#[async_trait]
impl Codes for NoCodes {
    async fn send(&self, _: Recipient) -> Result<Sent, CodeError> {
        let challenge = ChallengeId::generate(SystemClock.now());
        Ok(Sent { challenge, expires_in_seconds: 300, resend_after_seconds: 60 })
    }

    async fn prove(&self, _: Proof) -> Result<(), CodeError> {
        Err(CodeError::Wrong)
    }
}

/// A register without an entry.
struct EmptyRegister;

#[async_trait]
impl TaxRegister for EmptyRegister {
    async fn find(&self, _: &Nip, _: DateTime<Utc>) -> Result<Option<TaxRecord>, PortError> {
        Ok(None)
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let url = std::env::var("DATABASE_URL").map_err(std::io::Error::other)?;
    let db = Db::new(&url, &PoolOptions::default());
    // Nobody need be there: without Redis the tax register is asked each time.
    let cache =
        Cache::new("redis://127.0.0.1:6379", CacheOptions::default()).map_err(std::io::Error::other)?;
    let ports = Ports { sessions: Arc::new(NoSessions), tax_register: Arc::new(EmptyRegister) };
    let users = UserService::new(db.clone(), cache, Arc::new(SystemClock), ports);
    let deletions = DeletionService::new(users.clone(), Arc::new(NoCodes));
    let exports = ExportService::new(users.clone(), Vec::new());
    let files = Location::Directory(std::env::temp_dir().join("user-standalone"));
    let storage = Storage::open(&files).map_err(std::io::Error::other)?;
    let media = Media::new(db, Arc::new(SystemClock), storage)?;
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(users.clone()))
            .app_data(Data::new(deletions.clone()))
            .app_data(Data::new(exports.clone()))
            .app_data(Data::new(media.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| user::http::routes().join(media::http::routes()).mount(cfg))
    })
    .bind(("127.0.0.1", 3000))?
    .run()
    .await
}
