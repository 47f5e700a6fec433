//! Who owns which table: a crate's SQL and a migration name their own `PostgreSQL` schema only.

use std::collections::BTreeSet;
use std::fs;

use regex_lite::Regex;

use crate::source::{closing, strings, without_literals};
use crate::tree::{DOMAINS, files, judge, line_of, root};

/// The bus's tables, which are also those of the idempotency keys.
const PLATFORM: &str = "platform";
/// The book of stored files.
const MEDIA: &str = "media";

fn schemas() -> BTreeSet<&'static str> {
    DOMAINS.iter().map(|(_, schema)| *schema).chain([PLATFORM, MEDIA]).collect()
}

/// The schema of a crate, or of a migration's domain.
fn owned(name: &str) -> Option<&'static str> {
    match name {
        "bus" | "db" | "platform" => Some(PLATFORM),
        "media" => Some(MEDIA),
        _ => DOMAINS.iter().find(|(domain, _)| *domain == name).map(|(_, schema)| *schema),
    }
}

/// `schema.table`, where schema is one of ours.
fn tables() -> Regex {
    let names = schemas().into_iter().collect::<Vec<_>>().join("|");
    Regex::new(&format!(r#"(?i)\b"?({names})"?\s*\.\s*"?([a-z_]+)"#)).unwrap()
}

#[test]
fn a_crate_s_sql_names_its_own_schema_only() {
    let tables = tables();
    let sql = Regex::new(r"(?i)\b(select|insert\s+into|update|delete\s+from|truncate|from|join|lock\s+table|copy|alter\s+table)\b\s").unwrap();
    let mut findings = Vec::new();
    for file in files("crates", "rs") {
        let Some(own) = owned(file.package()) else { continue };
        let in_strings = strings(&file.text).into_iter().filter(|(_, text)| sql.is_match(text));
        for (at, text) in in_strings.chain(table_macros(&file.text)) {
            for found in tables.captures_iter(text) {
                let schema = found[1].to_lowercase();
                // Tests look into the queue to see what was published, and into the book to see what was kept.
                let looks = matches!(schema.as_str(), PLATFORM | MEDIA)
                    && (file.is_test() || file.name() == "testing.rs");
                if schema != own && !looks {
                    let line = line_of(&file.text, at + found.get(0).unwrap().start());
                    findings.push(format!(
                        "{}:{line}: {schema}.{}; this crate owns `{own}`: ask the other domain through a port",
                        file.path, &found[2]
                    ));
                }
            }
        }
    }
    judge("SQL names another domain's table", &findings);
}

/// What is between the brackets of `table! { … }`, with its position.
fn table_macros(text: &str) -> Vec<(usize, &str)> {
    let code = without_literals(text);
    let starts = Regex::new(r"\btable!\s*\{").unwrap();
    let body = |start: regex_lite::Match<'_>| {
        let open = start.end() - 1;
        Some((open, text.get(open..closing(&code, open))?))
    };
    starts.find_iter(&code).filter_map(body).collect()
}

#[test]
fn a_table_macro_says_which_schema_it_is_in() {
    let name = Regex::new(r"^\{\s*(?:(?:use\s[^;]*;|#\[[^\]]*\])\s*)*([a-z_.]+)").unwrap();
    let mut findings = Vec::new();
    for file in files("crates", "rs") {
        if owned(file.package()).is_none() {
            continue;
        }
        for (at, body) in table_macros(&file.text) {
            if let Some(found) = name.captures(body)
                && !found[1].contains('.')
            {
                let line = line_of(&file.text, at);
                findings.push(format!("{}:{line}: table {}; write `schema.table`", file.path, &found[1]));
            }
        }
    }
    judge("a table without its schema", &findings);
}

struct Migration {
    folder: String,
    /// As its name says.
    domain: Option<String>,
    up: Option<String>,
    down: Option<String>,
}

fn migrations() -> Vec<Migration> {
    let name = Regex::new(r"^\d{4}-\d{2}-\d{2}-\d{6}_([a-z]+)_[a-z0-9_]+$").unwrap();
    let entries = fs::read_dir(root().join("migrations")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<Migration> = entries
        .filter(|path| path.join("up.sql").is_file() || path.join("down.sql").is_file())
        .map(|path| {
            let folder = path.file_name().unwrap().to_string_lossy().into_owned();
            let read =
                |file: &str| fs::read_to_string(path.join(file)).ok().map(|text| without_sql_comments(&text));
            let domain = name.captures(&folder).map(|found| found[1].to_owned());
            Migration { domain, up: read("up.sql"), down: read("down.sql"), folder }
        })
        .collect();
    found.sort_by(|a, b| a.folder.cmp(&b.folder));
    found
}

fn without_sql_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_migration_can_be_undone_and_its_name_says_whose_it_is() {
    let mut findings = Vec::new();
    for migration in migrations() {
        let folder = &migration.folder;
        match &migration.domain {
            None => findings.push(format!("migrations/{folder}: name it YYYY-MM-DD-HHMMSS_<domain>_<what>")),
            Some(domain) if owned(domain).is_none() => {
                findings.push(format!(
                    "migrations/{folder}: {domain} is no domain; see xtask/tests/tidy/tree.rs"
                ));
            }
            Some(_) => {}
        }
        for (file, text) in [("up.sql", &migration.up), ("down.sql", &migration.down)] {
            if text.as_deref().is_none_or(|text| text.trim().is_empty()) {
                findings.push(format!("migrations/{folder}/{file}: is missing or empty"));
            }
        }
    }
    judge("a migration is not as migrations are", &findings);
}

#[test]
fn a_migration_touches_its_own_schema_only() {
    let tables = tables();
    let unqualified = Regex::new(
        r#"(?i)\b(?:create\s+(?:unlogged\s+)?table|alter\s+table|drop\s+table|references|insert\s+into)\s+(?:if\s+(?:not\s+)?exists\s+)?(?:only\s+)?("?[a-z_]+"?)\s*(?:[^\w."\s]|\s[^.]|$)"#,
    )
    .unwrap();
    let mut findings = Vec::new();
    for migration in migrations() {
        let Some(own) = migration.domain.as_deref().and_then(owned) else { continue };
        for (file, text) in [("up.sql", &migration.up), ("down.sql", &migration.down)] {
            let Some(text) = text else { continue };
            let place = |at: usize| format!("migrations/{}/{file}:{}", migration.folder, line_of(text, at));
            for found in tables.captures_iter(text).filter(|found| found[1].to_lowercase() != own) {
                let at = place(found.get(0).unwrap().start());
                findings.push(format!(
                    "{at}: {}.{}; this migration may touch `{own}` only",
                    &found[1], &found[2]
                ));
            }
            for found in unqualified.captures_iter(text) {
                let at = place(found.get(0).unwrap().start());
                findings.push(format!("{at}: {}; write {own}.{}", found[0].trim(), &found[1]));
            }
        }
    }
    judge("a migration reaches beyond its schema (no foreign key, no statement across domains)", &findings);
}
