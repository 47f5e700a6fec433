//! The SQL of the shop's texts.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{prelude::*, result::Error::DeserializationError};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::{Language, id::StaffId};

use crate::{
    document::{Kind, Published, Text, Texts},
    schema::{documents, texts},
};

type Row = (i32, DateTime<Utc>, Option<StaffId>);

fn published((version, at, by): Row) -> Published {
    Published { version, at, by }
}

/// The newest, or that version.
pub(crate) async fn find(
    conn: &mut AsyncPgConnection,
    kind: Kind,
    version: Option<i32>,
) -> QueryResult<Option<Published>> {
    let mut query = documents::table
        .filter(documents::kind.eq(kind.as_str()))
        .order(documents::version.desc())
        .select((documents::version, documents::published_at, documents::published_by))
        .into_boxed();
    if let Some(version) = version {
        query = query.filter(documents::version.eq(version));
    }
    Ok(query.first::<Row>(conn).await.optional()?.map(published))
}

/// Of one version.
pub(crate) async fn list_texts(conn: &mut AsyncPgConnection, kind: Kind, version: i32) -> QueryResult<Texts> {
    let rows: Vec<(String, String, String)> = texts::table
        .filter(texts::kind.eq(kind.as_str()).and(texts::version.eq(version)))
        .select((texts::language, texts::title, texts::body))
        .load(conn)
        .await?;
    let text = |(language, title, body): (String, String, String)| {
        let language = Language::ALL
            .into_iter()
            .find(|known| known.code() == language)
            .ok_or_else(|| DeserializationError(format!("{language:?} is no language of the shop").into()))?;
        Ok((language, Text { title, body }))
    };
    rows.into_iter().map(text).collect()
}

/// The newest first, below a version.
pub(crate) async fn list(
    conn: &mut AsyncPgConnection,
    kind: Kind,
    below: Option<i32>,
    limit: i64,
) -> QueryResult<Vec<Published>> {
    let rows: Vec<Row> = documents::table
        .filter(documents::kind.eq(kind.as_str()).and(documents::version.lt(below.unwrap_or(i32::MAX))))
        .order(documents::version.desc())
        .select((documents::version, documents::published_at, documents::published_by))
        .limit(limit)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(published).collect())
}

/// False when there is such a version already.
pub(crate) async fn insert(
    tx: &mut Tx,
    kind: Kind,
    new: &Published,
    by_language: &Texts,
) -> QueryResult<bool> {
    let inserted = diesel::insert_into(documents::table)
        .values((
            documents::kind.eq(kind.as_str()),
            documents::version.eq(new.version),
            documents::published_at.eq(new.at),
            documents::published_by.eq(new.by),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    if inserted == 0 {
        return Ok(false);
    }
    let rows = by_language.iter().map(|(language, Text { title, body })| {
        (
            texts::kind.eq(kind.as_str()),
            texts::version.eq(new.version),
            texts::language.eq(language.code()),
            texts::title.eq(title),
            texts::body.eq(body),
        )
    });
    diesel::insert_into(texts::table).values(rows.collect::<Vec<_>>()).execute(tx).await?;
    Ok(true)
}
