//! Changing one's number: a code to the old one and a code to the new one.

pub(crate) mod http;
pub(crate) mod service;
#[cfg(test)]
mod tests;

use kernel::id::ChallengeId;

use crate::api::SentCode;

/// Two codes are on their way.
#[derive(Debug)]
pub(crate) struct SentCodes {
    pub(crate) old: SentCode,
    pub(crate) new: SentCode,
}

/// What came back: which code answers which challenge.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) old: (ChallengeId, String),
    pub(crate) new: (ChallengeId, String),
}
