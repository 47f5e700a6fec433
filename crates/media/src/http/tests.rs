//! Serving, over HTTP.
