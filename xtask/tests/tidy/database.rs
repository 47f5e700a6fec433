//! The schema that the migrations make: every rule of CONTRIBUTING.md's "Add a migration", held against PostgreSQL itself.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use postgres::{Client, NoTls, SimpleQueryMessage};
use regex_lite::Regex;

use crate::schemas::{self, table_macros};
use crate::source::without_comments;
use crate::tree::{files, judge, line_of, root};

/// Everything that a migration can make in our schemas, one line each, in words that do not depend on when it was made.
const DUMP: &str = include_str!("dump.sql");

/// A column of a `table!`, or of the database.
#[derive(Debug, PartialEq, Eq)]
struct Column {
    kind: String,
    nullable: bool,
}

type Columns = BTreeMap<String, Column>;

fn connect(database: &str) -> Client {
    let server = std::env::var("TEST_DATABASE_URL").unwrap_or_else(|_| {
        panic!("TEST_DATABASE_URL is not set: run the tests by `cargo xtask test -p xtask`")
    });
    Client::connect(&format!("{}/{database}", server.trim_end_matches('/')), NoTls).unwrap()
}

/// A database of its own on the tests' server, which is thrown away with the run.
fn empty(what: &str) -> Client {
    let name = format!("tidy_{what}_{}", std::process::id());
    connect("postgres").batch_execute(&format!("create database {name}")).unwrap();
    connect(&name)
}

/// The script of a migration, run as the harness does: whole or not at all.
fn run(client: &mut Client, folder: &str, file: &str) {
    let script = fs::read_to_string(root().join("migrations").join(folder).join(file)).unwrap();
    let mut transaction = client.transaction().unwrap();
    let told = |e: &postgres::Error| e.as_db_error().map_or_else(|| e.to_string(), ToString::to_string);
    transaction.batch_execute(&script).unwrap_or_else(|e| panic!("migrations/{folder}/{file}: {}", told(&e)));
    transaction.commit().unwrap();
}

/// With every migration run; made once for all tests that only look.
fn migrated() -> Client {
    static NAME: OnceLock<String> = OnceLock::new();
    let name = NAME.get_or_init(|| {
        let mut client = empty("whole");
        for folder in schemas::folders() {
            run(&mut client, &folder, "up.sql");
        }
        client.query_one("select current_database()::text", &[]).unwrap().get(0)
    });
    connect(name)
}

/// The schemas that are not PostgreSQL's own.
const SCHEMAS: &str =
    "select nspname::text from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'";

