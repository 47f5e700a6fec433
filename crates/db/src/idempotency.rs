//! `Idempotency-Key`: one answer for one request, however often it is sent.
//!
//! A key is claimed before the work, together with the id that the work's result will carry. Whoever takes the
//! key over after a crash gets that same id, so that half-done work is found again and finished, never done twice.
//!
//! Nobody waits for a key to be on the disk: it is when something later is. So the work writes something of its own
//! before it does anything outside this database that does not undo itself (as what the gate lends does), as it has to
//! anyway to be found again.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{self, Array, Bytea, SmallInt, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{Db, DbError, Together, cached};

diesel::table! {
    platform.idempotency_keys (scope, key) {
        scope -> Text,
        key -> Text,
        request_hash -> Bytea,
        resource_id -> Uuid,
        locked_until -> Nullable<Timestamptz>,
        status -> Nullable<Int2>,
        body -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

/// How long a request may work before a repetition takes its key over: longer than any request lives.
pub const LEASE: TimeDelta = TimeDelta::seconds(20);
/// How long answers are kept.
pub const KEPT: TimeDelta = TimeDelta::days(7);

/// Who asks for what: keys of two customers, or of two endpoints, never meet.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub scope: &'a str,
    pub key: &'a str,
    /// SHA-256 of the body: the same key with another body is a mistake of the client's.
    pub hash: &'a [u8],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Do the work under this id, which is new, then [`Keys::complete`] or [`Keys::release`].
    Fresh(Uuid),
    /// The same, under an id with which somebody may have begun.
    TakenOver(Uuid),
    /// It was done: this was the answer.
    Done { status: u16, body: String },
    /// Somebody is doing it right now.
    Running,
    /// The key was used with another body.
    Reused,
}

#[derive(HasQuery)]
#[diesel(table_name = idempotency_keys)]
struct KeyRow {
    request_hash: Vec<u8>,
    status: Option<i16>,
    body: Option<String>,
}

/// Scope and key.
type Name = (String, String);

/// The keys of this instance's requests. Those that come at the same moment are written together.
#[derive(Clone)]
pub struct Keys {
    db: Db,
    claims: Together<NewClaim, Option<Uuid>>,
    answers: Together<NewAnswer, bool>,
    forgotten: Together<Name, ()>,
    looked_up: Together<Name, bool>,
}

#[derive(Debug)]
struct NewClaim {
    name: Name,
    hash: Vec<u8>,
    fresh: Uuid,
    now: DateTime<Utc>,
}

#[derive(Debug)]
struct NewAnswer {
    name: Name,
    status: i16,
    body: String,
}

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    scope: String,
    #[diesel(sql_type = Text)]
    key: String,
}

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(embed)]
    name: NameRow,
    #[diesel(sql_type = sql_types::Uuid)]
    resource_id: Uuid,
}

impl Keys {
    pub fn new(db: Db) -> Self {
        Self {
            claims: Together::new(&db),
            answers: Together::new(&db),
            forgotten: Together::new(&db),
            looked_up: Together::new(&db),
            db,
        }
    }

