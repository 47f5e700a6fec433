//! Use cases of payment. The provider is never called inside a transaction.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use contracts::payment::{PaymentFailed, PaymentMismatched, PaymentSucceeded};
use db::{Db, Transact as _, Tx};
use kernel::{
    Clock,
    id::{OrderId, PaymentId},
};
use serde_json::{Value, json};

use crate::{
    Payment, PaymentError, PaymentStatus, PaymentsApi, Received, StartPayment, Stopped,
    ports::{Intent, IntentStatus, Method, NewIntent, PaymentProvider, ProviderError},
    store,
};

/// While an attempt is this young the request that made it is probably still at it: the provider's adapter gives up
/// after eleven seconds.
const IN_FLIGHT: TimeDelta = TimeDelta::seconds(12);
/// How long after an order was placed the background looks whether its payment was started. Longer than
/// [`IN_FLIGHT`], so that the first look already settles it.
pub const LOOK_AFTER: TimeDelta = TimeDelta::seconds(15);
/// The number of an order's first attempt.
const FIRST: i32 = 1;

#[derive(Clone)]
pub struct PaymentService {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) provider: Arc<dyn PaymentProvider>,
    /// Whether our keys are the provider's live ones: test money never pays a live order, nor the other way round.
    pub(crate) livemode: bool,
}

/// What came of starting a payment in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Started {
    Done,
    /// Somebody else is at it, or the provider is away.
    NotYet,
}

impl PaymentService {
    pub fn new(db: Db, clock: Arc<dyn Clock>, provider: Arc<dyn PaymentProvider>, livemode: bool) -> Self {
        Self { db, clock, provider, livemode }
    }

    /// The attempt's row, made if it is not there.
    async fn attempt(&self, request: StartPayment, now: DateTime<Utc>) -> Result<Payment, PaymentError> {
        let draft = Payment {
            id: PaymentId::generate(now),
            order: request.order,
            attempt: FIRST,
            method: request.method,
            amount: request.amount,
            status: match request.method {
                Method::Card => PaymentStatus::Creating,
                // Nobody has to be asked for anything.
                Method::BankTransfer => PaymentStatus::RequiresPaymentMethod,
            },
            intent: None,
            client_secret: None,
            failure: None,
            expires_at: request.expires_at,
            created_at: now,
        };
        let payment = store::insert_attempt(&mut *self.db.conn().await?, &draft).await?;
        if payment.amount != request.amount || payment.method != request.method {
            return Err(PaymentError::Different(request.order));
        }
        Ok(payment)
    }

    /// Makes the intent at the provider and attaches it.
    async fn create_intent(&self, payment: Payment) -> Result<Payment, PaymentError> {
        let new = NewIntent {
            order: payment.order,
            payment: payment.id,
            amount: payment.amount,
            method: payment.method,
        };
        kernel::crash::point("payment.before_intent");
        let made = self.provider.create_intent(&new, &payment.intent_key()).await;
        kernel::crash::point("payment.after_intent");
        match made {
            Ok(intent) => self.attach(payment, intent).await,
            Err(ProviderError::Refused { code, message }) => {
                tracing::error!(order.id = %payment.order, code, message, "the provider refuses order {}", payment.order);
                self.refuse(payment, &code).await
            }
            Err(e) => Err(e.into()),
        }
    }

    async fn cancel_intent(&self, id: &str) -> Result<Stopped, PaymentError> {
        let key = format!("cancel:{id}");
        let refused = |e: &ProviderError| matches!(e, ProviderError::Refused { .. });
        let mut cancelled = self.provider.cancel_intent(id, &key).await;
        if cancelled.as_ref().is_err_and(refused) {
            let intent = self.provider.find_intent(id).await?;
            self.apply(&intent).await?;
            match intent.status {
                IntentStatus::Succeeded => return Ok(Stopped::Paid),
                IntentStatus::Processing => return Ok(Stopped::UnderWay),
                IntentStatus::Canceled => return Ok(Stopped::Unpaid),
                // It was refused while the bank was at it, and to the same key the provider says the same for a day.
                IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresAction => {
                    let another = format!("{key}:{}", self.clock.now().timestamp_millis());
                    cancelled = self.provider.cancel_intent(id, &another).await;
                }
            }
        }
        self.apply(&cancelled?).await?;
        Ok(Stopped::Unpaid)
    }

