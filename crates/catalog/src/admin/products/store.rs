//! The SQL of products as they are written down.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{
    QueryableByName,
    prelude::*,
    result::Error::DeserializationError,
    sql_types::{Array, BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::{UserType, VatRate, id::ProductId};
use serde::Serialize;

use super::{Sheet, Span, Wanted};
use crate::{
    admin::{
        draft::{Draft, Offer},
        timeline::{Period, ends, overlay},
    },
    schema::{categories, product_prices, product_vat_rates, products},
};

/// Products written into one statement.
const AT_ONCE: usize = 1_000;

/// As of $1.
const SHEETS: &str = "
    select p.id, p.version, p.created_at, p.updated_at, jsonb_build_object(
        'code', p.code, 'slug', p.slug, 'category', c.slug, 'brand', p.brand, 'size', p.size,
        'quantityPerBox', p.quantity_per_box, 'active', p.active, 'manufacturer', p.manufacturer,
        'originCountry', p.origin_country, 'badges', p.badges, 'allergens', p.allergens, 'nutrition', p.nutrition,
        'texts', coalesce((
            select jsonb_object_agg(t.language, jsonb_build_object(
                'name', t.name, 'description', t.description, 'storage', t.storage))
            from catalog.product_translations t where t.product_id = p.id), '{}'),
        'offers', coalesce((
            select jsonb_object_agg(o.user_type, jsonb_build_object(
                'gross', o.gross_amount, 'minQuantity', o.min_quantity))
            from catalog.product_prices o
            where o.product_id = p.id and o.valid_from <= $1 and (o.valid_to is null or o.valid_to > $1)), '{}'),
        'vat', (
            select v.basis_points from catalog.product_vat_rates v
            where v.product_id = p.id and v.valid_from <= $1 and (v.valid_to is null or v.valid_to > $1))
    ) as draft
    from catalog.products p join catalog.categories c on c.id = p.category_id";

#[derive(QueryableByName)]
struct SheetRow {
    #[diesel(sql_type = Uuid)]
    id: ProductId,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
    #[diesel(sql_type = Jsonb)]
    draft: serde_json::Value,
}

impl TryFrom<SheetRow> for Sheet {
    type Error = diesel::result::Error;

    fn try_from(row: SheetRow) -> QueryResult<Self> {
        let SheetRow { id, version, created_at, updated_at, draft } = row;
        let draft = serde_json::from_value(draft).map_err(unreadable)?;
        Ok(Self { id, version, created_at, updated_at, draft })
    }
}

/// A product that is to be as `after` says. Its category exists, its code and slug are free.
pub(crate) struct Change<'a> {
    pub(crate) id: ProductId,
    /// None: it is new.
    pub(crate) before: Option<&'a Draft>,
    pub(crate) after: &'a Draft,
}

#[derive(Serialize)]
struct Record<'a> {
    id: ProductId,
    #[serde(flatten)]
    draft: &'a Draft,
}

/// Whoever changes the catalogue comes after whoever does so at this moment: nothing that is looked up from here on
/// changes until the end of the transaction. The time is read afterwards: a moment from before the wait would lie before
/// the prices of whoever was waited for.
pub(crate) async fn lock(tx: &mut Tx) -> QueryResult<()> {
    diesel::sql_query("select catalog.this_revision()").execute(tx).await?;
    Ok(())
}

