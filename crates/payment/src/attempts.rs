//! The attempts to pay an order: begun, begun again, stopped.
//!
//! An order has one attempt that is open, at most: the next is begun when the one before cannot take money any more.
//! Should both take it all the same, the order gives the second back.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, DbError, QueryError, Together, Transact as _};
use kernel::id::{OrderId, PaymentId};
use serde::{Deserialize, Serialize};

use crate::{
    Payment, PaymentError, PaymentService, PaymentStatus, Retried, StartPayment, Stopped,
    news::publish_failed,
    ports::{Intent, IntentStatus, Method, NewIntent, ProviderError},
    store::{self, Made, NewAttempt},
};

/// While an attempt is this young the request that made it is probably still at it: the provider's adapter gives up
/// after eleven seconds.
const IN_FLIGHT: TimeDelta = TimeDelta::seconds(12);
/// How long after an attempt was begun the background looks whether it got its intent. Longer than [`IN_FLIGHT`], so
/// that the first look already settles it.
pub const LOOK_AFTER: TimeDelta = TimeDelta::seconds(15);
/// The number of an order's first attempt.
const FIRST: i32 = 1;
/// Whoever fails so often to pay an order does not get better at it.
const MOST: i32 = 20;

/// Attempts that are begun at the same moment are written by one call, and so are their intents.
#[derive(Clone)]
pub(crate) struct AttemptsTogether {
    begun: Together<NewAttempt, Option<Payment>>,
    made: Together<Made, bool>,
}

impl AttemptsTogether {
    pub(crate) fn new(db: &Db) -> Self {
        Self { begun: Together::new(db), made: Together::new(db) }
    }
}

/// What came of starting a payment in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Started {
    Done,
    /// Somebody else is at it, or the provider is away.
    NotYet,
}

/// An attempt that somebody should look at.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub(crate) order_id: OrderId,
    pub(crate) payment_id: PaymentId,
}

/// Takes care that an attempt that was begun gets its intent, whatever became of the request that began it.
pub struct FinishAttempt(pub PaymentService);

impl Job for FinishAttempt {
    const NAME: &'static str = "payment.finish_attempt";
    const QUEUE: Queue = Queue::Slow;
    type Payload = Attempt;
}

#[async_trait]
impl Effect for FinishAttempt {
    async fn perform(&self, _: JobContext, attempt: Attempt) -> Result<(), JobError> {
        match self.0.finish(attempt.payment_id).await.map_err(JobError::of)? {
            Started::Done => Ok(()),
            Started::NotYet => Err(JobError::NotYet(TimeDelta::seconds(10))),
        }
    }
}

/// The order is paid by this attempt: no other may take money.
pub struct StopOthers(pub PaymentService);

impl Job for StopOthers {
    const NAME: &'static str = "payment.stop_others";
    const QUEUE: Queue = Queue::Slow;
    type Payload = Attempt;
}

#[async_trait]
impl Effect for StopOthers {
    async fn perform(&self, _: JobContext, paid: Attempt) -> Result<(), JobError> {
        let others = |attempt: &Payment| attempt.id != paid.payment_id;
        self.0.stop_attempts(paid.order_id, others).await.map(drop).map_err(JobError::of)
    }
}

/// An attempt about to be made.
fn draft(request: StartPayment, attempt: i32, now: DateTime<Utc>) -> Payment {
    Payment {
        id: PaymentId::generate(now),
        order: request.order,
        customer: None,
        attempt,
        method: request.method,
        amount: request.amount,
        status: match request.method {
            Method::Card | Method::Blik | Method::P24 => PaymentStatus::Creating,
            // Nobody has to be asked for anything.
            Method::BankTransfer => PaymentStatus::RequiresPaymentMethod,
        },
        intent: None,
        client_secret: None,
        next_action: None,
        failure: None,
        expires_at: request.expires_at,
        created_at: now,
    }
}