    /// No money is waited for any more, unless it is here.
    async fn end_transfer(&self, id: PaymentId) -> Result<Stopped, PaymentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, PaymentError, _>(async |tx| {
            if store::lock_status(tx, id).await? >= PaymentStatus::Succeeded {
                return Ok(Stopped::Paid);
            }
            store::put_status(tx, id, PaymentStatus::Canceled, now).await?;
            Ok(Stopped::Unpaid)
        })
        .await
    }

    async fn attach(&self, payment: Payment, intent: Intent) -> Result<Payment, PaymentError> {
        let (now, made) = (self.clock.now(), PaymentStatus::RequiresPaymentMethod);
        let attached = {
            let mut conn = self.db.conn().await?;
            store::put_created(&mut conn, payment.id, (made, &intent), now).await?
        };
        if attached && PaymentStatus::of(&intent) == made {
            return Ok(Payment {
                status: made,
                intent: Some(intent.id),
                client_secret: intent.client_secret,
                ..payment
            });
        }
        if attached {
            // The intent has moved on already: compared and told of like any other news.
            self.apply(&intent).await?;
        }
        // Otherwise a webhook or the background job was faster; what it wrote is newer than our answer.
        let stands = store::find_attempt(&mut *self.db.conn().await?, payment.order, payment.attempt).await?;
        Ok(stands.unwrap_or(payment))
    }

    async fn refuse(&self, payment: Payment, code: &str) -> Result<Payment, PaymentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, PaymentError, _>(async |tx| {
            if store::put_refused(tx, payment.id, code, now).await? {
                publish_failed(tx, &payment, code, now).await?;
            }
            Ok(())
        })
        .await?;
        Ok(Payment { status: PaymentStatus::Failed, failure: Some(code.to_owned()), ..payment })
    }

    /// The background's way to start: leaves an attempt alone that a request is probably still at.
    pub(crate) async fn start_in_background(&self, request: StartPayment) -> Result<Started, PaymentError> {
        // Nearly always the request has done it all: one look says so.
        let known = store::find_attempt(&mut *self.db.conn().await?, request.order, FIRST).await?;
        if known.is_some_and(|payment| payment.status != PaymentStatus::Creating) {
            return Ok(Started::Done);
        }
        let now = self.clock.now();
        let payment = self.attempt(request, now).await?;
        if payment.status != PaymentStatus::Creating {
            return Ok(Started::Done);
        }
        // An attempt made at this very moment is our own: no request is at it.
        if now - payment.created_at < IN_FLIGHT && payment.created_at != now {
            return Ok(Started::NotYet);
        }
        match self.create_intent(payment).await {
            Ok(_) => Ok(Started::Done),
            Err(PaymentError::Provider(e)) => {
                tracing::warn!(order.id = %request.order, error = %e, "the payment of order {} waits", request.order);
                Ok(Started::NotYet)
            }
            Err(e) => Err(e),
        }
    }

    /// Takes over what the provider says of an intent. Whatever event brought us here, only this is believed.
    pub(crate) async fn apply(&self, intent: &Intent) -> Result<(), PaymentError> {
        let (now, livemode) = (self.clock.now(), self.livemode);
        let mut conn = self.db.conn().await?;
        conn.transaction(async |tx| {
            let Some(payment) = store::lock_by_intent(tx, intent).await? else {
                tracing::warn!(intent.id = intent.id, "intent {} is none of ours", intent.id);
                return Ok(());
            };
            let status = PaymentStatus::of(intent);
            let differences = payment.differences(intent, livemode);
            if !differences.is_empty() {
                return mismatch(tx, &payment, &differences, now).await;
            }
            if status <= payment.status {
                return Ok(());
            }
            store::put_intent(tx, payment.id, (status, intent), now).await?;
            let told = match status {
                PaymentStatus::Succeeded => publish_succeeded(tx, &payment, now).await,
                PaymentStatus::Failed => {
                    publish_failed(tx, &payment, intent.failure.as_deref().unwrap_or("unknown"), now).await
                }
                _ => Ok(()),
            };
            kernel::crash::point("payment.before_apply_commit");
            told
        })
        .await
    }
}

