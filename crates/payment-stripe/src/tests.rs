//! Against the stand-in, and against servers that misbehave.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use chrono::DateTime;
use kernel::Money;
use kernel::id::{OrderId, PaymentId, RefundId, UserId};
use payment::ports::{
    CardVault as _, IntentStatus, Method, NewIntent, NewRefund, PaymentProvider as _, ProviderError,
    ProviderRefundStatus,
};
use sandbox::{Options, Sandbox};

use crate::patience::Patience;
use crate::{ConfigError, StripeProvider};

const ORDER: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

fn new_intent() -> NewIntent {
    NewIntent {
        order: ORDER.parse().unwrap(),
        payment: "0192f0c1-2345-7abc-8def-0123456789ac".parse::<PaymentId>().unwrap(),
        amount: Money::grosz(29_99),
        method: Method::Card,
        customer: None,
    }
}

/// Pauses and limits in milliseconds instead of seconds.
fn hasty(base_url: &str) -> StripeProvider {
    let mut provider = StripeProvider::new(base_url, "sk_test_sandbox").unwrap();
    provider.patience = Patience {
        each: Duration::from_millis(200),
        total: Duration::from_millis(600),
        first_pause: Duration::from_millis(10),
        ..Patience::default()
    };
    provider
}

fn stand_in() -> (Sandbox, StripeProvider) {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let provider = StripeProvider::new(&sandbox.base_url(), "sk_test_sandbox").unwrap();
    (sandbox, provider)
}

/// A server that gives each connection the next of `answers`, an empty one meaning that it hangs up, and
/// tells what it was asked. Afterwards nobody listens any more.
fn misbehaving(answers: &[&str]) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    let answers: Vec<String> = answers.iter().map(|&answer| answer.to_owned()).collect();
    thread::spawn(move || {
        for answer in answers {
            let (mut connection, _) = listener.accept().unwrap();
            tell.send(request(&mut connection)).unwrap();
            connection.write_all(answer.as_bytes()).unwrap();
        }
    });
    (base_url, told)
}

