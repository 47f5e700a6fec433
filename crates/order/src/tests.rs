//! Placing orders against a real PostgreSQL, with fake ports.
