//! Identity on its own: the proof that it needs nothing of the gateway.

use std::sync::Arc;

use actix_web::{App, HttpServer, middleware::from_fn, web::Data};
use async_trait::async_trait;
use db::{Db, PoolOptions};
use identity::{
    OtpLimits, OtpService, Pepper, SessionService, SigningKeys, TokenService,
    ports::{Account, Accounts},
};
use kernel::{Clock, Phone, PortError, SystemClock, UserType};

/// Nobody has an account.
struct Strangers;

#[async_trait]
impl Accounts for Strangers {
    async fn find(&self, _: &Phone, _: UserType) -> Result<Option<Account>, PortError> {
        Ok(None)
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let variable = |name| std::env::var(name).map_err(std::io::Error::other);
    let db = Db::new(&variable("DATABASE_URL")?, &PoolOptions::default());
    let keys = SigningKeys::parse(&variable("JWT_SIGNING_KEYS")?).map_err(std::io::Error::other)?;
    let pepper = Pepper::parse(&variable("OTP_PEPPER")?).map_err(std::io::Error::other)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);

    let tokens = TokenService::new(clock.clone(), keys);
    let sessions = SessionService::new(db.clone(), clock.clone(), tokens.clone());
    let both = (sessions.clone(), tokens.clone());
    let codes = OtpService::new(db, clock, (pepper, OtpLimits::default()), both, Arc::new(Strangers));
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(tokens.clone()))
            .app_data(Data::new(sessions.clone()))
            .app_data(Data::new(codes.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| identity::http::routes().mount(cfg))
    })
    .bind(("127.0.0.1", 3000))?
    .run()
    .await
}
