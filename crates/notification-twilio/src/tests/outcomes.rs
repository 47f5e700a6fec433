//! How each thing that can happen to a text ends.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use notification::ports::{SmsError, SmsSender as _};
use sandbox::TwilioMood::{Refuses, TakesAndFails, TakesAndFallsSilent, TakesAndHangsUp};

use super::{ACCOUNT, PHONE, TEXT, TOKEN, delivery, hasty, methods, sending_from, tries, twilio};
use crate::patience::Patience;

#[tokio::test]
async fn a_text_is_posted_as_twilio_wants_it() {
    let service = "MG0123456789abcdef0123456789abcdef";
    for (from, parameter) in
        [("+48500600700", "From"), ("Metropol", "From"), (service, "MessagingServiceSid")]
    {
        let twilio = twilio();
        tries(&sending_from(from, &twilio.base_url(), TOKEN), 1).await.unwrap();
        let [request] = twilio.requests().try_into().unwrap();
        assert_eq!(request.method, "POST");
        assert_eq!(request.path, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
        let sent: Vec<_> =
            request.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(sent, [("To", PHONE), (parameter, from), ("Body", TEXT)]);
    }
}

#[tokio::test]
async fn a_number_that_gets_no_texts_is_refused_at_once() {
    for code in [21_211, 21_214, 21_217, 21_265, 21_266, 21_610, 21_614, 21_635] {
        let twilio = twilio();
        twilio.will(&[Refuses(400, code)]);
        let failure = tries(&hasty(&twilio.base_url()), 1).await.unwrap_err();
        assert!(
            matches!(&failure, SmsError::Refused { code: told } if *told == code.to_string()),
            "{failure}"
        );
        assert_eq!(methods(&twilio), ["POST"]);
    }
}

#[tokio::test]
async fn what_is_our_own_doing_is_told_apart_and_not_repeated_here() {
    // Key, account, sender, countries, route, trial, text, and a code that nobody has seen yet.
    for (status, code) in [
        (401, 20_003),
        (403, 20_403),
        (400, 21_606),
        (400, 21_659),
        (400, 21_408),
        (400, 21_612),
        (400, 21_608),
        (400, 21_617),
        (400, 29_999),
    ] {
        let twilio = twilio();
        twilio.will(&[Refuses(status, code)]);
        let failure = tries(&hasty(&twilio.base_url()), 1).await.unwrap_err();
        assert!(
            matches!(&failure, SmsError::Misconfigured { code: told } if *told == code.to_string()),
            "{failure}"
        );
        assert_eq!(methods(&twilio), ["POST"]);
    }
}

#[tokio::test]
async fn a_wrong_token_is_our_own_doing() {
    let twilio = twilio();
    let sender = sending_from("Metropol", &twilio.base_url(), "another-token");
    for attempt in 1..=2 {
        let failure = tries(&sender, attempt).await.unwrap_err();
        assert!(matches!(&failure, SmsError::Misconfigured { code } if code == "20003"), "{failure}");
    }
    assert_eq!(twilio.messages().len(), 0);
}

#[tokio::test]
async fn what_was_surely_not_taken_is_posted_again_at_most_three_times_in_all() {
    for (status, code) in [(429, 20_429), (429, 0), (503, 20_503), (400, 21_611)] {
        let twilio = twilio();
        twilio.will(&[Refuses(status, code); 2]);
        tries(&hasty(&twilio.base_url()), 1).await.unwrap();
        assert_eq!((twilio.messages().len(), methods(&twilio).len()), (1, 3));

        twilio.will(&[Refuses(status, code); 4]);
        let failure = tries(&hasty(&twilio.base_url()), 1).await.unwrap_err();
        assert!(matches!(failure, SmsError::Unavailable(_)), "{failure}");
        assert_eq!((twilio.messages().len(), methods(&twilio).len()), (1, 6));
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable_and_soon() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let asked = Instant::now();
    let failure = tries(&hasty(&format!("http://{gone}")), 1).await.unwrap_err();
    let SmsError::Unavailable(reason) = failure else { panic!("{failure}") };
    assert_eq!(reason, "nothing was taken, no connection");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn what_is_in_doubt_is_not_posted_again_and_found_when_the_job_comes_again() {
    for mood in [
        TakesAndHangsUp,
        TakesAndFallsSilent,
        TakesAndFails(500, 20_500),
        TakesAndFails(502, 0),
        TakesAndFails(503, 0),
        TakesAndFails(201, 0),
    ] {
        let twilio = twilio();
        twilio.will(&[mood]);
        let sender = hasty(&twilio.base_url());
        let SmsError::Unavailable(reason) = tries(&sender, 1).await.unwrap_err() else { panic!("{mood:?}") };
        assert!(reason.starts_with("perhaps it was taken"), "{mood:?}: {reason}");
        assert_eq!(methods(&twilio), ["POST"], "{mood:?}");

        tries(&sender, 2).await.unwrap();
        assert_eq!(methods(&twilio), ["POST", "GET"], "{mood:?}");
        assert_eq!(twilio.messages().len(), 1, "{mood:?}");
    }
}

#[tokio::test]
async fn silence_ends_within_the_limit() {
    let twilio = twilio();
    twilio.will(&[TakesAndFallsSilent]);
    let asked = Instant::now();
    tries(&hasty(&twilio.base_url()), 1).await.unwrap_err();
    assert!(asked.elapsed() < Duration::from_millis(1500), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn what_was_in_doubt_and_is_not_there_is_posted() {
    let twilio = twilio();
    twilio.will(&[Refuses(500, 20_500)]);
    let sender = hasty(&twilio.base_url());
    tries(&sender, 1).await.unwrap_err();
    tries(&sender, 2).await.unwrap();
    assert_eq!(methods(&twilio), ["POST", "GET", "POST"]);
    assert_eq!(twilio.messages().len(), 1);
}

#[tokio::test]
async fn another_text_to_the_number_and_the_same_to_another_are_not_taken_for_it() {
    let twilio = twilio();
    let sender = hasty(&twilio.base_url());
    let first = delivery(1);
    sender.send(&PHONE.parse().unwrap(), &TEXT.replace("012345", "543210"), first).await.unwrap();
    sender.send(&"+48501502504".parse().unwrap(), TEXT, first).await.unwrap();
    tries(&sender, 2).await.unwrap();
    assert_eq!(twilio.messages().len(), 3);
}

#[tokio::test]
async fn a_text_that_was_not_delivered_is_refused_or_sent_once_more() {
    for (code, refused) in [(30_003, true), (30_006, true), (30_001, false), (30_008, false)] {
        let twilio = twilio();
        let sender = hasty(&twilio.base_url());
        tries(&sender, 1).await.unwrap();
        twilio.undelivered(code);
        let again = tries(&sender, 2).await;
        assert_eq!(matches!(again, Err(SmsError::Refused { .. })), refused, "{code}: {again:?}");
        assert_eq!(again.is_ok(), !refused, "{code}: {again:?}");
        assert_eq!(twilio.messages().len(), if refused { 1 } else { 2 }, "{code}");
    }
}

#[test]
fn everything_together_ends_before_the_job_is_cut_off() {
    let patience = Patience::default();
    assert!(patience.total < Duration::from_secs(40));
    assert_eq!((patience.tries, patience.each), (3, Duration::from_secs(10)));
}
