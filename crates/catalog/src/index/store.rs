//! The SQL that the index is told by.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::{
    Money, VatRate,
    id::{CategoryId, ProductId},
};

use super::{
    Entry, Offer, Shelf,
    search::{Meaning, Meant},
};
use crate::schema::{products, removed_products, state};

/// Up to which revision everything is in the index, and at which moment its prices were those in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) revision: i64,
    pub(super) at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct EntryRow {
    #[diesel(sql_type = Uuid)]
    id: ProductId,
    #[diesel(sql_type = Uuid)]
    category_id: CategoryId,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = Text)]
    brand: String,
    #[diesel(sql_type = Text)]
    size: String,
    #[diesel(sql_type = Nullable<Text>)]
    image_url: Option<String>,
    #[diesel(sql_type = Integer)]
    quantity_per_box: i32,
    #[diesel(sql_type = Nullable<Integer>)]
    basis_points: Option<i32>,
    #[diesel(sql_type = Array<Text>)]
    badges: Vec<String>,
    #[diesel(sql_type = Bool)]
    active: bool,
    #[diesel(sql_type = Bool)]
    in_stock: bool,
    #[diesel(sql_type = BigInt)]
    units_sold: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<BigInt>)]
    individual: Option<i64>,
    #[diesel(sql_type = Nullable<Integer>)]
    individual_min: Option<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    corporate: Option<i64>,
    #[diesel(sql_type = Nullable<Integer>)]
    corporate_min: Option<i32>,
    #[diesel(sql_type = Array<Text>)]
    names: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    name_words: Vec<String>,
    #[diesel(sql_type = Text)]
    other_words: String,
}

/// Each of these products once, whatever is missing of it, as it is at the moment.
pub(super) async fn list_entries(
    conn: &mut AsyncPgConnection,
    ids: &[ProductId],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Entry>> {
    let statement = sql_query(
        // What belongs to a product is gathered product by product: joined, the planner would read the whole tables for a
        // part of them.
        "select p.id, p.category_id, p.code, p.slug, p.brand, p.size, p.quantity_per_box, p.badges, p.active,
                    p.in_stock, p.units_sold, p.created_at, v.basis_points,
                    (select m.url from catalog.product_images m where m.product_id = p.id
                     order by m.position, m.id limit 1) as image_url,
                    o.individual, o.individual_min, o.corporate, o.corporate_min,
                    array[coalesce(t.tr, t.en, t.pl, p.code), coalesce(t.en, t.tr, t.pl, p.code),
                          coalesce(t.pl, t.tr, t.en, p.code)] as names,
                    array[coalesce(t.tr_words, ''), coalesce(t.en_words, ''), coalesce(t.pl_words, '')] as name_words,
                    p.other_words
             from catalog.products p
             left join lateral (
                 select max(x.gross_amount) filter (where x.user_type = 'individual') as individual,
                        max(x.min_quantity) filter (where x.user_type = 'individual') as individual_min,
                        max(x.gross_amount) filter (where x.user_type = 'corporate') as corporate,
                        max(x.min_quantity) filter (where x.user_type = 'corporate') as corporate_min
                 from catalog.product_prices x
                 where x.product_id = p.id and x.valid_from <= $1 and (x.valid_to is null or x.valid_to > $1)
             ) o on true
             left join lateral (
                 select max(x.basis_points) as basis_points from catalog.product_vat_rates x
                 where x.product_id = p.id and x.valid_from <= $1 and (x.valid_to is null or x.valid_to > $1)
             ) v on true
             left join lateral (
                 select max(x.name) filter (where x.language = 'tr') as tr,
                        max(x.name) filter (where x.language = 'en') as en,
                        max(x.name) filter (where x.language = 'pl') as pl,
                        max(x.words) filter (where x.language = 'tr') as tr_words,
                        max(x.words) filter (where x.language = 'en') as en_words,
                        max(x.words) filter (where x.language = 'pl') as pl_words
                 from catalog.product_translations x where x.product_id = p.id
             ) t on true
         where p.id = any ($2) order by p.id",
    );
    let statement = statement.bind::<Timestamptz, _>(now).bind::<Array<Uuid>, _>(ids);
    let rows: Vec<EntryRow> = db::cached(statement).load(conn).await?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// The newest revision: everything up to it can be seen.
pub(super) async fn revision(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    state::table.select(state::revision).first(conn).await
}

/// The next `limit` products by id.
pub(super) async fn list_ids(
    conn: &mut AsyncPgConnection,
    after: ProductId,
    limit: i64,
) -> QueryResult<Vec<ProductId>> {
    products::table
        .filter(products::id.gt(after))
        .order(products::id)
        .limit(limit)
        .select(products::id)
        .load(conn)
        .await
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = Uuid)]
    id: ProductId,
}

