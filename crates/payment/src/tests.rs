//! Payments against a real PostgreSQL, with a fake provider.

mod applying;
mod retrying;
mod starting;
mod stopping;
mod transfers;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bus::{Effect as _, JobContext, JobError};
use chrono::{DateTime, TimeDelta, Utc};
use contracts::order::{OrderPlaced, PaymentMethod};
use kernel::{
    Clock as _, FixedClock, Money,
    id::{JobId, OrderId, RefundId, UserId},
};
use testkit::TestDb;
use tokio::sync::Barrier;

use crate::{
    Payment, PaymentService, PaymentsApi as _, StartPayment,
    events::StartOrderPayment,
    ports::{
        Intent, IntentStatus, Method, NewIntent, NewRefund, PaymentProvider, ProviderDispute, ProviderError,
        ProviderRefund, ProviderRefundStatus,
    },
};

const PRICE: Money = Money::grosz(31_500);

/// How the provider answers a request to make an intent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Good,
    Away,
    /// It does the work, and the answer is lost.
    Mute,
    Refusing,
}

/// A provider that makes one intent for each key.
#[derive(Default)]
pub(crate) struct Till {
    pub(crate) mood: Mutex<Mood>,
    /// The key of every request to make an intent.
    pub(crate) keys: Mutex<Vec<String>>,
    /// And what each asked for.
    pub(crate) asked: Mutex<Vec<NewIntent>>,
    pub(crate) intents: Mutex<HashMap<String, Intent>>,
    /// The key of every request to end an intent.
    pub(crate) cancelled: Mutex<Vec<String>>,
    /// How often an intent was looked at.
    pub(crate) looks: Mutex<u32>,
    /// The intent of which it says what nobody understands.
    pub(crate) riddle: Mutex<Option<String>>,
    /// Under the key of each.
    pub(crate) refunds: Mutex<Vec<(String, ProviderRefund)>>,
    pub(crate) disputes: Mutex<Vec<(String, ProviderDispute)>>,
    /// Passed twice between the work and its answer.
    door: Mutex<Option<Arc<Barrier>>>,
}

#[async_trait]
impl PaymentProvider for Till {
    async fn create_intent(&self, new: &NewIntent, key: &str) -> Result<Intent, ProviderError> {
        self.keys.lock().unwrap().push(key.to_owned());
        self.asked.lock().unwrap().push(new.clone());
        let mood = *self.mood.lock().unwrap();
        if mood == Mood::Away {
            return Err(ProviderError::Unavailable("no route".to_owned()));
        }
        if mood == Mood::Refusing {
            return Err(refused());
        }
        let intent = self.intents.lock().unwrap().entry(key.to_owned()).or_insert(intent_of(new)).clone();
        let door = self.door.lock().unwrap().clone();
        if let Some(door) = door {
            door.wait().await;
            door.wait().await;
        }
        if mood == Mood::Mute { Err(ProviderError::Unknown("timeout".to_owned())) } else { Ok(intent) }
    }

    async fn find_intent(&self, id: &str) -> Result<Intent, ProviderError> {
        *self.looks.lock().unwrap() += 1;
        if self.riddle.lock().unwrap().as_deref() == Some(id) {
            return Err(ProviderError::Unknown("a new status".to_owned()));
        }
        match *self.mood.lock().unwrap() {
            Mood::Away => return Err(ProviderError::Unavailable("no route".to_owned())),
            Mood::Refusing => return Err(refused()),
            Mood::Good | Mood::Mute => {}
        }
        self.intents.lock().unwrap().values().find(|intent| intent.id == id).cloned().ok_or_else(|| {
            ProviderError::Refused { code: "resource_missing".to_owned(), message: id.to_owned() }
        })
    }

    /// Says the same to the same key, as Stripe does for a day.
    async fn cancel_intent(&self, id: &str, key: &str) -> Result<Intent, ProviderError> {
        let known = self.find_intent(id).await?;
        let before = self.cancelled.lock().unwrap().contains(&key.to_owned());
        let open = matches!(known.status, IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresAction);
        self.cancelled.lock().unwrap().push(key.to_owned());
        match known.status {
            IntentStatus::Canceled => Ok(known),
            _ if open && !before => {
                let cancelled = at(&known, IntentStatus::Canceled);
                for kept in self.intents.lock().unwrap().values_mut().filter(|kept| kept.id == id) {
                    *kept = cancelled.clone();
                }
                Ok(cancelled)
            }
            _ => Err(refused()),
        }
    }

