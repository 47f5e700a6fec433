//! order → payment: the order's money.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::order::PaymentMethod;
use kernel::{
    PortError,
    id::{OrderId, PaymentId},
};
use order::ports::{NextAction, Paid, Payment, PaymentRequest, Payments, Retried, Stopped, Synced};
use payment::{PaymentsApi, StartPayment, ports::Method};

pub(crate) struct PaymentsForOrder(pub(crate) Arc<dyn PaymentsApi>);

#[async_trait]
impl Payments for PaymentsForOrder {
    async fn start(&self, request: PaymentRequest) -> Result<Payment, PortError> {
        self.0.start(started(request)).await.map(shown).map_err(failed)
    }

    async fn retry(&self, request: PaymentRequest) -> Result<Retried, PortError> {
        Ok(match self.0.retry(started(request)).await.map_err(failed)? {
            payment::Retried::Open(payment) => Retried::Open(shown(*payment)),
            payment::Retried::Paid => Retried::Paid,
            payment::Retried::UnderWay => Retried::UnderWay,
            payment::Retried::TooOften => Retried::TooOften,
        })
    }

    async fn sync(&self, order: OrderId) -> Result<Synced, PortError> {
        let payment::Synced { paid, latest } = self.0.sync(order).await.map_err(failed)?;
        Ok(Synced {
            paid: paid.into_iter().map(|paid| Paid { payment: paid.payment, amount: paid.amount }).collect(),
            latest: latest.map(shown),
        })
    }

    async fn stop(&self, request: PaymentRequest) -> Result<Stopped, PortError> {
        Ok(match self.0.stop(started(request)).await.map_err(failed)? {
            payment::Stopped::Unpaid => Stopped::Unpaid,
            payment::Stopped::Paid => Stopped::Paid,
            payment::Stopped::UnderWay => Stopped::UnderWay,
        })
    }

    async fn receive(&self, request: PaymentRequest) -> Result<Option<PaymentId>, PortError> {
        self.0.receive_transfer(started(request)).await.map_err(failed)
    }
}

fn failed(e: payment::PaymentError) -> PortError {
    PortError::new("payment", e)
}

fn started(request: PaymentRequest) -> StartPayment {
    let PaymentRequest { order, user, amount, method, expires_at } = request;
    let method = match method {
        PaymentMethod::Card => Method::Card,
        PaymentMethod::Blik => Method::Blik,
        PaymentMethod::P24 => Method::P24,
        PaymentMethod::BankTransfer => Method::BankTransfer,
    };
    StartPayment { order, user, amount, method, expires_at }
}

fn shown(payment: payment::Payment) -> Payment {
    Payment {
        id: payment.id,
        attempt: payment.attempt,
        status: payment.status.as_str().to_owned(),
        client_secret: payment.client_secret,
        next_action: payment.next_action.map(|action| NextAction { kind: action.kind, url: action.url }),
        expires_at: payment.expires_at,
    }
}
