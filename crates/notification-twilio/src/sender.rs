//! The sender itself: looks where it may have been before, then posts, within a time.

use async_trait::async_trait;
use hyper::Method;
use kernel::Phone;
use notification::ports::{Delivery, SmsError, SmsSender};
use tokio::time::timeout;
use twilio_async::{Execute as _, Twilio, encode_pairs};

use crate::{
    config::{AccountSid, AuthToken, BaseUrl, Origin},
    failure::Failure,
    line::{Answer, Line},
    patience::Patience,
    wire,
};

/// How many of the newest messages to a number are looked through. Nobody gets as many codes in a day.
const NEWEST: &str = "20";

/// Account and token do not make an `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the account SID and the auth token of Twilio cannot be used together")]
pub struct Unusable;

/// Sends text messages by Twilio, or by a stand-in that speaks like it.
pub struct TwilioSender {
    /// Makes requests; they leave by our own line.
    sdk: Twilio,
    from: Origin,
    line: Line,
    pub(crate) patience: Patience,
}

impl TwilioSender {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// The SDK cannot make an `Authorization` of account and token.
    pub fn new(
        base: BaseUrl,
        account: &AccountSid,
        token: &AuthToken,
        from: Origin,
    ) -> Result<Self, Unusable> {
        let sdk = Twilio::new(account.as_str(), token.as_str()).map_err(|_| Unusable)?;
        Ok(Self { sdk, from, line: Line::to(base), patience: Patience::default() })
    }

    /// Twilio has no key that makes a message once. So a repeated delivery looks first: what a broken connection or
    /// a crash left in doubt is found, and sent again only if it is not there.
    async fn deliver(&self, to: &Phone, text: &str, delivery: Delivery) -> Result<(), Failure> {
        if delivery.is_repeated() && self.was_taken(to, text).await? {
            tracing::info!(job.id = %delivery.key, "the text of job {} had been taken already", delivery.key);
            return Ok(());
        }
        self.patience.with(|| self.post(to, text)).await
    }

    async fn post(&self, to: &Phone, text: &str) -> Result<(), Failure> {
        let form = encode_pairs([("To", to.as_str()), self.from.parameter(), ("Body", text)]);
        let answer = self.ask(Method::POST, "Messages.json", form).await?;
        wire::taken(&answer)
    }

    async fn was_taken(&self, to: &Phone, text: &str) -> Result<bool, Failure> {
        let query = encode_pairs([("To", to.as_str()), ("PageSize", NEWEST)]).unwrap_or_default();
        let answer = self.ask(Method::GET, &format!("Messages.json?{query}"), None).await?;
        wire::found(&answer, text)
    }

    async fn ask(&self, method: Method, path: &str, form: Option<String>) -> Result<Answer, Failure> {
        // The SDK's error may contain the address, with the number that is asked about.
        let request = self.sdk.msgs().request(method, path, form);
        let request = request.map_err(|_| Failure::Misconfigured("request".to_owned()))?;
        self.line.ask(request, self.patience.each).await
    }
}

#[async_trait]
impl SmsSender for TwilioSender {
    async fn send(&self, to: &Phone, text: &str, delivery: Delivery) -> Result<(), SmsError> {
        match timeout(self.patience.total, self.deliver(to, text, delivery)).await {
            Ok(delivered) => Ok(delivered?),
            Err(_) => Err(SmsError::Unavailable("perhaps it was taken, no end in time".to_owned())),
        }
    }
}
