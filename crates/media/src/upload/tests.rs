//! Tests of upload.
