//! Payments against a real PostgreSQL, with a fake provider.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bus::{Effect as _, JobContext, JobError};
use chrono::TimeDelta;
use contracts::order::{OrderPlaced, PaymentMethod};
use futures_util::future::join_all;
use kernel::{
    Clock as _, FixedClock, Money,
    id::{JobId, OrderId, UserId},
};
use testkit::TestDb;
use tokio::sync::Barrier;

use crate::{
    Payment, PaymentError, PaymentService, PaymentStatus, PaymentsApi as _, StartPayment,
    events::StartOrderPayment,
    ports::{Intent, IntentStatus, Method, NewIntent, PaymentProvider, ProviderError},
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
    pub(crate) intents: Mutex<HashMap<String, Intent>>,
    /// Passed twice between the work and its answer.
    door: Mutex<Option<Arc<Barrier>>>,
}

#[async_trait]
impl PaymentProvider for Till {
    async fn create_intent(&self, new: &NewIntent, key: &str) -> Result<Intent, ProviderError> {
        self.keys.lock().unwrap().push(key.to_owned());
        let mood = *self.mood.lock().unwrap();
        if mood == Mood::Away {
            return Err(ProviderError::Unavailable("no route".to_owned()));
        }
        if mood == Mood::Refusing {
            let (code, message) = ("amount_too_large".to_owned(), "no".to_owned());
            return Err(ProviderError::Refused { code, message });
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
        if *self.mood.lock().unwrap() == Mood::Away {
            return Err(ProviderError::Unavailable("no route".to_owned()));
        }
        self.intents.lock().unwrap().values().find(|intent| intent.id == id).cloned().ok_or_else(|| {
            ProviderError::Refused { code: "resource_missing".to_owned(), message: id.to_owned() }
        })
    }

    async fn cancel_intent(&self, id: &str, _: &str) -> Result<Intent, ProviderError> {
        self.find_intent(id).await
    }
}

fn intent_of(new: &NewIntent) -> Intent {
    let id = format!("pi_{}", new.order.0.simple());
    Intent {
        client_secret: Some(format!("{id}_secret")),
        id,
        status: IntentStatus::RequiresPaymentMethod,
        amount: new.amount.amount(),
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
    fn request(&self) -> StartPayment {
        let now = self.clock.now();
        let expires_at = now + TimeDelta::minutes(15);
        StartPayment { order: OrderId::generate(now), amount: PRICE, method: Method::Card, expires_at }
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
        let now = self.clock.now();
        let event = OrderPlaced {
            order_id: request.order,
            user_id: UserId::generate(now),
            total: request.amount,
            method,
            hold_until: request.expires_at,
        };
        StartOrderPayment(self.payments.clone()).perform(self.context(), event).await
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
    Intent { status, failure: None, ..intent.clone() }
}

fn declined(intent: &Intent) -> Intent {
    let failure = Some("card_declined".to_owned());
    Intent { status: IntentStatus::RequiresPaymentMethod, failure, ..intent.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_starts_once_however_often_it_is_asked() {
    let house = House::new().await;
    let request = house.request();
    let answers = join_all((0..10).map(|_| house.payments.start(request))).await;
    let answers: Vec<Payment> = answers.into_iter().map(Result::unwrap).collect();
    let intent = house.intent(request.order);
    for payment in &answers {
        assert_eq!(payment.id, answers[0].id);
        assert_eq!(
            (&payment.intent, payment.client_secret.as_ref()),
            (&Some(intent.id.clone()), intent.client_secret.as_ref())
        );
        assert_eq!((payment.status, payment.amount), (PaymentStatus::RequiresPaymentMethod, PRICE));
    }
    assert_eq!(house.count("payments.payments").await, 1);
    let key = format!("pi:{}:1", request.order);
    assert!(house.till.keys.lock().unwrap().iter().all(|asked| *asked == key));
    assert_eq!(house.till.intents.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn another_amount_for_the_same_order_is_refused() {
    let house = House::new().await;
    let (request, _) = house.started().await;
    let other = StartPayment { amount: Money::grosz(1), ..request };
    let refused = house.payments.start(other).await;
    assert!(matches!(refused, Err(PaymentError::Different(order)) if order == request.order));
    assert_eq!(house.payment(request).await.amount, PRICE);
}

#[tokio::test]
async fn while_the_provider_is_away_a_payment_is_creating_until_the_background_attaches_it() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Away);
    let payment = house.payments.start(request).await.unwrap();
    assert_eq!((payment.status, payment.client_secret), (PaymentStatus::Creating, None));
    house.clock.advance(TimeDelta::seconds(15));
    let put_off = house.in_background(request).await;
    assert!(matches!(put_off, Err(JobError::NotYet(wait)) if wait == TimeDelta::seconds(10)));

    house.feel(Mood::Good);
    house.in_background(request).await.unwrap();
    let attached = house.payment(request).await;
    assert_eq!(attached.id, payment.id);
    assert_eq!(
        (attached.status, attached.intent),
        (PaymentStatus::RequiresPaymentMethod, Some(house.intent(request.order).id))
    );
    assert!(attached.client_secret.is_some());
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_under_the_same_key() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Mute);
    let payment = house.payments.start(request).await.unwrap();
    assert_eq!((payment.status, payment.intent), (PaymentStatus::Creating, None));
    house.feel(Mood::Good);
    house.clock.advance(TimeDelta::seconds(15));
    house.in_background(request).await.unwrap();
    assert_eq!(house.payment(request).await.intent, Some(house.intent(request.order).id));
    let keys = house.till.keys.lock().unwrap().clone();
    assert_eq!((keys.len(), house.till.intents.lock().unwrap().len()), (2, 1));
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn the_background_leaves_a_young_attempt_to_its_request() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Away);
    house.payments.start(request).await.unwrap();
    house.feel(Mood::Good);
    house.clock.advance(TimeDelta::milliseconds(14_999));
    assert!(matches!(house.in_background(request).await, Err(JobError::NotYet(_))));
    assert_eq!(house.till.keys.lock().unwrap().len(), 1, "the provider was left alone");
    house.clock.advance(TimeDelta::milliseconds(1));
    house.in_background(request).await.unwrap();
    assert_eq!(house.payment(request).await.status, PaymentStatus::RequiresPaymentMethod);
}

#[tokio::test]
async fn an_order_whose_request_died_is_started_by_its_event_alone() {
    let house = House::new().await;
    let request = house.request();
    for _ in 0..2 {
        house.in_background(request).await.unwrap();
    }
    assert_eq!(house.till.keys.lock().unwrap().len(), 1);
    assert!(house.payment(request).await.client_secret.is_some());
}

#[tokio::test]
async fn what_is_not_paid_through_the_provider_is_not_started() {
    let house = House::new().await;
    for method in [PaymentMethod::BankTransfer, PaymentMethod::Blik, PaymentMethod::P24] {
        house.placed(house.request(), method).await.unwrap();
    }
    assert_eq!(house.count("payments.payments").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_a_failure_told_once() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Refusing);
    for payment in join_all((0..10).map(|_| house.payments.start(request))).await {
        let payment = payment.unwrap();
        assert_eq!(payment.status, PaymentStatus::Failed);
        assert_eq!(payment.failure.as_deref(), Some("amount_too_large"));
    }
    assert_eq!(house.told().await, [0, 1, 0]);
    house.in_background(request).await.unwrap();
    assert_eq!(house.payment(request).await.status, PaymentStatus::Failed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn success_is_told_once_however_often_it_is_heard_of() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let succeeded = at(&intent, IntentStatus::Succeeded);
    for applied in join_all((0..20).map(|_| house.payments.apply(&succeeded))).await {
        applied.unwrap();
    }
    let payment = house.payment(request).await;
    assert_eq!(payment.status, PaymentStatus::Succeeded);
    assert_eq!(house.told().await, [1, 0, 0]);
    let told = format!(
        "platform.outbox where payload = jsonb_build_object('paymentId', '{}', 'orderId', '{}', 'amount',
            jsonb_build_object('amount', 31500, 'currency', 'PLN'))",
        payment.id, request.order
    );
    assert_eq!(house.count(&told).await, 1);
}

#[tokio::test]
async fn a_late_processing_after_success_changes_nothing() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    house.payments.apply(&at(&intent, IntentStatus::Succeeded)).await.unwrap();
    let before = house.db.lines("select * from payments.payments").await;
    house.clock.advance(TimeDelta::minutes(1));
    for late in
        [at(&intent, IntentStatus::Processing), at(&intent, IntentStatus::Canceled), declined(&intent)]
    {
        house.payments.apply(&late).await.unwrap();
    }
    assert_eq!(house.payment(request).await.status, PaymentStatus::Succeeded);
    assert_eq!(house.db.lines("select * from payments.payments").await, before);
    assert_eq!(house.told().await, [1, 0, 0]);
}

/// Every order of the items.
fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let each = items.iter().flat_map(|first| {
        let rest: Vec<usize> = items.iter().copied().filter(|item| item != first).collect();
        permutations(&rest).into_iter().map(move |mut tail| {
            tail.insert(0, *first);
            tail
        })
    });
    each.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_whatever_order_news_comes_a_payment_only_rises() {
    use PaymentStatus::{Canceled, Failed, Processing, RequiresAction, Succeeded};
    let house = House::new().await;
    let orders = permutations(&[0, 1, 2, 3, 4]);
    assert_eq!(orders.len(), 120);
    let runs = orders.iter().map(async |order| {
        let (request, intent) = house.started().await;
        let news = [
            (at(&intent, IntentStatus::RequiresAction), RequiresAction),
            (at(&intent, IntentStatus::Processing), Processing),
            (declined(&intent), Failed),
            (at(&intent, IntentStatus::Canceled), Canceled),
            (at(&intent, IntentStatus::Succeeded), Succeeded),
        ];
        let mut highest = PaymentStatus::RequiresPaymentMethod;
        for (intent, status) in order.iter().map(|i| &news[*i]) {
            house.payments.apply(intent).await.unwrap();
            highest = highest.max(*status);
            let stands = format!("payments.payments where order_id = '{}'", request.order);
            let stands = house.db.lines(&format!("select status from {stands}")).await;
            assert_eq!(stands, [format!("({})", highest.as_str())], "{order:?}");
        }
        assert_eq!(highest, Succeeded);
    });
    join_all(runs).await;
    // A failure is told of where it came before everything above it.
    let failures = orders.iter().filter(|o| o.iter().find(|n| **n >= 2) == Some(&2)).count();
    assert_eq!(house.told().await, [120, i64::try_from(failures).unwrap(), 0]);
}

#[tokio::test]
async fn money_that_does_not_add_up_never_pays() {
    type Change = fn(&mut Intent, OrderId);
    let house = House::new().await;
    let other = OrderId::generate(house.clock.now());
    let changes: [(&str, Change); 7] = [
        ("amount", |intent, _| intent.amount -= 1),
        ("amount", |intent, _| intent.amount = 1),
        ("currency", |intent, _| intent.currency = "usd".to_owned()),
        ("order", |intent, other| intent.order = Some(other)),
        ("order", |intent, _| intent.order = None),
        ("livemode", |intent, _| intent.livemode = true),
        ("amount, currency, livemode", |intent, _| {
            intent.amount += 1;
            intent.currency = "eur".to_owned();
            intent.livemode = true;
        }),
    ];
    for (nth, (differences, change)) in (1..).zip(changes) {
        let (request, intent) = house.started().await;
        let mut foreign = at(&intent, IntentStatus::Succeeded);
        change(&mut foreign, other);
        for _ in 0..3 {
            house.payments.apply(&foreign).await.unwrap();
        }
        assert_eq!(house.payment(request).await.status, PaymentStatus::RequiresPaymentMethod);
        assert_eq!(house.told().await, [0, 0, nth], "told once: {differences}");
        let list = differences.replace(", ", "\", \"");
        let named = format!(
            "platform.outbox where aggregate = '{}' and payload->'differences' = '[\"{list}\"]'",
            request.order
        );
        assert_eq!(house.count(&named).await, 1, "{differences}");
    }
}

#[tokio::test]
async fn an_intent_of_nobody_here_is_ignored() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let stranger = Intent { id: "pi_other".to_owned(), order: None, ..at(&intent, IntentStatus::Succeeded) };
    house.payments.apply(&stranger).await.unwrap();
    let order = Some(OrderId::generate(house.clock.now()));
    house.payments.apply(&Intent { order, ..stranger }).await.unwrap();
    assert_eq!(house.payment(request).await.status, PaymentStatus::RequiresPaymentMethod);
    assert_eq!(house.told().await, [0, 0, 0]);
}

#[tokio::test]
async fn an_intent_whose_answer_was_lost_is_found_by_its_order() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Mute);
    house.payments.start(request).await.unwrap();
    let intent = house.intent(request.order);
    let wrong = Intent { amount: 1, ..at(&intent, IntentStatus::Succeeded) };
    house.payments.apply(&wrong).await.unwrap();
    assert_eq!(house.told().await, [0, 0, 1]);

    house.payments.apply(&at(&intent, IntentStatus::Succeeded)).await.unwrap();
    let payment = house.payment(request).await;
    assert_eq!((payment.status, payment.intent), (PaymentStatus::Succeeded, Some(intent.id)));
    assert_eq!(house.told().await, [1, 0, 1]);
    house.clock.advance(TimeDelta::minutes(1));
    house.in_background(request).await.unwrap();
    assert_eq!(house.till.keys.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn news_that_overtakes_the_answer_stands() {
    let house = House::new().await;
    let (request, door) = (house.request(), Arc::new(Barrier::new(2)));
    *house.till.door.lock().unwrap() = Some(door.clone());
    let service = house.payments.clone();
    let starting = tokio::spawn(async move { service.start(request).await });
    door.wait().await;
    let intent = house.intent(request.order);
    house.payments.apply(&at(&intent, IntentStatus::Succeeded)).await.unwrap();
    door.wait().await;
    let payment = starting.await.unwrap().unwrap();
    assert_eq!((payment.status, payment.intent), (PaymentStatus::Succeeded, Some(intent.id)));
    assert_eq!(house.told().await, [1, 0, 0]);
}

#[tokio::test]
async fn an_intent_that_is_paid_when_its_answer_comes_is_told_of_like_any_other() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Mute);
    house.payments.start(request).await.unwrap();
    house.till.intents.lock().unwrap().values_mut().for_each(|i| i.status = IntentStatus::Succeeded);
    house.feel(Mood::Good);
    let payment = house.payments.start(request).await.unwrap();
    assert_eq!(payment.status, PaymentStatus::Succeeded);
    assert!(payment.client_secret.is_some());
    assert_eq!(house.told().await, [1, 0, 0]);
}

