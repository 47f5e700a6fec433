//! The rows of data/seed: what a category and a product are made of, read from CSV.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::workspace;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Category {
    pub(super) slug: String,
    pub(super) position: i32,
    pub(super) name_tr: String,
    pub(super) name_en: String,
    pub(super) name_pl: String,
}

/// Prices are gross, in grosz.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Product {
    pub(super) code: String,
    pub(super) slug: String,
    pub(super) category: String,
    pub(super) brand: String,
    pub(super) size: String,
    pub(super) name_tr: String,
    pub(super) name_en: String,
    pub(super) name_pl: String,
    pub(super) consumer_gross: u32,
    pub(super) corporate_gross: u32,
    pub(super) vat_basis_points: u32,
    pub(super) min_consumer: u32,
    pub(super) min_corporate: u32,
    pub(super) quantity_per_box: u32,
    pub(super) stock: u32,
    /// Divided by `|`; what the name itself says of it.
    pub(super) badges: String,
}

pub(super) fn categories() -> Result<Vec<Category>> {
    read(&workspace::root().join("data/seed/categories.csv"))
}

pub(super) fn products() -> Result<Vec<Product>> {
    read(&workspace::root().join("data/seed/products.csv"))
}

fn read<Row: DeserializeOwned>(path: &Path) -> Result<Vec<Row>> {
    let problem = || format!("could not read {}", path.display());
    let mut reader = csv::Reader::from_path(path).with_context(problem)?;
    let rows = reader.deserialize().collect::<Result<Vec<Row>, _>>().with_context(problem)?;
    if rows.is_empty() {
        bail!("{} is empty", path.display());
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_real_catalogue_is_whole() {
        let slugs: HashSet<_> = categories().unwrap().into_iter().map(|category| category.slug).collect();
        let products = products().unwrap();
        assert_eq!((slugs.len(), products.len()), (7, 209));
        let unique = |of: fn(&Product) -> &String| products.iter().map(of).collect::<HashSet<_>>().len();
        assert_eq!((unique(|product| &product.code), unique(|product| &product.slug)), (209, 209));
        for product in &products {
            let code = &product.code;
            assert!(slugs.contains(&product.category), "{code}: unknown category {}", product.category);
            assert!([0, 500, 800, 2300].contains(&product.vat_basis_points), "{code}: VAT");
            assert!(product.corporate_gross > 0 && product.consumer_gross > 0, "{code}: price");
            assert!(
                product.min_consumer.min(product.min_corporate).min(product.quantity_per_box) > 0,
                "{code}"
            );
            for name in [&product.name_tr, &product.name_en, &product.name_pl] {
                assert!(!name.trim().is_empty(), "{code}: a name is missing");
            }
        }
    }
}