/// Products that changed since, or of which a price or a rate began or ended since.
pub(super) async fn list_changed(
    conn: &mut AsyncPgConnection,
    since: Known,
    now: DateTime<Utc>,
) -> QueryResult<Vec<ProductId>> {
    let rows: Vec<IdRow> = sql_query(
        "select id from catalog.products where revision > $2
         union select product_id from catalog.product_prices where valid_from > $3 and valid_from <= $1
         union select product_id from catalog.product_prices where valid_to > $3 and valid_to <= $1
         union select product_id from catalog.product_vat_rates where valid_from > $3 and valid_from <= $1
         union select product_id from catalog.product_vat_rates where valid_to > $3 and valid_to <= $1",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(since.revision)
    .bind::<Timestamptz, _>(since.at)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

pub(super) async fn list_removed(conn: &mut AsyncPgConnection, since: Known) -> QueryResult<Vec<ProductId>> {
    removed_products::table
        .filter(removed_products::revision.gt(since.revision))
        .select(removed_products::product_id)
        .load(conn)
        .await
}

#[derive(QueryableByName)]
struct NextChange {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// When a price or a rate next begins or ends by itself.
pub(super) async fn next_change(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> QueryResult<Option<DateTime<Utc>>> {
    let next: NextChange = sql_query(
        "select min(at) as at from (
             (select valid_from as at from catalog.product_prices where valid_from > $1 order by valid_from limit 1)
             union all (select valid_to from catalog.product_prices where valid_to > $1 order by valid_to limit 1)
             union all (select valid_from from catalog.product_vat_rates where valid_from > $1 order by valid_from limit 1)
             union all (select valid_to from catalog.product_vat_rates where valid_to > $1 order by valid_to limit 1)
         ) moments",
    )
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(next.at)
}

#[derive(QueryableByName)]
struct ShelfRow {
    #[diesel(sql_type = Uuid)]
    id: CategoryId,
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = Nullable<Text>)]
    image_url: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    names: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    name_words: Vec<String>,
}

/// All categories in shop order; without any translation the slug stands in.
pub(super) async fn list_categories(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Shelf>> {
    let rows: Vec<ShelfRow> = sql_query(
        "select c.id, c.slug, c.image_url,
                array[coalesce(tr.name, en.name, pl.name, c.slug), coalesce(en.name, tr.name, pl.name, c.slug),
                      coalesce(pl.name, tr.name, en.name, c.slug)] as names,
                array[coalesce(tr.words, ''), coalesce(en.words, ''), coalesce(pl.words, '')] as name_words
         from catalog.categories c
         left join catalog.category_translations tr on tr.category_id = c.id and tr.language = 'tr'
         left join catalog.category_translations en on en.category_id = c.id and en.language = 'en'
         left join catalog.category_translations pl on pl.category_id = c.id and pl.language = 'pl'
         order by c.position, c.id",
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(Shelf::from).collect())
}

#[derive(QueryableByName)]
struct MeaningRow {
    #[diesel(sql_type = Integer)]
    place: i32,
    #[diesel(sql_type = Nullable<Text>)]
    word: Option<String>,
    #[diesel(sql_type = Nullable<Uuid>)]
    product_id: Option<ProductId>,
    #[diesel(sql_type = Integer)]
    likeness: i32,
}

pub(crate) async fn list_meanings(conn: &mut AsyncPgConnection, question: &str) -> QueryResult<Vec<Meaning>> {
    let statement = sql_query(
        "select place, word, product_id, round(likeness * 1000)::int as likeness from catalog.meanings($1)",
    );
    let rows: Vec<MeaningRow> = db::cached(statement.bind::<Text, _>(question)).load(conn).await?;
    Ok(rows.into_iter().map(Meaning::from).collect())
}

/// The database tells an array of three.
fn three(texts: Vec<String>) -> [String; 3] {
    texts.try_into().unwrap_or_default()
}

impl TryFrom<EntryRow> for Entry {
    type Error = diesel::result::Error;

    fn try_from(row: EntryRow) -> QueryResult<Self> {
        let unreadable = |e: Box<dyn std::error::Error + Send + Sync>| Self::Error::DeserializationError(e);
        let count = |n: i32| u32::try_from(n).map_err(|e| unreadable(e.into()));
        let vat = row.basis_points.map(VatRate::from_basis_points).transpose();
        let vat = vat.map_err(|e| unreadable(e.into()))?;
        let offer = |price: Option<i64>, least: Option<i32>| -> QueryResult<Option<Offer>> {
            let (Some(price), Some(least), Some(vat)) = (price, least, vat) else { return Ok(None) };
            Ok(Some(Offer { price: Money::grosz(price), vat, min_quantity: count(least)? }))
        };
        Ok(Self {
            offers: [offer(row.individual, row.individual_min)?, offer(row.corporate, row.corporate_min)?],
            id: row.id,
            code: row.code,
            slug: row.slug,
            category: row.category_id,
            brand: row.brand,
            size: row.size,
            image_url: row.image_url,
            quantity_per_box: count(row.quantity_per_box)?,
            badges: row.badges,
            active: row.active,
            in_stock: row.in_stock,
            units_sold: row.units_sold,
            created_at: row.created_at,
            names: three(row.names),
            name_words: three(row.name_words),
            other_words: row.other_words,
        })
    }
}

impl From<ShelfRow> for Shelf {
    fn from(row: ShelfRow) -> Self {
        let ShelfRow { id, slug, image_url, names, name_words } = row;
        Self { id, slug, image_url, names: three(names), name_words: three(name_words) }
    }
}

impl From<MeaningRow> for Meaning {
    fn from(row: MeaningRow) -> Self {
        let product = row.product_id.map(Meant::Product);
        Self { asked: row.place, likeness: row.likeness, stands_for: row.word.map(Meant::Word).or(product) }
    }
}
