//! The SQL of categories as they are written down.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{
    QueryableByName,
    prelude::*,
    sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Uuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::id::CategoryId;
use media::Picture;

use super::{KnownShelf, Shelf};
use crate::schema::{categories, category_translations};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uuid)]
    id: CategoryId,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = Integer)]
    position: i32,
    #[diesel(sql_type = Jsonb)]
    names: serde_json::Value,
    #[diesel(sql_type = Nullable<Text>)]
    image_url: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    thumbnail_url: Option<String>,
    #[diesel(sql_type = BigInt)]
    products: i64,
}

/// All of them in the shop's order, or one.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    only: Option<CategoryId>,
) -> QueryResult<Vec<KnownShelf>> {
    let query = diesel::sql_query(
        "select c.id, c.version, c.slug, c.position, c.image_url, c.thumbnail_url,
             coalesce((
                 select jsonb_object_agg(t.language, t.name) from catalog.category_translations t
                 where t.category_id = c.id), '{}') as names,
             (select count(*) from catalog.products p where p.category_id = c.id) as products
         from catalog.categories c where $1 is null or c.id = $1 order by c.position, c.id",
    );
    let rows: Vec<Row> = query.bind::<Nullable<Uuid>, _>(only).load(conn).await?;
    let known = |row: Row| {
        let names = serde_json::from_value(row.names);
        let names = names.map_err(|e| diesel::result::Error::DeserializationError(Box::new(e)))?;
        Ok(KnownShelf {
            id: row.id,
            version: row.version,
            shelf: Shelf { slug: row.slug, position: row.position, names },
            image_url: row.image_url,
            thumbnail_url: row.thumbnail_url,
            products: row.products,
        })
    };
    rows.into_iter().map(known).collect()
}

/// Whether another category has the slug.
pub(super) async fn is_taken(tx: &mut Tx, slug: &str, id: CategoryId) -> QueryResult<bool> {
    let others = categories::table.filter(categories::slug.eq(slug).and(categories::id.ne(id)));
    diesel::select(diesel::dsl::exists(others)).get_result(tx).await
}

/// Writes it down, one version on.
pub(super) async fn put(tx: &mut Tx, id: CategoryId, shelf: &Shelf, now: DateTime<Utc>) -> QueryResult<()> {
    let written = (categories::slug.eq(&shelf.slug), categories::position.eq(shelf.position));
    diesel::insert_into(categories::table)
        .values((
            categories::id.eq(id),
            written,
            categories::created_at.eq(now),
            categories::updated_at.eq(now),
        ))
        .on_conflict(categories::id)
        .do_update()
        .set((written, categories::updated_at.eq(now), categories::version.eq(categories::version + 1)))
        .execute(tx)
        .await?;
    let names = category_translations::category_id.eq(id);
    diesel::delete(category_translations::table.filter(names)).execute(tx).await?;
    let names = shelf.names.iter().map(|(language, name)| {
        (
            category_translations::category_id.eq(id),
            category_translations::language.eq(language.code()),
            category_translations::name.eq(name),
        )
    });
    diesel::insert_into(category_translations::table).values(names.collect::<Vec<_>>()).execute(tx).await?;
    Ok(())
}

pub(super) async fn put_picture(
    tx: &mut Tx,
    id: CategoryId,
    picture: Option<&Picture>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(categories::table.find(id))
        .set((
            categories::image_url.eq(picture.map(|picture| picture.main.url())),
            categories::thumbnail_url.eq(picture.map(|picture| picture.thumbnail.url())),
            categories::version.eq(categories::version + 1),
            categories::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, id: CategoryId) -> QueryResult<()> {
    diesel::delete(categories::table.find(id)).execute(tx).await?;
    Ok(())
}
