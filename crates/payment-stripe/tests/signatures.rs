//! The verifier of webhooks agrees with those who made the scheme: Stripe's own Python package, and the SDK's generator.
#![expect(clippy::unwrap_used, reason = "all of this file is tests")]

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use kernel::{Clock as _, SystemClock};
use payment::WebhookSecrets;
use rand::{Rng as _, RngCore as _, SeedableRng as _, rngs::SmallRng};
use serde_json::json;
use stripe_webhook::Webhook;

const HEADERS: usize = 1_000;
const SECRET: &str = "whsec_of_this_test";

fn payload(random: &mut SmallRng) -> String {
    json!({ "id": format!("evt_{}", random.next_u64()), "name": "Żółw ğüş", "n": random.next_u32() })
        .to_string()
}

/// A header that may be good, in one of many ways, and the body it comes with.
fn header(random: &mut SmallRng, now: i64) -> (String, String) {
    let body = payload(random);
    // Far from the limit of five minutes: two clocks look at it. Those ahead of time only this shop refuses.
    let at = now - [0, 5, 100, 280, 330, 4_000][random.random_range(0..6)];
    let good = |secret: &str, body: &str| {
        let header = Webhook::generate_test_header(body, secret, Some(at));
        header.split_once("v1=").unwrap().1.to_owned()
    };
    let mut parts = Vec::new();
    if !random.random_bool(0.05) {
        parts.push(format!("t={at}"));
    }
    for _ in 0..random.random_range(0..4) {
        let signature = match random.random_range(0..6) {
            0..=2 => good(SECRET, &body),
            3 => good("whsec_other", &body),
            4 => good(SECRET, &format!("{body} ")),
            _ => "0".repeat(64),
        };
        let scheme = if random.random_bool(0.1) { "v0" } else { "v1" };
        parts.push(format!("{scheme}={signature}"));
    }
    (parts.join(","), body)
}

#[test]
fn what_the_sdk_signs_is_believed() {
    let (mut random, now) = (SmallRng::seed_from_u64(1), SystemClock.now());
    let secrets = WebhookSecrets::parse(SECRET).unwrap();
    for _ in 0..HEADERS {
        let body = payload(&mut random);
        let at = now.timestamp() - random.random_range(-290..290);
        let header = Webhook::generate_test_header(&body, SECRET, Some(at));
        assert!(secrets.verify(&header, body.as_bytes(), now), "{header}");
        assert!(!secrets.verify(&header, format!("{body} ").as_bytes(), now), "{header}");
        let other = Webhook::generate_test_header(&body, "whsec_other", Some(at));
        assert!(!secrets.verify(&other, body.as_bytes(), now), "{other}");
    }
}

const JUDGE: &str = "
import json, sys, stripe
for line in sys.stdin:
    header, body = json.loads(line)
    try:
        stripe.WebhookSignature.verify_header(body, header, sys.argv[1], 300)
        print('good')
    except stripe.SignatureVerificationError:
        print('bad')
";

/// Where Python and Stripe's package for it are: `cargo xtask test` puts it into the directory that it names.
#[test]
fn stripe_s_own_package_judges_a_thousand_headers_alike() {
    let python = || {
        let mut python = Command::new("python3");
        if let Some(path) = std::env::var_os("STRIPE_PYTHONPATH") {
            python.env("PYTHONPATH", path);
        }
        python
    };
    let here = python().args(["-c", "import stripe"]).stderr(Stdio::null()).status();
    if !here.is_ok_and(|status| status.success()) {
        eprintln!("there is no Python with Stripe's package here");
        return;
    }
    let (mut random, now) = (SmallRng::seed_from_u64(2), SystemClock.now());
    let headers: Vec<_> = (0..HEADERS).map(|_| header(&mut random, now.timestamp())).collect();
    let mut judge =
        python().args(["-c", JUDGE, SECRET]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines: Vec<String> = headers.iter().map(|(header, body)| json!([header, body]).to_string()).collect();
    let mut input = judge.stdin.take().unwrap();
    let writing = std::thread::spawn(move || input.write_all(lines.join("\n").as_bytes()).unwrap());
    let said = judge.wait_with_output().unwrap();
    writing.join().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let secrets = WebhookSecrets::parse(SECRET).unwrap();
    let mut good = 0;
    for ((header, body), theirs) in headers.iter().zip(said.lines()) {
        let ours = secrets.verify(header, body.as_bytes(), now);
        assert_eq!(ours, theirs == "good", "{header}\n{body}");
        good += usize::from(ours);
    }
    assert_eq!(said.lines().count(), HEADERS);
    assert!((200..800).contains(&good), "{good} of {HEADERS} were good");
}
