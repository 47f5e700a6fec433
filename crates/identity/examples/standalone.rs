//! Identity on its own: the proof that it needs nothing of the gateway.

use std::sync::Arc;

use actix_web::{App, HttpServer, middleware::from_fn, web::Data};
use async_trait::async_trait;
use db::{Db, PoolOptions};
use identity::{
    GuestMigration, OtpLimits, OtpService, Pepper, SessionService, SigningKeys, StaffService, TokenService,
    ports::{Account, Accounts, GuestData, MovedGuestData},
};
use kernel::{Clock, Phone, PortError, SystemClock, UserType, id::UserId};

/// Nobody has an account.
struct Strangers;

#[async_trait]
impl Accounts for Strangers {
    async fn sign_in(&self, _: &Phone, _: UserType) -> Result<Option<Account>, PortError> {
        Ok(None)
    }

    async fn phone_of(&self, _: UserId) -> Result<Option<Phone>, PortError> {
        Ok(None)
    }

    async fn is_taken(&self, _: &Phone, _: UserType) -> Result<bool, PortError> {
        Ok(false)
    }

    async fn change_phone(&self, _: UserId, _: &Phone) -> Result<bool, PortError> {
        Ok(false)
    }
}

/// No guest ever had anything.
#[async_trait]
impl GuestData for Strangers {
    async fn migrate(&self, _: &str, _: UserId, _: UserType) -> Result<Option<MovedGuestData>, PortError> {
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
    let staff = StaffService::new(db.clone(), clock.clone(), sessions.clone());
    let (_running, stop) = tokio::sync::watch::channel(false);
    let (revocations, heard_by, their_clock) = (sessions.revocations().clone(), db.clone(), clock.clone());
    actix_web::rt::spawn(async move { revocations.follow(heard_by, &*their_clock, stop).await });
    let codes = OtpService::new(db, clock, (pepper, OtpLimits::default()), both, Arc::new(Strangers));
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(tokens.clone()))
            .app_data(Data::new(sessions.clone()))
            .app_data(Data::new(codes.clone()))
            .app_data(Data::new(staff.clone()))
            .app_data(Data::new(GuestMigration(Arc::new(Strangers))))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| identity::http::routes().mount(cfg))
    })
    .bind(("127.0.0.1", 3000))?
    .run()
    .await
}