    /// Claims the key for `fresh`, which is new, or tells what became of it.
    pub async fn claim(
        &self,
        request: Request<'_>,
        fresh: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Claim, DbError> {
        let new = NewClaim { name: request.name(), hash: request.hash.to_owned(), fresh, now };
        let same = |a: &NewClaim, b: &NewClaim| a.name == b.name;
        if let Some(id) = self.claims.ask(new, same, |new| self.insert_claims(new)).await? {
            return Ok(if id == fresh { Claim::Fresh(id) } else { Claim::TakenOver(id) });
        }
        Ok(match find(&mut *self.db.conn().await?, request).await? {
            Some(row) if row.request_hash != request.hash => Claim::Reused,
            Some(KeyRow { status: Some(status), body: Some(body), .. }) => {
                Claim::Done { status: u16::try_from(status).unwrap_or(500), body }
            }
            // Unanswered, or given back this very moment: the client asks again.
            _ => Claim::Running,
        })
    }

    /// Whether anybody has claimed the key and not given it back.
    pub async fn is_known(&self, request: Request<'_>) -> Result<bool, DbError> {
        self.looked_up.ask(request.name(), PartialEq::eq, |names| self.find_all(names)).await
    }

    /// Keeps the answer for every repetition to come. One that is kept already stays, for it was the first: then it is
    /// told, to be given instead.
    pub async fn complete(
        &self,
        request: Request<'_>,
        (status, body): (u16, &str),
    ) -> Result<Option<(u16, String)>, DbError> {
        let status = i16::try_from(status).unwrap_or(500);
        let new = NewAnswer { name: request.name(), status, body: body.to_owned() };
        let same = |a: &NewAnswer, b: &NewAnswer| a.name == b.name;
        if self.answers.ask(new, same, |new| self.put_answers(new)).await? {
            return Ok(None);
        }
        let earlier = find(&mut *self.db.conn().await?, request).await?;
        let earlier = earlier.and_then(|row| row.status.zip(row.body));
        Ok(earlier.map(|(status, body)| (u16::try_from(status).unwrap_or(500), body)))
    }

    /// Gives the key back after a refusal that changed nothing: asked again, it is judged anew.
    pub async fn release(&self, request: Request<'_>) -> Result<(), DbError> {
        self.forgotten.ask(request.name(), PartialEq::eq, |names| self.delete(names)).await
    }

    /// Ends the lease of work that failed half way, so that the next request with this key may finish it at once.
    pub async fn reopen(&self, request: Request<'_>) -> Result<(), DbError> {
        use idempotency_keys as k;
        let mut conn = self.db.conn().await?;
        diesel::update(k::table.find((request.scope, request.key)).filter(k::status.is_null()))
            .set(k::locked_until.eq(None::<DateTime<Utc>>))
            .execute(&mut conn)
            .await?;
        Ok(())
    }

    /// The id under which each has its key; none for those who do not get it. One statement decides: insert, or take
    /// over what a crash left (same body, lease run out, no answer). Asked again, it answers the same. What the work
    /// writes carries the key to the disk.
    async fn insert_claims(&self, new: Vec<Arc<NewClaim>>) -> Result<Vec<Option<Uuid>>, DbError> {
        let (scopes, keys) = names(&new, |one| &one.name);
        let insert = sql_query(
            "insert into platform.idempotency_keys as k
                 (scope, key, request_hash, resource_id, locked_until, created_at)
             select u.scope, u.key, u.hash, u.id, u.until, u.at
             from platform.commit_lazily(), unnest($1, $2, $3, $4, $5, $6) u (scope, key, hash, id, until, at)
             on conflict (scope, key) do update set locked_until = excluded.locked_until
             where k.status is null and k.request_hash = excluded.request_hash
                 and (k.locked_until is null or k.locked_until < excluded.created_at
                      or k.resource_id = excluded.resource_id)
             returning k.scope, k.key, k.resource_id",
        )
        .bind::<Array<Text>, _>(scopes)
        .bind::<Array<Text>, _>(keys)
        .bind::<Array<Bytea>, _>(new.iter().map(|one| one.hash.as_slice()).collect::<Vec<_>>())
        .bind::<Array<sql_types::Uuid>, _>(new.iter().map(|one| one.fresh).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(new.iter().map(|one| one.now + LEASE).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(new.iter().map(|one| one.now).collect::<Vec<_>>());
        let rows: Vec<ClaimedRow> = cached(insert).load(&mut *self.db.conn().await?).await?;
        let mine =
            |one: &Arc<NewClaim>| rows.iter().find(|row| row.name.is(&one.name)).map(|row| row.resource_id);
        Ok(new.iter().map(mine).collect())
    }

    /// Whose answer was kept.
    async fn put_answers(&self, new: Vec<Arc<NewAnswer>>) -> Result<Vec<bool>, DbError> {
        let (scopes, keys) = names(&new, |one| &one.name);
        let keep = sql_query("select scope, key from platform.keep_answers($1, $2, $3, $4)")
            .bind::<Array<Text>, _>(scopes)
            .bind::<Array<Text>, _>(keys)
            .bind::<Array<SmallInt>, _>(new.iter().map(|one| one.status).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(new.iter().map(|one| one.body.as_str()).collect::<Vec<_>>());
        let kept: Vec<NameRow> = cached(keep).load(&mut *self.db.conn().await?).await?;
        Ok(new.iter().map(|one| kept.iter().any(|row| row.is(&one.name))).collect())
    }

    async fn find_all(&self, wanted: Vec<Arc<Name>>) -> Result<Vec<bool>, DbError> {
        let (scopes, keys) = names(&wanted, |name| name);
        // A look for each by the keys' index, whatever the table held when the plan was made.
        let find = sql_query(
            "select k.scope, k.key from unnest($1, $2) u (scope, key) cross join lateral (
                 select scope, key from platform.idempotency_keys k where k.scope = u.scope and k.key = u.key offset 0
             ) k",
        );
        let find = find.bind::<Array<Text>, _>(scopes).bind::<Array<Text>, _>(keys);
        let known: Vec<NameRow> = cached(find).load(&mut *self.db.conn().await?).await?;
        Ok(wanted.iter().map(|name| known.iter().any(|row| row.is(name))).collect())
    }

    async fn delete(&self, forgotten: Vec<Arc<Name>>) -> Result<Vec<()>, DbError> {
        let (scopes, keys) = names(&forgotten, |name| name);
        let delete = sql_query("select platform.forget_keys($1, $2)")
            .bind::<Array<Text>, _>(scopes)
            .bind::<Array<Text>, _>(keys);
        cached(delete).execute(&mut *self.db.conn().await?).await?;
        Ok(vec![(); forgotten.len()])
    }
}

/// Two columns.
fn names<'a, Q>(of: &'a [Q], name: impl Fn(&'a Q) -> &'a Name) -> (Vec<&'a str>, Vec<&'a str>) {
    of.iter().map(name).map(|(scope, key)| (scope.as_str(), key.as_str())).unzip()
}

impl NameRow {
    fn is(&self, (scope, key): &Name) -> bool {
        self.scope == *scope && self.key == *key
    }
}

impl Request<'_> {
    fn name(&self) -> Name {
        (self.scope.to_owned(), self.key.to_owned())
    }
}

async fn find(conn: &mut crate::Tx, request: Request<'_>) -> QueryResult<Option<KeyRow>> {
    use idempotency_keys as k;
    let mine = k::scope.eq(request.scope).and(k::key.eq(request.key));
    KeyRow::query().filter(mine).first(conn).await.optional()
}

/// Forgets a thousand of the keys older than [`KEPT`], so that no statement takes long; whether there may be more.
pub async fn sweep(conn: &mut crate::Tx, now: DateTime<Utc>) -> Result<bool, crate::QueryError> {
    let swept = diesel::sql_query(
        "delete from platform.idempotency_keys where (scope, key) in (
             select scope, key from platform.idempotency_keys where created_at < $1 order by created_at limit 1000
         )",
    );
    Ok(swept.bind::<Timestamptz, _>(now - KEPT).execute(conn).await? == 1000)
}
