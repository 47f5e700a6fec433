//! The two runs.

use std::{collections::HashMap, time::Duration};

use chrono::TimeDelta;
use db::Lock;
use kernel::id::{DifferenceId, OrderId};

use super::{Difference, Kind, Outcome, Scope, Tally, store};
use crate::{
    Payment, PaymentError, PaymentService,
    news::News,
    ports::{Intent, ProviderRefund},
    refund::store as refunds,
    store as payments,
};

/// How far back the daily run goes: Stripe sends an event for three days before it gives up.
const RECENT: TimeDelta = TimeDelta::days(3);
/// So many are asked about in one run of what is open: each costs a call.
const BATCH: i64 = 200;
/// So many are compared at once.
const PAGE: i64 = 100;
/// For so long one process reconciles; every page asks for more.
const LOCKED: Duration = Duration::from_mins(2);

/// A run that is under way.
struct Run {
    scope: Scope,
    tally: Tally,
    lock: Lock,
}

impl PaymentService {
    /// Asks about everything that is not final here.
    pub(crate) async fn reconcile_open(&self) -> Result<Tally, PaymentError> {
        let Some(mut run) = self.begin(Scope::Open).await? else { return Ok(Tally::default()) };
        let done = self.check_all_open(&mut run).await;
        self.end(run, done).await
    }

    async fn check_all_open(&self, run: &mut Run) -> Result<(), PaymentError> {
        let before = self.clock.now() - self.settled;
        let open = payments::list_open(&mut *self.db.conn().await?, before, BATCH).await?;
        for payment in &open {
            self.check_open(payment, run).await?;
            payments::put_checked(&mut *self.db.conn().await?, payment.id, self.clock.now()).await?;
        }
        let unconfirmed = refunds::list_unconfirmed(&mut *self.db.conn().await?, before, BATCH).await?;
        for refund in unconfirmed {
            let payment = payments::find(&mut *self.db.conn().await?, refund.payment).await?;
            if let Some(intent) = payment.and_then(|payment| payment.intent) {
                run.tally.checked += 1;
                let known = self.provider.list_refunds(&intent).await?;
                self.compare_refunds(&intent, &known, Some(refund.order), run).await?;
            }
        }
        Ok(())
    }

    /// Goes through everything that the provider made in the last three days, and everything that we did.
    pub(crate) async fn reconcile_recent(&self) -> Result<Tally, PaymentError> {
        let Some(mut run) = self.begin(Scope::Recent).await? else { return Ok(Tally::default()) };
        let done = self.check_all_recent(&mut run).await;
        self.end(run, done).await
    }