#[tokio::test]
async fn an_answer_without_the_secret_does_not_forget_it() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let silent = Intent { client_secret: None, ..at(&intent, IntentStatus::RequiresAction) };
    house.payments.apply(&silent).await.unwrap();
    let payment = house.payment(request).await;
    assert_eq!(
        (payment.status, payment.client_secret),
        (PaymentStatus::RequiresAction, intent.client_secret)
    );
}

#[tokio::test]
async fn a_declined_card_is_told_of_and_may_still_succeed() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    house.payments.apply(&declined(&intent)).await.unwrap();
    let payment = house.payment(request).await;
    assert_eq!((payment.status, payment.failure.as_deref()), (PaymentStatus::Failed, Some("card_declined")));
    house.payments.apply(&at(&intent, IntentStatus::Succeeded)).await.unwrap();
    let payment = house.payment(request).await;
    assert_eq!((payment.status, payment.failure), (PaymentStatus::Succeeded, None));
    assert_eq!(house.told().await, [1, 1, 0]);
}

#[test]
fn a_payment_does_not_show_its_secret() {
    let now = testkit::clock().now();
    let payment = Payment {
        id: kernel::id::PaymentId::generate(now),
        order: OrderId::generate(now),
        attempt: 1,
        method: Method::Card,
        amount: PRICE,
        status: PaymentStatus::Creating,
        intent: None,
        client_secret: Some("pi_1_secret_2".to_owned()),
        failure: None,
        expires_at: now,
        created_at: now,
    };
    assert!(!format!("{payment:?}").contains("secret_2"));
}
