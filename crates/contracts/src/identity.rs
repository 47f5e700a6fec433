//! What `identity` tells.

use kernel::{Language, id::ChallengeId};
use serde::{Deserialize, Serialize};

use crate::Event;

/// A one-time code has to reach a phone.
///
/// The only event that carries a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeRequested {
    pub challenge_id: ChallengeId,
    /// E.164
    pub phone: String,
    pub code: String,
    pub language: Language,
    pub expires_in_minutes: u32,
}

impl Event for CodeRequested {
    const NAME: &'static str = "identity.code_requested.v1";
    fn aggregate(&self) -> String {
        self.challenge_id.to_string()
    }
}

impl std::fmt::Debug for CodeRequested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeRequested").field("challenge_id", &self.challenge_id).finish_non_exhaustive()
    }
}