    async fn check_all_recent(&self, run: &mut Run) -> Result<(), PaymentError> {
        let until = self.clock.now() - self.settled;
        let since = until - RECENT;
        let mut seen = std::collections::HashSet::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.provider.list_intents(since, after.as_deref()).await?;
            let ids: Vec<String> = page.iter().map(|intent| intent.id.clone()).collect();
            let ours = payments::list_of_intents(&mut *self.db.conn().await?, &ids).await?;
            let ours: HashMap<&str, &Payment> =
                ours.iter().filter_map(|payment| Some((payment.intent.as_deref()?, payment))).collect();
            for intent in &page {
                self.compare(intent, ours.get(intent.id.as_str()).copied(), run).await?;
            }
            after = ids.last().cloned();
            seen.extend(ids);
            run.lock.renew(&self.db).await?;
            if after.is_none() {
                break;
            }
        }
        self.check_refunds(since, run).await?;
        let mut last = None;
        loop {
            // An hour of margin: what was made at the edge may be on either side of it.
            let span = (since + TimeDelta::hours(1), until - TimeDelta::hours(1));
            let page = payments::list_since(&mut *self.db.conn().await?, span, last, PAGE).await?;
            for payment in &page {
                if payment.intent.as_ref().is_some_and(|intent| !seen.contains(intent)) {
                    self.check_open(payment, run).await?;
                }
            }
            last = page.last().map(|payment| payment.id);
            run.lock.renew(&self.db).await?;
            if last.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn check_refunds(
        &self,
        since: chrono::DateTime<chrono::Utc>,
        run: &mut Run,
    ) -> Result<(), PaymentError> {
        let mut after: Option<String> = None;
        loop {
            let page = self.provider.list_refunds_since(since, after.as_deref()).await?;
            after = page.last().map(|refund| refund.id.clone());
            let mut by_intent: HashMap<String, Vec<ProviderRefund>> = HashMap::new();
            for refund in page {
                if let Some(intent) = refund.intent.clone() {
                    by_intent.entry(intent).or_default().push(refund);
                }
            }
            for (intent, known) in by_intent {
                run.tally.checked += 1;
                self.compare_refunds(&intent, &known, None, run).await?;
            }
            run.lock.renew(&self.db).await?;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn begin(&self, scope: Scope) -> Result<Option<Run>, PaymentError> {
        let name = format!("payment.reconcile_{}", scope.as_str());
        let Some(lock) = Lock::acquire(&self.db, &name, LOCKED).await? else { return Ok(None) };
        store::put_begun(&mut *self.db.conn().await?, scope, self.clock.now()).await?;
        Ok(Some(Run { scope, tally: Tally::default(), lock }))
    }

    /// The lock goes back also when the run came to nothing: the next may be only seconds away.
    async fn end(&self, run: Run, done: Result<(), PaymentError>) -> Result<Tally, PaymentError> {
        if done.is_ok() {
            let now = self.clock.now();
            store::put_ended(&mut *self.db.conn().await?, run.scope, &run.tally, now).await?;
        }
        run.lock.release(&self.db).await?;
        done.map(|()| run.tally)
    }

    /// Asks about one of ours.
    async fn check_open(&self, payment: &Payment, run: &mut Run) -> Result<(), PaymentError> {
        let Some(id) = &payment.intent else {
            // Whether the provider made its intent is not known: asked with the same key, it tells.
            self.finish(payment.id).await?;
            return Ok(());
        };
        match self.provider.find_intent(id).await {
            Ok(intent) => self.compare(&intent, Some(payment), run).await,
            Err(e) if e.is_missing() => {
                run.tally.checked += 1;
                let detail = format!("we know it as {}", payment.status.as_str());
                self.found(run, (Kind::UnknownThere, Outcome::Flagged), id, Some(payment.order), detail).await
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Holds an intent against what we know of it, and believes it.
    async fn compare(
        &self,
        intent: &Intent,
        known: Option<&Payment>,
        run: &mut Run,
    ) -> Result<(), PaymentError> {
        run.tally.checked += 1;
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
        self.found(run, what, &intent.id, order, detail).await
    }

    async fn compare_refunds(
        &self,
        intent: &str,
        known: &[ProviderRefund],
        order: Option<OrderId>,
        run: &mut Run,
    ) -> Result<(), PaymentError> {
        if !self.apply_refunds(intent, known).await? {
            return Ok(());
        }
        let sum: i64 = known.iter().map(|refund| refund.amount).sum();
        let detail = format!("{} refunds of {sum} there", known.len());
        self.found(run, (Kind::Refunds, Outcome::Repaired), intent, order, detail).await
    }

    async fn found(
        &self,
        run: &mut Run,
        (kind, outcome): (Kind, Outcome),
        subject: &str,
        order: Option<OrderId>,
        detail: String,
    ) -> Result<(), PaymentError> {
        let now = self.clock.now();
        tracing::warn!(kind = kind.as_str(), subject, outcome = outcome.as_str(), detail, "reconciliation");
        metrics::counter!("payment_differences_total", "kind" => kind.as_str(), "outcome" => outcome.as_str())
            .increment(1);
        match outcome {
            Outcome::Repaired => run.tally.repaired += 1,
            Outcome::Flagged => run.tally.flagged += 1,
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
