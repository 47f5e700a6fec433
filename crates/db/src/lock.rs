//! Locks for what only one process may do at a time, in PostgreSQL: by its clock, and as safe as what they guard.
//!
//! A lock lasts for a while and is renewed by whoever goes on. One who was stopped for longer than that, and goes on
//! believing, is found out where it counts: [`Lock::guard`] fails in the transaction that would write.

use std::time::Duration;

use diesel::result::OptionalExtension as _;
use diesel::{
    QueryResult, QueryableByName, sql_query,
    sql_types::{BigInt, Double, Text},
};
use diesel_async::RunQueryDsl as _;

use crate::{Db, DbError, QueryError, Tx};

/// A lock that was held when it was last looked at.
#[derive(Debug)]
pub struct Lock {
    name: String,
    fence: i64,
    life: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("somebody else has had the lock {0} meanwhile")]
    Lost(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<QueryError> for LockError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = BigInt)]
    fence: i64,
}

impl Lock {
    /// Takes the lock for `life`; `None` while somebody else has it.
    pub async fn acquire(db: &Db, name: &str, life: Duration) -> Result<Option<Self>, DbError> {
        let take = sql_query(
            "insert into platform.locks as l (name, fence, until)
             values ($1, 1, clock_timestamp() + $2 * interval '1 second')
             on conflict (name) do update set fence = l.fence + 1, until = excluded.until
             where l.until <= clock_timestamp()
             returning fence",
        );
        let take = take.bind::<Text, _>(name).bind::<Double, _>(life.as_secs_f64());
        let taken: Option<Held> = take.get_result(&mut *db.conn().await?).await.optional()?;
        Ok(taken.map(|Held { fence }| Self { name: name.to_owned(), fence, life }))
    }

    /// Names the holder; rises with every one.
    pub fn fence(&self) -> i64 {
        self.fence
    }

    /// Holds it for its whole life from now on; false when it was lost.
    pub async fn renew(&self, db: &Db) -> Result<bool, DbError> {
        self.put_until(db, self.life).await
    }

    /// Lets the next one in; a lock that is somebody else's by now stays theirs.
    pub async fn release(self, db: &Db) -> Result<(), DbError> {
        self.put_until(db, Duration::ZERO).await.map(drop)
    }

    async fn put_until(&self, db: &Db, life: Duration) -> Result<bool, DbError> {
        let put = sql_query(
            "update platform.locks set until = clock_timestamp() + $3 * interval '1 second'
             where name = $1 and fence = $2 and until > clock_timestamp()",
        );
        let put = put.bind::<Text, _>(&self.name).bind::<BigInt, _>(self.fence);
        let put = put.bind::<Double, _>(life.as_secs_f64());
        Ok(put.execute(&mut *db.conn().await?).await? == 1)
    }

    /// Keeps the lock until the caller's transaction ends, whatever the time; fails when somebody else has had it
    /// meanwhile. So what the transaction writes is written by the holder, or not at all.
    pub async fn guard(&self, tx: &mut Tx) -> Result<(), LockError> {
        let held: QueryResult<Held> =
            sql_query("select fence from platform.locks where name = $1 and fence = $2 for share")
                .bind::<Text, _>(&self.name)
                .bind::<BigInt, _>(self.fence)
                .get_result(tx)
                .await;
        held.optional()?.map(drop).ok_or_else(|| LockError::Lost(self.name.clone()))
    }
}
