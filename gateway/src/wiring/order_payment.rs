//! order → payment: the order's money.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::order::PaymentMethod;
use kernel::PortError;
use order::ports::{Payment, PaymentRequest, Payments, Stopped};
use payment::{PaymentsApi, Received, StartPayment, ports::Method};

pub(crate) struct PaymentsForOrder(pub(crate) Arc<dyn PaymentsApi>);

#[async_trait]
impl Payments for PaymentsForOrder {
    async fn start(&self, request: PaymentRequest) -> Result<Payment, PortError> {
        let payment = self.0.start(started(request)?).await.map_err(|e| PortError::new("payment", e))?;
        Ok(Payment {
            id: payment.id,
            status: payment.status.as_str().to_owned(),
            client_secret: payment.client_secret,
            expires_at: payment.expires_at,
        })
    }

    async fn stop(&self, request: PaymentRequest) -> Result<Stopped, PortError> {
        let stopped = self.0.stop(started(request)?).await.map_err(|e| PortError::new("payment", e))?;
        Ok(match stopped {
            payment::Stopped::Unpaid => Stopped::Unpaid,
            payment::Stopped::Paid => Stopped::Paid,
            payment::Stopped::UnderWay => Stopped::UnderWay,
        })
    }

    async fn receive(&self, request: PaymentRequest) -> Result<bool, PortError> {
        let received =
            self.0.receive_transfer(started(request)?).await.map_err(|e| PortError::new("payment", e))?;
        Ok(received == Received::Here)
    }
}

fn started(request: PaymentRequest) -> Result<StartPayment, PortError> {
    let method = match request.method {
        PaymentMethod::Card => Method::Card,
        PaymentMethod::BankTransfer => Method::BankTransfer,
        // Order lets nobody pay that way yet.
        PaymentMethod::Blik | PaymentMethod::P24 => {
            return Err(PortError::new("payment", order::OrderError::PaymentMethodNotBuilt));
        }
    };
    let PaymentRequest { order, amount, expires_at, .. } = request;
    Ok(StartPayment { order, amount, method, expires_at })
}
