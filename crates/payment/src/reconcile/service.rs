//! The two runs.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use db::{Lock, Transact as _};
use kernel::id::{DifferenceId, OrderId, PaymentId};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Difference, Kind, Outcome, Scope, Tally, jobs::ReconcilePage, store};
use crate::{
    Payment, PaymentError, PaymentService, PaymentStatus,
    news::News,
    ports::{Intent, ProviderError, ProviderRefund},
    refund::{RefundStatus, store as refunds},
    store as payments,
};

/// How far back the daily run goes: Stripe sends an event for three days before it gives up.
const RECENT: TimeDelta = TimeDelta::days(3);
/// What was made at the edge may be on either side of it.
const EDGE: TimeDelta = TimeDelta::hours(1);
/// So many are asked about in one run of what is open, and for so long at most: each costs a call, and a job is cut off
/// after 40 s. Those longest unasked come first, so that the next run goes on with the others.
const BATCH: i64 = 200;
const AT_MOST: Duration = Duration::from_secs(20);
/// So many of ours are compared at once.
const PAGE: i64 = 100;
/// For so long one process asks about what is open.
const LOCKED: Duration = Duration::from_mins(1);

/// How far the daily run has come: a page is a job, which leaves the next one behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    begun: DateTime<Utc>,
    part: Part,
    tally: Tally,
}

/// What is gone through, behind which it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "of", content = "after")]
enum Part {
    /// The provider's intents.
    Intents(Option<String>),
    /// The provider's refunds.
    Refunds(Option<String>),
    /// Our attempts, as far as the provider did not list them.
    Ours(Option<PaymentId>),
}

impl PaymentService {
    /// Asks about everything that is not final here.
    pub(crate) async fn reconcile_open(&self) -> Result<Tally, PaymentError> {
        let Some(lock) = Lock::acquire(&self.db, "payment.reconcile_open", LOCKED).await? else {
            return Ok(Tally::default());
        };
        let mut tally = Tally::default();
        store::put_begun(&mut *self.db.conn().await?, Scope::Open, self.clock.now()).await?;
        let done = self.check_all_open(&mut tally).await;
        if done.is_ok() {
            self.end(Scope::Open, &tally).await?;
        }
        // Also when the run came to nothing: the next may be only seconds away.
        lock.release(&self.db).await?;
        done.map(|()| tally)
    }

    async fn check_all_open(&self, tally: &mut Tally) -> Result<(), PaymentError> {
        let (before, until) = (self.clock.now() - self.settled, Instant::now() + AT_MOST);
        let open = payments::list_open(&mut *self.db.conn().await?, before, BATCH).await?;
        for payment in open.iter().take_while(|_| Instant::now() < until) {
            skip_what_cannot_be_told(payment.order, self.check(payment, tally).await)?;
            // Also one that was skipped: it must not stand before all others the next time.
            payments::put_checked(&mut *self.db.conn().await?, &[payment.id], self.clock.now()).await?;
        }
        let unconfirmed = refunds::list_unconfirmed(&mut *self.db.conn().await?, before, BATCH).await?;
        for refund in unconfirmed.iter().take_while(|_| Instant::now() < until) {
            let payment = payments::find(&mut *self.db.conn().await?, refund.payment).await?;
            let Some(intent) = payment.and_then(|payment| payment.intent) else { continue };
            tally.checked += 1;
            let done = if refund.status == RefundStatus::Requested {
                // Its job may have been given up: it looks, and asks if there is nothing.
                self.send_refund(refund.id, true).await
            } else {
                match self.provider.list_refunds(&intent).await {
                    Ok(known) => self.compare_refunds(&intent, &known, Some(refund.order), tally).await,
                    Err(e) => Err(e.into()),
                }
            };
            skip_what_cannot_be_told(refund.order, done)?;
        }
        Ok(())
    }

    /// Begins to go through everything that the provider made in the last three days, and everything that we did.
    pub(crate) async fn begin_recent(&self) -> Result<Place, PaymentError> {
        let begun = self.clock.now();
        let place = Place { begun, part: Part::Intents(None), tally: Tally::default() };
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, PaymentError, _>(async |tx| {
            store::put_begun(tx, Scope::Recent, begun).await?;
            bus::enqueue::<ReconcilePage>(tx, &place, begun, begun).await?;
            Ok(())
        })
        .await?;
        Ok(place)
    }

    /// One page; the place of the next, if there is one.
    pub(crate) async fn reconcile_page(&self, place: Place) -> Result<Option<Place>, PaymentError> {
        let Place { begun, part, mut tally } = place;
        let (since, until) = (begun - self.settled - RECENT, begun - self.settled);
        let next = match part {
            Part::Intents(after) => match self.page_of_intents(since, after, &mut tally).await? {
                Some(last) => Part::Intents(Some(last)),
                None => Part::Refunds(None),
            },
            Part::Refunds(after) => match self.page_of_refunds(since, after, &mut tally).await? {
                Some(last) => Part::Refunds(Some(last)),
                None => Part::Ours(None),
            },
            Part::Ours(after) => {
                let span = (since + EDGE, until - EDGE);
                let page =
                    payments::list_unseen(&mut *self.db.conn().await?, span, begun, after, PAGE).await?;
                for payment in &page {
                    self.check(payment, &mut tally).await?;
                }
                let Some(last) = page.last() else {
                    self.end(Scope::Recent, &tally).await?;
                    return Ok(None);
                };
                Part::Ours(Some(last.id))
            }
        };
        Ok(Some(Place { begun, part: next, tally }))
    }