    /// All on one page; there is nothing behind it.
    async fn list_intents(
        &self,
        _: DateTime<Utc>,
        after: Option<&str>,
    ) -> Result<Vec<Intent>, ProviderError> {
        self.answers()?;
        let all = self.intents.lock().unwrap();
        Ok(if after.is_some() { Vec::new() } else { all.values().cloned().collect() })
    }

    /// Never more than was taken.
    async fn create_refund(&self, new: &NewRefund, key: &str) -> Result<ProviderRefund, ProviderError> {
        self.answers()?;
        let taken = self.find_intent(&new.intent).await?.received;
        let mut refunds = self.refunds.lock().unwrap();
        if let Some((_, made)) = refunds.iter().find(|(before, _)| before == key) {
            return Ok(made.clone());
        }
        let gone: i64 = refunds
            .iter()
            .filter(|(_, refund)| refund.intent.as_deref() == Some(&new.intent))
            .filter(|(_, refund)| refund.status != ProviderRefundStatus::Failed)
            .map(|(_, refund)| refund.amount)
            .sum();
        if gone + new.amount.amount() > taken {
            return Err(refused());
        }
        let refund = refund_of(&new.intent, Some(new.refund), new.amount.amount());
        refunds.push((key.to_owned(), refund.clone()));
        drop(refunds);
        match *self.mood.lock().unwrap() {
            Mood::Mute => Err(ProviderError::Unknown("timeout".to_owned())),
            _ => Ok(refund),
        }
    }

    async fn list_refunds(&self, intent: &str) -> Result<Vec<ProviderRefund>, ProviderError> {
        self.answers()?;
        let refunds = self.refunds.lock().unwrap();
        let all = refunds.iter().map(|(_, refund)| refund.clone());
        Ok(all.filter(|refund| refund.intent.as_deref() == Some(intent)).collect())
    }

    async fn list_refunds_since(
        &self,
        _: DateTime<Utc>,
        after: Option<&str>,
    ) -> Result<Vec<ProviderRefund>, ProviderError> {
        self.answers()?;
        let all = self.refunds.lock().unwrap();
        Ok(if after.is_some() { Vec::new() } else { all.iter().map(|(_, refund)| refund.clone()).collect() })
    }

    async fn list_disputes(&self, intent: &str) -> Result<Vec<ProviderDispute>, ProviderError> {
        self.answers()?;
        let disputes = self.disputes.lock().unwrap();
        Ok(disputes.iter().filter(|(of, _)| of == intent).map(|(_, dispute)| dispute.clone()).collect())
    }
}

impl Till {
    fn answers(&self) -> Result<(), ProviderError> {
        match *self.mood.lock().unwrap() {
            Mood::Away => Err(ProviderError::Unavailable("no route".to_owned())),
            Mood::Refusing => Err(refused()),
            Mood::Good | Mood::Mute => Ok(()),
        }
    }

    /// What the bank makes of an intent.
    pub(crate) fn set(&self, intent: &Intent) {
        for known in self.intents.lock().unwrap().values_mut().filter(|known| known.id == intent.id) {
            *known = intent.clone();
        }
    }

    /// What the bank makes of every refund.
    pub(crate) fn set_refunds(&self, status: ProviderRefundStatus) {
        self.refunds.lock().unwrap().iter_mut().for_each(|(_, refund)| refund.status = status);
    }
}

pub(crate) fn refund_of(intent: &str, ours: Option<RefundId>, amount: i64) -> ProviderRefund {
    ProviderRefund {
        id: format!("re_{}", RefundId::generate(testkit::clock().now()).0.simple()),
        intent: Some(intent.to_owned()),
        refund: ours,
        amount,
        status: ProviderRefundStatus::Succeeded,
        failure: None,
    }
}

fn refused() -> ProviderError {
    ProviderError::Refused { code: "amount_too_large".to_owned(), message: "no".to_owned() }
}

