//! The photo of a user, against a real PostgreSQL.
