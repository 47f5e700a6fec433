//! The SQL of products.

use chrono::{DateTime, Utc};
use diesel::{dsl::count_star, pg::Pg, prelude::*};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::{Money, VatRate, id::ProductId};

use super::{ProductRef, Selection, preference};
use crate::{
    CategoryName, Product, View,
    schema::{
        array_position, categories, category_translations, product_images, product_prices,
        product_translations, product_vat_rates, products,
    },
};

/// At what moment and through whose eyes the tables are read.
#[derive(Clone, Copy)]
pub(super) struct Sight {
    pub(super) view: View,
    pub(super) now: DateTime<Utc>,
}

/// What a query is narrowed to.
enum Narrowed<'a> {
    Ids(&'a [ProductId]),
    Code(&'a str),
    /// Active products, by id.
    Page(&'a Selection),
}

#[derive(Queryable)]
struct ProductRow {
    id: ProductId,
    code: String,
    slug: String,
    name: Option<String>,
    brand: String,
    size: String,
    category_slug: String,
    category_name: Option<String>,
    image_url: Option<String>,
    gross_amount: i64,
    basis_points: i32,
    min_quantity: i32,
    quantity_per_box: i32,
    active: bool,
}

/// Products with today's price and VAT rate. One that has neither for this type of customer is not there.
macro_rules! priced {
    ($sight:expr) => {{
        let Sight { view, now } = $sight;
        let priced = product_prices::user_type
            .eq(view.user_type.as_str())
            .and(product_prices::valid_from.le(now))
            .and(product_prices::valid_to.is_null().or(product_prices::valid_to.gt(now)));
        let taxed = product_vat_rates::valid_from
            .le(now)
            .and(product_vat_rates::valid_to.is_null().or(product_vat_rates::valid_to.gt(now)));
        products::table
            .inner_join(categories::table)
            .inner_join(product_prices::table)
            .inner_join(product_vat_rates::table)
            .filter(priced.and(taxed))
    }};
}

pub(super) async fn list_by_ids(
    conn: &mut AsyncPgConnection,
    ids: &[ProductId],
    sight: Sight,
) -> QueryResult<Vec<Product>> {
    load(conn, Narrowed::Ids(ids), sight).await
}

pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    wanted: &ProductRef,
    sight: Sight,
) -> QueryResult<Option<Product>> {
    let narrowed = match wanted {
        ProductRef::Id(id) => Narrowed::Ids(std::slice::from_ref(id)),
        ProductRef::Code(code) => Narrowed::Code(code),
    };
    Ok(load(conn, narrowed, sight).await?.pop())
}

/// A page, and one product more when another page follows.
pub(super) async fn list_page(
    conn: &mut AsyncPgConnection,
    selection: &Selection,
    sight: Sight,
) -> QueryResult<Vec<Product>> {
    load(conn, Narrowed::Page(selection), sight).await
}

/// How many products all the pages have together.
pub(super) async fn count(
    conn: &mut AsyncPgConnection,
    selection: &Selection,
    sight: Sight,
) -> QueryResult<i64> {
    let mut query = priced!(sight).filter(products::active).select(count_star()).into_boxed::<Pg>();
    if let Some(slug) = &selection.category {
        query = query.filter(categories::slug.eq(slug));
    }
    query.get_result(conn).await
}

async fn load(
    conn: &mut AsyncPgConnection,
    narrowed: Narrowed<'_>,
    sight: Sight,
) -> QueryResult<Vec<Product>> {
    let preferred = preference(sight.view.language);
    let name = product_translations::table
        .filter(product_translations::product_id.eq(products::id))
        .order(array_position(preferred.clone(), product_translations::language))
        .select(product_translations::name)
        .limit(1)
        .single_value();
    let category_name = category_translations::table
        .filter(category_translations::category_id.eq(categories::id))
        .order(array_position(preferred, category_translations::language))
        .select(category_translations::name)
        .limit(1)
        .single_value();
    let image_url = product_images::table
        .filter(product_images::product_id.eq(products::id))
        .order((product_images::position, product_images::id))
        .select(product_images::url)
        .limit(1)
        .single_value();
    let mut query = priced!(sight)
        .select((
            products::id,
            products::code,
            products::slug,
            name,
            products::brand,
            products::size,
            categories::slug,
            category_name,
            image_url,
            product_prices::gross_amount,
            product_vat_rates::basis_points,
            product_prices::min_quantity,
            products::quantity_per_box,
            products::active,
        ))
        .into_boxed::<Pg>();
    query = match narrowed {
        Narrowed::Ids(ids) => query.filter(products::id.eq_any(ids)),
        Narrowed::Code(code) => query.filter(products::code.eq(code)),
        Narrowed::Page(selection) => {
            let one_more = i64::try_from(selection.limit.get()).unwrap_or(i64::MAX - 1) + 1;
            let mut page = query.filter(products::active).order(products::id).limit(one_more);
            if let Some(after) = selection.after {
                page = page.filter(products::id.gt(after));
            }
            if let Some(slug) = &selection.category {
                page = page.filter(categories::slug.eq(slug));
            }
            page
        }
    };
    let rows: Vec<ProductRow> = query.load(conn).await?;
    rows.into_iter().map(Product::try_from).collect()
}

impl TryFrom<ProductRow> for Product {
    type Error = diesel::result::Error;

    fn try_from(row: ProductRow) -> QueryResult<Self> {
        let count = |n: i32| u32::try_from(n).map_err(|e| unreadable(e.into()));
        Ok(Self {
            id: row.id,
            // A product without any name is still a product: its code stands in.
            name: row.name.unwrap_or_else(|| row.code.clone()),
            code: row.code,
            slug: row.slug,
            brand: row.brand,
            size: row.size,
            category: CategoryName {
                name: row.category_name.unwrap_or_else(|| row.category_slug.clone()),
                slug: row.category_slug,
            },
            image_url: row.image_url,
            price: Money::grosz(row.gross_amount),
            vat: VatRate::from_basis_points(row.basis_points).map_err(|e| unreadable(e.into()))?,
            min_quantity: count(row.min_quantity)?,
            quantity_per_box: count(row.quantity_per_box)?,
            active: row.active,
        })
    }
}

fn unreadable(e: Box<dyn std::error::Error + Send + Sync>) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(e)
}
