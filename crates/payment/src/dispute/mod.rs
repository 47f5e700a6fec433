//! Disputes: what customers tell their banks.

pub(crate) mod store;

use contracts::payment::{DisputeOutcome, PaymentDisputed};
use db::Transact as _;

use crate::{
    PaymentError, PaymentService,
    ports::{DisputeState, ProviderDispute},
    store as payments,
};

impl PaymentService {
    /// Takes over what the provider says of the disputes about an intent.
    pub(crate) async fn apply_disputes(
        &self,
        intent: &str,
        known: &[ProviderDispute],
    ) -> Result<(), PaymentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction(async |tx| {
            let Some(payment) = payments::lock_of_intent(tx, intent).await? else { return Ok(()) };
            for dispute in known {
                if !store::put(tx, &payment, dispute, now).await? {
                    continue;
                }
                let state = dispute.state.as_str();
                tracing::warn!(order.id = %payment.order, state, reason = dispute.reason, "dispute {} is {state}", dispute.id);
                let event = PaymentDisputed {
                    payment_id: payment.id,
                    order_id: payment.order,
                    dispute: dispute.id.clone(),
                    outcome: match dispute.state {
                        DisputeState::Opened => DisputeOutcome::Opened,
                        DisputeState::Won => DisputeOutcome::Won,
                        DisputeState::Lost => DisputeOutcome::Lost,
                    },
                    reason: dispute.reason.clone(),
                };
                bus::publish(tx, &event, now).await?;
            }
            Ok(())
        })
        .await
    }
}
