//! House rules for every source file: an opening sentence, a readable size, no panics where customers are served.

use regex_lite::Regex;

use crate::source::{without_literals, without_tests};
use crate::tree::{File, files, judge, line_of};

const LONGEST: usize = 500;

#[test]
fn every_file_opens_with_a_sentence_that_says_what_it_is() {
    let mut findings = Vec::new();
    for file in files("", "rs") {
        let first = file.text.lines().next().unwrap_or_default();
        let sentence = first.strip_prefix("//! ").unwrap_or_default();
        if sentence.split(' ').count() < 2 {
            findings.push(format!("{}:1: say in one `//! ` sentence what this file is", file.path));
        }
    }
    judge("a file does not say what it is", &findings);
}

#[test]
fn a_file_can_be_read_in_one_sitting() {
    let mut findings = Vec::new();
    for file in files("", "rs") {
        let lines = file.text.lines().count();
        if lines > LONGEST && file.name() != "schema.rs" && !file.is_test() {
            findings.push(format!("{}: {lines} lines; make two of it", file.path));
        }
    }
    judge("a file is longer than 500 lines", &findings);
}

#[test]
fn files_are_named_for_what_they_hold() {
    let vague = ["utils", "util", "helpers", "helper", "common", "misc", "types"];
    let mut findings = Vec::new();
    for file in files("", "rs") {
        let name = file.name().trim_end_matches(".rs");
        if vague.contains(&name) || vague.iter().any(|word| file.has_folder(word)) {
            findings.push(format!("{}: name it for what is in it", file.path));
        }
    }
    judge("a name that says nothing", &findings);
}

#[test]
fn nothing_panics_where_customers_are_served() {
    let words = Regex::new(
        r"\b(panic|todo|unimplemented|unreachable)!|\.unwrap\(\)|\.(expect|unwrap_err|expect_err)\(",
    )
    .unwrap();
    let mut findings = Vec::new();
    for file in files("crates", "rs").iter().chain(&files("gateway", "rs")).filter(|file| serves(file)) {
        let code = without_tests(&without_literals(&file.text));
        for word in words.find_iter(&code) {
            let line = line_of(&code, word.start());
            findings.push(format!("{}:{line}: {}; return an error instead", file.path, word.as_str()));
        }
    }
    judge("a panic outside tests and start-up", &findings);
}

fn serves(file: &File) -> bool {
    // Test support may fail loudly, and so may the stand-in while it starts.
    let starts = file.package() == "sandbox" && (file.has_folder("bin") || file.name() == "main.rs");
    !file.is_test() && file.package() != "testkit" && !starts
}