fn request(connection: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = connection.read(&mut buffer).unwrap();
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        assert_ne!(read, 0, "the request ended early: {text}");
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if body.len() >= header(head, "content-length").parse().unwrap_or(0) {
            return text;
        }
    }
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let found = request.lines().filter_map(|line| line.split_once(": ")).find(|(found, _)| *found == name);
    found.map_or("", |(_, value)| value)
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn error(status: &str) -> String {
    answer(status, r#"{"error":{"type":"api_error","message":"no"}}"#)
}

fn intent_json() -> String {
    let fields =
        r#""id":"pi_1","object":"payment_intent","amount":2999,"amount_capturable":0,"amount_received":0"#;
    let more =
        r#""capture_method":"automatic","confirmation_method":"automatic","created":1,"currency":"pln""#;
    let rest = r#""livemode":false,"metadata":{},"payment_method_types":["card"],"status":"processing""#;
    answer("200 OK", &format!("{{{fields},{more},{rest}}}"))
}

#[tokio::test]
async fn an_intent_is_made_for_the_order() {
    let (sandbox, provider) = stand_in();
    let made = provider.create_intent(&new_intent(), "pi:o:1").await.unwrap();

    assert_eq!((made.amount, made.currency.as_str(), made.livemode), (2999, "pln", false));
    assert_eq!((made.status, made.failure), (IntentStatus::RequiresPaymentMethod, None));
    assert_eq!(made.order, Some(ORDER.parse::<OrderId>().unwrap()));
    assert!(made.client_secret.unwrap().starts_with(&made.id));
    let kept = &sandbox.intents()[0];
    assert_eq!(kept["metadata"]["order_id"], ORDER);
    assert_eq!(kept["payment_method_types"][0], "card");
    assert_eq!(sandbox.calls()[0].idempotency_key.as_deref(), Some("pi:o:1"));
}

#[tokio::test]
async fn one_key_makes_one_intent() {
    let (sandbox, provider) = stand_in();
    let first = provider.create_intent(&new_intent(), "k").await.unwrap();
    let second = provider.create_intent(&new_intent(), "k").await.unwrap();
    assert_eq!(first, second);

    let dearer = NewIntent { amount: Money::grosz(30_00), ..new_intent() };
    let refusal = provider.create_intent(&dearer, "k").await.unwrap_err();
    assert!(matches!(refusal, ProviderError::Refused { code, .. } if code == "idempotency_error"));
    assert_eq!(sandbox.intents().len(), 1);
}

#[tokio::test]
async fn what_happened_to_an_intent_is_found() {
    let (sandbox, provider) = stand_in();
    let made = provider.create_intent(&new_intent(), "k").await.unwrap();

    sandbox.fail(&made.id, "card_declined").unwrap();
    let declined = provider.find_intent(&made.id).await.unwrap();
    assert_eq!(declined.status, IntentStatus::RequiresPaymentMethod);
    assert_eq!(declined.failure.as_deref(), Some("card_declined"));

    sandbox.succeed(&made.id).unwrap();
    let paid = provider.find_intent(&made.id).await.unwrap();
    assert_eq!((paid.status, paid.failure), (IntentStatus::Succeeded, None));
}

#[tokio::test]
async fn an_unpaid_intent_is_cancelled_however_often() {
    let (_sandbox, provider) = stand_in();
    let made = provider.create_intent(&new_intent(), "k").await.unwrap();

    for key in ["cancel:1", "cancel:1", "cancel:2"] {
        let cancelled = provider.cancel_intent(&made.id, key).await.unwrap();
        assert_eq!((cancelled.id, cancelled.status), (made.id.clone(), IntentStatus::Canceled));
    }
}

#[tokio::test]
async fn a_paid_intent_is_not_cancelled() {
    let (sandbox, provider) = stand_in();
    let made = provider.create_intent(&new_intent(), "k").await.unwrap();
    sandbox.succeed(&made.id).unwrap();

    let refusal = provider.cancel_intent(&made.id, "c").await.unwrap_err();
    assert!(
        matches!(refusal, ProviderError::Refused { code, .. } if code == "payment_intent_unexpected_state")
    );
}

#[tokio::test]
async fn an_id_cannot_name_another_path() {
    let (sandbox, provider) = stand_in();
    for id in ["pi_none", "pi_", "../events", "pi_1/confirm", "pi_1?x=1", ""] {
        let refusal = provider.find_intent(id).await.unwrap_err();
        assert!(matches!(refusal, ProviderError::Refused { code, .. } if code == "resource_missing"), "{id}");
    }
    assert_eq!(sandbox.calls().len(), 1, "only the first one is asked about");
}

#[tokio::test]
async fn a_wrong_key_is_no_verdict_about_the_payment() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let provider = StripeProvider::new(&sandbox.base_url(), "sk_test_wrong").unwrap();
    let failure = provider.create_intent(&new_intent(), "k").await.unwrap_err();
    assert!(matches!(failure, ProviderError::Unavailable(_)), "{failure}");
    assert_eq!(sandbox.calls().len(), 1);
}

#[tokio::test]
async fn nobody_there_is_unavailable_and_soon() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let provider = StripeProvider::new(&format!("http://{gone}"), "sk_test_sandbox").unwrap();
    let asked = Instant::now();
    let failure = provider.create_intent(&new_intent(), "k").await.unwrap_err();
    assert!(matches!(failure, ProviderError::Unavailable(_)), "{failure}");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_unknown_and_not_repeated() {
    for garbage in [answer("200 OK", "<html>"), answer("200 OK", "{}"), answer("502 Bad Gateway", "<html>")] {
        let (base_url, told) = misbehaving(&[&garbage]);
        let failure = hasty(&base_url).create_intent(&new_intent(), "k").await.unwrap_err();
        assert!(matches!(failure, ProviderError::Unknown(_)), "{failure}");
        assert_eq!(told.iter().count(), 1);
    }
}