#[async_trait]
impl PaymentsApi for PaymentService {
    #[tracing::instrument(skip_all, fields(order.id = %request.order))]
    async fn start(&self, request: StartPayment) -> Result<Payment, PaymentError> {
        let payment = self.attempt(request, self.clock.now()).await?;
        if payment.status != PaymentStatus::Creating {
            return Ok(payment);
        }
        let waiting = payment.clone();
        match self.create_intent(payment).await {
            Err(PaymentError::Provider(e)) => {
                tracing::warn!(order.id = %request.order, error = %e, "the payment of order {} waits", request.order);
                Ok(waiting)
            }
            done => done,
        }
    }

    #[tracing::instrument(skip_all, fields(order.id = %request.order))]
    async fn stop(&self, request: StartPayment) -> Result<Stopped, PaymentError> {
        // Whoever starts it later finds the attempt, and that it has ended.
        let mut payment = self.attempt(request, self.clock.now()).await?;
        if payment.status == PaymentStatus::Creating {
            // Its intent may have been made and the answer lost: asked with the same key, the provider tells which it is.
            payment = self.create_intent(payment).await?;
        }
        if payment.method == Method::BankTransfer {
            return self.end_transfer(payment.id).await;
        }
        match (payment.status, payment.intent.clone()) {
            (PaymentStatus::Succeeded | PaymentStatus::Refunded, _) => Ok(Stopped::Paid),
            (PaymentStatus::Canceled, _) | (_, None) => Ok(Stopped::Unpaid),
            (_, Some(intent)) => self.cancel_intent(&intent).await,
        }
    }

    #[tracing::instrument(skip_all, fields(order.id = %request.order))]
    async fn receive_transfer(&self, request: StartPayment) -> Result<Received, PaymentError> {
        let payment = self.attempt(request, self.clock.now()).await?;
        if payment.method != Method::BankTransfer {
            return Err(PaymentError::NotByTransfer(request.order));
        }
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, PaymentError, _>(async |tx| {
            let status = store::lock_status(tx, payment.id).await?;
            match status {
                PaymentStatus::Succeeded => Ok(Received::Here),
                PaymentStatus::RequiresPaymentMethod => {
                    store::put_status(tx, payment.id, PaymentStatus::Succeeded, now).await?;
                    publish_succeeded(tx, &payment, now).await?;
                    Ok(Received::Here)
                }
                _ => Ok(Received::TooLate),
            }
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

async fn mismatch(
    tx: &mut Tx,
    payment: &Payment,
    differences: &[&str],
    now: DateTime<Utc>,
) -> Result<(), PaymentError> {
    if store::put_mismatch(tx, payment.id, &differences.join(", "), now).await? {
        let event = PaymentMismatched {
            payment_id: payment.id,
            order_id: payment.order,
            differences: differences.iter().map(|d| (*d).to_owned()).collect(),
        };
        bus::publish(tx, &event, now).await?;
    }
    Ok(())
}

async fn publish_succeeded(tx: &mut Tx, payment: &Payment, now: DateTime<Utc>) -> Result<(), PaymentError> {
    let event = PaymentSucceeded { payment_id: payment.id, order_id: payment.order, amount: payment.amount };
    bus::publish(tx, &event, now).await?;
    Ok(())
}

async fn publish_failed(
    tx: &mut Tx,
    payment: &Payment,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), PaymentError> {
    let event = PaymentFailed { payment_id: payment.id, order_id: payment.order, reason: reason.to_owned() };
    bus::publish(tx, &event, now).await?;
    Ok(())
}
