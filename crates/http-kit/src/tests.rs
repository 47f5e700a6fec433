//! Extractors and envelopes, through a small actix application.
