//! Asking for refunds, and following them.

use audit::Entry;
use chrono::{DateTime, Utc};
use contracts::payment::{PaymentRefunded, RefundFailed};
use db::{Transact as _, Tx};
use kernel::{
    Actor, Money,
    id::{OrderId, RefundId},
};
use serde_json::json;

use super::{
    Refund, RefundStatus, gone_back,
    jobs::{RefundToSend, SendRefund},
    left, store,
};
use crate::{
    Payment, PaymentError, PaymentService, PaymentStatus,
    ports::{Method, ProviderError, ProviderRefund},
    store as payments,
};

impl PaymentService {
    /// Gives back `amount` of what was paid for the order, or all that is left. Under the same id it is the same refund.
    pub(crate) async fn refund(
        &self,
        actor: Actor,
        order: OrderId,
        (amount, reason): (Option<Money>, &str),
        id: RefundId,
    ) -> Result<Refund, PaymentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction(async |tx| {
            let attempts = payments::lock_of_order(tx, order).await?;
            if let Some(made) = store::find(tx, id).await? {
                return Ok(made);
            }
            let mut most = Money::grosz(0);
            for payment in attempts.iter().filter(|attempt| attempt.status.is_paid()) {
                let rest = left(payment.amount, &store::list_of_payment(tx, payment.id).await?);
                let wanted = amount.unwrap_or(rest);
                if rest.amount() > 0 && wanted.amount() <= rest.amount() {
                    let refund =
                        Refund { id, ..new_refund(payment, wanted, (&format!("refund:{id}"), reason), now) };
                    insert(tx, payment, &refund, now).await?;
                    let after = json!({ "amount": refund.amount, "reason": reason, "refund": id });
                    audit::record(tx, &entry(actor, "payment.refund", &refund, after), now).await?;
                    return Ok(refund);
                }
                most = if rest.amount() > most.amount() { rest } else { most };
            }
            if most.amount() == 0 {
                return Err(PaymentError::NothingToRefund);
            }
            Err(PaymentError::RefundTooLarge { left: most })
        })
        .await
    }

    /// Asks the provider for a refund that was written before; `again` when somebody may have asked already.
    pub(crate) async fn send_refund(&self, id: RefundId, again: bool) -> Result<(), PaymentError> {
        let (refund, payment) = {
            let mut conn = self.db.conn().await?;
            let Some(refund) = store::find(&mut conn, id).await? else { return Ok(()) };
            let payment = payments::find(&mut conn, refund.payment).await?;
            (refund, payment)
        };
        let Some(intent) = payment.and_then(|payment| payment.intent) else { return Ok(()) };
        if refund.status != RefundStatus::Requested {
            return Ok(());
        }
        if again {
            // The provider keeps our key for a day only: whoever comes back looks first.
            let known = self.provider.list_refunds(&intent).await?;
            let made = known.iter().any(|made| made.refund == Some(id));
            self.apply_refunds(&intent, &known).await?;
            if made {
                return Ok(());
            }
        }
        let new = crate::ports::NewRefund { refund: id, intent: intent.clone(), amount: refund.amount };
        match self.provider.create_refund(&new, &refund.key).await {
            Ok(made) => self.apply_refunds(&intent, &[made]).await.map(drop),
            Err(ProviderError::Refused { code, message }) => {
                tracing::error!(order.id = %refund.order, refund.id = %id, code, message, "the provider refuses refund {id}");
                self.fail_refund(&refund, &intent, &code).await
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Somebody has transferred a refund by hand. Said again, it changes nothing.
    pub(crate) async fn confirm_transfer(
        &self,
        actor: Actor,
        id: RefundId,
        reference: &str,
    ) -> Result<Refund, PaymentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction(async |tx| {
            let known = store::find(tx, id).await?.ok_or(PaymentError::RefundNotFound)?;
            let attempts = payments::lock_of_order(tx, known.order).await?;
            let payment = attempts.iter().find(|attempt| attempt.id == known.payment);
            let payment = payment.filter(|payment| payment.method == Method::BankTransfer);
            let payment = payment.ok_or(PaymentError::RefundNotFound)?;
            let stands = store::find(tx, id).await?.ok_or(PaymentError::RefundNotFound)?;
            if stands.status != RefundStatus::Requested {
                return Ok(stands);
            }
            let sent = Refund { status: RefundStatus::Succeeded, updated_at: now, ..stands };
            store::put(tx, &sent).await?;
            let refunds = store::list_of_payment(tx, payment.id).await?;
            tell_refunded(tx, payment, gone_back(&refunds), now).await?;
            let after = json!({ "refund": id, "reference": reference });
            audit::record(tx, &entry(actor, "payment.refund_sent", &sent, after), now).await?;
            Ok(sent)
        })
        .await
    }

    async fn fail_refund(&self, refund: &Refund, intent: &str, code: &str) -> Result<(), PaymentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction(async |tx| {
            let Some(payment) = payments::lock_of_intent(tx, intent).await? else { return Ok(()) };
            let stands = store::find(tx, refund.id).await?;
            let Some(stands) = stands.filter(|stands| stands.status == RefundStatus::Requested) else {
                return Ok(());
            };
            let failed = Refund {
                status: RefundStatus::Failed,
                failure: Some(code.to_owned()),
                updated_at: now,
                ..stands
            };
            store::put(tx, &failed).await?;
            tell_failed(tx, &payment, &failed, now).await
        })
        .await
    }

    /// Takes over what the provider says of the refunds of an intent; whether there was anything new.
    ///
    /// One that we did not ask for was made by a person at the provider: it counts all the same.
    pub(crate) async fn apply_refunds(
        &self,
        intent: &str,
        known: &[ProviderRefund],
    ) -> Result<bool, PaymentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction(async |tx| {
            let Some(payment) = payments::lock_of_intent(tx, intent).await? else { return Ok(false) };
            let mut ours = store::list_of_payment(tx, payment.id).await?;
            let before = gone_back(&ours);
            let mut changed = false;
            for theirs in known {
                let found = ours.iter_mut().find(|ours| {
                    Some(ours.id) == theirs.refund || ours.provider_id.as_deref() == Some(theirs.id.as_str())
                });
                let Some(refund) = found else {
                    let foreign = foreign(&payment, theirs, now);
                    store::insert(tx, &foreign).await?;
                    tracing::warn!(order.id = %payment.order, amount = theirs.amount, "refund {} was made at the provider", theirs.id);
                    ours.push(foreign);
                    changed = true;
                    continue;
                };
                let status = RefundStatus::from(theirs.status);
                if status <= refund.status && refund.provider_id.is_some() {
                    continue;
                }
                let newly_failed = status == RefundStatus::Failed && refund.status != RefundStatus::Failed;
                refund.status = refund.status.max(status);
                refund.provider_id = Some(theirs.id.clone());
                refund.failure = theirs.failure.clone().or(refund.failure.take());
                refund.updated_at = now;
                store::put(tx, refund).await?;
                changed = true;
                if newly_failed {
                    tell_failed(tx, &payment, refund, now).await?;
                }
            }
            let after = gone_back(&ours);
            if after != before {
                tell_refunded(tx, &payment, after, now).await?;
            }
            Ok(changed)
        })
        .await
    }
}

