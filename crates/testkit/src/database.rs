//! A database of its own for each test, cloned from a template that holds the migrated schema.

use std::time::Duration;

use db::{Db, PoolOptions};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Text},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nix::{errno::Errno, sys::signal::kill, unistd::Pid};
use tokio::sync::OnceCell;

static TEMPLATE: OnceCell<String> = OnceCell::const_new();
/// The lock under which one process of many makes the template.
const TEMPLATE_LOCK: i64 = 7_234_001;

/// A database of its own. It stays as long as the process that made it; the next process of tests drops it.
pub struct TestDb {
    db: Db,
    url: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

impl TestDb {
    pub async fn new() -> Self {
        let template = TEMPLATE.get_or_init(prepare_template).await;
        let name = crate::unique("t");
        admin(&format!("create database {name} template {template} strategy file_copy")).await;
        let url = url(&name);
        // Tests race on purpose: what waits there is meant to wait, not to be told that we are busy.
        let options = PoolOptions { max_size: 12, wait: Duration::from_mins(1), ..PoolOptions::default() };
        Self { db: Db::new(&url, &options), url }
    }

    /// A migrated database of that name on a server of the test's own.
    pub async fn on(server: &str, name: &str) -> Self {
        let url = format!("{server}/{name}");
        let mut conn = connect(&format!("{server}/postgres")).await;
        conn.batch_execute(&format!("create database {name}")).await.unwrap_or_else(|e| panic!("{e}"));
        migrations::run(&url).unwrap_or_else(|e| panic!("{e}"));
        Self { db: Db::new(&url, &PoolOptions::default()), url }
    }

    pub fn db(&self) -> Db {
        self.db.clone()
    }

    /// Where it is, for programs started by a test.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn exec(&self, sql: &str) {
        connect(&self.url).await.batch_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// What PostgreSQL says against it, if it refuses.
    pub async fn try_exec(&self, sql: &str) -> Result<(), String> {
        connect(&self.url).await.batch_execute(sql).await.map_err(|e| e.to_string())
    }

    /// The number that `sql` selects.
    pub async fn number(&self, sql: &str) -> i64 {
        let query = diesel::sql_query(format!("select ({sql})::bigint as n"));
        let row: Number =
            query.get_result(&mut connect(&self.url).await).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        row.n
    }

    /// The rows that `sql` selects, as JSON.
    pub async fn json(&self, sql: &str) -> serde_json::Value {
        let all = format!("select coalesce(json_agg(q), '[]')::text as text from ({sql}) q");
        let row: Line = diesel::sql_query(all)
            .get_result(&mut connect(&self.url).await)
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
        serde_json::from_str(&row.text).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// The rows that `sql` selects, each as text.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        let query = diesel::sql_query(format!("select q::text as text from ({sql}) q"));
        let rows: Vec<Line> =
            query.load(&mut connect(&self.url).await).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        rows.into_iter().map(|row| row.text).collect()
    }
}

/// Makes the template unless this server has it; its name tells which migrations are in it.
async fn prepare_template() -> String {
    let name = format!("shop_template_{}", migrations::FINGERPRINT);
    let mut lock = connect(&url("postgres")).await;
    lock.batch_execute(&format!("select pg_advisory_lock({TEMPLATE_LOCK})"))
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    let known = format!("select count(*) as n from pg_database where datname = '{name}'");
    let row: Number = diesel::sql_query(known).get_result(&mut lock).await.unwrap_or_else(|e| panic!("{e}"));
    drop_leftovers(&mut lock).await;
    if row.n == 0 {
        // Named only when it is whole: a run that is cut off leaves no half template behind.
        let draft = format!("{name}_draft");
        admin(&format!("drop database if exists {draft}")).await;
        admin(&format!("create database {draft}")).await;
        migrations::run(&url(&draft)).unwrap_or_else(|e| panic!("{e}"));
        admin(&format!("alter database {draft} rename to {name}")).await;
    }
    name
}

/// Drops the databases of processes that have ended: together, those of a whole run would fill a small disk.
async fn drop_leftovers(conn: &mut AsyncPgConnection) {
    let ours = "select datname::text as text from pg_database where datname like 't\\_%'";
    let names: Vec<Line> = diesel::sql_query(ours).load(conn).await.unwrap_or_else(|e| panic!("{e}"));
    for Line { text: name } in names {
        let process = name.split('_').nth(2).and_then(|pid| pid.parse().ok()).map(Pid::from_raw);
        if process.is_some_and(|pid| kill(pid, None) == Err(Errno::ESRCH)) {
            let drop = format!("drop database if exists {name} with (force)");
            conn.batch_execute(&drop).await.unwrap_or_else(|e| panic!("{drop}: {e}"));
        }
    }
}

fn url(database: &str) -> String {
    format!("{}/{database}", crate::variable("TEST_DATABASE_URL").trim_end_matches('/'))
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.unwrap_or_else(|e| panic!("{url}: {e}"))
}

async fn admin(sql: &str) {
    connect(&url("postgres")).await.batch_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
}