impl PaymentService {
    /// The row of the first attempt, made if it is not there.
    pub(crate) async fn first_attempt(&self, request: StartPayment) -> Result<Payment, PaymentError> {
        let payment = draft(request, FIRST, self.clock.now());
        let new = NewAttempt { payment, user: request.user };
        let same = |a: &NewAttempt, b: &NewAttempt| a.payment.order == b.payment.order;
        let written = self.together.begun.ask(new, same, |new| self.insert_all(new)).await?;
        let payment = if let Some(payment) = written {
            payment
        } else {
            let mut conn = self.db.conn().await?;
            store::find_attempt(&mut conn, request.order, FIRST).await?.ok_or(QueryError::NotFound)?
        };
        if payment.amount != request.amount {
            return Err(PaymentError::Different(request.order));
        }
        Ok(payment)
    }

    pub(crate) async fn start_first(&self, request: StartPayment) -> Result<Payment, PaymentError> {
        let payment = self.first_attempt(request).await?;
        if payment.method == request.method {
            return self.open(payment).await;
        }
        // The customer has decided otherwise since then.
        let latest = self.latest_attempt(request).await?;
        if latest.method == request.method { Ok(latest) } else { Err(PaymentError::Different(request.order)) }
    }

    /// The attempt with its intent; without it when the provider is away.
    async fn open(&self, payment: Payment) -> Result<Payment, PaymentError> {
        if payment.status != PaymentStatus::Creating {
            return Ok(payment);
        }
        let waiting = payment.clone();
        match self.create_intent(payment).await {
            Err(PaymentError::Provider(e)) => {
                tracing::warn!(order.id = %waiting.order, error = %e, "the payment of order {} waits", waiting.order);
                Ok(waiting)
            }
            done => done,
        }
    }

