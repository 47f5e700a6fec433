//! The provider itself: each call bounded in time and safe to repeat, behind a breaker.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::breaker::Breaker;
use miniserde::Deserialize;
use payment::ports::{
    Intent, IntentStatus, NewIntent, NewRefund, PaymentProvider, ProviderDispute, ProviderError,
    ProviderRefund,
};
use stripe_client_core::{
    CustomizableStripeRequest, IdempotencyKey, RequestBuilder, RequestStrategy, StripeMethod,
    StripeRequest as _,
};
use stripe_core::payment_intent::{CancelPaymentIntent, RetrievePaymentIntent};

use crate::config::ConfigError;
use crate::failure::Failure;
use crate::line::Line;
use crate::patience::Patience;
use crate::translation;
use crate::wire::{DisputeList, IntentList, Refund, RefundList};

/// So many calls in a row that were not answered, and Stripe is left alone for so long at a time.
const FAILURES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(5);
/// The most that Stripe puts on a page.
pub(crate) const PAGE: &str = "100";

/// Takes payments through Stripe, or through a stand-in that speaks like it.
pub struct StripeProvider {
    line: Line,
    pub(crate) patience: Patience,
    breaker: Breaker,
}

impl StripeProvider {
    /// `base_url` is `https://api.stripe.com`, or the stand-in's; nothing is sent yet.
    ///
    /// # Errors
    /// An address with a path, something that is no secret key, a live key over plain http.
    pub fn new(base_url: &str, secret_key: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            line: Line::to(base_url, secret_key)?,
            patience: Patience::default(),
            breaker: Breaker::new(FAILURES, PAUSE),
        })
    }

    /// `request` is built anew for each try. The SDK never repeats a call under either strategy, so the number of tries is
    /// ours.
    async fn ask<T: Deserialize>(
        &self,
        request: impl Fn() -> CustomizableStripeRequest<T>,
        strategy: RequestStrategy,
    ) -> Result<T, Failure> {
        if !self.breaker.admits(Instant::now()) {
            return Err(Failure::left_alone());
        }
        let call = || request().request_strategy(strategy.clone()).send(&self.line);
        let answer = self.patience.with(call).await;
        match &answer {
            // A refusal is an answer.
            Ok(_) | Err(Failure::Refused { .. }) => self.breaker.succeeded(),
            Err(_) => self.breaker.failed(Instant::now()),
        }
        answer
    }

    pub(crate) async fn get<T: Deserialize>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, ProviderError> {
        let request = || RequestBuilder::new(StripeMethod::Get, path).query(&fields(query)).customize();
        Ok(self.ask(request, RequestStrategy::Once).await?)
    }

    pub(crate) async fn post<T: Deserialize>(
        &self,
        path: &str,
        form: &[(&str, &str)],
        strategy: RequestStrategy,
    ) -> Result<T, ProviderError> {
        let request = || RequestBuilder::new(StripeMethod::Post, path).form(&fields(form)).customize();
        Ok(self.ask(request, strategy).await?)
    }

    pub(crate) async fn delete<T: Deserialize>(&self, path: &str) -> Result<T, ProviderError> {
        let request = || RequestBuilder::new(StripeMethod::Delete, path).customize();
        Ok(self.ask(request, RequestStrategy::Once).await?)
    }
}

/// As the SDK's builder takes them.
fn fields<'a>(pairs: &[(&'a str, &'a str)]) -> std::collections::BTreeMap<&'a str, &'a str> {
    pairs.iter().copied().collect()
}

#[async_trait]
impl PaymentProvider for StripeProvider {
    async fn create_intent(&self, new: &NewIntent, key: &str) -> Result<Intent, ProviderError> {
        let creation = translation::creation(new)?;
        let intent = self.ask(|| creation.customize(), once(key)?).await?;
        translation::intent(intent)
    }

    async fn find_intent(&self, id: &str) -> Result<Intent, ProviderError> {
        let request = RetrievePaymentIntent::new(checked("pi_", id)?);
        translation::intent(self.ask(|| request.customize(), RequestStrategy::Once).await?)
    }

    async fn cancel_intent(&self, id: &str, key: &str) -> Result<Intent, ProviderError> {
        let request = CancelPaymentIntent::new(checked("pi_", id)?);
        match self.ask(|| request.customize(), once(key)?).await {
            Ok(intent) => translation::intent(intent),
            Err(Failure::Refused { code, message, intent: Some(intent) }) => {
                // Cancelling what is cancelled is refused by Stripe, and exactly what was asked for.
                let intent = translation::intent(*intent)?;
                if intent.status == IntentStatus::Canceled {
                    return Ok(intent);
                }
                Err(ProviderError::Refused { code, message })
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn list_intents(
        &self,
        since: DateTime<Utc>,
        after: Option<&str>,
    ) -> Result<Vec<Intent>, ProviderError> {
        let since = since.timestamp().to_string();
        let list: IntentList = self.get("/payment_intents", &page(&since, after)).await?;
        list.data.into_iter().map(translation::intent).collect()
    }

    async fn create_refund(&self, new: &NewRefund, key: &str) -> Result<ProviderRefund, ProviderError> {
        let (amount, id) = (new.amount.amount().to_string(), new.refund.to_string());
        let form = [
            ("amount", amount.as_str()),
            ("metadata[refund_id]", id.as_str()),
            ("payment_intent", checked("pi_", &new.intent)?),
        ];
        let refund: Refund = self.post("/refunds", &form, once(key)?).await?;
        Ok(refund.into_port())
    }

    async fn list_refunds(&self, intent: &str) -> Result<Vec<ProviderRefund>, ProviderError> {
        let query = [("limit", PAGE), ("payment_intent", checked("pi_", intent)?)];
        let list: RefundList = self.get("/refunds", &query).await?;
        Ok(list.data.into_iter().map(Refund::into_port).collect())
    }

    async fn list_refunds_since(
        &self,
        since: DateTime<Utc>,
        after: Option<&str>,
    ) -> Result<Vec<ProviderRefund>, ProviderError> {
        let since = since.timestamp().to_string();
        let list: RefundList = self.get("/refunds", &page(&since, after)).await?;
        Ok(list.data.into_iter().map(Refund::into_port).collect())
    }

    async fn list_disputes(&self, intent: &str) -> Result<Vec<ProviderDispute>, ProviderError> {
        let query = [("limit", PAGE), ("payment_intent", checked("pi_", intent)?)];
        let list: DisputeList = self.get("/disputes", &query).await?;
        Ok(list.data.into_iter().map(crate::wire::Dispute::into_port).collect())
    }
}

fn page<'a>(since: &'a str, after: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let mut query = vec![("created[gte]", since), ("limit", PAGE)];
    query.extend(after.map(|after| ("starting_after", after)));
    query
}

pub(crate) fn once(key: &str) -> Result<RequestStrategy, ProviderError> {
    let key = IdempotencyKey::new(key).map_err(|error| ProviderError::Refused {
        code: "idempotency_key_invalid".to_owned(),
        message: error.to_string(),
    })?;
    Ok(RequestStrategy::Idempotent(key))
}

/// The id becomes part of a path, so it must not be able to name another one.
pub(crate) fn checked<'a>(prefix: &str, id: &'a str) -> Result<&'a str, ProviderError> {
    let letters = id.strip_prefix(prefix).unwrap_or_default();
    let plain = letters.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
    if plain && (1..=252).contains(&letters.len()) {
        return Ok(id);
    }
    Err(ProviderError::Refused {
        code: "resource_missing".to_owned(),
        message: format!("this is not an id that begins with {prefix}"),
    })
}
