//! Checks what a client is built with before anything is sent.

/// The client cannot be built; neither message shows the key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The SDK appends `v1/…` itself.
    #[error("the base address of Stripe must be http(s)://host[:port] without a path")]
    BaseUrl,
    #[error("the secret key of Stripe must begin with sk_ or rk_")]
    SecretKey,
    #[error("a live key is sent over https only")]
    LiveKeyInTheClear,
}

/// The address without a slash at its end.
pub(crate) fn checked(base_url: &str, secret_key: &str) -> Result<String, ConfigError> {
    let base_url = base_url.strip_suffix('/').unwrap_or(base_url);
    let (secure, authority) = match (base_url.strip_prefix("https://"), base_url.strip_prefix("http://")) {
        (Some(authority), _) => (true, authority),
        (None, Some(authority)) => (false, authority),
        (None, None) => return Err(ConfigError::BaseUrl),
    };
    if authority.is_empty() || authority.contains(['/', '?', '#', '@']) {
        return Err(ConfigError::BaseUrl);
    }
    if !["sk_", "rk_"].iter().any(|kind| secret_key.starts_with(kind)) {
        return Err(ConfigError::SecretKey);
    }
    if !secure && !secret_key.contains("_test_") {
        return Err(ConfigError::LiveKeyInTheClear);
    }
    if base_url.parse::<http::Uri>().is_err() {
        return Err(ConfigError::BaseUrl);
    }
    Ok(base_url.to_owned())
}
