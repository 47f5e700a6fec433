//! Making and changing products.

use audit::Entry;
use chrono::{DateTime, Utc};
use db::{Transact as _, Tx};
use kernel::{Actor, Expected, FieldError, Limit, UserType, VatRate, id::ProductId};
use serde_json::{Value, json};

use super::{
    Dossier, Sheet, Span, Wanted,
    store::{self, Change},
};
use crate::{
    CatalogError, CatalogService,
    admin::{
        draft::{Draft, Offer, Wrong, is_slug},
        expect, images, refuse,
    },
};

impl CatalogService {
    /// By code, one more than asked for when there are more.
    pub(crate) async fn sheets(&self, wanted: &Wanted, limit: Limit) -> Result<Vec<Sheet>, CatalogError> {
        let mut conn = self.db.conn().await?;
        let limit = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
        Ok(store::list(&mut conn, wanted, limit, self.clock.now()).await?)
    }

    /// Everything that is known of a product.
    pub(crate) async fn dossier(&self, id: ProductId) -> Result<Dossier, CatalogError> {
        let mut conn = self.db.conn().await?;
        self.read_dossier(&mut conn, id).await
    }

    pub(crate) async fn read_dossier(&self, tx: &mut Tx, id: ProductId) -> Result<Dossier, CatalogError> {
        let sheet = find(tx, id, self.clock.now()).await?;
        let (prices, rates) = (store::list_prices(tx, id).await?, store::list_rates(tx, id).await?);
        Ok(Dossier { sheet, prices, rates, images: images::store::list(tx, id).await? })
    }

    pub(crate) async fn create_product(&self, actor: Actor, draft: Draft) -> Result<Dossier, CatalogError> {
        refuse(draft.wrong())?;
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            store::lock(tx).await?;
            let now = self.clock.now();
            let id = ProductId::generate(now);
            let mut draft = draft.clone();
            name(tx, [&mut draft]).await?;
            refuse(misplaced(tx, &[(id, &draft)]).await?.remove(0))?;
            store::put(tx, &[Change { id, before: None, after: &draft }], now).await?;
            audit::record(tx, &entry(actor, "product.create", id, None, Some(told(&draft))), now).await?;
            self.read_dossier(tx, id).await
        })
        .await
    }

    /// The product becomes what the draft says; without a slug it keeps its own.
    pub(crate) async fn change_product(
        &self,
        actor: Actor,
        (id, expected): (ProductId, Expected),
        draft: Draft,
    ) -> Result<Dossier, CatalogError> {
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            store::lock(tx).await?;
            let now = self.clock.now();
            let before = find(tx, id, now).await?;
            expect(expected, before.version)?;
            refuse(draft.wrong())?;
            let mut draft = draft.clone();
            if draft.slug.is_empty() {
                draft.slug.clone_from(&before.draft.slug);
            }
            refuse(misplaced(tx, &[(id, &draft)]).await?.remove(0))?;
            if draft != before.draft {
                store::put(tx, &[Change { id, before: Some(&before.draft), after: &draft }], now).await?;
                let (was, is) = (Some(told(&before.draft)), Some(told(&draft)));
                audit::record(tx, &entry(actor, "product.change", id, was, is), now).await?;
            }
            self.read_dossier(tx, id).await
        })
        .await
    }

    /// A price that holds from some moment on, for a while or for good.
    pub(crate) async fn plan_price(
        &self,
        actor: Actor,
        (id, expected): (ProductId, Expected),
        (user_type, offer): (UserType, Offer),
        (from, to): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    ) -> Result<Dossier, CatalogError> {
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            store::lock(tx).await?;
            let now = self.clock.now();
            let before = find(tx, id, now).await?;
            expect(expected, before.version)?;
            let mut wrong = Wrong::default();
            wrong.offer("", offer);
            let (from, to) = times(&mut wrong, (from, to), now);
            refuse(wrong.0)?;
            store::put_prices(tx, &[(id, user_type, offer, Span::From(from, to))], now).await?;
            store::raise_version(tx, id, now).await?;
            let after = json!({
                "userType": user_type, "gross": offer.gross, "minQuantity": offer.min_quantity, "validFrom": from,
                "validTo": to,
            });
            audit::record(tx, &entry(actor, "product.price", id, None, Some(after)), now).await?;
            self.read_dossier(tx, id).await
        })
        .await
    }

    pub(crate) async fn plan_rate(
        &self,
        actor: Actor,
        (id, expected): (ProductId, Expected),
        rate: VatRate,
        (from, to): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    ) -> Result<Dossier, CatalogError> {
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            store::lock(tx).await?;
            let now = self.clock.now();
            let before = find(tx, id, now).await?;
            expect(expected, before.version)?;
            let mut wrong = Wrong::default();
            let (from, to) = times(&mut wrong, (from, to), now);
            refuse(wrong.0)?;
            store::put_rates(tx, &[(id, rate, Span::From(from, to))], now).await?;
            store::raise_version(tx, id, now).await?;
            let after = json!({ "vatRate": rate.percent(), "validFrom": from, "validTo": to });
            audit::record(tx, &entry(actor, "product.vat_rate", id, None, Some(after)), now).await?;
            self.read_dossier(tx, id).await
        })
        .await
    }
}