pub(crate) async fn list_by_ids(
    conn: &mut AsyncPgConnection,
    ids: &[ProductId],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Sheet>> {
    let query = diesel::sql_query(format!("{SHEETS} where p.id = any($2)"));
    let rows = query.bind::<Timestamptz, _>(now).bind::<Array<Uuid>, _>(ids).load(conn).await?;
    sheets(rows)
}

pub(crate) async fn list_by_codes(
    conn: &mut AsyncPgConnection,
    codes: &[&str],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Sheet>> {
    let query = diesel::sql_query(format!("{SHEETS} where p.code = any($2)"));
    let rows = query.bind::<Timestamptz, _>(now).bind::<Array<Text>, _>(codes).load(conn).await?;
    sheets(rows)
}

/// By code.
pub(crate) async fn list(
    conn: &mut AsyncPgConnection,
    wanted: &Wanted,
    limit: i64,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Sheet>> {
    let query = diesel::sql_query(format!(
        "{SHEETS}
         where p.code > coalesce($2, '') and ($3 is null or c.slug = $3) and ($4 is null or p.active = $4)
           and ($5 is null or starts_with(p.code_words, catalog.words($5)) or exists (
               select from catalog.product_translations t
               where t.product_id = p.id and strpos(t.words, catalog.words($5)) > 0))
         order by p.code limit $6"
    ));
    let rows = query
        .bind::<Timestamptz, _>(now)
        .bind::<Nullable<Text>, _>(&wanted.after)
        .bind::<Nullable<Text>, _>(&wanted.category)
        .bind::<Nullable<Bool>, _>(wanted.active)
        .bind::<Nullable<Text>, _>(&wanted.text)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?;
    sheets(rows)
}

fn sheets(rows: Vec<SheetRow>) -> QueryResult<Vec<Sheet>> {
    rows.into_iter().map(Sheet::try_from).collect()
}

/// Slugs of all categories.
pub(crate) async fn list_category_slugs(tx: &mut Tx) -> QueryResult<BTreeSet<String>> {
    let slugs: Vec<String> = categories::table.select(categories::slug).load(tx).await?;
    Ok(slugs.into_iter().collect())
}

/// Who has one of these codes or slugs.
pub(crate) async fn list_named(
    tx: &mut Tx,
    codes: &[&str],
    slugs: &[&str],
) -> QueryResult<Vec<(ProductId, String, String)>> {
    products::table
        .filter(products::code.eq_any(codes).or(products::slug.eq_any(slugs)))
        .select((products::id, products::code, products::slug))
        .load(tx)
        .await
}

/// Each text in words of plain letters with hyphens between them.
pub(crate) async fn slugs_of(tx: &mut Tx, texts: &[String]) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Slug {
        #[diesel(sql_type = Text)]
        slug: String,
    }
    let query = diesel::sql_query(
        "select regexp_replace(translate(catalog.words(t.text), ' ', '-'), '[^a-z0-9-]', '', 'g') as slug
         from unnest($1) with ordinality t (text, place) order by place",
    );
    let rows: Vec<Slug> = query.bind::<Array<Text>, _>(texts).load(tx).await?;
    Ok(rows.into_iter().map(|row| row.slug).collect())
}

/// Writes products down, each one version on.
pub(crate) async fn put(tx: &mut Tx, changes: &[Change<'_>], now: DateTime<Utc>) -> QueryResult<()> {
    for changes in changes.chunks(AT_ONCE) {
        put_products(tx, changes, now).await?;
        let (mut prices, mut rates) = (Vec::new(), Vec::new());
        for Change { id, before, after } in changes {
            for user_type in [UserType::Individual, UserType::Corporate] {
                let offer = after.offers.of(user_type);
                if before.is_none_or(|before| before.offers.of(user_type) != offer) {
                    prices.push((*id, user_type, offer, Span::Now));
                }
            }
            if let Some(rate) = after.vat
                && before.is_none_or(|before| before.vat != after.vat)
            {
                rates.push((*id, rate, Span::Now));
            }
        }
        put_prices(tx, &prices, now).await?;
        put_rates(tx, &rates, now).await?;
    }
    Ok(())
}

async fn put_products(tx: &mut Tx, changes: &[Change<'_>], now: DateTime<Utc>) -> QueryResult<()> {
    let records: Vec<_> =
        changes.iter().map(|change| Record { id: change.id, draft: change.after }).collect();
    let records = serde_json::to_value(records).map_err(unreadable)?;
    let put = diesel::sql_query(
        r#"insert into catalog.products as p
               (id, code, slug, category_id, brand, size, quantity_per_box, active, manufacturer, origin_country,
                badges, allergens, nutrition, created_at, updated_at)
           select r.id, r.code, r.slug, c.id, r.brand, r.size, r."quantityPerBox", r.active, r.manufacturer,
               r."originCountry", array(select jsonb_array_elements_text(r.badges)),
               array(select jsonb_array_elements_text(r.allergens)), nullif(r.nutrition, 'null'), $2, $2
           from jsonb_to_recordset($1) r (
               id uuid, code text, slug text, category text, brand text, size text, "quantityPerBox" int,
               active boolean, manufacturer text, "originCountry" text, badges jsonb, allergens jsonb, nutrition jsonb)
           join catalog.categories c on c.slug = r.category
           on conflict (id) do update set
               code = excluded.code, slug = excluded.slug, category_id = excluded.category_id,
               brand = excluded.brand, size = excluded.size, quantity_per_box = excluded.quantity_per_box,
               active = excluded.active, manufacturer = excluded.manufacturer,
               origin_country = excluded.origin_country, badges = excluded.badges, allergens = excluded.allergens,
               nutrition = excluded.nutrition, version = p.version + 1, updated_at = excluded.updated_at"#,
    );
    let rows = put.bind::<Jsonb, _>(&records).bind::<Timestamptz, _>(now).execute(tx).await?;
    if rows != changes.len() {
        return Err(diesel::result::Error::NotFound);
    }
    diesel::sql_query(
        "delete from catalog.product_translations t using jsonb_to_recordset($1) r (id uuid, texts jsonb)
         where t.product_id = r.id and not r.texts ? t.language",
    )
    .bind::<Jsonb, _>(&records)
    .execute(tx)
    .await?;
    diesel::sql_query(
        "insert into catalog.product_translations as t (product_id, language, name, description, storage)
         select r.id, l.key, l.value->>'name', l.value->>'description', l.value->>'storage'
         from jsonb_to_recordset($1) r (id uuid, texts jsonb), jsonb_each(r.texts) l
         on conflict (product_id, language) do update set
             name = excluded.name, description = excluded.description, storage = excluded.storage
         where (t.name, t.description, t.storage) is distinct from
             (excluded.name, excluded.description, excluded.storage)",
    )
    .bind::<Jsonb, _>(&records)
    .execute(tx)
    .await?;
    Ok(())
}

/// One version on, for a change beside what is written down.
pub(crate) async fn raise_version(tx: &mut Tx, id: ProductId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(products::table.find(id))
        .set((products::version.eq(products::version + 1), products::updated_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn find_version(tx: &mut Tx, id: ProductId) -> QueryResult<Option<i32>> {
    products::table.find(id).select(products::version).first(tx).await.optional()
}

type PriceRow = (ProductId, String, i64, i32, DateTime<Utc>, Option<DateTime<Utc>>);
type RateRow = (ProductId, i32, DateTime<Utc>, Option<DateTime<Utc>>);

/// Every price that there was, is and will be, by time.
pub(crate) async fn list_prices(
    conn: &mut AsyncPgConnection,
    id: ProductId,
) -> QueryResult<Vec<(UserType, Period<Offer>)>> {
    let rows: Vec<PriceRow> = product_prices::table
        .filter(product_prices::product_id.eq(id))
        .order((product_prices::user_type.desc(), product_prices::valid_from))
        .load(conn)
        .await?;
    rows.into_iter().map(|row| price(row).map(|(_, user_type, period)| (user_type, period))).collect()
}

pub(crate) async fn list_rates(
    conn: &mut AsyncPgConnection,
    id: ProductId,
) -> QueryResult<Vec<Period<VatRate>>> {
    let rows: Vec<RateRow> = product_vat_rates::table
        .filter(product_vat_rates::product_id.eq(id))
        .order(product_vat_rates::valid_from)
        .load(conn)
        .await?;
    rows.into_iter().map(|row| rate(row).map(|(_, period)| period)).collect()
}

/// Lays prices over those that hold and those that are planned. What is over stays as it was.
pub(crate) async fn put_prices(
    tx: &mut Tx,
    new: &[(ProductId, UserType, Offer, Span)],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let ids: BTreeSet<ProductId> = new.iter().map(|(id, ..)| *id).collect();
    let open = product_prices::valid_to.is_null().or(product_prices::valid_to.gt(now));
    let of_these = product_prices::product_id.eq_any(&ids).and(open);
    let rows: Vec<PriceRow> = diesel::delete(product_prices::table.filter(of_these))
        .returning(product_prices::all_columns)
        .load(tx)
        .await?;
    let mut periods: BTreeMap<(ProductId, UserType), Vec<Period<Offer>>> = BTreeMap::new();
    for row in rows {
        let (id, user_type, period) = price(row)?;
        periods.entry((id, user_type)).or_default().push(period);
    }
    for (id, user_type, offer, span) in new {
        let known = periods.entry((*id, *user_type)).or_default();
        let value = offer.gross.map(|_| *offer);
        *known = overlay(known, span.laid_over(known, value, now));
    }
    let rows = periods.iter().flat_map(|((id, user_type), periods)| {
        periods.iter().map(|Period { value, from, to }| {
            (
                product_prices::product_id.eq(*id),
                product_prices::user_type.eq(user_type.as_str()),
                product_prices::gross_amount.eq(value.gross.unwrap_or_default()),
                product_prices::min_quantity.eq(value.min_quantity),
                product_prices::valid_from.eq(*from),
                product_prices::valid_to.eq(*to),
            )
        })
    });
    let rows: Vec<_> = rows.collect();
    for rows in rows.chunks(AT_ONCE) {
        diesel::insert_into(product_prices::table).values(rows).execute(tx).await?;
    }
    Ok(())
}

/// The same for VAT rates.
pub(crate) async fn put_rates(
    tx: &mut Tx,
    new: &[(ProductId, VatRate, Span)],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let ids: BTreeSet<ProductId> = new.iter().map(|(id, ..)| *id).collect();
    let open = product_vat_rates::valid_to.is_null().or(product_vat_rates::valid_to.gt(now));
    let of_these = product_vat_rates::product_id.eq_any(&ids).and(open);
    let rows: Vec<RateRow> = diesel::delete(product_vat_rates::table.filter(of_these))
        .returning(product_vat_rates::all_columns)
        .load(tx)
        .await?;
    let mut periods: BTreeMap<ProductId, Vec<Period<VatRate>>> = BTreeMap::new();
    for row in rows {
        let (id, period) = rate(row)?;
        periods.entry(id).or_default().push(period);
    }
    for (id, rate, span) in new {
        let known = periods.entry(*id).or_default();
        *known = overlay(known, span.laid_over(known, Some(*rate), now));
    }
    let rows = periods.iter().flat_map(|(id, periods)| {
        periods.iter().map(|Period { value, from, to }| {
            (
                product_vat_rates::product_id.eq(*id),
                product_vat_rates::basis_points.eq(value.basis_points()),
                product_vat_rates::valid_from.eq(*from),
                product_vat_rates::valid_to.eq(*to),
            )
        })
    });
    let rows: Vec<_> = rows.collect();
    for rows in rows.chunks(AT_ONCE) {
        diesel::insert_into(product_vat_rates::table).values(rows).execute(tx).await?;
    }
    Ok(())
}

impl Span {
    fn laid_over<V>(self, known: &[Period<V>], value: Option<V>, now: DateTime<Utc>) -> Period<Option<V>> {
        match self {
            Self::Now => Period { value, from: now, to: ends(known, now) },
            Self::From(from, to) => Period { value, from, to },
        }
    }
}

fn price(row: PriceRow) -> QueryResult<(ProductId, UserType, Period<Offer>)> {
    let (id, user_type, gross, min_quantity, from, to) = row;
    let value = Offer { gross: Some(gross), min_quantity };
    Ok((id, user_type.parse().map_err(unreadable)?, Period { value, from, to }))
}

fn rate(row: RateRow) -> QueryResult<(ProductId, Period<VatRate>)> {
    let (id, basis_points, from, to) = row;
    let value = VatRate::from_basis_points(basis_points).map_err(unreadable)?;
    Ok((id, Period { value, from, to }))
}

fn unreadable(e: impl std::error::Error + Send + Sync + 'static) -> diesel::result::Error {
    DeserializationError(Box::new(e))
}
