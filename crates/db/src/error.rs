//! What a database failure means to a caller.

use std::sync::Arc;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use kernel::ErrorKind;

use crate::Contended;

#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("no database connection was to be had: {0}")]
    Pool(String),
    #[error("the query failed")]
    Query(#[from] DieselError),
    /// Of a call for several, each of whom is told.
    #[error(transparent)]
    Shared(Arc<Self>),
}

impl DbError {
    /// Unavailable when PostgreSQL is away, overloaded or restarting; otherwise the fault is ours.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Pool(_) => ErrorKind::Unavailable,
            Self::Query(e) if is_unavailable(e) => ErrorKind::Unavailable,
            Self::Query(_) => ErrorKind::Internal,
            Self::Shared(e) => e.kind(),
        }
    }

    /// A deadlock or a failed serialization: the same transaction may succeed if tried again.
    pub fn is_contention(&self) -> bool {
        match self {
            Self::Query(e) => is_contention(e),
            Self::Shared(e) => e.is_contention(),
            Self::Pool(_) => false,
        }
    }

    /// The unique constraint that refused a row, if that was the failure.
    pub fn violated(&self) -> Option<&str> {
        match self {
            Self::Query(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info)) => {
                info.constraint_name()
            }
            Self::Shared(e) => e.violated(),
            _ => None,
        }
    }
}

impl Contended for DbError {
    fn is_contention(&self) -> bool {
        Self::is_contention(self)
    }
}

pub(crate) fn is_contention(e: &DieselError) -> bool {
    match e {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // Diesel has no kind for 40P01 and hands no SQLSTATE on; the message is PostgreSQL's own.
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, info) => info.message() == "deadlock detected",
        _ => false,
    }
}

fn is_unavailable(e: &DieselError) -> bool {
    /// What PostgreSQL or the driver says when a connection ends, and when a statement waited too long.
    const AWAY: [&str; 9] = [
        "connection closed",
        "error communicating with the server",
        "terminating connection",
        "the database system is",
        "canceling statement due to statement timeout",
        "canceling statement due to lock timeout",
        "canceling statement due to user request",
        "too many clients already",
        "unexpected message from server",
    ];
    match e {
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::UnableToSendCommand,
            _,
        )
        | DieselError::BrokenTransactionManager => true,
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            is_contention(e) || AWAY.iter().any(|text| info.message().contains(text))
        }
        DieselError::RollbackErrorOnCommit { rollback_error, commit_error } => {
            is_unavailable(rollback_error) || is_unavailable(commit_error)
        }
        _ => false,
    }
}
