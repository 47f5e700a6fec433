//! The SQL of categories.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::{Language, id::CategoryId};

use super::Category;
use crate::{
    product::preference,
    schema::{array_position, categories, category_translations, products},
};

#[derive(Queryable)]
struct CategoryRow {
    id: CategoryId,
    slug: String,
    name: Option<String>,
    product_count: Option<i64>,
    image_url: Option<String>,
}

pub(super) async fn list(conn: &mut AsyncPgConnection, language: Language) -> QueryResult<Vec<Category>> {
    let name = category_translations::table
        .filter(category_translations::category_id.eq(categories::id))
        .order(array_position(preference(language), category_translations::language))
        .select(category_translations::name)
        .limit(1)
        .single_value();
    let product_count = products::table
        .filter(products::category_id.eq(categories::id).and(products::active))
        .count()
        .single_value();
    let rows: Vec<CategoryRow> = categories::table
        .order((categories::position, categories::id))
        .select((categories::id, categories::slug, name, product_count, categories::image_url))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Category::from).collect())
}

impl From<CategoryRow> for Category {
    fn from(row: CategoryRow) -> Self {
        Self {
            id: row.id,
            // Without any translation the slug stands in.
            name: row.name.unwrap_or_else(|| row.slug.clone()),
            slug: row.slug,
            product_count: row.product_count.unwrap_or(0),
            image_url: row.image_url,
        }
    }
}
