//! Tokens of ours are good; everything else is not.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use kernel::{
    Clock as _, FixedClock, Phone, Role, UserType,
    id::{SessionId, StaffId, UserId},
};
use serde_json::{Value, json};

use super::{
    KeysError, SigningKeys, Subject,
    service::{self, TokenService},
};
use crate::{
    api::{Bearer, Judgement, TokensApi as _},
    testing::KEYS,
};

struct Desk {
    clock: Arc<FixedClock>,
    tokens: TokenService,
}

impl Desk {
    fn new(keys: &str) -> Self {
        let clock = Arc::new(testkit::clock());
        let tokens = TokenService::new(clock.clone(), SigningKeys::parse(keys).unwrap());
        tokens.revocations().note_heard();
        Self { clock, tokens }
    }

    fn access(&self) -> String {
        let now = self.clock.now();
        let user = Subject::Customer(UserId::generate(now), UserType::Individual);
        self.tokens.access(user, (SessionId::generate(now), 0), now).unwrap()
    }

    fn admin(&self) -> String {
        let now = self.clock.now();
        let clerk = Subject::Staff(StaffId::generate(now), Role::Support);
        self.tokens.access(clerk, (SessionId::generate(now), 0), now).unwrap()
    }

    fn registration(&self) -> String {
        let phone: Phone = "+48501502503".parse().unwrap();
        self.tokens.registration(&phone, UserType::Corporate, self.clock.now()).unwrap()
    }

    /// An access token with some claims changed, signed by our own first key.
    fn forged(&self, header: &Header, change: &Value) -> String {
        let mut claims = claims_of(&self.access());
        for (name, value) in change.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        encode(header, &claims, &SigningKeys::parse(KEYS).unwrap().keys[0].signing).unwrap()
    }

    fn refuses(&self, token: &str) -> bool {
        self.tokens.judge(token) == Judgement::Refused
    }
}

fn part(token: &str, at: usize) -> Value {
    serde_json::from_slice(&B64.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}

fn claims_of(token: &str) -> Value {
    part(token, 1)
}

fn header() -> Header {
    Header { kid: Some("new".to_owned()), ..Header::new(Algorithm::EdDSA) }
}

#[test]
fn a_token_says_what_the_contract_lists() {
    let desk = Desk::new(KEYS);
    let token = desk.access();
    assert_eq!(part(&token, 0), json!({ "typ": "JWT", "alg": "EdDSA", "kid": "new" }));
    let claims = claims_of(&token);
    let mut names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["aud", "epoch", "exp", "iat", "iss", "jti", "sid", "sub", "typ", "userType"]);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert_eq!((&claims["aud"], &claims["typ"]), (&json!("metropolitan-api"), &json!("access")));

    let claims = claims_of(&desk.registration());
    let expected = (&json!("metropolitan-registration"), &json!("registration"), &json!("corporate"));
    assert_eq!((&claims["aud"], &claims["typ"], &claims["userType"]), expected);
}

#[test]
fn a_token_is_good_for_ten_minutes_and_five_seconds_of_leeway() {
    let desk = Desk::new(KEYS);
    let token = desk.access();
    assert!(!desk.refuses(&token));
    desk.clock.advance(TimeDelta::seconds(604));
    assert!(!desk.refuses(&token));
    desk.clock.advance(TimeDelta::seconds(2));
    assert!(desk.refuses(&token), "expired by 6 s");
}

#[test]
fn a_token_from_the_future_is_refused() {
    let desk = Desk::new(KEYS);
    let now = desk.clock.now().timestamp();
    for (claim, at, refused) in [("iat", 5, false), ("iat", 6, true), ("nbf", 5, false), ("nbf", 6, true)] {
        let token = desk.forged(&header(), &json!({ claim: now + at }));
        assert_eq!(desk.refuses(&token), refused, "{claim} + {at}");
    }
}

#[test]
fn a_retired_key_still_verifies_and_a_new_one_signs() {
    let (new, old) = KEYS.split_once(',').unwrap();
    let token = Desk::new(old).access();
    assert!(!Desk::new(KEYS).refuses(&token));
    assert!(Desk::new(new).refuses(&token), "its kid is unknown");
    assert_eq!(part(&Desk::new(KEYS).access(), 0)["kid"], "new");
}

#[test]
fn a_kid_of_ours_over_a_foreign_signature_is_refused() {
    let foreign = "new:Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M=";
    assert!(Desk::new(KEYS).refuses(&Desk::new(foreign).access()));
}

