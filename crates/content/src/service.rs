//! Reading and publishing the shop's texts.

use std::sync::Arc;

use audit::Entry;
use db::{Db, Transact as _};
use kernel::{Actor, Clock, Expected, Language, Limit};
use serde_json::{Value, json};

use crate::{
    ContentError,
    document::{Kind, Published, Text, Texts, wrong},
    http::Bodies,
    store,
};

/// Clones share the finished answers.
#[derive(Clone)]
pub struct ContentService {
    db: Db,
    clock: Arc<dyn Clock>,
    pub(crate) bodies: Bodies,
}

impl ContentService {
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, bodies: Bodies::new() }
    }

    /// The newest, or that version, in the wanted language; without it in Turkish, English or Polish.
    pub(crate) async fn text(
        &self,
        kind: Kind,
        version: Option<i32>,
        wanted: Language,
    ) -> Result<(Published, Language, Text), ContentError> {
        let (published, mut texts) = self.texts(kind, version).await?.ok_or(ContentError::NotFound)?;
        let others = Language::ALL.into_iter().filter(|language| *language != wanted);
        let found = std::iter::once(wanted).chain(others).find_map(|l| Some((l, texts.remove(&l)?)));
        let (language, text) = found.ok_or(ContentError::NotFound)?;
        Ok((published, language, text))
    }

    /// In every language; none when nothing was published yet.
    pub(crate) async fn texts(
        &self,
        kind: Kind,
        version: Option<i32>,
    ) -> Result<Option<(Published, Texts)>, ContentError> {
        let mut conn = self.db.conn().await?;
        let Some(published) = store::find(&mut conn, kind, version).await? else { return Ok(None) };
        let texts = store::list_texts(&mut conn, kind, published.version).await?;
        Ok(Some((published, texts)))
    }

    /// The newest first, one more than asked for when there are more.
    pub(crate) async fn versions(
        &self,
        kind: Kind,
        below: Option<i32>,
        limit: Limit,
    ) -> Result<Vec<Published>, ContentError> {
        let mut conn = self.db.conn().await?;
        let limit = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
        Ok(store::list(&mut conn, kind, below, limit).await?)
    }

    /// The next version. The one before stays, for people agreed to it. The first is made from version 0.
    pub(crate) async fn publish(
        &self,
        actor: Actor,
        (kind, expected): (Kind, Expected),
        texts: Texts,
    ) -> Result<(Published, Texts), ContentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction(async |tx| {
            let newest = store::find(tx, kind, None).await?.map_or(0, |newest| newest.version);
            if !expected.admits(newest) {
                return Err(ContentError::Outdated { version: newest });
            }
            let before = store::list_texts(tx, kind, newest).await?;
            let wrong = wrong(&texts, &before);
            if !wrong.is_empty() {
                return Err(ContentError::Invalid(wrong));
            }
            let new = Published { version: newest + 1, at: now, by: Some(actor.staff) };
            // Somebody else may have published it in this moment.
            if !store::insert(tx, kind, &new, &texts).await? {
                return Err(ContentError::Outdated { version: new.version });
            }
            audit::record(tx, &entry(actor, kind, (&before, newest), (&texts, new.version)), now).await?;
            Ok((new, texts))
        })
        .await
    }
}

/// The texts themselves stay where they are: the log says which versions they are.
fn entry(actor: Actor, kind: Kind, before: (&Texts, i32), after: (&Texts, i32)) -> Entry {
    let told = |(texts, version): (&Texts, i32)| -> Value {
        let titles: serde_json::Map<_, _> =
            texts.iter().map(|(l, text)| (l.code().to_owned(), text.title.clone().into())).collect();
        json!({ "version": version, "titles": titles })
    };
    Entry {
        actor,
        action: "content.publish",
        target: format!("content {}", kind.as_str()),
        before: (before.1 > 0).then(|| told(before)),
        after: Some(told(after)),
    }
}
