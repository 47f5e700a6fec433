//! Reads variables one by one and remembers what was wrong with each.

use std::{collections::HashMap, ops::RangeInclusive, str::FromStr};

/// Where variables come from.
#[derive(Debug, Default)]
pub struct Environment(pub(super) HashMap<String, String>);

impl Environment {
    /// The process' own; outside production a `.env` file fills what is not set.
    pub fn of_process() -> Self {
        if std::env::var("APP_ENV").as_deref() != Ok("production") {
            // No file is no error.
            let _ = dotenvy::dotenv();
        }
        Self(std::env::vars().collect())
    }
}

impl Environment {
    /// An empty value counts as none.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

pub(super) struct Reader {
    environment: Environment,
    errors: Vec<String>,
}

impl Reader {
    pub(super) fn new(environment: Environment) -> Self {
        Self { environment, errors: Vec::new() }
    }

    pub(super) fn optional(&self, name: &str) -> Option<String> {
        self.environment.get(name)
    }

    pub(super) fn text(&self, name: &str, default: &str) -> String {
        self.optional(name).unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn required(&mut self, name: &str) -> Option<String> {
        let value = self.optional(name);
        if value.is_none() {
            self.errors.push(format!("{name} is missing"));
        }
        value
    }

    pub(super) fn parse<T: FromStr>(&mut self, name: &str, default: &str, wanted: &str) -> Option<T> {
        let parsed = self.text(name, default).parse().ok();
        if parsed.is_none() {
            self.wrong(name, wanted);
        }
        parsed
    }

    pub(super) fn number<T>(&mut self, name: &str, default: T, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + std::fmt::Display,
    {
        let value = match self.optional(name) {
            None => Some(default),
            Some(text) => text.parse().ok(),
        };
        let value = value.filter(|n| range.contains(n));
        if value.is_none() {
            self.wrong(name, &format!("a number from {} to {}", range.start(), range.end()));
        }
        value
    }

    pub(super) fn choice<T: Copy>(&mut self, name: &str, default: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name, default);
        let chosen = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if chosen.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.wrong(name, &format!("one of {}", words.join(", ")));
        }
        chosen
    }

    /// Comma-separated; empty when not set.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
    }

    /// The value itself is not repeated: it may be a secret.
    pub(super) fn wrong(&mut self, name: &str, wanted: &str) {
        self.errors.push(format!("{name} must be {wanted}"));
    }

    pub(super) fn finish(self) -> Vec<String> {
        self.errors
    }
}
