//! The shop's own people: who they are, how they sign in, what a password has to be. Pure: no clock, no database.

pub(crate) mod http;
mod password;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use password::{HashError, Password, PasswordError};
pub use service::StaffService;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Email, Role, id::StaffId};
use serde_json::{Value, json};

pub(crate) use password::PasswordHash;

/// Characters of a name.
pub(crate) const MAX_NAME_CHARS: usize = 80;

/// So many wrong passwords in a row …
pub(crate) const FAILURES: i32 = 5;

/// … lock an address for so long.
pub(crate) const LOCK: TimeDelta = TimeDelta::minutes(15);

/// Somebody who works for the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: StaffId,
    pub(crate) email: Email,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Who is not cannot sign in; what they did keeps their name.
    pub(crate) is_active: bool,
    pub(crate) created_at: DateTime<Utc>,
}

impl Member {
    /// What the audit log keeps.
    pub(crate) fn told(&self) -> Value {
        json!({
            "email": self.email.as_str(), "name": self.name, "role": self.role, "isActive": self.is_active,
        })
    }
}

/// Somebody about to be hired.
#[derive(Debug)]
pub(crate) struct NewMember {
    pub(crate) email: Email,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) password: Password,
}

/// What is to become different; the rest stays.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) name: Option<String>,
    pub(crate) role: Option<Role>,
    pub(crate) is_active: Option<bool>,
    pub(crate) password: Option<Password>,
}

impl Changes {
    /// Whether what somebody is signed in with must not serve any longer.
    fn void_sessions(&self) -> bool {
        self.role.is_some() || self.is_active == Some(false) || self.password.is_some()
    }
}

/// How looking after the shop's people can be refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaffError {
    /// Wrong address, wrong password, no longer working here: one answer for all.
    #[error("the address or the password is not right")]
    BadCredentials,
    #[error("too many wrong passwords; try again in {wait:?}")]
    Locked { wait: std::time::Duration },
    #[error("somebody has this address already")]
    EmailTaken,
    #[error("the last owner has to stay one")]
    LastOwner,
}