#[tokio::test]
async fn silence_is_unknown_within_the_limit() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let asked = Instant::now();
    let provider = hasty(&format!("http://{}", silent.local_addr().unwrap()));
    let failure = provider.create_intent(&new_intent(), "k").await.unwrap_err();
    assert!(matches!(failure, ProviderError::Unknown(_)), "{failure}");
    assert!(asked.elapsed() < Duration::from_millis(600), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_lost_answer_and_a_failing_server_are_asked_again_with_the_same_key() {
    let (base_url, told) = misbehaving(&["", &error("500 Internal Server Error"), &intent_json()]);
    let intent = hasty(&base_url).create_intent(&new_intent(), "pi:o:1").await.unwrap();
    assert_eq!(intent.status, IntentStatus::Processing);
    let keys: Vec<_> = told.iter().map(|request| header(&request, "idempotency-key").to_owned()).collect();
    assert_eq!(keys, ["pi:o:1"; 3]);
}

#[tokio::test]
async fn three_failures_are_told_by_what_they_leave_open() {
    let (busy, failing) = (error("429 Too Many Requests"), error("503 Service Unavailable"));
    let in_use = error("409 Conflict");
    for (answers, in_doubt) in [
        ([&busy, &busy, &busy], false),
        ([&failing, &failing, &failing], true),
        ([&in_use, &in_use, &in_use], true),
        // The first may have done it, and being refused afterwards does not tell.
        ([&failing, &busy, &busy], true),
    ] {
        let (base_url, told) = misbehaving(&answers.map(String::as_str));
        let failure = hasty(&base_url).create_intent(&new_intent(), "k").await.unwrap_err();
        assert_eq!(matches!(failure, ProviderError::Unknown(_)), in_doubt, "{failure}");
        assert_eq!(matches!(failure, ProviderError::Unavailable(_)), !in_doubt, "{failure}");
        assert_eq!(told.iter().count(), 3);
    }
}

#[test]
fn all_tries_together_stay_within_twelve_seconds() {
    assert!(Patience::default().total < Duration::from_secs(12));
}

#[test]
fn what_cannot_work_is_refused_at_the_start() {
    let refused = |base_url, key| StripeProvider::new(base_url, key).err();
    assert_eq!(refused("https://api.stripe.com/v1", "sk_test_x"), Some(ConfigError::BaseUrl));
    assert_eq!(refused("api.stripe.com", "sk_test_x"), Some(ConfigError::BaseUrl));
    assert_eq!(refused("https://exa mple", "sk_test_x"), Some(ConfigError::BaseUrl));
    assert_eq!(refused("https://api.stripe.com", "pk_test_x"), Some(ConfigError::SecretKey));
    assert_eq!(refused("https://api.stripe.com", "sk_test_\n"), Some(ConfigError::SecretKey));
    assert_eq!(refused("http://127.0.0.1:1", "sk_live_x"), Some(ConfigError::LiveKeyInTheClear));
    assert_eq!(refused("https://api.stripe.com/", "sk_live_x"), None);
}

#[tokio::test]
async fn each_way_to_pay_makes_an_intent_of_its_own() {
    let (sandbox, provider) = stand_in();
    for (method, word) in [(Method::Card, "card"), (Method::Blik, "blik"), (Method::P24, "p24")] {
        let new = NewIntent { method, ..new_intent() };
        provider.create_intent(&new, word).await.unwrap();
        assert_eq!(sandbox.intents()[0]["payment_method_types"], serde_json::json!([word]));
    }
}

#[tokio::test]
async fn money_goes_back_once_for_a_key_and_is_listed() {
    let (sandbox, provider) = stand_in();
    let made = provider.create_intent(&new_intent(), "k").await.unwrap();
    let refund = ORDER.parse::<RefundId>().unwrap();
    let new = NewRefund { refund, intent: made.id.clone(), amount: Money::grosz(10_00) };
    let unpaid = provider.create_refund(&new, "refund:1").await.unwrap_err();
    assert!(matches!(unpaid, ProviderError::Refused { .. }), "{unpaid}");
    sandbox.succeed(&made.id).unwrap();
    let first = provider.create_refund(&new, "refund:2").await.unwrap();
    assert_eq!(provider.create_refund(&new, "refund:2").await.unwrap(), first);
    assert_eq!(
        (first.refund, first.amount, first.status, first.intent.as_deref()),
        (Some(refund), 10_00, ProviderRefundStatus::Succeeded, Some(made.id.as_str()))
    );
    let (all, since) = (std::slice::from_ref(&first), DateTime::UNIX_EPOCH);
    assert_eq!(provider.list_refunds(&made.id).await.unwrap(), all);
    assert_eq!(provider.list_refunds_since(since, None).await.unwrap(), all);
    assert_eq!(provider.list_refunds_since(since, Some(&first.id)).await.unwrap(), []);
    assert_eq!(provider.list_disputes(&made.id).await.unwrap(), []);
}

#[tokio::test]
async fn intents_are_listed_page_by_page() {
    let (_sandbox, provider) = stand_in();
    let mut made = Vec::new();
    for key in ["a", "b", "c"] {
        made.insert(0, provider.create_intent(&new_intent(), key).await.unwrap());
    }
    let listed = provider.list_intents(DateTime::UNIX_EPOCH, None).await.unwrap();
    assert_eq!(listed, made);
    assert_eq!(provider.list_intents(DateTime::UNIX_EPOCH, Some(&made[1].id)).await.unwrap(), made[2..]);
}

#[tokio::test]
async fn cards_are_kept_by_stripe() {
    let (sandbox, provider) = stand_in();
    let user = ORDER.parse::<UserId>().unwrap();
    let customer = provider.create_customer(user, "customer:1").await.unwrap();
    assert_eq!(provider.create_customer(user, "customer:1").await.unwrap(), customer);
    let setup = provider.set_up_card(&customer).await.unwrap();
    assert!(setup.client_secret.starts_with(&setup.id));
    assert_eq!(provider.list_cards(&customer).await.unwrap(), []);
    let gone = provider.detach_card("pm_none").await.unwrap_err();
    assert!(gone.is_missing(), "{gone}");
    let hers = NewIntent { customer: Some(customer.clone()), ..new_intent() };
    provider.create_intent(&hers, "k").await.unwrap();
    assert_eq!(sandbox.intents()[0]["customer"], serde_json::json!(customer));
    for _ in 0..2 {
        provider.delete_customer(&customer).await.unwrap();
    }
}

#[tokio::test]
async fn a_provider_that_has_not_answered_of_late_is_left_alone_for_a_while() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let provider = hasty(&format!("http://{gone}"));
    for _ in 0..5 {
        provider.find_intent("pi_1").await.unwrap_err();
    }
    let asked = Instant::now();
    let failure = provider.find_intent("pi_1").await.unwrap_err();
    assert!(matches!(&failure, ProviderError::Unavailable(why) if why.contains("left alone")), "{failure}");
    assert!(asked.elapsed() < Duration::from_millis(5));
}

#[tokio::test]
async fn a_connection_serves_one_call_after_the_other() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let stripe = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        for _ in 0..3 {
            request(&mut connection);
            let answer = intent_json().replace("connection: close\r\n", "");
            connection.write_all(answer.as_bytes()).unwrap();
        }
        listener.set_nonblocking(true).unwrap();
        listener.accept().is_err()
    });
    let provider = hasty(&base_url);
    for _ in 0..3 {
        provider.find_intent("pi_1").await.unwrap();
    }
    assert!(stripe.join().unwrap(), "nobody came by another connection");
}
