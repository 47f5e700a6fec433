//! Codes, sessions and tokens through the real gateway, two instances where it matters.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use journeys::{Answer, Redis, Shop, Visitor, code_in};
use reqwest::Method;
use serde_json::{Value, json};

/// How soon an end has to be known everywhere.
const EVERYWHERE: Duration = Duration::from_secs(1);

fn refresh(token: &str) -> Value {
    json!({ "refreshToken": token })
}

/// Waits at most a second for `visitor` to be signed out there.
async fn is_soon_signed_out(visitor: &Visitor) {
    let started = Instant::now();
    while visitor.get("/api/users/me").await.status != 401 {
        assert!(started.elapsed() < EVERYWHERE, "still signed in");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_logout_is_seen_by_the_other_instance_and_survives_a_wiped_redis_and_a_restart() {
    let redis = Redis::start().await;
    let mut shop = Shop::setting("REDIS_URL", redis.url()).open().await;
    let mut other = shop.another_instance().await;
    let (ada, bo) = (shop.customer().await, shop.customer().await);
    let ada_there = other.visitor().bearing(&ada.access_token);
    let bo_there = other.visitor().bearing(&bo.access_token);
    ada_there.get("/api/users/me").await.with_status(200);

    ada.visitor().ask(Method::POST, "/api/auth/logout", None).await.with_status(204);
    assert_eq!(ada.visitor().get("/api/users/me").await.status, 401, "at once where it was said");
    is_soon_signed_out(&ada_there).await;

    redis.flush();
    assert_eq!(ada_there.get("/api/users/me").await.refusal(), (401, "UNAUTHENTICATED".to_owned()));
    shop.gateway.kill();
    other.kill();
    shop.gateway.start().await;
    other.start().await;
    for visitor in [ada.visitor(), &ada_there] {
        assert_eq!(visitor.get("/api/users/me").await.status, 401);
    }
    for visitor in [bo.visitor(), &bo_there] {
        visitor.get("/api/users/me").await.with_status(200);
    }
}

#[tokio::test]
async fn every_device_is_listed_and_can_be_signed_out_one_by_one_or_all() {
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    let phone = shop.guest().with("user-agent", "Metropolitan/7 (iOS)");
    let signed = phone.proves(&ada.phone).await;
    let on_phone = phone.bearing(signed["accessToken"].as_str().unwrap());
    let devices = ada.visitor().get("/api/auth/sessions").await.data();
    let devices = devices.as_array().unwrap();
    assert_eq!(devices.len(), 2);
    let named = devices.iter().find(|d| d["device"] == "Metropolitan/7 (iOS)").unwrap();
    assert_eq!(named["current"], false);

    let path = format!("/api/auth/sessions/{}", named["id"].as_str().unwrap());
    ada.visitor().ask(Method::DELETE, &path, None).await.with_status(204);
    assert_eq!(on_phone.get("/api/users/me").await.status, 401);
    assert_eq!(ada.visitor().ask(Method::DELETE, &path, None).await.refusal().0, 404);
    ada.visitor().get("/api/users/me").await.with_status(200);

    let again = phone.bearing(phone.proves(&ada.phone).await["accessToken"].as_str().unwrap());
    ada.visitor().ask(Method::POST, "/api/auth/logout-all", None).await.with_status(204);
    for visitor in [&again, ada.visitor()] {
        assert_eq!(visitor.get("/api/users/me").await.status, 401);
    }
    let refused = shop.guest().post("/api/auth/refresh", &refresh(&ada.refresh_token)).await;
    assert_eq!(refused.status, 401);
    assert_eq!(shop.guest().proves(&ada.phone).await["status"], "signed_in", "signing in goes on");
}

#[tokio::test]
async fn of_twenty_refreshes_at_once_on_two_instances_there_is_one_successor() {
    let shop = Shop::open().await;
    let other = shop.another_instance().await;
    let ada = shop.customer().await;
    let doors = [shop.guest(), other.visitor()];
    let body = refresh(&ada.refresh_token);
    let answers = join_all((0..20).map(|n| doors[n % 2].post("/api/auth/refresh", &body))).await;
    let mut successors: Vec<String> = answers
        .into_iter()
        .map(|answer| answer.with_status(200).data()["refreshToken"].as_str().unwrap().to_owned())
        .collect();
    successors.sort();
    successors.dedup();
    assert_eq!(successors.len(), 1);
}

#[tokio::test]
async fn a_token_replayed_after_eleven_seconds_ends_the_family_on_both_instances() {
    let shop = Shop::open().await;
    let other = shop.another_instance().await;
    let ada = shop.customer().await;
    let pair = shop.guest().post("/api/auth/refresh", &refresh(&ada.refresh_token)).await.data();
    let here = shop.guest().bearing(pair["accessToken"].as_str().unwrap());
    let there = other.visitor().bearing(pair["accessToken"].as_str().unwrap());
    tokio::time::sleep(Duration::from_secs(11)).await;
    there.get("/api/users/me").await.with_status(200);

    let replayed = shop.guest().post("/api/auth/refresh", &refresh(&ada.refresh_token)).await;
    assert_eq!(replayed.refusal(), (401, "UNAUTHENTICATED".to_owned()));
    is_soon_signed_out(&here).await;
    is_soon_signed_out(&there).await;
    let successor = pair["refreshToken"].as_str().unwrap();
    let thief = other.visitor().post("/api/auth/refresh", &refresh(successor)).await;
    assert_eq!(thief.status, 401);
}

#[tokio::test]
async fn of_two_hundred_guesses_at_once_five_are_evaluated_and_a_new_code_resets_nothing() {
    let shop = Shop::open().await;
    let other = shop.another_instance().await;
    let phone = shop.phone();
    for round in 0..2 {
        let challenge = shop.guest().asks_for_a_code(&phone).await;
        let code = code_in(&shop.guest().receives_another_text(&phone, round).await);
        let wrong = if code == "000000" { "111111" } else { "000000" };
        let guess = |code: &str| json!({ "challengeId": challenge, "phoneNumber": phone, "code": code });
        let (doors, wrong) = ([shop.guest(), other.visitor()], guess(wrong));
        let answers = join_all((0..200).map(|n| doors[n % 2].post("/api/auth/verify-otp", &wrong))).await;
        let told = |answer: &Answer, code: &str| answer.refusal().1 == code;
        assert_eq!(answers.iter().filter(|a| told(a, "OTP_INVALID")).count(), 5);
        assert_eq!(answers.iter().filter(|a| told(a, "OTP_LOCKED")).count(), 195);
        let right = shop.guest().post("/api/auth/verify-otp", &guess(&code)).await;
        assert_eq!(right.refusal(), (429, "OTP_LOCKED".to_owned()));
    }
    // Ten wrong ones in a day: the number takes no code for a quarter of an hour.
    let body = json!({ "phoneNumber": phone, "userType": "individual" });
    let locked = shop.guest().post("/api/auth/send-otp", &body).await;
    assert_eq!(locked.refusal(), (429, "OTP_LOCKED".to_owned()));
    assert!((880..=900).contains(&locked.number("retry-after")), "{:?}", locked.headers);
}

#[tokio::test]
async fn a_thousand_numbers_asked_for_from_one_address_get_ten_texts() {
    let shop = Shop::setting("RATE_LIMITS", "on").setting("TRUSTED_PROXIES", "1").open().await;
    // Whoever asks thirty times a minute is stopped by the rate limit already: only the codes' own limit is meant here.
    let mut accepted = 0;
    for n in 0..1_000 {
        let body = json!({ "phoneNumber": format!("+4850{n:03}0000"), "userType": "individual" });
        let answer =
            shop.guest().with("x-forwarded-for", "203.0.113.9").post("/api/auth/send-otp", &body).await;
        accepted += u32::from(answer.status == 202);
        assert!(matches!(answer.status, 202 | 429), "{}", answer.text());
        assert!(answer.status == 202 || answer.number("retry-after") >= 1);
    }
    assert_eq!(accepted, 10);
    assert_eq!(shop.count("identity.challenges").await, 10);
    let body = json!({ "phoneNumber": shop.phone(), "userType": "individual" });
    shop.guest()
        .with("x-forwarded-for", "203.0.113.10")
        .post("/api/auth/send-otp", &body)
        .await
        .with_status(202);
}

/// Five hundred of each kind, asked for in turns; the median times, and what the answers looked like.
async fn asks_for_known_and_unknown(shop: &Shop, round: usize) -> [(Duration, Vec<String>); 2] {
    let mut times = [Vec::new(), Vec::new()];
    let mut looks = [Vec::new(), Vec::new()];
    for n in 0..500 {
        let mut kinds = [(0, "+48600"), (1, "+48601")];
        // Serving threads take connections in turns: each kind meets each thread as often.
        if n % 2 == 1 {
            kinds.reverse();
        }
        for (kind, known) in kinds {
            let phone = format!("{known}{:06}", round * 500 + n);
            let body = json!({ "phoneNumber": phone, "userType": "individual" });
            let started = Instant::now();
            let answer = shop.guest().post("/api/auth/send-otp", &body).await;
            times[kind].push(started.elapsed());
            looks[kind].push(look(&answer));
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let [known, unknown] = times;
    let [mut known_looks, mut unknown_looks] = looks;
    known_looks.dedup();
    unknown_looks.dedup();
    [(median(known), known_looks), (median(unknown), unknown_looks)]
}

/// Status, headers and body, without what differs between any two answers.
fn look(answer: &Answer) -> String {
    let own = ["date", "x-request-id", "ratelimit-remaining", "ratelimit-reset"];
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| {
            // Lists are sets to each serving thread, in an order of its own.
            let mut words: Vec<&str> = value.to_str().unwrap().split(", ").collect();
            words.sort_unstable();
            format!("{name}: {}", words.join(", "))
        })
        .collect();
    headers.sort();
    let mut body = answer.json();
    body["data"]["challengeId"].take();
    format!("{} {headers:?} {body}", answer.status)
}

/// Of several rounds one is enough: a busy machine may spoil one, a difference in the code spoils all.
#[tokio::test]
async fn a_known_number_is_answered_like_an_unknown_one_and_as_fast() {
    let shop = Shop::setting("RATE_LIMITS", "1000000").open().await;
    shop.db
        .exec(
            "insert into users.users
                 (id, phone, user_type, first_name, last_name, email, language, created_at, updated_at)
             select gen_random_uuid(), '+48600' || lpad(n::text, 6, '0'), 'individual', 'Ada', 'Nowak', 'a@b.pl',
                    'pl', now(), now()
             from generate_series(0, 2999) n",
        )
        .await;
    let mut seen = Vec::new();
    for round in 0..6 {
        let [(known, looks), (unknown, other_looks)] = asks_for_known_and_unknown(&shop, round).await;
        assert_eq!((looks.len(), &looks), (1, &other_looks));
        let difference = known.abs_diff(unknown);
        seen.push((known, unknown));
        if difference * 20 <= known.max(unknown) {
            return;
        }
    }
    panic!("the medians of no round are within 5 %: {seen:?}");
}

#[tokio::test]
async fn a_registration_token_serves_once_for_ever() {
    let shop = Shop::open().await;
    let phone = shop.phone();
    let token = shop.guest().may_register(&phone).await;
    let form = json!({
        "firstName": "Ada", "lastName": "Nowak", "email": "ada@example.com", "termsAccepted": true,
        "privacyAccepted": true,
    });
    let visitor = shop.guest().bearing(&token);
    // A form with a gap spends nothing: registering can be gone on with.
    visitor.post("/api/complete-profile", &json!({ "firstName": "Ada" })).await.with_status(422);
    let answers = join_all((0..10).map(|_| visitor.post("/api/complete-profile", &form))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    assert!(answers.iter().all(|a| a.status == 201 || a.refusal() == (409, "ALREADY_REGISTERED".to_owned())));
    // Nor when the number has become free again in the meantime.
    shop.db.exec(&format!("update users.users set phone = '+48999999999' where phone = '{phone}'")).await;
    let again = visitor.post("/api/complete-profile", &form).await;
    assert_eq!(again.refusal(), (409, "ALREADY_REGISTERED".to_owned()));
    assert_eq!(shop.count("users.users").await, 1);
}

/// Both codes of a change of number, as the text messages tell them.
async fn both_codes(shop: &Shop, (old, known): (&str, usize), new: &str) -> (String, String) {
    let old = code_in(&shop.guest().receives_another_text(old, known).await);
    (old, code_in(&shop.guest().receives_a_text(new).await))
}

#[tokio::test]
async fn a_number_is_changed_with_codes_to_both() {
    let shop = Shop::open().await;
    let other = shop.another_instance().await;
    let ada = shop.customer().await;
    let new = shop.phone();
    let ask = json!({ "newPhoneNumber": new });
    let sent = ada.visitor().post("/api/auth/change-phone", &ask).await.with_status(202).data();
    let (old_code, new_code) = both_codes(&shop, (&ada.phone, 1), &new).await;
    let answers = json!({
        "oldChallengeId": sent["oldChallengeId"], "oldCode": old_code,
        "newChallengeId": sent["newChallengeId"], "newCode": new_code,
    });
    let pair = ada.visitor().post("/api/auth/change-phone/confirm", &answers).await.with_status(200).data();
    is_soon_signed_out(&other.visitor().bearing(&ada.access_token)).await;
    let me = shop.guest().bearing(pair["accessToken"].as_str().unwrap()).get("/api/users/me").await.data();
    assert_eq!(me["phoneNumber"], json!(new));
    assert_eq!(shop.guest().proves(&new).await["status"], "signed_in");
    assert_eq!(shop.guest().proves(&ada.phone).await["status"], "registration_required");
}

#[tokio::test]
async fn the_first_owner_hires_and_what_was_done_stands_in_the_log() {
    let shop = Shop::open().await;
    let owner = shop.owner().await;
    let form = json!({
        "email": "ola@example.com", "name": "Ola", "role": "support", "password": "a password of Ola's",
    });
    let hired = owner.post("/api/admin/staff", &form).await.with_status(201).data();
    let log = owner.get("/api/admin/audit-log?limit=1").await.with_status(200).json();
    assert_eq!(log["data"][0]["action"], "staff.create");
    assert_eq!(log["data"][0]["target"], json!(format!("staff {}", hired["id"].as_str().unwrap())));
    let login = json!({ "email": "ola@example.com", "password": "a password of Ola's" });
    let ola = shop.guest().post("/api/admin/auth/login", &login).await.with_status(200).data();
    let ola = shop.guest().bearing(ola["accessToken"].as_str().unwrap());
    ola.get("/api/admin/auth/me").await.with_status(200);
    assert_eq!(owner.get("/api/admin/audit-log?target=%00").await.refusal().0, 422);
    for path in ["/api/admin/audit-log", "/api/admin/staff"] {
        assert_eq!(ola.get(path).await.refusal(), (403, "FORBIDDEN".to_owned()));
    }
}
