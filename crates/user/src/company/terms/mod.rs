//! On which terms a company may pay by transfer: for the shop's people to approve, and to take back.

pub(crate) mod http;
#[cfg(test)]
mod tests;

use audit::Entry;
use chrono::{DateTime, Utc};
use db::Transact as _;
use kernel::{Actor, Limit, id::CompanyId};
use serde_json::json;

use super::{Company, store};
use crate::{UserError, UserService};

/// What is approved when nothing else is said.
pub(crate) const USUAL_DAYS: [u16; 3] = [7, 14, 21];
/// Nobody waits longer for money.
pub(crate) const MOST_DAYS: u16 = 90;
/// More choices than a customer can make sense of.
pub(crate) const MOST_CHOICES: usize = 10;

/// A company as the shop's people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) company: Company,
    pub(crate) created_at: DateTime<Utc>,
}

impl UserService {
    /// Companies of which somebody registered, the latest first: one more than asked for.
    pub(crate) async fn list_companies(
        &self,
        nip: Option<&str>,
        before: Option<CompanyId>,
        limit: Limit,
    ) -> Result<Vec<Known>, UserError> {
        let most = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
        Ok(store::list_companies(&mut *self.db.conn().await?, (nip, before), most).await?)
    }

    /// In how many days the company may pay; in none when it may not. Orders that are there stay as they are.
    pub(crate) async fn put_terms(
        &self,
        actor: Actor,
        id: CompanyId,
        days: &[u16],
    ) -> Result<Known, UserError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, UserError, _>(async |tx| {
            let before = store::lock_company(tx, id).await?.ok_or(UserError::NotFound)?;
            store::put_terms(tx, id, days).await?;
            let entry = Entry {
                actor,
                action: "company.terms",
                target: format!("company {id}"),
                before: Some(json!({ "paymentTermDays": before.company.payment_term_days })),
                after: Some(json!({ "paymentTermDays": days })),
            };
            audit::record(tx, &entry, now).await?;
            Ok(Known { company: Company { payment_term_days: days.to_vec(), ..before.company }, ..before })
        })
        .await
    }
}
