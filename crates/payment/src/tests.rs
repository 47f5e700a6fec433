//! Payments against a real PostgreSQL, with a fake provider.