#[test]
fn no_other_algorithm_is_taken() {
    let desk = Desk::new(KEYS);
    let token = desk.access();
    let body = token.split('.').nth(1).unwrap();
    for alg in ["none", "None", "NONE"] {
        let header = B64.encode(json!({ "alg": alg, "typ": "JWT", "kid": "new" }).to_string());
        assert!(desk.refuses(&format!("{header}.{body}.")), "{alg}");
        assert!(desk.refuses(&format!("{header}.{body}")), "{alg}");
    }
    let (_, x) = desk.tokens.public_keys().next().unwrap();
    for secret in [B64.decode(x).unwrap(), x.as_bytes().to_vec()] {
        let header = Header { kid: Some("new".to_owned()), ..Header::new(Algorithm::HS256) };
        let forged = encode(&header, &claims_of(&token), &EncodingKey::from_secret(&secret)).unwrap();
        assert!(desk.refuses(&forged), "HS256 with the public key");
    }
}

#[test]
fn headers_that_bring_or_name_a_key_are_refused() {
    let desk = Desk::new(KEYS);
    assert!(!desk.refuses(&desk.forged(&header(), &json!({}))));
    let there = || Some("https://evil.example/jwks.json".to_owned());
    for bad in [
        Header { kid: None, ..header() },
        Header { kid: Some("unknown".to_owned()), ..header() },
        Header { kid: Some("../new".to_owned()), ..header() },
        Header { jku: there(), ..header() },
        Header { x5u: there(), ..header() },
        Header { crit: Some(vec!["exp".to_owned()]), ..header() },
        Header { typ: None, ..header() },
    ] {
        assert!(desk.refuses(&desk.forged(&bad, &json!({}))), "{bad:?}");
    }
}

#[test]
fn no_kind_of_token_is_taken_for_another() {
    let desk = Desk::new(KEYS);
    assert!(matches!(desk.tokens.judge(&desk.access()), Judgement::Good(Bearer::Customer { .. })));
    assert!(matches!(desk.tokens.judge(&desk.registration()), Judgement::Good(Bearer::Registrant { .. })));
    assert!(matches!(
        desk.tokens.judge(&desk.admin()),
        Judgement::Good(Bearer::Staff { role: Role::Support, .. })
    ));
    for change in [
        json!({ "aud": "metropolitan-registration" }),
        json!({ "aud": "admin" }),
        json!({ "aud": ["metropolitan-api"] }),
        json!({ "aud": ["metropolitan-api", "metropolitan-registration"] }),
        json!({ "typ": "registration" }),
        json!({ "typ": "admin" }),
        json!({ "typ": "admin", "aud": "admin" }),
        json!({ "typ": "refresh" }),
        json!({ "iss": "somebody" }),
    ] {
        assert!(desk.refuses(&desk.forged(&header(), &change)), "{change}");
    }
    for claim in ["sub", "sid", "jti", "iat", "exp", "iss", "aud", "typ", "userType", "epoch"] {
        assert!(desk.refuses(&desk.forged(&header(), &json!({ claim: null }))), "without {claim}");
    }
}

#[test]
fn a_token_that_was_touched_is_refused() {
    let desk = Desk::new(KEYS);
    let token = desk.access();
    let mut claims = claims_of(&token);
    claims["userType"] = json!("corporate");
    let parts: Vec<&str> = token.split('.').collect();
    let forged = format!("{}.{}.{}", parts[0], B64.encode(claims.to_string()), parts[2]);
    assert!(desk.refuses(&forged));
    for bad in ["", ".", "..", "a.b.c", &token[1..], &token[..token.len() - 1], &format!("{token}.")] {
        assert!(desk.refuses(bad), "{bad}");
    }
    assert!(desk.refuses(&"a".repeat(service::MAX_TOKEN_BYTES + 1)));
}

#[test]
fn keys_are_read_or_refused_without_being_shown() {
    let seed = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";
    for (text, expected) in [
        (String::new(), KeysError::None),
        (" , ".to_owned(), KeysError::None),
        (seed.to_owned(), KeysError::Shape(1)),
        (format!(":{seed}"), KeysError::Shape(1)),
        (format!("a b:{seed}"), KeysError::Shape(1)),
        (format!("a:{seed},b:c2hvcnQ="), KeysError::Seed(2)),
        ("a:not base64".to_owned(), KeysError::Seed(1)),
        (format!("a:{seed},a:{seed}"), KeysError::Twice(2)),
    ] {
        assert_eq!(SigningKeys::parse(&text).err(), Some(expected), "{text}");
    }
    // Both alphabets, with and without padding.
    let odd = "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8";
    assert!(SigningKeys::parse(&format!("a:{odd}, b:{seed}=")).is_ok());
    assert_eq!(format!("{:?}", SigningKeys::parse(KEYS).unwrap()), r#"["new", "old"]"#);
}
