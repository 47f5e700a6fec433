//! Giving a product pictures, and taking them away.

use chrono::{DateTime, Utc};
use db::{Transact as _, Tx};
use kernel::{
    Actor, Expected,
    id::{ImageId, ProductId},
};
use media::Picture;
use serde_json::{Value, json};

use super::{Image, MAX_IMAGES, picture, store};
use crate::{
    CatalogError, CatalogService,
    admin::{
        expect,
        products::{Dossier, service::entry, store as products},
    },
};

/// What becomes of a product's pictures.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ImageChange<'a> {
    /// It becomes the last.
    Add(&'a Picture),
    /// Another order: each of them once.
    Arrange(&'a [ImageId]),
    Remove(ImageId),
}

impl CatalogService {
    pub(crate) async fn change_images(
        &self,
        actor: Actor,
        (id, expected): (ProductId, Expected),
        change: ImageChange<'_>,
    ) -> Result<Dossier, CatalogError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            products::lock(tx).await?;
            let version = products::find_version(tx, id).await?.ok_or(CatalogError::ProductNotFound)?;
            expect(expected, version)?;
            let before = store::list(tx, id).await?;
            make(tx, id, &before, change, now).await?;
            products::raise_version(tx, id, now).await?;
            let after = store::list(tx, id).await?;
            let (was, is) = (Some(told(&before)), Some(told(&after)));
            audit::record(tx, &entry(actor, "product.images", id, was, is), now).await?;
            self.read_dossier(tx, id).await
        })
        .await
    }
}

async fn make(
    tx: &mut Tx,
    product: ProductId,
    images: &[Image],
    change: ImageChange<'_>,
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    let mut known: Vec<ImageId> = images.iter().map(|image| image.id).collect();
    match change {
        ImageChange::Add(_) if known.len() >= MAX_IMAGES => return Err(CatalogError::TooManyImages),
        ImageChange::Add(picture) => {
            media::keep(tx, picture, now).await?;
            let (url, thumbnail_url) = (picture.main.url(), picture.thumbnail.url());
            let image = Image { id: ImageId::generate(now), url, thumbnail_url };
            store::insert(tx, product, &image, now).await?;
            known.push(image.id);
            store::arrange(tx, &known).await?;
        }
        ImageChange::Arrange(order) => {
            let mut given = order.to_vec();
            given.sort_unstable();
            known.sort_unstable();
            if known != given {
                return Err(CatalogError::NotTheseImages);
            }
            store::arrange(tx, order).await?;
        }
        ImageChange::Remove(image) => {
            let image = images.iter().find(|known| known.id == image).ok_or(CatalogError::ImageNotFound)?;
            store::delete(tx, image.id).await?;
            if let Some(picture) = picture(&image.url, &image.thumbnail_url) {
                media::discard(tx, &picture, now).await?;
            }
        }
    }
    Ok(())
}

fn told(images: &[Image]) -> Value {
    json!({ "images": images.iter().map(|image| &image.url).collect::<Vec<_>>() })
}
