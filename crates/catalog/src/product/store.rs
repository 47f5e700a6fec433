//! The SQL of products.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists as exists_of, select},
    prelude::*,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::{Money, VatRate, id::ProductId};

use super::{Details, ProductRef, details::Image, preference};
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
    badges: Vec<String>,
    active: bool,
}

#[derive(Queryable)]
struct DetailsRow {
    description: Option<String>,
    storage: Option<String>,
    manufacturer: String,
    origin_country: Option<String>,
    allergens: Vec<String>,
    nutrition: Option<serde_json::Value>,
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

/// What a list shows of a product.
macro_rules! shown {
    ($view:expr) => {{
        let preferred = preference($view.language);
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
        (
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
            products::badges,
            products::active,
        )
    }};
}

pub(super) async fn list_by_ids(
    conn: &mut AsyncPgConnection,
    ids: &[ProductId],
    sight: Sight,
) -> QueryResult<Vec<Product>> {
    // Said of the rates as well: of a thousand products, PostgreSQL would rather read the rates of all.
    let wanted = products::id.eq_any(ids).and(product_vat_rates::product_id.eq_any(ids));
    let query = priced!(sight).filter(wanted).select(shown!(sight.view));
    let rows: Vec<ProductRow> = query.load(conn).await?;
    rows.into_iter().map(Product::try_from).collect()
}

/// A product with all that is told of it.
pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    wanted: &ProductRef,
    sight: Sight,
) -> QueryResult<Option<(Product, Details)>> {
    let id = match wanted {
        ProductRef::Id(id) => *id,
        ProductRef::Code(code) => match find_id(conn, code).await? {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    let preferred = preference(sight.view.language);
    // A text that says nothing falls back as one that is missing.
    let description = product_translations::table
        .filter(
            product_translations::product_id.eq(products::id).and(product_translations::description.ne("")),
        )
        .order(array_position(preferred.clone(), product_translations::language))
        .select(product_translations::description)
        .limit(1)
        .single_value();
    let storage = product_translations::table
        .filter(product_translations::product_id.eq(products::id).and(product_translations::storage.ne("")))
        .order(array_position(preferred, product_translations::language))
        .select(product_translations::storage)
        .limit(1)
        .single_value();
    let details = (
        description,
        storage,
        products::manufacturer,
        products::origin_country,
        products::allergens,
        products::nutrition,
    );
    let query = priced!(sight).filter(products::id.eq(id)).select((shown!(sight.view), details));
    let Some((product, details)) = query.first::<(ProductRow, DetailsRow)>(conn).await.optional()? else {
        return Ok(None);
    };
    let images: Vec<(String, String)> = product_images::table
        .filter(product_images::product_id.eq(id))
        .order((product_images::position, product_images::id))
        .select((product_images::url, product_images::thumbnail_url))
        .load(conn)
        .await?;
    let images = images.into_iter().map(|(url, thumbnail_url)| Image { url, thumbnail_url }).collect();
    Ok(Some((product.try_into()?, details.with(images))))
}

pub(super) async fn exists(conn: &mut AsyncPgConnection, product: ProductId) -> QueryResult<bool> {
    select(exists_of(products::table.find(product))).get_result(conn).await
}

pub(super) async fn find_id(conn: &mut AsyncPgConnection, code: &str) -> QueryResult<Option<ProductId>> {
    products::table.filter(products::code.eq(code)).select(products::id).first(conn).await.optional()
}

impl DetailsRow {
    fn with(self, images: Vec<Image>) -> Details {
        Details {
            description: self.description.unwrap_or_default(),
            storage: self.storage.unwrap_or_default(),
            manufacturer: self.manufacturer,
            origin_country: self.origin_country,
            allergens: self.allergens,
            nutrition: self.nutrition,
            images,
        }
    }
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
            badges: row.badges,
            active: row.active,
        })
    }
}

fn unreadable(e: Box<dyn std::error::Error + Send + Sync>) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(e)
}
