//! Making, changing and removing categories.

use audit::Entry;
use db::{Transact as _, Tx};
use kernel::{Actor, Expected, id::CategoryId};
use media::Picture;
use serde_json::{Value, json};

use super::{KnownShelf, Shelf, store};
use crate::{
    CatalogError, CatalogService,
    admin::{draft::Wrong, expect, images::picture, products::store as products, refuse},
};

impl CatalogService {
    /// All of them, in the shop's order.
    pub(crate) async fn shelves(&self) -> Result<Vec<KnownShelf>, CatalogError> {
        let mut conn = self.db.conn().await?;
        Ok(store::list(&mut conn, None).await?)
    }

    pub(crate) async fn shelf(&self, id: CategoryId) -> Result<KnownShelf, CatalogError> {
        let mut conn = self.db.conn().await?;
        find(&mut conn, id).await
    }

    pub(crate) async fn create_category(
        &self,
        actor: Actor,
        category: Shelf,
    ) -> Result<KnownShelf, CatalogError> {
        let now = self.clock.now();
        refuse(category.wrong())?;
        let id = CategoryId::generate(now);
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            products::lock(tx).await?;
            refuse_taken(tx, id, &category).await?;
            store::put(tx, id, &category, now).await?;
            let entry = entry(actor, "category.create", id, None, Some(json!(category)));
            audit::record(tx, &entry, now).await?;
            find(tx, id).await
        })
        .await
    }

    pub(crate) async fn change_category(
        &self,
        actor: Actor,
        (id, expected): (CategoryId, Expected),
        category: Shelf,
    ) -> Result<KnownShelf, CatalogError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            products::lock(tx).await?;
            let before = find(tx, id).await?;
            expect(expected, before.version)?;
            refuse(category.wrong())?;
            refuse_taken(tx, id, &category).await?;
            if category != before.shelf {
                store::put(tx, id, &category, now).await?;
                let (was, is) = (Some(json!(before.shelf)), Some(json!(category)));
                audit::record(tx, &entry(actor, "category.change", id, was, is), now).await?;
            }
            find(tx, id).await
        })
        .await
    }

    /// Only one with nothing in it.
    pub(crate) async fn remove_category(
        &self,
        actor: Actor,
        (id, expected): (CategoryId, Expected),
    ) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            products::lock(tx).await?;
            let before = find(tx, id).await?;
            expect(expected, before.version)?;
            if before.products > 0 {
                return Err(CatalogError::CategoryNotEmpty { products: before.products });
            }
            if let Some(picture) = before.picture() {
                media::discard(tx, &picture, now).await?;
            }
            store::delete(tx, id).await?;
            let entry = entry(actor, "category.remove", id, Some(json!(before.shelf)), None);
            Ok(audit::record(tx, &entry, now).await?)
        })
        .await
    }

    /// Puts a picture in the place of the one before, or takes it away.
    pub(crate) async fn put_category_image(
        &self,
        actor: Actor,
        (id, expected): (CategoryId, Expected),
        picture: Option<&Picture>,
    ) -> Result<KnownShelf, CatalogError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            products::lock(tx).await?;
            let before = find(tx, id).await?;
            expect(expected, before.version)?;
            if let Some(old) = before.picture() {
                media::discard(tx, &old, now).await?;
            }
            if let Some(picture) = picture {
                media::keep(tx, picture, now).await?;
            }
            store::put_picture(tx, id, picture, now).await?;
            let after = find(tx, id).await?;
            let told = |shelf: &KnownShelf| Some(json!({ "imageUrl": shelf.image_url }));
            let entry = entry(actor, "category.image", id, told(&before), told(&after));
            audit::record(tx, &entry, now).await?;
            Ok(after)
        })
        .await
    }
}

impl KnownShelf {
    fn picture(&self) -> Option<Picture> {
        picture(self.image_url.as_deref()?, self.thumbnail_url.as_deref()?)
    }
}

async fn find(tx: &mut Tx, id: CategoryId) -> Result<KnownShelf, CatalogError> {
    store::list(tx, Some(id)).await?.pop().ok_or(CatalogError::CategoryNotFound)
}

async fn refuse_taken(tx: &mut Tx, id: CategoryId, category: &Shelf) -> Result<(), CatalogError> {
    let mut wrong = Wrong::default();
    if store::is_taken(tx, &category.slug, id).await? {
        wrong.note("slug", "TAKEN");
    }
    refuse(wrong.0)
}

fn entry(
    actor: Actor,
    action: &'static str,
    id: CategoryId,
    before: Option<Value>,
    after: Option<Value>,
) -> Entry {
    Entry { actor, action, target: format!("category {id}"), before, after }
}