    /// Makes the intent at the provider and attaches it.
    async fn create_intent(&self, payment: Payment) -> Result<Payment, PaymentError> {
        let new = NewIntent {
            order: payment.order,
            payment: payment.id,
            amount: payment.amount,
            method: payment.method,
            customer: payment.customer.clone().filter(|_| payment.method == Method::Card),
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

    async fn attach(&self, payment: Payment, intent: Intent) -> Result<Payment, PaymentError> {
        let (now, made) = (self.clock.now(), PaymentStatus::RequiresPaymentMethod);
        let new = Made { payment: payment.id, intent: intent.clone(), at: now };
        let same = |a: &Made, b: &Made| a.payment == b.payment;
        let attached = self.together.made.ask(new, same, |made| self.attach_all(made)).await?;
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
        let stands = store::find(&mut *self.db.conn().await?, payment.id).await?;
        Ok(stands.unwrap_or(payment))
    }

    async fn insert_all(&self, new: Vec<Arc<NewAttempt>>) -> Result<Vec<Option<Payment>>, DbError> {
        Ok(store::insert_attempts(&mut *self.db.conn().await?, &new).await?)
    }

    async fn attach_all(&self, made: Vec<Arc<Made>>) -> Result<Vec<bool>, DbError> {
        Ok(store::attach_intents(&mut *self.db.conn().await?, &made).await?)
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
        if let Some(payment) = known {
            return self.finish_attempt(payment).await;
        }
        let now = self.clock.now();
        let payment = self.first_attempt(request).await?;
        if payment.created_at == now {
            // Made at this very moment, it is our own: no request is at it.
            return self.open_in_background(payment).await;
        }
        self.finish_attempt(payment).await
    }

    /// The same for any attempt.
    pub(crate) async fn finish(&self, id: PaymentId) -> Result<Started, PaymentError> {
        let known = store::find(&mut *self.db.conn().await?, id).await?;
        match known {
            Some(payment) => self.finish_attempt(payment).await,
            None => Ok(Started::Done),
        }
    }

    async fn finish_attempt(&self, payment: Payment) -> Result<Started, PaymentError> {
        if payment.status != PaymentStatus::Creating {
            return Ok(Started::Done);
        }
        if self.clock.now() - payment.created_at < IN_FLIGHT {
            return Ok(Started::NotYet);
        }
        self.open_in_background(payment).await
    }

    async fn open_in_background(&self, payment: Payment) -> Result<Started, PaymentError> {
        match self.open(payment).await?.status {
            PaymentStatus::Creating => Ok(Started::NotYet),
            _ => Ok(Started::Done),
        }
    }

    pub(crate) async fn try_again(&self, request: StartPayment) -> Result<Retried, PaymentError> {
        let latest = self.latest_attempt(request).await?;
        let open = !latest.status.is_final() && latest.status != PaymentStatus::Failed;
        if open && latest.method == request.method {
            return Ok(match latest.status {
                PaymentStatus::Processing => Retried::UnderWay,
                _ => Retried::Open(Box::new(self.open(latest).await?)),
            });
        }
        // One that another request has begun meanwhile is not stopped, but shared.
        match self.stop_attempts(request.order, |attempt| attempt.attempt <= latest.attempt).await? {
            Stopped::Paid => return Ok(Retried::Paid),
            Stopped::UnderWay => return Ok(Retried::UnderWay),
            Stopped::Unpaid => {}
        }
        if latest.attempt >= MOST {
            return Ok(Retried::TooOften);
        }
        let now = self.clock.now();
        let payment = draft(request, latest.attempt + 1, now);
        let new = Arc::new(NewAttempt { payment, user: request.user });
        let next = {
            let mut conn = self.db.conn().await?;
            conn.transaction::<_, PaymentError, _>(async |tx| {
                let written = store::insert_attempts(tx, std::slice::from_ref(&new)).await?;
                let Some(next) = written.into_iter().next().flatten() else {
                    let faster = store::find_attempt(tx, request.order, latest.attempt + 1).await?;
                    return Ok(faster.ok_or(QueryError::NotFound)?);
                };
                let attempt = Attempt { order_id: next.order, payment_id: next.id };
                bus::enqueue::<FinishAttempt>(tx, &attempt, now + LOOK_AFTER, now).await?;
                Ok(next)
            })
            .await?
        };
        Ok(Retried::Open(Box::new(self.open(next).await?)))
    }

    /// The one with the highest number: clocks of two instances may differ.
    pub(crate) async fn latest_attempt(&self, request: StartPayment) -> Result<Payment, PaymentError> {
        let attempts = store::list_of_orders(&mut *self.db.conn().await?, &[request.order]).await?;
        match attempts.into_iter().max_by_key(|attempt| attempt.attempt) {
            Some(latest) => Ok(latest),
            None => self.first_attempt(request).await,
        }
    }

    /// Sees to it that none of the order's attempts that are `meant` takes money any more.
    pub(crate) async fn stop_attempts(
        &self,
        order: OrderId,
        meant: impl Fn(&Payment) -> bool + Send,
    ) -> Result<Stopped, PaymentError> {
        let attempts = store::list_of_orders(&mut *self.db.conn().await?, &[order]).await?;
        let mut stopped = Stopped::Unpaid;
        for attempt in attempts.into_iter().filter(meant) {
            match self.stop_attempt(attempt).await? {
                Stopped::Paid => stopped = Stopped::Paid,
                Stopped::UnderWay if stopped == Stopped::Unpaid => stopped = Stopped::UnderWay,
                Stopped::UnderWay | Stopped::Unpaid => {}
            }
        }
        Ok(stopped)
    }

    async fn stop_attempt(&self, mut payment: Payment) -> Result<Stopped, PaymentError> {
        if payment.status == PaymentStatus::Creating {
            // Its intent may have been made and the answer lost: asked with the same key, the provider tells which it is.
            payment = self.create_intent(payment).await?;
        }
        if payment.status.is_paid() {
            return Ok(Stopped::Paid);
        }
        if payment.method == Method::BankTransfer {
            return self.end_transfer(payment.id).await;
        }
        match (payment.status, payment.intent) {
            (PaymentStatus::Canceled, _) | (_, None) => Ok(Stopped::Unpaid),
            (_, Some(intent)) => self.cancel_intent(&intent).await,
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
            if store::lock_status(tx, id).await?.is_paid() {
                return Ok(Stopped::Paid);
            }
            store::put_status(tx, id, PaymentStatus::Canceled, now).await?;
            Ok(Stopped::Unpaid)
        })
        .await
    }
}
