//! What the provider says of an intent, taken over.

use chrono::{DateTime, Utc};
use contracts::payment::{PaymentFailed, PaymentMismatched, PaymentProgressed, PaymentSucceeded};
use db::{Transact as _, Tx};

use crate::{
    Payment, PaymentError, PaymentService, PaymentStatus,
    attempts::{Attempt, StopOthers},
    ports::Intent,
    store,
};

/// What came of a piece of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// The intent is none of ours.
    Foreign,
    /// Known already, or of the past.
    Old,
    Taken(PaymentStatus),
    /// It does not add up, in these.
    Mismatched(String),
}

impl PaymentService {
    /// Takes over what the provider says of an intent. Whatever brought us here, only this is believed.
    pub(crate) async fn apply(&self, intent: &Intent) -> Result<News, PaymentError> {
        let (now, livemode) = (self.clock.now(), self.livemode);
        let mut conn = self.db.conn().await?;
        conn.transaction(async |tx| {
            let Some(payment) = store::lock_by_intent(tx, intent).await? else {
                tracing::warn!(intent.id = intent.id, "intent {} is none of ours", intent.id);
                return Ok(News::Foreign);
            };
            let status = PaymentStatus::of(intent);
            let differences = payment.differences(intent, livemode);
            if !differences.is_empty() {
                return mismatch(tx, &payment, &differences, now).await;
            }
            if status <= payment.status {
                return Ok(News::Old);
            }
            store::put_intent(tx, payment.id, (status, intent), now).await?;
            match status {
                PaymentStatus::Succeeded => publish_succeeded(tx, &payment, now).await?,
                PaymentStatus::Failed => {
                    publish_failed(tx, &payment, intent.failure.as_deref().unwrap_or("unknown"), now).await?;
                }
                PaymentStatus::RequiresAction | PaymentStatus::Processing => {
                    let (payment_id, order_id) = (payment.id, payment.order);
                    let event =
                        PaymentProgressed { payment_id, order_id, status: status.as_str().to_owned() };
                    bus::publish(tx, &event, now).await?;
                }
                _ => {}
            }
            kernel::crash::point("payment.before_apply_commit");
            Ok(News::Taken(status))
        })
        .await
    }
}

async fn mismatch(
    tx: &mut Tx,
    payment: &Payment,
    differences: &[&str],
    now: DateTime<Utc>,
) -> Result<News, PaymentError> {
    let told = differences.join(", ");
    if store::put_mismatch(tx, payment.id, &told, now).await? {
        let event = PaymentMismatched {
            payment_id: payment.id,
            order_id: payment.order,
            differences: differences.iter().map(|d| (*d).to_owned()).collect(),
        };
        bus::publish(tx, &event, now).await?;
        metrics::counter!("payment_mismatches_total").increment(1);
    }
    Ok(News::Mismatched(told))
}

/// The money is here; should the order have another attempt that is open, nobody may pay by that any more.
pub(crate) async fn publish_succeeded(
    tx: &mut Tx,
    payment: &Payment,
    now: DateTime<Utc>,
) -> Result<(), PaymentError> {
    let event = PaymentSucceeded { payment_id: payment.id, order_id: payment.order, amount: payment.amount };
    bus::publish(tx, &event, now).await?;
    if store::has_other_attempts(tx, payment.order, payment.id).await? {
        let paid = Attempt { order_id: payment.order, payment_id: payment.id };
        bus::enqueue::<StopOthers>(tx, &paid, now, now).await?;
    }
    Ok(())
}

pub(crate) async fn publish_failed(
    tx: &mut Tx,
    payment: &Payment,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), PaymentError> {
    let event = PaymentFailed { payment_id: payment.id, order_id: payment.order, reason: reason.to_owned() };
    bus::publish(tx, &event, now).await?;
    Ok(())
}
