//! Paying an order: once more after it failed, perhaps in another way; and asking the provider how it stands.

pub(crate) mod http;
#[cfg(test)]
mod tests;

use contracts::order::PaymentMethod;
use db::Transact as _;
use kernel::id::{OrderId, UserId};

use crate::{
    OrderError, OrderService,
    end::service::payment_of,
    money::{self, Taken},
    order::{Order, OrderStatus, PaymentStatus, method_word},
    ports::{Payment, PaymentRequest, Retried, Synced},
    store,
};

impl OrderService {
    /// Another attempt to pay the customer's order. What was open before cannot take money any more; one that is open in
    /// the wanted way already is the answer.
    #[tracing::instrument(skip_all, fields(order.id = %id))]
    pub(crate) async fn retry_payment(
        &self,
        user: UserId,
        id: OrderId,
        method: PaymentMethod,
    ) -> Result<(Order, Payment), OrderError> {
        let order = self.order(user, id).await?;
        if order.status != OrderStatus::PendingPayment {
            return Err(OrderError::CannotPay(order.status));
        }
        if [order.payment_method, method].contains(&PaymentMethod::BankTransfer) {
            return Err(OrderError::PaymentMethodNotAvailable);
        }
        let now = self.clock.now();
        if order.hold_until <= now {
            return Err(OrderError::CannotPay(OrderStatus::Expired));
        }
        let hold_until = order.hold_until.max(order.created_at + self.rules.hold_of(method));
        let request = PaymentRequest { method, expires_at: hold_until, ..payment_of(&order) };
        let payment = match self.ports.payments.retry(request).await? {
            Retried::Open(payment) => payment,
            Retried::Paid => return Err(OrderError::CannotPay(OrderStatus::Paid)),
            Retried::UnderWay => return Err(OrderError::PaymentUnderWay),
            Retried::TooOften => return Err(OrderError::TooManyAttempts),
        };
        if payment.attempt == 1 {
            // The one that the order began with.
            return Ok((order, payment));
        }
        let status = PaymentStatus::from_word(&payment.status).unwrap_or(PaymentStatus::Creating);
        let waits = {
            let mut conn = self.db.conn().await?;
            conn.transaction::<_, OrderError, _>(async |tx| {
                let attempt = (payment.id, method, status);
                let waits = money::store::put_attempt(tx, id, attempt, hold_until, now).await?;
                if waits && order.payment != Some(payment.id) {
                    let told = ("payment_attempt", Some(method_word(method)));
                    store::insert_event(tx, id, told, now).await?;
                }
                Ok(waits)
            })
            .await?
        };
        let order = self.order(user, id).await?;
        if !waits {
            // It ended while the attempt was begun; whoever ended it may not have seen it.
            self.ports.payments.stop(payment_of(&order)).await?;
            return Err(OrderError::CannotPay(order.status));
        }
        Ok((order, payment))
    }

    /// Asks the provider now, and has the order paid if its money is there.
    #[tracing::instrument(skip_all, fields(order.id = %id))]
    pub(crate) async fn sync_payment(&self, user: UserId, id: OrderId) -> Result<Order, OrderError> {
        let order = self.order(user, id).await?;
        let Synced { paid, latest } = self.ports.payments.sync(id).await?;
        if order.status == OrderStatus::PendingPayment {
            let now = self.clock.now();
            let mut conn = self.db.conn().await?;
            conn.transaction::<_, OrderError, _>(async |tx| {
                money::store::lock(tx, id).await?;
                let mut stands = latest.and_then(|latest| PaymentStatus::from_word(&latest.status));
                for paid in paid {
                    // What does not simply pay it is the affair of the payment's own event.
                    if money::take(tx, &order, paid, now).await? == Taken::Marked {
                        stands = Some(PaymentStatus::Succeeded);
                    }
                }
                if let Some(stands) = stands {
                    store::put_payment_status(tx, id, stands, now).await?;
                }
                Ok(())
            })
            .await?;
        }
        self.order(user, id).await
    }

    /// How many orders wait for a person.
    pub async fn in_review(&self) -> Result<i64, OrderError> {
        Ok(money::store::count_in_review(&mut *self.db.conn().await?).await?)
    }
}
