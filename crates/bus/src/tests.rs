//! Relay and runner against a real PostgreSQL.
