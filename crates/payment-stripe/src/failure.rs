//! What a failed call says about the money: nothing was done, refused, or nobody knows.

use payment::ports::ProviderError;
use stripe_core::PaymentIntent;
use stripe_shared::ApiErrors;

use crate::line::LineError;

/// Whether trying again, with the same key, can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    TryAgain,
    GiveUp,
}

#[derive(Debug)]
pub(crate) enum Failure {
    /// The call had no effect.
    NotDone(String, Next),
    /// The call may have had its effect.
    InDoubt(String, Next),
    /// Stripe said no, and showed the intent if the no was about its state.
    Refused { code: String, message: String, intent: Option<Box<PaymentIntent>> },
}

impl Failure {
    pub(crate) fn of(error: LineError) -> Self {
        match error {
            LineError::Refused(error, status) => Self::answered(*error, status),
            LineError::NotConnected => Self::NotDone("no connection".to_owned(), Next::TryAgain),
            LineError::Broken(text) => Self::InDoubt(text, Next::TryAgain),
            // It may have been an answer all the same.
            LineError::Unreadable => Self::InDoubt("the answer cannot be read".to_owned(), Next::GiveUp),
        }
    }

    /// Nobody was asked: Stripe has not answered of late.
    pub(crate) fn left_alone() -> Self {
        Self::NotDone(
            "it has not answered of late, and is left alone for some seconds".to_owned(),
            Next::GiveUp,
        )
    }

    pub(crate) fn timeout() -> Self {
        Self::InDoubt("no answer in time".to_owned(), Next::GiveUp)
    }

    /// <https://docs.stripe.com/error-low-level>
    fn answered(error: ApiErrors, status: u16) -> Self {
        let code = error.code.as_ref().map_or_else(|| error.type_.to_string(), ToString::to_string);
        let reason = format!("status {status}, {code}");
        match status {
            // Our key is wrong or revoked: that is no verdict about the payment.
            401 | 403 => Self::NotDone(reason, Next::GiveUp),
            429 => Self::NotDone(reason, Next::TryAgain),
            // 409: another call with this key is at work on it. 5xx: the result is indeterminate.
            409 | 500.. => Self::InDoubt(reason, Next::TryAgain),
            _ => Self::Refused {
                code,
                message: error.message.unwrap_or_default(),
                intent: error.payment_intent.map(Box::new),
            },
        }
    }

    pub(crate) fn next(&self) -> Next {
        match self {
            Self::NotDone(_, next) | Self::InDoubt(_, next) => *next,
            Self::Refused { .. } => Next::GiveUp,
        }
    }

    /// The verdict over several tries: once one of them is in doubt, only an answer takes the doubt away.
    pub(crate) fn after(self, earlier: Option<Self>) -> Self {
        match (self, earlier) {
            (Self::NotDone(_, next), Some(Self::InDoubt(reason, _))) => Self::InDoubt(reason, next),
            (latest, _) => latest,
        }
    }
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotDone(reason, _) => Self::Unavailable(reason),
            Failure::InDoubt(reason, _) => Self::Unknown(reason),
            Failure::Refused { code, message, .. } => Self::Refused { code, message },
        }
    }
}
