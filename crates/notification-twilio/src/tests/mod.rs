//! Against the stand-in, which speaks Twilio's wire format and misbehaves when told to.

mod job;
mod outcomes;
mod settings;

use std::time::Duration;

use kernel::{Clock as _, Phone, id::JobId};
use notification::ports::{Delivery, SmsError, SmsSender as _};
use sandbox::Twilio;

use crate::{TwilioSender, patience::Patience};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "token-0123456789abcdef";
const PHONE: &str = "+48501502503";
const TEXT: &str = "Metropolitan: onay kodunuz 012345. Süresi 5 dakika & sonra dolar + biter.";

fn twilio() -> Twilio {
    Twilio::start(ACCOUNT, TOKEN).unwrap()
}

fn phone() -> Phone {
    PHONE.parse().unwrap()
}

/// Pauses and limits in milliseconds instead of seconds.
fn hasty(base_url: &str) -> TwilioSender {
    sending_from("Metropol", base_url, TOKEN)
}

fn sending_from(from: &str, base_url: &str, token: &str) -> TwilioSender {
    let (account, token) = (ACCOUNT.parse().unwrap(), token.parse().unwrap());
    let mut sender =
        TwilioSender::new(base_url.parse().unwrap(), &account, &token, from.parse().unwrap()).unwrap();
    sender.patience = Patience {
        each: Duration::from_millis(300),
        total: Duration::from_secs(2),
        first_pause: Duration::from_millis(5),
        ..Patience::default()
    };
    sender
}

fn delivery(attempt: i32) -> Delivery {
    Delivery { key: JobId::generate(testkit::clock().now()), attempt }
}

/// The `attempt`th try of one and the same text.
async fn tries(sender: &TwilioSender, attempt: i32) -> Result<(), SmsError> {
    sender.send(&phone(), TEXT, delivery(attempt)).await
}

/// The methods of the requests, in order.
fn methods(twilio: &Twilio) -> Vec<String> {
    twilio.requests().into_iter().map(|request| request.method).collect()
}
