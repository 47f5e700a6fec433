//! Ending orders.

use chrono::{DateTime, Utc};
use contracts::order::{OrderEnd, OrderEnded, PaymentMethod, RefundCause, RefundDue};
use db::{DbError, Lock, Transact as _};
use kernel::id::{OrderId, UserId};

use super::{BATCH, EXTENSION, EXTENSIONS, LOCKED, NOT_PAID};
use crate::{
    OrderError, OrderService, money,
    order::{Order, OrderStatus, PaymentStatus, Transition},
    ports::{PaymentRequest, Stopped},
    store,
};

impl OrderService {
    /// Calls the customer's order off. Asked again, it is the same order.
    #[tracing::instrument(skip_all, fields(order.id = %id))]
    pub(crate) async fn cancel(
        &self,
        user: UserId,
        id: OrderId,
        reason: Option<&str>,
    ) -> Result<Order, OrderError> {
        let order = self.order(user, id).await?;
        match order.status {
            OrderStatus::Cancelled => return Ok(order),
            status if !status.can_cancel() => return Err(OrderError::CannotCancel(status)),
            _ => {}
        }
        let paid = self.stop_to_cancel(&order).await?;
        self.end(&order, (Transition::Cancel, paid), reason, None).await?;
        let order = self.order(user, id).await?;
        match order.status {
            OrderStatus::Cancelled => Ok(order),
            // Its time ran out, or somebody began to pack it, at this very moment.
            status => Err(OrderError::CannotCancel(status)),
        }
    }

    /// Sees to it that no money comes any more; whether it has come.
    pub(crate) async fn stop_to_cancel(&self, order: &Order) -> Result<bool, OrderError> {
        match self.stop_payment(order).await? {
            Stopped::Unpaid => Ok(false),
            Stopped::Paid => Ok(true),
            Stopped::UnderWay => Err(OrderError::PaymentUnderWay),
        }
    }

    /// Ends the orders whose money has not come in time; how many. What fails is tried again the next time.
    pub(crate) async fn expire_due(&self) -> Result<usize, OrderError> {
        let Some(lock) = Lock::acquire(&self.db, "order.expire_orders", LOCKED).await? else { return Ok(0) };
        let due = store::list_due(&mut *self.db.conn().await?, self.clock.now(), BATCH).await?;
        let mut ended = 0;
        for order in due {
            // The provider may have kept us for so long that somebody else is at it.
            if !lock.renew(&self.db).await? {
                return Ok(ended);
            }
            match self.expire(order, &lock).await {
                Ok(true) => ended += 1,
                Ok(false) => {}
                Err(e) => {
                    tracing::warn!(order.id = %order, error = %e, "order {order} could not be ended yet");
                }
            }
        }
        lock.release(&self.db).await?;
        Ok(ended)
    }

    async fn expire(&self, id: OrderId, lock: &Lock) -> Result<bool, OrderError> {
        let Some(order) = self.find_any(id).await? else { return Ok(false) };
        let expire = (Transition::Expire, false);
        match self.stop_payment(&order).await? {
            Stopped::Unpaid if order.payment_method == PaymentMethod::BankTransfer => {
                self.end(&order, (Transition::Cancel, false), Some(NOT_PAID), Some(lock)).await
            }
            Stopped::Unpaid => self.end(&order, expire, None, Some(lock)).await,
            // The news is on its way.
            Stopped::Paid => Ok(false),
            Stopped::UnderWay => {
                let now = self.clock.now();
                let mut conn = self.db.conn().await?;
                let more = (now + EXTENSION, EXTENSIONS);
                if store::put_more_time(&mut conn, id, more, now).await? {
                    return Ok(false);
                }
                drop(conn);
                tracing::error!(order.id = %id, "the money of order {id} has been under way for too long");
                self.end(&order, expire, Some("payment under way for too long"), Some(lock)).await
            }
        }
    }

    async fn stop_payment(&self, order: &Order) -> Result<Stopped, OrderError> {
        Ok(self.ports.payments.stop(payment_of(order)).await?)
    }

    /// False when somebody else ended it, or it was paid.
    async fn end(
        &self,
        order: &Order,
        end: (Transition, bool),
        reason: Option<&str>,
        lock: Option<&Lock>,
    ) -> Result<bool, OrderError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, OrderError, _>(async |tx| {
            if let Some(lock) = lock {
                lock.guard(tx).await?;
            }
            Ok(end_in(tx, order, (end, reason), now).await?)
        })
        .await
    }

    /// Anybody's order.
    pub(crate) async fn find_any(&self, id: OrderId) -> Result<Option<Order>, DbError> {
        Ok(store::find_order(&mut *self.db.conn().await?, id, None).await?)
    }
}

/// Ends an order in the caller's transaction; false when it does not stand where that can begin. `paid` when its money is
/// here, though the order may not have heard of it: all of it goes back.
pub(crate) async fn end_in(
    tx: &mut db::Tx,
    order: &Order,
    ((transition, paid), reason): ((Transition, bool), Option<&str>),
    now: DateTime<Utc>,
) -> Result<bool, db::QueryError> {
    let stood = money::store::lock(tx, order.id).await?.map(|order| order.status);
    if !store::put_status(tx, order.id, transition, now).await? {
        return Ok(false);
    }
    // Of what is in review nobody knows what was paid: whatever was goes back.
    let paid = paid || stood.is_some_and(|status| status.is_paid() || status == OrderStatus::Review);
    let end = match transition {
        Transition::Expire => OrderEnd::Expired,
        _ => OrderEnd::Cancelled,
    };
    if !paid {
        store::put_payment_status(tx, order.id, PaymentStatus::Canceled, now).await?;
    }
    if end == OrderEnd::Cancelled {
        store::put_cancelled(tx, order.id, reason, now).await?;
    }
    store::insert_event(tx, order.id, (transition.to().as_str(), reason), now).await?;
    let event = OrderEnded {
        order_id: order.id,
        user_id: order.user,
        end,
        paid,
        on_account: order.payment_method == PaymentMethod::BankTransfer,
    };
    bus::publish(tx, &event, now).await?;
    if paid {
        let due = RefundDue { order_id: order.id, payment_id: None, cause: RefundCause::Cancelled };
        bus::publish(tx, &due, now).await?;
    }
    Ok(true)
}

pub(crate) fn payment_of(order: &Order) -> PaymentRequest {
    PaymentRequest {
        order: order.id,
        user: order.user,
        amount: order.totals.gross,
        method: order.payment_method,
        expires_at: order.hold_until,
    }
}
