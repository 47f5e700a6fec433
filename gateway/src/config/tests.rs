//! The whole configuration is judged at once.

use super::{Config, ConfigError, Environment, Sms, reader::Reader};

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

/// What production wants besides.
const STORE: (&str, &str) = ("MEDIA_STORE", "file:///var/lib/media");

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
fn what_would_fail_only_when_it_is_used_is_refused_at_once() {
    for (name, values) in [
        (
            "DATABASE_URL",
            ["postgres://host:port/shop", "postgres://", "postgres://host/shop?sslmode=require"],
        ),
        ("REDIS_URL", ["redis://", "redis://host:port", "rediss://host"]),
        ("STRIPE_API_BASE", ["https://api.stripe.com/v1", "https://", "api.stripe.com"]),
        ("STRIPE_SECRET_KEY", ["pk_test_1", "1", "sk_test_\n1"]),
        ("RUST_LOG", ["info,=warn", "shop=loud", "shop[=info"]),
        ("SENTRY_DSN", ["sentry", "https://sentry.example/1", "https://key@sentry.example"]),
    ] {
        for value in values {
            let told = complaints(&[(name, value)]);
            assert_eq!(told.len(), 1, "{name}={value}: {told:?}");
            assert!(told[0].starts_with(name), "{name}={value}: {told:?}");
        }
    }
    let live = complaints(&[("STRIPE_API_BASE", "http://127.0.0.1:1"), ("STRIPE_SECRET_KEY", "sk_live_1")]);
    assert!(live.len() == 1 && live[0].starts_with("STRIPE_API_BASE"), "{live:?}");
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
        ("NIP_API_BASE", "stub"),
    ]);
    for name in [
        "JWT_SIGNING_KEYS is missing",
        "OTP_PEPPER is missing",
        "MEDIA_STORE is missing",
        "RATE_LIMITS",
        "SMS_PROVIDER",
        "STRIPE_API_BASE",
        "NIP_API_BASE",
    ] {
        assert!(told.iter().any(|line| line.starts_with(name)), "{name} in {told:?}");
    }
}

#[test]
fn twilio_is_wanted_whole_where_it_is_chosen_and_in_production() {
    for chosen in [("SMS_PROVIDER", "twilio"), ("APP_ENV", "production")] {
        assert_eq!(
            complaints(&[chosen, STORE]),
            ["TWILIO_ACCOUNT_SID is missing", "TWILIO_AUTH_TOKEN is missing", "TWILIO_FROM is missing"]
        );
    }
    assert!(matches!(read(&[]).unwrap().sms, Sms::Mailbox));
    for env in ["development", "test", "production"] {
        let config = read(&[&TWILIO[..], &[("APP_ENV", env), STORE]].concat()).unwrap();
        assert!(matches!(&config.sms, Sms::Twilio(twilio) if twilio.api_base.is_encrypted()), "{env}");
        assert!(!format!("{config:?}").contains("the-token-of-twilio"));
    }
}

#[test]
fn production_starts_with_twilio_alone() {
    let production = [&TWILIO[1..], &[("APP_ENV", "production"), STORE]].concat();
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
    let told = complaints(&[&stand_in[..], &[("APP_ENV", "production"), STORE]].concat());
    assert_eq!(told, ["TWILIO_API_BASE must be an https:// address"]);
}

#[test]
fn the_tax_register_is_the_stand_ins_unless_it_is_told_or_this_is_production() {
    let stand_in = "http://127.0.0.1:4000";
    for (env, stripe, told, expected) in [
        ("development", stand_in, "", Some("http://127.0.0.1:4000/tax-register")),
        ("test", "http://127.0.0.1:4000/", "stub", Some("http://127.0.0.1:4000/tax-register")),
        ("development", "", "stub", Some("http://127.0.0.1:12111/tax-register")),
        ("development", stand_in, "http://127.0.0.1:5000/x", Some("http://127.0.0.1:5000/x")),
        ("production", "", "", Some("https://wl-api.mf.gov.pl")),
        ("production", "", "https://wl-test.mf.gov.pl", Some("https://wl-test.mf.gov.pl")),
        ("production", "", "http://wl-api.mf.gov.pl", None),
        ("production", "", "stub", None),
        ("development", "", "https://", None),
        ("development", "", "ftp://wl-api.mf.gov.pl", None),
        ("development", "", "wl-api.mf.gov.pl", None),
    ] {
        let variables = [("APP_ENV", env), ("STRIPE_API_BASE", stripe), ("NIP_API_BASE", told)];
        let mut reader = Reader::new(Environment::from(variables));
        let register = super::tax_register(&mut reader, env == "production");
        assert_eq!(register.map(|register| register.api_base).as_deref(), expected, "{env} {stripe} {told}");
        assert_eq!(reader.finish().is_empty(), expected.is_some(), "{told}");
    }
}

#[test]
fn a_store_of_files_is_a_directory_or_a_bucket() {
    for directory in ["file:///var/lib/media", "file:///"] {
        assert_eq!(complaints(&[("MEDIA_STORE", directory)]), Vec::<String>::new());
    }
    for other in ["/var/lib/media", "file://relative", "http://bucket", "s3:bucket", "s3://", "s3:///prefix"]
    {
        let told = complaints(&[("MEDIA_STORE", other)]);
        assert_eq!(told, ["MEDIA_STORE must be file:///directory or s3://bucket/prefix"], "{other}");
    }
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "eu-central-1")];
    for bucket in ["s3://bucket", "s3://bucket/some/prefix"] {
        let told = complaints(&[("MEDIA_STORE", bucket)]);
        assert_eq!(told, keys.map(|(name, _)| format!("{name} is missing")), "{bucket}");
        assert_eq!(complaints(&[&[("MEDIA_STORE", bucket)], keys.as_slice()].concat()), Vec::<String>::new());
    }
    let nowhere =
        [&[("MEDIA_STORE", "s3://bucket"), ("AWS_ENDPOINT_URL", "minio:9000")], keys.as_slice()].concat();
    assert_eq!(complaints(&nowhere), ["AWS_ENDPOINT_URL must be an https:// address"]);
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