fn intent_of(new: &NewIntent) -> Intent {
    let id = format!("pi_{}", new.payment.0.simple());
    Intent {
        client_secret: Some(format!("{id}_secret")),
        id,
        status: IntentStatus::RequiresPaymentMethod,
        amount: new.amount.amount(),
        received: 0,
        next_action: None,
        currency: "pln".to_owned(),
        order: Some(new.order),
        livemode: false,
        failure: None,
    }
}

pub(crate) struct House {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) till: Arc<Till>,
    pub(crate) payments: PaymentService,
}

impl House {
    pub(crate) async fn new() -> Self {
        let (db, clock, till) = (TestDb::new().await, Arc::new(testkit::clock()), Arc::new(Till::default()));
        let payments = PaymentService::new(db.db(), clock.clone(), till.clone(), false);
        Self { db, clock, till, payments }
    }

    /// A payment of 315.00 for a new order.
    pub(crate) fn request(&self) -> StartPayment {
        let now = self.clock.now();
        let expires_at = now + TimeDelta::minutes(15);
        let (order, user) = (OrderId::generate(now), UserId::generate(now));
        StartPayment { order, user, amount: PRICE, method: Method::Card, expires_at }
    }

    pub(crate) fn feel(&self, mood: Mood) {
        *self.till.mood.lock().unwrap() = mood;
    }

    /// A started payment and the provider's view of it.
    pub(crate) async fn started(&self) -> (StartPayment, Intent) {
        let request = self.request();
        self.payments.start(request).await.unwrap();
        (request, self.intent(request.order))
    }

    /// One whose money is here.
    pub(crate) async fn paid(&self) -> (StartPayment, Intent) {
        let (request, intent) = self.started().await;
        let paid = at(&intent, IntentStatus::Succeeded);
        self.till.set(&paid);
        self.payments.apply(&paid).await.unwrap();
        (request, paid)
    }

    pub(crate) fn intent(&self, order: OrderId) -> Intent {
        self.till.intents.lock().unwrap()[&format!("pi:{order}:1")].clone()
    }

    /// The payment as it stands.
    pub(crate) async fn payment(&self, request: StartPayment) -> Payment {
        let asked = self.till.keys.lock().unwrap().len();
        let payment = self.payments.start(request).await.unwrap();
        assert_eq!(self.till.keys.lock().unwrap().len(), asked, "looking asks nobody");
        payment
    }

    async fn in_background(&self, request: StartPayment) -> Result<(), JobError> {
        self.placed(request, PaymentMethod::Card).await
    }

    async fn placed(&self, request: StartPayment, method: PaymentMethod) -> Result<(), JobError> {
        let event = OrderPlaced {
            order_id: request.order,
            user_id: request.user,
            total: request.amount,
            method,
            hold_until: request.expires_at,
        };
        StartOrderPayment(self.payments.clone()).perform(self.context(), event).await
    }

    /// Does what the runner does with a job: its work in one transaction.
    pub(crate) async fn tell<H: bus::Handler>(&self, handler: H, event: H::Payload) {
        let context = self.context();
        let mut conn = self.db.db().conn().await.unwrap();
        let done = db::Transact::transaction::<_, JobError, _>(&mut conn, async |tx| {
            handler.run(tx, context, event).await
        });
        done.await.unwrap();
    }

    pub(crate) fn context(&self) -> JobContext {
        let now = self.clock.now();
        JobContext { job: JobId::generate(now), now, attempt: 1 }
    }

    pub(crate) async fn count(&self, what: &str) -> i64 {
        self.db.number(&format!("select count(*) from {what}")).await
    }

    /// How often each event was published: succeeded, failed, mismatched.
    pub(crate) async fn told(&self) -> [i64; 3] {
        let of =
            async |name: &str| self.count(&format!("platform.outbox where name = 'payment.{name}.v1'")).await;
        [of("succeeded").await, of("failed").await, of("mismatched").await]
    }
}

pub(crate) fn at(intent: &Intent, status: IntentStatus) -> Intent {
    let received = if status == IntentStatus::Succeeded { intent.amount } else { 0 };
    Intent { status, received, failure: None, ..intent.clone() }
}

fn declined(intent: &Intent) -> Intent {
    let failure = Some("card_declined".to_owned());
    Intent { status: IntentStatus::RequiresPaymentMethod, failure, ..intent.clone() }
}
