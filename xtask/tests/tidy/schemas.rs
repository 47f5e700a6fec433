//! Who owns which table: a crate's SQL and a migration name their own `PostgreSQL` schema only; who owns none, none.

use std::collections::BTreeSet;
use std::fs;

use regex_lite::Regex;

use crate::source::{closing, strings, without_literals, without_tests};
use crate::tree::{DOMAINS, files, judge, line_of, root};

/// The bus's tables, which are also those of the idempotency keys.
const PLATFORM: &str = "platform";
/// What a domain's own SQL publishes by.
const FOR_ALL: [(&str, &str); 4] =
    [(PLATFORM, "publish"), (PLATFORM, "publish_all"), (PLATFORM, "enqueue"), (PLATFORM, "commit_lazily")];
/// The book of stored files.
const MEDIA: &str = "media";

/// The audit log's.
const AUDIT: &str = "audit";

fn schemas() -> BTreeSet<&'static str> {
    DOMAINS.iter().map(|(_, schema)| *schema).chain([PLATFORM, AUDIT, MEDIA]).collect()
}

/// The schema of a crate, or of a migration's domain.
fn owned(name: &str) -> Option<&'static str> {
    match name {
        "bus" | "db" | "platform" => Some(PLATFORM),
        "audit" => Some(AUDIT),
        "media" => Some(MEDIA),
        _ => DOMAINS.iter().find(|(domain, _)| *domain == name).map(|(_, schema)| *schema),
    }
}

/// `schema.table`, where schema is one of ours.
fn tables() -> Regex {
    let names = schemas().into_iter().collect::<Vec<_>>().join("|");
    Regex::new(&format!(r#"(?i)\b"?({names})"?\s*\.\s*"?([a-z_]+)"#)).unwrap()
}

/// Whether a crate is judged: the testkit looks everywhere, and `migrations` holds those of all.
fn is_judged(package: &str) -> bool {
    !matches!(package, "testkit" | "migrations")
}

/// `(position, schema, name)` of everything in a text that names something in one of our schemas: SQL in strings, what a
/// function of Diesel's or a sequence is called, the head of a `table!`.
fn named(text: &str) -> Vec<(usize, String, String)> {
    let tables = tables();
    let verbs =
        "select|insert\\s+into|update|delete\\s+from|truncate|from|join|lock\\s+table|copy|alter\\s+table";
    let sql = Regex::new(&format!(r"(?i)\b(?:(?:{verbs})\s|(?:next|curr|set)val\s*\()")).unwrap();
    let called = Regex::new(r#"(?:sql_name\s*=\s*|\b(?:next|curr|set)val\s*\(\s*)r?#*"$"#).unwrap();
    let in_strings = strings(text).into_iter().filter(|(at, content)| {
        let before = text[..*at].rfind('\n').map_or(&text[..*at], |line| &text[line..*at]);
        sql.is_match(content) || called.is_match(before)
    });
    let parts: Vec<(usize, &str)> = in_strings.chain(table_macros(text)).collect();
    let found = parts.into_iter().flat_map(|(at, part)| {
        let names: Vec<_> = tables
            .captures_iter(part)
            .map(|found| (at + found.get(0).unwrap().start(), found[1].to_lowercase(), found[2].to_owned()))
            .collect();
        names
    });
    found.collect()
}

#[test]
fn names_are_found_wherever_they_are_written() {
    let text = r#"
        diesel::sql_query("select 1 from orders.orders");
        #[sql_name = "inventory.reserve"] fn reserve();
        select(nextval("orders.order_numbers"));
        sql("nextval('payments.numbers')");
        table! { catalog.products (id) { id -> Uuid } }
        const NAME: &str = "inventory.give_back_orphans";
        // select from users.users
    "#;
    let found: Vec<String> =
        named(text).into_iter().map(|(_, schema, name)| format!("{schema}.{name}")).collect();
    let expected = [
        "orders.orders",
        "inventory.reserve",
        "orders.order_numbers",
        "payments.numbers",
        "catalog.products",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_crate_s_sql_names_its_own_schema_only() {
    let mut findings = Vec::new();
    let all = files("crates", "rs").into_iter().chain(files("gateway", "rs"));
    for file in all.filter(|file| is_judged(file.package())) {
        let own = owned(file.package());
        let code = without_literals(&file.text);
        let without = without_tests(&code);
        // Tests look into the queue, the audit log and the book of files to see what was published, noted and kept.
        let looks = |at: usize| {
            let before = code[..at].rfind(|c: char| !c.is_whitespace());
            let cut = before.is_some_and(|before| without.as_bytes().get(before) == Some(&b' '));
            file.is_test() || file.name() == "testing.rs" || cut
        };
        for (at, schema, name) in named(&file.text) {
            if Some(schema.as_str()) == own
                || ([PLATFORM, AUDIT, MEDIA].contains(&schema.as_str()) && looks(at))
            {
                continue;
            }
            let whose = own.map_or("no schema".to_owned(), |own| format!("`{own}`"));
            findings.push(format!(
                "{}:{}: {schema}.{name}; this crate owns {whose}: ask its domain through a port",
                file.path,
                line_of(&file.text, at)
            ));
        }
    }
    judge("SQL names another domain's table", &findings);
}

/// What is between the brackets of `table! { … }`, with its position.
pub(crate) fn table_macros(text: &str) -> Vec<(usize, &str)> {
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

/// The folders of the migrations, in the order in which they run.
pub(crate) fn folders() -> Vec<String> {
    migrations().into_iter().map(|migration| migration.folder).collect()
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
            let foreign = |found: &regex_lite::Captures<'_>| {
                found[1].to_lowercase() != own && !FOR_ALL.contains(&(&found[1], &found[2]))
            };
            for found in tables.captures_iter(text).filter(foreign) {
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
