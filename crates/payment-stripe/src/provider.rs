//! The provider itself: three calls, each bounded in time and safe to repeat.

use async_trait::async_trait;
use payment::ports::{Intent, NewIntent, PaymentProvider, ProviderError};
use stripe::{Client, IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_core::PaymentIntent;
use stripe_core::payment_intent::{CancelPaymentIntent, RetrievePaymentIntent};

use crate::config::{self, ConfigError};
use crate::failure::Failure;
use crate::patience::Patience;
use crate::translation;

/// Takes payments through Stripe, or through a stand-in that speaks like it.
pub struct StripeProvider {
    client: Client,
    pub(crate) patience: Patience,
}

impl StripeProvider {
    /// `base_url` is `https://api.stripe.com`, or the stand-in's; nothing is sent yet.
    ///
    /// # Errors
    /// An address with a path, something that is no secret key, a live key over plain http.
    pub fn new(base_url: &str, secret_key: &str) -> Result<Self, ConfigError> {
        Ok(Self { client: config::client(base_url, secret_key)?, patience: Patience::default() })
    }

    async fn ask<R>(&self, request: &R, strategy: RequestStrategy) -> Result<PaymentIntent, Failure>
    where
        R: StripeRequest<Output = PaymentIntent> + Sync,
    {
        // The SDK never repeats a call under either strategy, so the number of tries is ours.
        self.patience.with(|| request.customize().request_strategy(strategy.clone()).send(&self.client)).await
    }
}

#[async_trait]
impl PaymentProvider for StripeProvider {
    async fn create_intent(&self, new: &NewIntent, key: &str) -> Result<Intent, ProviderError> {
        let intent = self.ask(&translation::creation(new)?, once(key)?).await?;
        translation::intent(intent)
    }

    async fn find_intent(&self, id: &str) -> Result<Intent, ProviderError> {
        let request = RetrievePaymentIntent::new(checked(id)?);
        translation::intent(self.ask(&request, RequestStrategy::Once).await?)
    }

    async fn cancel_intent(&self, id: &str, key: &str) -> Result<Intent, ProviderError> {
        let request = CancelPaymentIntent::new(checked(id)?);
        match self.ask(&request, once(key)?).await {
            Ok(intent) => translation::intent(intent),
            Err(Failure::Refused { code, message, intent: Some(intent) }) => {
                // Cancelling what is cancelled is refused by Stripe, and exactly what was asked for.
                let intent = translation::intent(*intent)?;
                if intent.status == payment::ports::IntentStatus::Canceled {
                    return Ok(intent);
                }
                Err(ProviderError::Refused { code, message })
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

fn once(key: &str) -> Result<RequestStrategy, ProviderError> {
    let key = IdempotencyKey::new(key).map_err(|error| ProviderError::Refused {
        code: "idempotency_key_invalid".to_owned(),
        message: error.to_string(),
    })?;
    Ok(RequestStrategy::Idempotent(key))
}

/// The id becomes part of a path, so it must not be able to name another one.
fn checked(id: &str) -> Result<&str, ProviderError> {
    let letters = id.strip_prefix("pi_").unwrap_or_default();
    let plain = letters.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
    if plain && (1..=252).contains(&letters.len()) {
        return Ok(id);
    }
    Err(ProviderError::Refused {
        code: "resource_missing".to_owned(),
        message: "this is not the id of a PaymentIntent".to_owned(),
    })
}
