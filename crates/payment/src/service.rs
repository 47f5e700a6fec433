//! The service, and what it offers other domains. The provider is never called inside a transaction.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use db::{Db, Transact as _};
use kernel::{
    Clock,
    id::{OrderId, PaymentId},
};
use serde_json::{Value, json};

use crate::{
    Paid, Payment, PaymentError, PaymentStatus, PaymentsApi, Retried, StartPayment, Stopped, Synced,
    attempts::AttemptsTogether,
    news::publish_succeeded,
    ports::{Method, PaymentProvider},
    store,
};

const SETTLED: TimeDelta = TimeDelta::minutes(1);

#[derive(Clone)]
pub struct PaymentService {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) provider: Arc<dyn PaymentProvider>,
    /// Whether our keys are the provider's live ones: test money never pays a live order, nor the other way round.
    pub(crate) livemode: bool,
    /// What changed less long ago is on its way by itself: reconciliation leaves it alone.
    pub(crate) settled: TimeDelta,
    pub(crate) together: AttemptsTogether,
}

impl PaymentService {
    pub fn new(db: Db, clock: Arc<dyn Clock>, provider: Arc<dyn PaymentProvider>, livemode: bool) -> Self {
        let together = AttemptsTogether::new(&db);
        Self { db, clock, provider, livemode, settled: SETTLED, together }
    }

    /// For whoever reconciles so often: within three times as long everything is found.
    #[must_use]
    pub fn reconciled_every(self, interval: TimeDelta) -> Self {
        Self { settled: interval.min(SETTLED), ..self }
    }
}

#[async_trait]
impl PaymentsApi for PaymentService {
    #[tracing::instrument(skip_all, fields(order.id = %request.order))]
    async fn start(&self, request: StartPayment) -> Result<Payment, PaymentError> {
        self.start_first(request).await
    }

    #[tracing::instrument(skip_all, fields(order.id = %request.order))]
    async fn retry(&self, request: StartPayment) -> Result<Retried, PaymentError> {
        self.try_again(request).await
    }

    #[tracing::instrument(skip_all, fields(order.id = %order))]
    async fn sync(&self, order: OrderId) -> Result<Synced, PaymentError> {
        let attempts = store::list_of_orders(&mut *self.db.conn().await?, &[order]).await?;
        for intent in
            attempts.iter().filter(|attempt| !attempt.status.is_final()).filter_map(|a| a.intent.as_deref())
        {
            let intent = self.provider.find_intent(intent).await?;
            self.apply(&intent).await?;
        }
        let attempts = store::list_of_orders(&mut *self.db.conn().await?, &[order]).await?;
        let paid = attempts.iter().filter(|attempt| attempt.status == PaymentStatus::Succeeded);
        let paid = paid.map(|attempt| Paid { payment: attempt.id, amount: attempt.amount }).collect();
        Ok(Synced { paid, latest: attempts.into_iter().max_by_key(|attempt| attempt.attempt) })
    }

    #[tracing::instrument(skip_all, fields(order.id = %request.order))]
    async fn stop(&self, request: StartPayment) -> Result<Stopped, PaymentError> {
        // Whoever starts it later finds an attempt, and that it has ended.
        self.latest_attempt(request).await?;
        self.stop_attempts(request.order, |_| true).await
    }

    #[tracing::instrument(skip_all, fields(order.id = %request.order))]
    async fn receive_transfer(&self, request: StartPayment) -> Result<Option<PaymentId>, PaymentError> {
        let payment = self.first_attempt(request).await?;
        if payment.method != Method::BankTransfer {
            return Err(PaymentError::NotByTransfer(request.order));
        }
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, PaymentError, _>(async |tx| match store::lock_status(tx, payment.id).await? {
            PaymentStatus::Succeeded => Ok(Some(payment.id)),
            PaymentStatus::RequiresPaymentMethod => {
                store::put_status(tx, payment.id, PaymentStatus::Succeeded, now).await?;
                publish_succeeded(tx, &payment, now).await?;
                Ok(Some(payment.id))
            }
            _ => Ok(None),
        })
        .await
    }

    async fn export(&self, orders: &[OrderId]) -> Result<Value, PaymentError> {
        let mut conn = self.db.conn().await?;
        let payments = store::list_of_orders(&mut conn, orders).await?;
        let shown = |payment: &Payment| {
            json!({
                "id": payment.id, "orderId": payment.order, "attempt": payment.attempt,
                "method": payment.method.as_str(), "amount": payment.amount, "status": payment.status.as_str(),
                "providerReference": payment.intent, "failure": payment.failure, "createdAt": payment.created_at,
            })
        };
        Ok(json!(payments.iter().map(shown).collect::<Vec<_>>()))
    }
}
