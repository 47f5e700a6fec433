//! What `user` tells.

use kernel::id::UserId;
use serde::{Deserialize, Serialize};

use crate::Event;

/// A person was forgotten: nothing that says who it was may be kept under this id, save what the law demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserAnonymised {
    pub user_id: UserId,
}

impl Event for UserAnonymised {
    const NAME: &'static str = "user.anonymised.v1";
    fn aggregate(&self) -> String {
        self.user_id.to_string()
    }
}