/// The rows of a query, each as its columns in one line; `{schemas}` stands for ours.
fn lines(client: &mut Client, sql: &str) -> Vec<String> {
    let answer = client.simple_query(&sql.replace("{schemas}", SCHEMAS)).unwrap();
    let rows = answer.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    rows.map(|row| (0..row.len()).filter_map(|at| row.get(at)).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn every_foreign_key_is_indexed_and_stays_in_its_schema() {
    let mut client = migrated();
    let unindexed = lines(
        &mut client,
        "select k.conrelid::regclass || ': ' || pg_get_constraintdef(k.oid) || '; index its columns'
         from pg_constraint k
         where k.contype = 'f' and k.connamespace::regnamespace::text in ({schemas})
           and not exists (
               select from pg_index i
               where i.indrelid = k.conrelid and i.indisvalid
                 -- The key's columns come first, in whatever order; rows that an index leaves out have no key.
                 and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
                 and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$'))
         order by 1",
    );
    judge("a foreign key without an index: deleting there reads all of the table here", &unindexed);
    let crossing = lines(
        &mut client,
        "select k.conrelid::regclass || ' → ' || k.confrelid::regclass
         from pg_constraint k join pg_class f on f.oid = k.confrelid
         where k.contype = 'f' and f.relnamespace <> k.connamespace
           and k.connamespace::regnamespace::text in ({schemas}) order by 1",
    );
    judge("a foreign key leaves its schema: keep the id alone, and ask the other domain", &crossing);
}

#[test]
fn every_index_says_which_question_it_answers() {
    let text = fs::read_to_string(root().join("docs/database.md")).unwrap();
    let row = Regex::new(r"(?m)^\| `([a-z0-9_]+)` \| \S").unwrap();
    let told: Vec<String> = row.captures_iter(&text).map(|found| found[1].to_owned()).collect();
    let made = lines(
        &mut migrated(),
        "select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
         where not i.indisprimary and c.relnamespace::regnamespace::text in ({schemas})
           and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e') order by 1",
    );
    let missing =
        made.iter().filter(|index| !told.contains(index)).map(|index| format!("{index}: add its row"));
    let invented =
        told.iter().filter(|index| !made.contains(index)).map(|index| format!("{index}: there is none"));
    judge(
        "docs/database.md does not tell of the indexes as they are",
        &missing.chain(invented).collect::<Vec<_>>(),
    );
}

#[test]
fn every_moment_knows_its_time_zone() {
    let found = lines(
        &mut migrated(),
        "select c.oid::regclass || '.' || a.attname || ': ' || format_type(a.atttypid, a.atttypmod)
             || '; use timestamptz'
         from pg_attribute a join pg_class c on c.oid = a.attrelid
         where c.relnamespace::regnamespace::text in ({schemas}) and a.attnum > 0 and not a.attisdropped
           and format_type(a.atttypid, null) ~ '^(timestamp|time) '
           and format_type(a.atttypid, null) !~ '^timestamp with time zone'
         order by 1",
    );
    judge("a time without its zone", &found);
}

/// Columns whose name sounds like a short list of words, and which hold no such thing; and why.
const NOT_OURS: &[(&str, &str)] = &[
    ("payments.inbox.kind", "the types of Stripe's events"),
    (
        "orders.order_events.kind",
        "a history for people: every feature adds to it, and nothing is decided by it",
    ),
];

#[test]
fn every_column_of_few_words_says_which() {
    let name =
        Regex::new(r"^(.+_)?(status|state|kind|type|method|role|language|purpose|currency|queue)$").unwrap();
    let mut client = migrated();
    let checked = lines(
        &mut client,
        "select k.conrelid::regclass || '.' || a.attname
         from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
         where k.contype = 'c' and k.connamespace::regnamespace::text in ({schemas})
           and pg_get_constraintdef(k.oid) ~ ('\\m' || a.attname || '\\M[^a-z]* (=|~) ')",
    );
    let mut findings = Vec::new();
    for (table, columns) in database(&mut client) {
        for (column, it) in columns.iter().filter(|(column, it)| it.kind == "text" && name.is_match(column)) {
            let full = format!("{table}.{column}");
            if !checked.contains(&full) && !NOT_OURS.iter().any(|(known, _)| *known == full) {
                findings
                    .push(format!("{full}: CHECK its words, or say in database.rs whose they are ({it:?})"));
            }
        }
    }
    findings.extend(
        NOT_OURS
            .iter()
            .filter(|(known, _)| checked.iter().any(|it| it == known))
            .map(|(known, _)| format!("{known}: is CHECKed, so database.rs need not excuse it")),
    );
    judge("a column that may hold any word", &findings);
}

/// `schema.table` → its columns, of everything that can be selected from.
fn database(client: &mut Client) -> BTreeMap<String, Columns> {
    let mut found = BTreeMap::<String, Columns>::new();
    let columns = lines(
        client,
        "select n.nspname || '.' || c.relname, a.attname, not (a.attnotnull or c.relkind in ('v', 'm')),
                format_type(a.atttypid, null)
         from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ({schemas}) and c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0
           and not a.attisdropped",
    );
    for line in columns {
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap().to_owned();
        let (table, column, nullable, kind) = (word(), word(), word() == "t", word());
        found.entry(table).or_default().insert(column, Column { kind, nullable });
    }
    found
}

#[test]
fn every_table_macro_agrees_with_the_database() {
    let mut client = migrated();
    let database = database(&mut client);
    let keys: BTreeMap<String, String> = pairs(
        &mut client,
        "select n.nspname || '.' || c.relname, string_agg(a.attname, ', ' order by u.at)
         from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace,
              unnest(k.conkey) with ordinality u (number, at)
              join pg_attribute a on a.attnum = u.number
         where k.contype = 'p' and a.attrelid = k.conrelid and n.nspname in ({schemas}) group by 1",
    );
    let needed: Vec<(String, String)> = pairs(
        &mut client,
        "select n.nspname || '.' || c.relname, a.attname
         from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ({schemas}) and a.attnum > 0 and a.attnotnull and not a.atthasdef
           and a.attidentity = ''",
    );
    let (mut findings, mut compared) = (Vec::new(), 0);
    for file in files("crates", "rs").iter().filter(|file| !file.is_test()) {
        for (at, body) in table_macros(&file.text) {
            let place = format!("{}:{}", file.path, line_of(&file.text, at));
            let Some(table) = Table::read(body) else {
                findings.push(format!("{place}: a table! that xtask/tests/tidy/database.rs cannot read"));
                continue;
            };
            let Some(columns) = database.get(&table.name) else {
                findings.push(format!("{place}: no migration makes {}", table.name));
                continue;
            };
            compared += 1;
            let differences = differences(&table.columns, columns).into_iter();
            findings.extend(differences.map(|difference| format!("{place}: {}.{difference}", table.name)));
            // What has a default, or is made from the rest, may be nobody's business here.
            let lacking = needed.iter().filter_map(|(of, column)| {
                (*of == table.name && !table.columns.contains_key(column)).then_some(column)
            });
            findings
                .extend(lacking.map(|column| format!("{place}: {}.{column}: is missing here", table.name)));
            let key = keys.get(&table.name).map_or("none", String::as_str);
            if key != table.key {
                findings.push(format!("{place}: {} has the key {}, here {key}", table.name, table.key));
            }
        }
    }
    assert!(compared > 15, "only {compared} tables were found");
    judge("a table! is not what the migrations make", &findings);
}

/// The rows of a query with two columns.
fn pairs<T: FromIterator<(String, String)>>(client: &mut Client, sql: &str) -> T {
    let split = |line: String| {
        let (first, second) = line.split_once(' ').unwrap();
        (first.to_owned(), second.to_owned())
    };
    lines(client, sql).into_iter().map(split).collect()
}

fn differences(ours: &Columns, theirs: &Columns) -> Vec<String> {
    let compare = |(name, column): (&String, &Column)| match theirs.get(name) {
        None => Some(format!("{name}: is not in the database")),
        Some(real) if real != column => Some(format!("{name}: {column:?}, in the database {real:?}")),
        Some(_) => None,
    };
    ours.iter().filter_map(compare).collect()
}

struct Table {
    name: String,
    key: String,
    columns: Columns,
}

impl Table {
    /// From what is between the brackets of a `table!`.
    fn read(body: &str) -> Option<Self> {
        let body = without_comments(body);
        let head = Regex::new(r"([a-z_]+\.[a-z_]+)\s*\(([a-z_,\s]+)\)\s*\{").unwrap();
        let line =
            Regex::new(r"(?:sql_name\s*=\s*.([a-z_]+).\]\s*)?\b([a-z_]+)\s*->\s*([A-Za-z0-9_<>]+)\s*,")
                .unwrap();
        let found = head.captures(&body)?;
        let rest = &body[found.get(0)?.end()..];
        let mut columns = Columns::new();
        for found in line.captures_iter(rest) {
            let name = found.get(1).or(found.get(2))?.as_str().to_owned();
            columns.insert(name, Column::of(&found[3])?);
        }
        if columns.len() != rest.matches("->").count() {
            return None;
        }
        let key: Vec<&str> = found[2].split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        Some(Self { name: found[1].to_owned(), key: key.join(", "), columns })
    }
}

impl Column {
    /// From Diesel's name of a type.
    fn of(kind: &str) -> Option<Self> {
        let inside = |outer: &str| kind.strip_prefix(outer)?.strip_suffix('>');
        if let Some(inner) = inside("Nullable<") {
            return Some(Self { nullable: true, ..Self::of(inner)? });
        }
        if let Some(inner) = inside("Array<") {
            return Some(Self { kind: format!("{}[]", Self::of(inner)?.kind), nullable: false });
        }
        let kind = match kind {
            "Bool" => "boolean",
            "Int2" | "SmallInt" => "smallint",
            "Int4" | "Integer" => "integer",
            "Int8" | "BigInt" => "bigint",
            "Text" => "text",
            "Varchar" => "character varying",
            "Bytea" | "Binary" => "bytea",
            "Date" => "date",
            "Timestamptz" => "timestamp with time zone",
            "Interval" => "interval",
            "Jsonb" => "jsonb",
            "Uuid" => "uuid",
            "Numeric" => "numeric",
            "Inet" => "inet",
            _ => return None,
        };
        Some(Self { kind: kind.to_owned(), nullable: false })
    }
}

#[test]
fn a_migration_undone_and_run_again_leaves_the_same_schema() {
    let mut client = empty("undone");
    let folders = schemas::folders();
    let nothing = lines(&mut client, DUMP);
    let mut before = nothing.clone();
    for folder in &folders {
        run(&mut client, folder, "up.sql");
        let after = lines(&mut client, DUMP);
        run(&mut client, folder, "down.sql");
        same(&format!("migrations/{folder}/down.sql undoes up.sql"), &before, &lines(&mut client, DUMP));
        run(&mut client, folder, "up.sql");
        before = lines(&mut client, DUMP);
        same(&format!("migrations/{folder}/up.sql makes the same again"), &after, &before);
    }
    for folder in folders.iter().rev() {
        run(&mut client, folder, "down.sql");
    }
    same("all migrations undone leave nothing", &nothing, &lines(&mut client, DUMP));
    for folder in &folders {
        run(&mut client, folder, "up.sql");
    }
    same("all migrations anew make the same", &before, &lines(&mut client, DUMP));
}

/// Fails with what only one of the two has.
#[track_caller]
fn same(rule: &str, wanted: &[String], found: &[String]) {
    let only = |here: &[String], there: &[String], sign: char| -> Vec<String> {
        here.iter().filter(|line| !there.contains(line)).map(|line| format!("{sign} {line}")).collect()
    };
    judge(&format!("not so: {rule}"), &[only(wanted, found, '-'), only(found, wanted, '+')].concat());
}

#[test]
fn a_table_macro_is_read_with_its_names_keys_and_types() {
    let read = Table::read(
        "{ use diesel::sql_types::*; shop.things (id, at,) { id -> Uuid, // the id -> Text,
           at -> Timestamptz, #[sql_name = \"type\"] kind -> Nullable<Text>, many -> Array<Int8>, } }",
    )
    .unwrap();
    assert_eq!((read.name.as_str(), read.key.as_str()), ("shop.things", "id, at"));
    let told: Vec<String> =
        read.columns.iter().map(|(name, it)| format!("{name} {} {}", it.kind, it.nullable)).collect();
    let wanted =
        ["at timestamp with time zone false", "id uuid false", "many bigint[] false", "type text true"];
    assert_eq!(told, wanted);
    assert!(Table::read("{ shop.things (id) { id -> Strange, } }").is_none());
}
