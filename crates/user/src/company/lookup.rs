//! Asking the tax register: what it said is remembered, and while it does not answer it is left alone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use cache::{Breaker, Cache};
use chrono::{DateTime, Utc};
use kernel::Nip;

use crate::{
    UserError, UserService,
    ports::{TaxRecord, TaxRegister, VatStatus},
};

/// How long a good answer counts.
const REMEMBERED: Duration = Duration::from_hours(7 * 24);
/// Failures in a row after which the register is left alone, and how long until one caller tries.
const FAILURES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(30);

pub(crate) struct Lookup {
    register: Arc<dyn TaxRegister>,
    cache: Cache,
    breaker: Breaker,
}

impl UserService {
    pub(crate) async fn check_nip(&self, nip: &Nip) -> Result<TaxRecord, UserError> {
        self.companies.active_company(nip, self.clock.now()).await
    }
}

impl Lookup {
    pub(crate) fn new(register: Arc<dyn TaxRegister>, cache: Cache) -> Self {
        Self::with_breaker(register, cache, Breaker::new(FAILURES, PAUSE))
    }

    pub(crate) fn with_breaker(register: Arc<dyn TaxRegister>, cache: Cache, breaker: Breaker) -> Self {
        Self { register, cache, breaker }
    }

    #[cfg(test)]
    pub(crate) fn state(&self) -> cache::State {
        self.breaker.state()
    }

    /// A company that pays VAT.
    ///
    /// Only that answer is remembered: who is refused today may be registered tomorrow. Without Redis the register is
    /// asked each time.
    pub(crate) async fn active_company(&self, nip: &Nip, now: DateTime<Utc>) -> Result<TaxRecord, UserError> {
        if let Some(known) = self.remembered(nip).await {
            return Ok(known);
        }
        let record = self.ask(nip, now).await?.ok_or(UserError::CompanyNotFound)?;
        if record.vat_status != VatStatus::Active {
            return Err(UserError::VatNotActive(Box::new(record)));
        }
        self.remember(nip, &record).await;
        Ok(record)
    }

    async fn ask(&self, nip: &Nip, now: DateTime<Utc>) -> Result<Option<TaxRecord>, UserError> {
        if !self.breaker.admits(Instant::now()) {
            return Err(UserError::RegisterAway(None));
        }
        match self.register.find(nip, now).await {
            Ok(answer) => {
                self.breaker.succeeded();
                Ok(answer)
            }
            Err(e) => {
                self.breaker.failed(Instant::now());
                Err(UserError::RegisterAway(Some(e)))
            }
        }
    }

    async fn remembered(&self, nip: &Nip) -> Option<TaxRecord> {
        let kept = self.cache.get(&key(nip)).await.ok()??;
        // What an older release wrote in another form is asked anew.
        serde_json::from_slice(&kept).ok().filter(|record: &TaxRecord| record.nip == nip.as_str())
    }

    async fn remember(&self, nip: &Nip, record: &TaxRecord) {
        let Ok(bytes) = serde_json::to_vec(record) else { return };
        if let Err(e) = self.cache.put(&key(nip), &bytes, REMEMBERED).await {
            tracing::debug!(error = %e, "the tax register's answer could not be remembered");
        }
    }
}

fn key(nip: &Nip) -> String {
    format!("nip:{}", nip.as_str())
}
