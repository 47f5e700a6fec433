//! `Stripe-Signature`: `t=<unix>,v1=<hex>[,v1=…]`, HMAC-SHA256 over `<t>.<body>`
//! (<https://docs.stripe.com/webhooks#verify-manually>).

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

/// How far the signature's time may be off, in seconds.
const TOLERANCE: i64 = 300;
/// So many signatures are looked at; Stripe sends one for each secret that is in use.
const MAX_SIGNATURES: usize = 10;

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
    ///
    /// Anybody may send anything here: the body is hashed for a recent time only, once for each secret, however many
    /// signatures the header holds. Every pair is compared, in constant time.
    pub fn verify(&self, header: &str, body: &[u8], now: DateTime<Utc>) -> bool {
        let Some(Signed { time, signatures }) = Signed::read(header) else { return false };
        let age = time.parse::<i64>().ok().and_then(|at| now.timestamp().checked_sub(at));
        if signatures.is_empty() || age.is_none_or(|age| age.abs() > TOLERANCE) {
            return false;
        }
        let mut good = Choice::from(0);
        for secret in &self.0 {
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { continue };
            mac.update(time.as_bytes());
            mac.update(b".");
            mac.update(body);
            let tag = mac.finalize().into_bytes();
            for signature in &signatures {
                good |= tag[..].ct_eq(signature);
            }
        }
        good.into()
    }
}

/// What the header says.
struct Signed<'a> {
    time: &'a str,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Signed<'a> {
    fn read(header: &'a str) -> Option<Self> {
        let (mut time, mut signatures) = (None, Vec::new());
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("t", t)) if time.is_none() => time = Some(t),
                // A second time would leave open which one was signed.
                Some(("t", _)) => return None,
                Some(("v1", text)) if signatures.len() < MAX_SIGNATURES => {
                    let mut signature = [0; 32];
                    if hex::decode_to_slice(text, &mut signature).is_ok() {
                        signatures.push(signature);
                    }
                }
                _ => {}
            }
        }
        Some(Self { time: time?, signatures })
    }
}

impl std::fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookSecrets({})", self.0.len())
    }
}
