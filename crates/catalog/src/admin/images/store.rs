//! The SQL of products' pictures.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{
    prelude::*,
    sql_types::{Array, Uuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::id::{ImageId, ProductId};

use super::Image;
use crate::schema::product_images;

/// In the shop's order.
pub(crate) async fn list(conn: &mut AsyncPgConnection, product: ProductId) -> QueryResult<Vec<Image>> {
    let rows: Vec<(ImageId, String, String)> = product_images::table
        .filter(product_images::product_id.eq(product))
        .order((product_images::position, product_images::id))
        .select((product_images::id, product_images::url, product_images::thumbnail_url))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, url, thumbnail_url)| Image { id, url, thumbnail_url }).collect())
}

/// At no place in particular.
pub(super) async fn insert(
    tx: &mut Tx,
    product: ProductId,
    image: &Image,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(product_images::table)
        .values((
            product_images::id.eq(image.id),
            product_images::product_id.eq(product),
            product_images::position.eq(0),
            product_images::url.eq(&image.url),
            product_images::thumbnail_url.eq(&image.thumbnail_url),
            product_images::created_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, image: ImageId) -> QueryResult<()> {
    diesel::delete(product_images::table.find(image)).execute(tx).await?;
    Ok(())
}

/// Gives the pictures places in this order.
pub(super) async fn arrange(tx: &mut Tx, images: &[ImageId]) -> QueryResult<()> {
    diesel::sql_query(
        "update catalog.product_images i set position = o.place - 1
         from unnest($1) with ordinality o (id, place) where i.id = o.id",
    )
    .bind::<Array<Uuid>, _>(images)
    .execute(tx)
    .await?;
    Ok(())
}
