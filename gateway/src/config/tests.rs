//! The whole configuration is judged at once.

use super::{Config, ConfigError, Environment, Sms};

fn complete() -> Vec<(&'static str, &'static str)> {
    vec![
        ("DATABASE_URL", "postgres://localhost/shop"),
        ("REDIS_URL", "redis://localhost"),
        ("STRIPE_SECRET_KEY", "sk_test_1"),
        ("STRIPE_PUBLISHABLE_KEY", "pk_test_1"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_1,whsec_0"),
        ("JWT_SIGNING_KEYS", "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("OTP_PEPPER", "0123456789abcdef0123456789abcdef"),
    ]
}

/// What sending real texts needs.
const TWILIO: [(&str, &str); 4] = [
    ("SMS_PROVIDER", "twilio"),
    ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
    ("TWILIO_AUTH_TOKEN", "the-token-of-twilio"),
    ("TWILIO_FROM", "Metropol"),
];

/// The complaints about the complete configuration with `changes`; an empty value takes the variable away.
fn complaints(changes: &[(&'static str, &'static str)]) -> Vec<String> {
    read(changes).err().map(|e| e.0).unwrap_or_default()
}

fn read(changes: &[(&'static str, &'static str)]) -> Result<Config, ConfigError> {
    let mut environment = Environment::default();
    for (name, value) in complete().into_iter().chain(changes.iter().copied()) {
        environment.0.insert(name.to_owned(), value.to_owned());
    }
    let dir = std::env::temp_dir().join(testkit::unique("config"));
    environment.0.entry("DEV_DIR".to_owned()).or_insert(dir.display().to_string());
    let config = Config::read(environment);
    let _ = std::fs::remove_dir_all(dir);
    config
}

#[test]
fn what_is_complete_is_accepted_and_the_rest_has_defaults() {
    assert_eq!(complaints(&[]), Vec::<String>::new());
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let told = complaints(&[
        ("DATABASE_URL", ""),
        ("REDIS_URL", "http://localhost"),
        ("HTTP_ADDR", "three thousand"),
        ("RATE_LIMITS", "some"),
        ("STRIPE_WEBHOOK_SECRET", "a,b,c"),
        ("OTP_PEPPER", "short"),
        ("MIN_ORDER_GROSZ", "-1"),
        ("CORS_ORIGINS", "https://*.example.pl"),
        ("JWT_SIGNING_KEYS", "a:short"),
    ]);
    for name in [
        "DATABASE_URL is missing",
        "REDIS_URL",
        "HTTP_ADDR",
        "RATE_LIMITS",
        "STRIPE_WEBHOOK_SECRET",
        "OTP_PEPPER",
        "MIN_ORDER_GROSZ",
        "CORS_ORIGINS",
        "JWT_SIGNING_KEYS",
    ] {
        assert!(told.iter().any(|line| line.starts_with(name)), "{name} in {told:?}");
    }
}

#[test]
fn production_takes_nothing_made_up_and_nothing_lax() {
    let told = complaints(&[
        ("APP_ENV", "production"),
        ("JWT_SIGNING_KEYS", ""),
        ("OTP_PEPPER", ""),
        ("RATE_LIMITS", "off"),
        ("SMS_PROVIDER", "mailbox"),
        ("STRIPE_API_BASE", "http://127.0.0.1:1"),
    ]);
    for name in [
        "JWT_SIGNING_KEYS is missing",
        "OTP_PEPPER is missing",
        "RATE_LIMITS",
        "SMS_PROVIDER",
        "STRIPE_API_BASE",
    ] {
        assert!(told.iter().any(|line| line.starts_with(name)), "{name} in {told:?}");
    }
}

#[test]
fn twilio_is_wanted_whole_where_it_is_chosen_and_in_production() {
    for chosen in [("SMS_PROVIDER", "twilio"), ("APP_ENV", "production")] {
        assert_eq!(
            complaints(&[chosen]),
            ["TWILIO_ACCOUNT_SID is missing", "TWILIO_AUTH_TOKEN is missing", "TWILIO_FROM is missing"]
        );
    }
    assert!(matches!(read(&[]).unwrap().sms, Sms::Mailbox));
    for env in ["development", "test", "production"] {
        let config = read(&[&TWILIO[..], &[("APP_ENV", env)]].concat()).unwrap();
        assert!(matches!(&config.sms, Sms::Twilio(twilio) if twilio.api_base.is_encrypted()), "{env}");
        assert!(!format!("{config:?}").contains("the-token-of-twilio"));
    }
}

#[test]
fn production_starts_with_twilio_alone() {
    let production = [&TWILIO[1..], &[("APP_ENV", "production")]].concat();
    assert!(matches!(read(&production).unwrap().sms, Sms::Twilio(_)));
}

#[test]
fn what_is_wrong_about_twilio_is_told_by_name_and_not_by_value() {
    let wrong = [
        ("TWILIO_ACCOUNT_SID", "SK0123456789abcdef0123456789abcdef"),
        ("TWILIO_AUTH_TOKEN", "two words"),
        ("TWILIO_FROM", "Metropolitan"),
        ("TWILIO_API_BASE", "api.twilio.com"),
    ];
    let told = complaints(&[&TWILIO[..], &wrong].concat());
    assert_eq!(told.len(), 4, "{told:?}");
    for (name, value) in wrong {
        assert!(
            told.iter().any(|line| line.starts_with(name) && !line.contains(value)),
            "{name} in {told:?}"
        );
    }
    let stand_in = [&TWILIO[..], &[("TWILIO_API_BASE", "http://127.0.0.1:1")]].concat();
    assert_eq!(complaints(&stand_in), Vec::<String>::new());
    let told = complaints(&[&stand_in[..], &[("APP_ENV", "production")]].concat());
    assert_eq!(told, ["TWILIO_API_BASE must be an https:// address"]);
}

#[test]
fn a_secret_does_not_show_itself() {
    let secret = super::Secret("postgres://user:password@host".to_owned());
    assert_eq!(format!("{secret:?}"), "[redacted]");
    let told = complaints(&[("DATABASE_URL", "mysql://user:hunter2@host")]);
    assert!(told.iter().all(|line| !line.contains("hunter2")), "{told:?}");
}

#[test]
fn development_keeps_the_secrets_it_made_up() {
    let dir = std::env::temp_dir().join(testkit::unique("secrets"));
    let first = super::secrets::development(&dir).unwrap();
    let second = super::secrets::development(&dir).unwrap();
    std::fs::remove_dir_all(dir).unwrap();
    assert_eq!(first, second);
}
