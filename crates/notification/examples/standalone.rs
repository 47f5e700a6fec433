//! Notification on its own: the mailbox with its route, and a runner that works on what `identity` publishes.

use std::{sync::Arc, time::Duration};

use actix_web::{App, HttpServer, middleware::from_fn, web::Data};
use bus::Runner;
use db::{Db, PoolOptions};
use kernel::{Clock, SystemClock};
use notification::{Mailbox, events::SendCode};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let url = std::env::var("DATABASE_URL").map_err(std::io::Error::other)?;
    let db = Db::new(&url, &PoolOptions::default());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mailbox = Mailbox::new(db.clone(), clock.clone());
    let runner = Runner::new(db, clock).effect(SendCode::new(Arc::new(mailbox.clone())));
    actix_web::rt::spawn(async move {
        loop {
            let idle = !matches!(runner.run_effect().await, Ok(true));
            if idle {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    });
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(mailbox.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| notification::http::dev_routes().mount(cfg))
    })
    .bind(("127.0.0.1", 3000))?
    .run()
    .await
}
