//! Bearer tokens: whatever comes, none that we did not sign is taken, and judging one never panics.
#![no_main]

use std::sync::{Arc, LazyLock};

use identity::{
    SigningKeys, TokenService,
    api::{Judgement, TokensApi as _},
};
use kernel::SystemClock;
use libfuzzer_sys::fuzz_target;

static TOKENS: LazyLock<TokenService> = LazyLock::new(|| {
    let seed = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
    let keys = SigningKeys::parse(&format!("new:{seed}")).expect("a key");
    TokenService::new(Arc::new(SystemClock), keys)
});

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(TOKENS.judge(&text), Judgement::Refused);
    // The same as the claims of a token whose header is ours.
    let header = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6Im5ldyJ9";
    assert_eq!(TOKENS.judge(&format!("{header}.{text}")), Judgement::Refused);
});
