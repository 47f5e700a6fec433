//! Sends what is due; every attempt is a task of its own, so that a slow one holds up no other.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use super::{Parcel, sign};
use crate::account::Account;
use crate::world;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Attempts under way at any one time.
const ROOM: usize = 64;

/// Runs until its task is aborted; what is not delivered by then stays pending.
pub(crate) async fn run(account: Arc<Account>, http: reqwest::Client) {
    let room = Arc::new(Semaphore::new(ROOM));
    loop {
        for parcel in account.take_due(room.available_permits()) {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let (account, http) = (Arc::clone(&account), http.clone());
            rt::spawn(async move {
                attempt(&account, &http, parcel).await;
                // Given back before the dispatcher is woken, which counts what is free.
                drop(permit);
                account.wake_dispatcher();
            });
        }
        let next = account.next_due().filter(|_| room.available_permits() > 0);
        tokio::select! {
            () = account.woken() => {}
            () = sleep_until(next.map_or_else(Instant::now, Instant::from_std)), if next.is_some() => {}
        }
    }
}

/// The receiver must be believable, hence neither redirects nor a proxy, as at Stripe.
pub(crate) fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).no_proxy().build()
}

async fn attempt(account: &Account, http: &reqwest::Client, parcel: Parcel) {
    // Nobody may hear of what a restart would not remember.
    account.settled().await;
    let outcome = match account.event_text(&parcel.event) {
        Some(body) => {
            let signature = sign(account.webhook_secret(), world::now(), &body);
            let request = http
                .post(&parcel.url)
                .header("content-type", "application/json; charset=utf-8")
                .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
                .header("stripe-signature", signature)
                .body(body);
            request.send().await.map(|response| response.status().as_u16()).map_err(|error| error.to_string())
        }
        None => Err("the event is too old and has been forgotten".to_owned()),
    };
    account.finish_delivery(&parcel.delivery, outcome);
}
