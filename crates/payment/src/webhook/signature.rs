//! `Stripe-Signature`: `t=<unix>,v1=<hex>[,v1=…]`, HMAC-SHA256 over `<t>.<body>`
//! (<https://docs.stripe.com/webhooks#verify-manually>).

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How far the signature's time may be off, in seconds.
const TOLERANCE: i64 = 300;

/// The secrets events may be signed with: the current one, and for a while the one before.
#[derive(Clone)]
pub struct WebhookSecrets(Vec<String>);

impl WebhookSecrets {
    /// `current[,previous]`; empty ones do not count.
    pub fn parse(text: &str) -> Option<Self> {
        let secrets: Vec<String> =
            text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect();
        (1..=2).contains(&secrets.len()).then_some(Self(secrets))
    }

    /// Whether one of the header's `v1` signatures was made with one of the secrets, not long ago.
    /// Every pair is compared, in constant time.
    pub(crate) fn verify(&self, header: &str, body: &[u8], now: DateTime<Utc>) -> bool {
        let (mut time, mut signatures) = (None, Vec::new());
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("t", t)) if time.is_none() => time = Some(t),
                // A second time would leave open which one was signed.
                Some(("t", _)) => return false,
                Some(("v1", signature)) => signatures.extend(hex::decode(signature)),
                _ => {}
            }
        }
        let Some((text, signed_at)) = time.and_then(|t| Some((t, t.parse::<i64>().ok()?))) else {
            return false;
        };
        let recent = now.timestamp().checked_sub(signed_at).is_some_and(|age| age.abs() <= TOLERANCE);
        let mut good = false;
        for secret in &self.0 {
            for signature in &signatures {
                let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { continue };
                mac.update(text.as_bytes());
                mac.update(b".");
                mac.update(body);
                good |= mac.verify_slice(signature).is_ok();
            }
        }
        good && recent
    }
}

impl std::fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookSecrets({})", self.0.len())
    }
}
