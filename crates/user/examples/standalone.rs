//! User on its own: the proof that it needs nothing of the gateway.

use std::sync::Arc;

use actix_web::{App, HttpServer, middleware::from_fn, web::Data};
use async_trait::async_trait;
use db::{Db, PoolOptions};
use kernel::{PortError, SystemClock, UserType, id::UserId};
use media::{Location, Media, Storage};
use user::{
    UserService,
    ports::{Sessions, Tokens},
};

/// Tokens that open nothing.
struct NoSessions;

#[async_trait]
impl Sessions for NoSessions {
    async fn open(&self, _: UserId, _: UserType) -> Result<Tokens, PortError> {
        Ok(Tokens {
            access_token: "none".to_owned(),
            refresh_token: "none".to_owned(),
            expires_in_seconds: 600,
        })
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let url = std::env::var("DATABASE_URL").map_err(std::io::Error::other)?;
    let db = Db::new(&url, &PoolOptions::default());
    let users = UserService::new(db.clone(), Arc::new(SystemClock), Arc::new(NoSessions));
    let files = Location::Directory(std::env::temp_dir().join("user-standalone"));
    let storage = Storage::open(&files).map_err(std::io::Error::other)?;
    let media = Media::new(db, Arc::new(SystemClock), storage)?;
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(users.clone()))
            .app_data(Data::new(media.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| user::http::routes().join(media::http::routes()).mount(cfg))
    })
    .bind(("127.0.0.1", 3000))?
    .run()
    .await
}
