//! What alarms are raised by.

use chrono::TimeDelta;

use crate::{PaymentError, PaymentService, store};

/// By then a refund should be confirmed, and the outcome of a call be known.
pub(crate) const SLOW_REFUND: TimeDelta = TimeDelta::minutes(15);
const SLOW_INTENT: TimeDelta = TimeDelta::minutes(1);

/// How money stands that somebody should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// How long the oldest event of the provider's waits, in milliseconds.
    pub inbox_ms: i64,
    /// Attempts of which nobody knows whether the provider made their intent.
    pub unknown_outcomes: i64,
    /// Refunds asked for more than fifteen minutes ago of which nobody knows how they ended.
    pub slow_refunds: i64,
}

impl PaymentService {
    pub async fn measure(&self) -> Result<Measures, PaymentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        Ok(store::measure(&mut conn, now, (now - SLOW_INTENT, now - SLOW_REFUND)).await?)
    }
}
