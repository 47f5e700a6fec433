//! Collects what is wrong with a request's fields, so that a form is told of everything at once.

use kernel::{FieldError, Params, ParseError};
use serde_json::Value;

use crate::ApiError;

#[derive(Debug, Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// Takes a parsed value, or notes the field's error.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, ParseError>) -> Option<T> {
        parsed.map_err(|e| self.refuse(field, e.0)).ok()
    }

    /// A trimmed text of 1 to `max` characters, without control characters.
    pub fn text(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        let text = text.trim();
        let chars = text.chars().count();
        if chars == 0 {
            self.refuse(field, "REQUIRED");
        } else if chars > max {
            self.refuse_with(field, "TOO_LONG", "max", max.into());
        } else if text.chars().any(char::is_control) {
            self.refuse(field, "INVALID");
        } else {
            return Some(text.to_owned());
        }
        None
    }

    pub fn refuse(&mut self, field: &str, code: &'static str) {
        self.0.push(FieldError { field: field.to_owned(), code, params: Params::new() });
    }

    pub fn refuse_with(&mut self, field: &str, code: &'static str, name: &str, value: Value) {
        let params = Params::from_iter([(name.to_owned(), value)]);
        self.0.push(FieldError { field: field.to_owned(), code, params });
    }

    /// A number that must lie between the two, both included.
    pub fn refuse_between(&mut self, field: &str, min: Value, max: Value) {
        let params = Params::from_iter([("min".to_owned(), min), ("max".to_owned(), max)]);
        self.0.push(FieldError { field: field.to_owned(), code: "RANGE", params });
    }

    /// What `build` makes of the taken values, or every error noted.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, ApiError> {
        if self.0.is_empty()
            && let Some(value) = build()
        {
            return Ok(value);
        }
        Err(ApiError::invalid(self.0))
    }
}
