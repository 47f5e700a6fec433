//! What is told to people: every error code has its text in every language, with the same values in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use regex_lite::Regex;

use crate::source::{closing, without_comments, without_literals, without_tests};
use crate::tree::{File, files, judge, line_of, root};

const LANGUAGES: [&str; 3] = ["tr", "en", "pl"];
const LOCALES: &str = "crates/i18n/locales";

/// Message id → the variables its text uses.
type Messages = BTreeMap<String, BTreeSet<String>>;

fn messages(language: &str) -> Messages {
    let mut found = Messages::new();
    for file in files(&format!("{LOCALES}/{language}"), "ftl") {
        found.extend(parse(&file.text));
    }
    found
}

/// A message begins at the left edge; what is indented belongs to it, its attributes and choices too.
fn parse(text: &str) -> Messages {
    let start = Regex::new(r"^(-?[a-zA-Z][a-zA-Z0-9_-]*)\s*=").unwrap();
    let variable = Regex::new(r"\$([a-zA-Z][a-zA-Z0-9_-]*)").unwrap();
    let mut found = Messages::new();
    let mut current = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(id) = start.captures(line) {
            current = Some(id[1].to_owned());
            found.entry(id[1].to_owned()).or_default();
        }
        if let Some(variables) = current.as_ref().and_then(|id| found.get_mut(id)) {
            variables.extend(variable.captures_iter(line).map(|name| name[1].to_owned()));
        }
    }
    found
}

#[test]
fn the_three_languages_say_the_same_things() {
    let all: Vec<(&str, Messages)> =
        LANGUAGES.iter().map(|language| (*language, messages(language))).collect();
    let ids: BTreeSet<&String> = all.iter().flat_map(|(_, messages)| messages.keys()).collect();
    let mut findings = Vec::new();
    for id in ids {
        let missing: Vec<&str> = all
            .iter()
            .filter(|(_, messages)| !messages.contains_key(id))
            .map(|(language, _)| *language)
            .collect();
        if !missing.is_empty() {
            findings.push(format!("{id}: has no text in {LOCALES}/{{{}}}", missing.join(",")));
        }
        let variables: BTreeSet<_> = all.iter().filter_map(|(_, messages)| messages.get(id)).collect();
        if variables.len() > 1 {
            let each: Vec<String> = all
                .iter()
                .filter_map(|(language, messages)| Some(format!("{language} {:?}", messages.get(id)?)))
                .collect();
            findings.push(format!("{id}: other values in each language: {}", each.join(", ")));
        }
    }
    judge("the locales differ", &findings);
}

#[test]
fn every_locale_file_is_in_all_languages_and_embedded() {
    let embedded = fs::read_to_string(root().join("crates/i18n/src/lib.rs")).unwrap_or_default();
    let mut findings = Vec::new();
    for file in files(LOCALES, "ftl") {
        let Some((language, name)) = file.path.trim_start_matches(LOCALES).trim_matches('/').split_once('/')
        else {
            continue;
        };
        if !embedded.contains(&format!("locales/{language}/{name}")) {
            findings.push(format!("{}: name it in FILES of crates/i18n/src/lib.rs", file.path));
        }
        for other in LANGUAGES.iter().filter(|other| **other != language) {
            if !root().join(LOCALES).join(other).join(name).is_file() {
                findings.push(format!("{}: there is no {LOCALES}/{other}/{name}", file.path));
            }
        }
    }
    judge("a locale file is not everywhere", &findings);
}

#[test]
fn every_error_code_has_its_text() {
    let known: Vec<(&str, Messages)> =
        LANGUAGES.iter().map(|language| (*language, messages(language))).collect();
    let mut findings = Vec::new();
    for file in files("crates", "rs").iter().chain(&files("gateway", "rs")).filter(|file| speaks(file)) {
        for (line, id) in codes(&file.text) {
            let without = |messages: &Messages| !messages.contains_key(&id);
            let missing: Vec<&str> = known
                .iter()
                .filter(|(_, messages)| without(messages))
                .map(|(language, _)| *language)
                .collect();
            if !missing.is_empty() {
                let at = format!("{}:{line}", file.path);
                findings.push(format!("{at}: {id} has no text in {LOCALES}/{{{}}}/*.ftl", missing.join(",")));
            }
        }
    }
    judge("an error code without a text", &findings);
}

fn speaks(file: &File) -> bool {
    // The stand-in speaks Stripe's own codes.
    !file.is_test() && !matches!(file.package(), "sandbox" | "testkit") && file.has_folder("src")
}

/// `(line, message id)` of every code that this file can answer with.
fn codes(text: &str) -> BTreeSet<(usize, String)> {
    let code = without_comments(text);
    let outside_tests = without_tests(&without_literals(text));
    let mut found = BTreeSet::new();
    let mut collect = |pattern: &str, range: std::ops::Range<usize>, prefix: &str| {
        let pattern = Regex::new(pattern).unwrap();
        for code_found in pattern.captures_iter(&code[range.clone()]) {
            let word = code_found.get(1).unwrap();
            let at = range.start + word.start();
            // Inside of tests, everything has been blanked, quotes too.
            if outside_tests.as_bytes().get(at - 1) == Some(&b'"') {
                found.insert((line_of(text, at), format!("{prefix}{}", word.as_str())));
            }
        }
    };
    let whole = 0..code.len();
    collect(r#"StatusCode::[A-Z_]+\s*(?:,|=>)\s*"([A-Z][A-Z0-9_]+)""#, whole.clone(), "");
    collect(r#"\brefuse(?:_with)?\(\s*[^,;]+,\s*"([A-Z][A-Z0-9_]+)""#, whole.clone(), "FIELD_");
    collect(r#"\bParseError\(\s*"([A-Z][A-Z0-9_]+)""#, whole.clone(), "FIELD_");
    if code.contains("FieldError {") {
        collect(r#"\bcode:\s*"([A-Z][A-Z0-9_]+)""#, whole, "FIELD_");
    }
    if code.contains("DomainError for") {
        let start = Regex::new(r"\bfn code\(&self\)[^{;]*\{").unwrap();
        for start in start.find_iter(&outside_tests) {
            let end = closing(&outside_tests, start.end() - 1);
            collect(r#""([A-Z][A-Z0-9_]+)""#, start.start()..end, "");
        }
    }
    found
}

#[test]
fn codes_are_found_wherever_they_are_given() {
    let text = r#"
        impl DomainError for CartError {
            fn code(&self) -> &'static str { match self { Self::Full { .. } => "CART_FULL", Self::Gone => "CART_GONE" } }
        }
        fn f() { ApiError::new(StatusCode::CONFLICT, "BUSY"); fields.refuse("name", "TOO_LONG"); let x = "OTHER"; }
        // ApiError::new(StatusCode::CONFLICT, "COMMENT")
        #[cfg(test)]
        mod tests { fn g() { ApiError::new(StatusCode::CONFLICT, "IN_TEST"); } }
    "#;
    let ids: Vec<String> = codes(text).into_iter().map(|(_, id)| id).collect();
    assert_eq!(ids, ["CART_FULL", "CART_GONE", "BUSY", "FIELD_TOO_LONG"]);
}

#[test]
fn variables_of_a_message_are_those_of_all_its_lines() {
    let text = "# comment $no\nA = plain\nB = { $count ->\n    [one] { $name }\n   *[other] more\n }\n";
    let found = parse(text);
    assert!(found["A"].is_empty());
    assert_eq!(found["B"].iter().map(String::as_str).collect::<Vec<_>>(), ["count", "name"]);
}
