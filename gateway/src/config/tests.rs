//! The whole configuration is judged at once.

use super::{Config, Environment};

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

/// The complaints about the complete configuration with `changes`; an empty value takes the variable away.
fn complaints(changes: &[(&'static str, &'static str)]) -> Vec<String> {
    let mut environment = Environment::default();
    for (name, value) in complete().into_iter().chain(changes.iter().copied()) {
        environment.0.insert(name.to_owned(), value.to_owned());
    }
    let dir = std::env::temp_dir().join(testkit::unique("config"));
    environment.0.entry("DEV_DIR".to_owned()).or_insert(dir.display().to_string());
    let complaints = Config::read(environment).err().map(|e| e.0).unwrap_or_default();
    let _ = std::fs::remove_dir_all(dir);
    complaints
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
        "MEDIA_STORE is missing",
        "RATE_LIMITS",
        "SMS_PROVIDER",
        "STRIPE_API_BASE",
    ] {
        assert!(told.iter().any(|line| line.starts_with(name)), "{name} in {told:?}");
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