    /// The last of a page of the provider's intents; nothing when there was none.
    async fn page_of_intents(
        &self,
        since: DateTime<Utc>,
        after: Option<String>,
        tally: &mut Tally,
    ) -> Result<Option<String>, PaymentError> {
        let page = self.provider.list_intents(since, after.as_deref()).await?;
        let ids: Vec<String> = page.iter().map(|intent| intent.id.clone()).collect();
        let ours = payments::list_of_intents(&mut *self.db.conn().await?, &ids).await?;
        let by_intent: HashMap<&str, &Payment> =
            ours.iter().filter_map(|payment| Some((payment.intent.as_deref()?, payment))).collect();
        for intent in &page {
            self.compare(intent, by_intent.get(intent.id.as_str()).copied(), tally).await?;
        }
        let listed: Vec<PaymentId> = ours.iter().map(|payment| payment.id).collect();
        payments::put_checked(&mut *self.db.conn().await?, &listed, self.clock.now()).await?;
        Ok(ids.into_iter().next_back())
    }

    /// The same of its refunds.
    async fn page_of_refunds(
        &self,
        since: DateTime<Utc>,
        after: Option<String>,
        tally: &mut Tally,
    ) -> Result<Option<String>, PaymentError> {
        let page = self.provider.list_refunds_since(since, after.as_deref()).await?;
        let last = page.last().map(|refund| refund.id.clone());
        let mut by_intent: HashMap<String, Vec<ProviderRefund>> = HashMap::new();
        for refund in page {
            if let Some(intent) = refund.intent.clone() {
                by_intent.entry(intent).or_default().push(refund);
            }
        }
        for (intent, known) in by_intent {
            tally.checked += 1;
            self.compare_refunds(&intent, &known, None, tally).await?;
        }
        Ok(last)
    }

    async fn end(&self, scope: Scope, tally: &Tally) -> Result<(), PaymentError> {
        let now = self.clock.now();
        Ok(store::put_ended(&mut *self.db.conn().await?, scope, tally, now).await?)
    }

    /// Asks about one of ours.
    async fn check(&self, payment: &Payment, tally: &mut Tally) -> Result<(), PaymentError> {
        let Some(id) = &payment.intent else {
            // Whether the provider made its intent is not known: asked with the same key, it tells.
            self.finish(payment.id).await?;
            return Ok(());
        };
        match self.provider.find_intent(id).await {
            Ok(intent) => self.compare(&intent, Some(payment), tally).await,
            Err(e) if e.is_missing() => {
                tally.checked += 1;
                let detail = format!("we know it as {}", payment.status.as_str());
                self.found((Kind::UnknownThere, Outcome::Flagged), id, Some(payment.order), detail, tally)
                    .await
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Holds an intent against what we know of it, and believes it.
    async fn compare(
        &self,
        intent: &Intent,
        known: Option<&Payment>,
        tally: &mut Tally,
    ) -> Result<(), PaymentError> {
        tally.checked += 1;
        let agrees = |known: &Payment| {
            PaymentStatus::of(intent) <= known.status && known.differences(intent, self.livemode).is_empty()
        };
        if known.is_some_and(agrees) {
            return Ok(());
        }
        let news = self.apply(intent).await?;
        let order = known.map(|payment| payment.order).or(intent.order);
        let before = known.map_or("nothing", |payment| payment.status.as_str());
        let (what, detail) = match news {
            News::Old => return Ok(()),
            News::Taken(status) => {
                ((Kind::Behind, Outcome::Repaired), format!("{before}, but it is {}", status.as_str()))
            }
            News::Mismatched(in_what) => ((Kind::Mismatched, Outcome::Flagged), in_what),
            News::Foreign => (
                (Kind::UnknownHere, Outcome::Flagged),
                format!("{} {}, {:?}", intent.amount, intent.currency, intent.status),
            ),
        };
        self.found(what, &intent.id, order, detail, tally).await
    }

    async fn compare_refunds(
        &self,
        intent: &str,
        known: &[ProviderRefund],
        order: Option<OrderId>,
        tally: &mut Tally,
    ) -> Result<(), PaymentError> {
        if !self.apply_refunds(intent, known).await? {
            return Ok(());
        }
        let sum: i64 = known.iter().map(|refund| refund.amount).sum();
        let detail = format!("{} refunds of {sum} there", known.len());
        self.found((Kind::Refunds, Outcome::Repaired), intent, order, detail, tally).await
    }

    async fn found(
        &self,
        (kind, outcome): (Kind, Outcome),
        subject: &str,
        order: Option<OrderId>,
        detail: String,
        tally: &mut Tally,
    ) -> Result<(), PaymentError> {
        let now = self.clock.now();
        tracing::warn!(kind = kind.as_str(), subject, outcome = outcome.as_str(), detail, "reconciliation");
        metrics::counter!("payment_differences_total", "kind" => kind.as_str(), "outcome" => outcome.as_str())
            .increment(1);
        match outcome {
            Outcome::Repaired => tally.repaired += 1,
            Outcome::Flagged => tally.flagged += 1,
        }
        let difference = Difference {
            id: DifferenceId::generate(now),
            kind,
            subject: subject.to_owned(),
            order,
            detail,
            outcome,
            found_at: now,
        };
        store::put_difference(&mut *self.db.conn().await?, &difference).await?;
        Ok(())
    }
}

/// One of which the provider says nothing that can be understood keeps no other from being compared; a provider that is away
/// ends the run.
fn skip_what_cannot_be_told(order: OrderId, checked: Result<(), PaymentError>) -> Result<(), PaymentError> {
    match checked {
        Err(PaymentError::Provider(e @ (ProviderError::Unknown(_) | ProviderError::Refused { .. }))) => {
            tracing::error!(order.id = %order, error = %e, "the payment of order {order} could not be compared");
            Ok(())
        }
        checked => checked,
    }
}
