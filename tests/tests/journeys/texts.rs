//! Text messages by Twilio: the real gateway against a stand-in that speaks its wire format.

use journeys::{Setup, Shop, code_in, eventually};
use sandbox::{Twilio, TwilioMessage, TwilioMood};
use serde_json::{Value, json};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "the-token-of-a-journey";

fn sending_by(twilio: &Twilio) -> Setup {
    Shop::setting("SMS_PROVIDER", "twilio")
        .setting("TWILIO_API_BASE", twilio.base_url())
        .setting("TWILIO_ACCOUNT_SID", ACCOUNT)
        .setting("TWILIO_AUTH_TOKEN", TOKEN)
        .setting("TWILIO_FROM", "Metropol")
}

/// The only text to this number, once there is one.
async fn text_to(twilio: &Twilio, phone: &str) -> TwilioMessage {
    eventually("a text is posted", async || {
        let mut messages = twilio.messages();
        messages.retain(|message| message.to == phone);
        messages.pop()
    })
    .await
}

#[tokio::test]
async fn a_code_comes_by_twilio_in_the_callers_language_and_opens_the_door() {
    let twilio = Twilio::start(ACCOUNT, TOKEN).unwrap();
    let shop = sending_by(&twilio).open().await;
    for (language, words) in [("tr", "onay kodunuz"), ("en", "your code is"), ("pl", "kod do logowania")] {
        let (guest, phone) = (shop.guest().speaking(language), shop.phone());
        let challenge = guest.asks_for_a_code(&phone).await;
        let text = text_to(&twilio, &phone).await;
        assert!(text.body.contains(words), "{language}: {}", text.body);
        assert_eq!((text.from.as_deref(), text.service), (Some("Metropol"), None));
        let code = code_in(&text.body);
        let body = json!({ "challengeId": challenge, "phoneNumber": phone, "code": code });
        let proved: Value = guest.post("/api/auth/verify-otp", &body).await.with_status(200).data();
        assert_eq!(proved["status"], "registration_required");
        let log = shop.gateway.log();
        for secret in [code.as_str(), &phone[1..], TOKEN] {
            assert!(!log.contains(secret), "{secret} in the log");
        }
    }
    assert_eq!(twilio.messages().len(), 3);
    // Without a mailbox there is nothing to look into.
    shop.guest().get("/dev/sms?to=%2B48501502503").await.with_status(404);
    shop.is_sound().await;
}

#[tokio::test]
async fn a_text_whose_answer_was_lost_is_not_sent_again() {
    let twilio = Twilio::start(ACCOUNT, TOKEN).unwrap();
    twilio.will(&[TwilioMood::TakesAndHangsUp]);
    let shop = sending_by(&twilio).open().await;
    let phone = shop.phone();
    shop.guest().asks_for_a_code(&phone).await;
    eventually("the job has looked and ended", async || {
        let looked = twilio.requests().iter().any(|request| request.method == "GET");
        (looked && shop.count("platform.jobs where name = 'notification.send_code'").await == 0).then_some(())
    })
    .await;
    assert_eq!(twilio.messages().len(), 1);
}