/// All that is left of this payment goes back, once for this cause. The caller holds its lock.
pub(crate) async fn refund_all(
    tx: &mut Tx,
    payment: &Payment,
    cause: &str,
    now: DateTime<Utc>,
) -> Result<(), PaymentError> {
    let rest = left(payment.amount, &store::list_of_payment(tx, payment.id).await?);
    if rest.amount() == 0 {
        return Ok(());
    }
    let key = match &payment.intent {
        Some(intent) => format!("refund:{cause}:{intent}"),
        None => format!("refund:{cause}:{}", payment.id),
    };
    insert(tx, payment, &new_refund(payment, rest, (&key, cause), now), now).await
}

async fn insert(
    tx: &mut Tx,
    payment: &Payment,
    refund: &Refund,
    now: DateTime<Utc>,
) -> Result<(), PaymentError> {
    if !store::insert(tx, refund).await? {
        return Ok(());
    }
    if payment.method == Method::BankTransfer {
        tracing::warn!(order.id = %refund.order, refund.id = %refund.id, "refund {} is to be transferred by hand", refund.id);
        return Ok(());
    }
    bus::enqueue::<SendRefund>(tx, &RefundToSend { refund_id: refund.id }, now, now).await?;
    Ok(())
}

fn entry(actor: Actor, action: &'static str, refund: &Refund, after: serde_json::Value) -> Entry {
    Entry { actor, action, target: format!("order {}", refund.order), before: None, after: Some(after) }
}

fn new_refund(payment: &Payment, amount: Money, (key, reason): (&str, &str), now: DateTime<Utc>) -> Refund {
    Refund {
        id: RefundId::generate(now),
        payment: payment.id,
        order: payment.order,
        key: key.to_owned(),
        amount,
        status: RefundStatus::Requested,
        reason: reason.to_owned(),
        provider_id: None,
        failure: None,
        requested_at: now,
        updated_at: now,
    }
}

fn foreign(payment: &Payment, theirs: &ProviderRefund, now: DateTime<Utc>) -> Refund {
    let key = format!("provider:{}", theirs.id);
    Refund {
        status: theirs.status.into(),
        provider_id: Some(theirs.id.clone()),
        failure: theirs.failure.clone(),
        ..new_refund(payment, Money::grosz(theirs.amount), (&key, "made at the provider"), now)
    }
}

/// The sum of what went back is another.
async fn tell_refunded(
    tx: &mut Tx,
    payment: &Payment,
    refunded: Money,
    now: DateTime<Utc>,
) -> Result<(), PaymentError> {
    let all = refunded.amount() >= payment.amount.amount();
    let status = if all { PaymentStatus::Refunded } else { PaymentStatus::Succeeded };
    let revision = store::put_revision(tx, payment.id, status, now).await?;
    let event = PaymentRefunded {
        payment_id: payment.id,
        order_id: payment.order,
        paid: payment.amount,
        refunded,
        revision,
    };
    bus::publish(tx, &event, now).await?;
    Ok(())
}

async fn tell_failed(
    tx: &mut Tx,
    payment: &Payment,
    refund: &Refund,
    now: DateTime<Utc>,
) -> Result<(), PaymentError> {
    tracing::error!(order.id = %payment.order, refund.id = %refund.id, "refund {} came to nothing", refund.id);
    metrics::counter!("payment_refunds_failed_total").increment(1);
    let event = RefundFailed {
        refund_id: refund.id,
        payment_id: payment.id,
        order_id: payment.order,
        amount: refund.amount,
        reason: refund.failure.clone().unwrap_or_else(|| "unknown".to_owned()),
    };
    bus::publish(tx, &event, now).await?;
    Ok(())
}