async fn find(tx: &mut Tx, id: ProductId, now: DateTime<Utc>) -> Result<Sheet, CatalogError> {
    store::list_by_ids(tx, &[id], now).await?.pop().ok_or(CatalogError::ProductNotFound)
}

/// From when until when; history is not rewritten.
fn times(
    wrong: &mut Wrong,
    (from, to): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    now: DateTime<Utc>,
) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
    let from = from.unwrap_or(now);
    if from < now {
        wrong.note("validFrom", "PAST");
    }
    if to.is_some_and(|to| to <= from) {
        wrong.note("validTo", "INVALID");
    }
    (from, to)
}

/// Gives those without a slug one.
pub(crate) async fn name<'a>(
    tx: &mut Tx,
    drafts: impl IntoIterator<Item = &'a mut Draft>,
) -> Result<(), CatalogError> {
    let nameless: Vec<_> = drafts.into_iter().filter(|draft| draft.slug.is_empty()).collect();
    let words: Vec<String> = nameless.iter().map(|draft| draft.slug_words()).collect();
    if words.is_empty() {
        return Ok(());
    }
    for (draft, slug) in nameless.into_iter().zip(store::slugs_of(tx, &words).await?) {
        // A name in no Latin letters leaves hyphens without anything between them.
        let parts: Vec<&str> = slug.split('-').filter(|part| !part.is_empty()).collect();
        draft.slug = Some(parts.join("-")).filter(|slug| is_slug(slug)).unwrap_or_default();
    }
    Ok(())
}

/// For each draft, what is wrong with it in the shop as it is: a category that there is not, a code or slug that
/// another product has, also one of the others.
pub(crate) async fn misplaced(
    tx: &mut Tx,
    drafts: &[(ProductId, &Draft)],
) -> Result<Vec<Vec<FieldError>>, CatalogError> {
    use std::collections::HashMap;
    let categories = store::list_category_slugs(tx).await?;
    let codes: Vec<&str> = drafts.iter().map(|(_, draft)| draft.code.as_str()).collect();
    let slugs: Vec<&str> = drafts.iter().map(|(_, draft)| draft.slug.as_str()).collect();
    let (mut by_code, mut by_slug) = (HashMap::new(), HashMap::new());
    for (id, code, slug) in store::list_named(tx, &codes, &slugs).await? {
        by_code.insert(code, id);
        by_slug.insert(slug, id);
    }
    let mut found = Vec::with_capacity(drafts.len());
    for (id, draft) in drafts {
        let mut wrong = Wrong::default();
        if !draft.category.is_empty() && !categories.contains(&draft.category) {
            wrong.note("category", "NOT_FOUND");
        }
        // Whoever comes first has it.
        if by_code.entry(draft.code.clone()).or_insert(*id) != id {
            wrong.note("code", "TAKEN");
        }
        if !draft.slug.is_empty() && by_slug.entry(draft.slug.clone()).or_insert(*id) != id {
            wrong.note("slug", "TAKEN");
        }
        if draft.slug.is_empty() {
            wrong.note("slug", "REQUIRED");
        }
        found.push(wrong.0);
    }
    Ok(found)
}

pub(crate) fn entry(
    actor: Actor,
    action: &'static str,
    id: ProductId,
    before: Option<Value>,
    after: Option<Value>,
) -> Entry {
    Entry { actor, action, target: format!("product {id}"), before, after }
}

fn told(draft: &Draft) -> Value {
    json!(draft)
}
