//! Fences on words: the web framework lives in `http.rs`, the database kit in `store.rs` and `schema.rs`, nowhere else.

use regex_lite::Regex;

use crate::source::{without_literals, without_tests};
use crate::tree::{File, files, is_domain, judge, line_of};

/// The files of domains (and of the adapters and the platform beside them) whose words are fenced.
fn fenced() -> Vec<File> {
    let mut found = files("crates", "rs");
    found.retain(|file| {
        let package = file.package();
        let adapters = ["payment-stripe", "notification-twilio", "user-taxregister", "media", "audit"];
        let ours = is_domain(package) || adapters.contains(&package);
        // `examples/standalone.rs` serves a domain alone: it is a gateway in small.
        ours && file.has_folder("src") && !file.is_test()
    });
    found
}

fn mentions(file: &File, words: &Regex) -> Vec<(usize, String)> {
    let code = without_tests(&without_literals(&file.text));
    words.find_iter(&code).map(|word| (line_of(&code, word.start()), word.as_str().to_owned())).collect()
}

#[test]
fn only_http_files_know_the_web_framework() {
    let words = Regex::new(r"\b(actix_web|actix_http|utoipa|http_kit)\b").unwrap();
    let mut findings = Vec::new();
    for file in fenced().iter().filter(|file| file.name() != "http.rs" && !file.has_folder("http")) {
        for (line, word) in mentions(file, &words) {
            findings.push(format!("{}:{line}: {word}; move what needs it to an http.rs", file.path));
        }
    }
    judge("a word of the web outside http.rs", &findings);
}

#[test]
fn only_store_and_schema_files_know_diesel() {
    let words = Regex::new(r"\bdiesel(_async|_migrations)?\b").unwrap();
    let allowed = |file: &&File| {
        matches!(file.name(), "store.rs" | "schema.rs")
            || file.has_folder("store")
            || file.has_folder("schema")
    };
    let mut findings = Vec::new();
    for file in fenced().iter().filter(|file| !allowed(file)) {
        for (line, word) in mentions(file, &words) {
            findings
                .push(format!("{}:{line}: {word}; move the SQL to a store.rs, or use `db::…`", file.path));
        }
    }
    judge("diesel outside store.rs and schema.rs", &findings);
}
