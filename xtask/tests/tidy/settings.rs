//! The settings: `.env.example` names exactly what the configuration reads.

use std::collections::BTreeSet;
use std::fs;

use regex_lite::Regex;

use crate::source::{without_comments, without_literals, without_tests};
use crate::tree::{File, files, judge, root};

const CODE: &str = "gateway/src/config";
const EXAMPLE: &str = ".env.example";

/// Upper-case string literals outside tests: the names of variables.
fn read_by_the_code(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r#""([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)""#).unwrap();
    let code = without_comments(text);
    let outside_tests = without_tests(&without_literals(text));
    let names = name.captures_iter(&code).filter_map(|found| found.get(1));
    let kept = names.filter(|word| outside_tests.as_bytes().get(word.start() - 1) == Some(&b'"'));
    kept.map(|word| word.as_str().to_owned()).collect()
}

/// `NAME=value`, or the same commented out for what is optional.
fn named_by_the_example(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"(?m)^#?\s*([A-Z][A-Z0-9_]*)=").unwrap();
    name.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

#[test]
fn the_example_names_exactly_what_the_configuration_reads() {
    let is_code = |file: &File| file.path.starts_with(CODE) && !file.is_test();
    let code = files("gateway/src", "rs").into_iter().filter(is_code);
    let read: BTreeSet<String> = code.flat_map(|file| read_by_the_code(&file.text)).collect();
    let named = named_by_the_example(&fs::read_to_string(root().join(EXAMPLE)).unwrap_or_default());
    let mut findings = Vec::new();
    if read.is_empty() {
        findings.push(format!("{CODE}: no names of variables found"));
    }
    findings
        .extend(read.difference(&named).map(|name| format!("{EXAMPLE}: {name} is missing; {CODE} reads it")));
    findings
        .extend(named.difference(&read).map(|name| format!("{EXAMPLE}: {name} is read nowhere in {CODE}")));
    judge("the example of the settings is not the settings", &findings);
}

#[test]
fn names_are_found_in_code_and_example() {
    let code = "let a = get(\"HTTP_ADDR\"); // \"NOT_THIS\"\n#[cfg(test)]\nmod tests { const A: &str = \"NOR_THIS\"; }";
    assert_eq!(read_by_the_code(code), BTreeSet::from(["HTTP_ADDR".to_owned()]));
    let example = "# where\nHTTP_ADDR=127.0.0.1:3000\n# SENTRY_DSN=\nnot_this=1\n";
    let named = BTreeSet::from(["HTTP_ADDR".to_owned(), "SENTRY_DSN".to_owned()]);
    assert_eq!(named_by_the_example(example), named);
}
