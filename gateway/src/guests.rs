//! http-kit → shopping: who a guest token belongs to.

use async_trait::async_trait;
use http_kit::{Caller, JudgeGuests};
use kernel::id::GuestId;
use shopping::GuestService;

pub(crate) struct GuestsByToken(pub(crate) GuestService);

#[async_trait]
impl JudgeGuests for GuestsByToken {
    fn known(&self, token: &str) -> Option<GuestId> {
        self.0.known(token)
    }

    async fn judge(&self, token: &str) -> Caller {
        match self.0.judge(token).await {
            Ok(Some(guest)) => Caller::Guest(guest),
            Ok(None) => Caller::Refused,
            Err(e) => {
                tracing::warn!(error = %e, "a guest could not be looked up");
                Caller::Unjudged
            }
        }
    }
}
