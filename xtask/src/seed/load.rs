//! The way into the database: COPY into temporary tables, then one transaction that adds what is not there yet.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::{Context, Result, bail};
use postgres::{Client, Transaction};

use super::id::uuid;
use super::rows::{Category, Product};

const STAGE: &str = include_str!("stage.sql");
const INSERT: &str = include_str!("insert.sql");

/// How many products are new.
pub(super) fn load(client: &mut Client, categories: &[Category], products: &[Product]) -> Result<u64> {
    let mut transaction = client.transaction()?;
    transaction.batch_execute(STAGE)?;
    copy(
        &mut transaction,
        "seed_categories",
        categories.iter().zip(0..).map(|(row, at)| category_line(row, at)),
    )?;
    copy(&mut transaction, "seed_products", products.iter().zip(1..).map(|(row, at)| product_line(row, at)))?;
    transaction.batch_execute(INSERT).context("could not insert the seed")?;
    let homeless = transaction.query_opt(
        "select code, category from seed_products s
         where not exists (select from catalog.categories c where c.slug = s.category) limit 1",
        &[],
    )?;
    if let Some(row) = homeless {
        let (code, category): (String, String) = (row.get(0), row.get(1));
        bail!("product {code} is in the unknown category {category}");
    }
    let new: i64 = transaction.query_one("select count(*) from seed_new", &[])?.get(0);
    transaction.commit()?;
    client.batch_execute(
        "analyze catalog.categories, catalog.category_translations, catalog.products, catalog.product_translations,
                 catalog.product_prices, catalog.product_vat_rates, inventory.stock, inventory.stock_movements",
    )?;
    Ok(u64::try_from(new)?)
}

fn copy(
    transaction: &mut Transaction<'_>,
    table: &str,
    lines: impl Iterator<Item = Result<String>>,
) -> Result<()> {
    let mut writer = transaction.copy_in(&format!("copy {table} from stdin"))?;
    for line in lines {
        writer.write_all(line?.as_bytes())?;
    }
    writer.finish()?;
    Ok(())
}

fn category_line(row: &Category, at: u32) -> Result<String> {
    let id = uuid(at, &format!("category:{}", row.slug));
    let position = row.position.to_string();
    tabbed(&[&id, &row.slug, &position, &row.name_tr, &row.name_en, &row.name_pl])
}

fn product_line(row: &Product, at: u32) -> Result<String> {
    let id = uuid(at, &format!("product:{}", row.code));
    let mut line = tabbed(&[
        &id,
        &row.code,
        &row.slug,
        &row.category,
        &row.brand,
        &row.size,
        &row.name_tr,
        &row.name_en,
        &row.name_pl,
        &row.badges,
    ])?;
    line.pop();
    let numbers = [
        at,
        row.consumer_gross,
        row.corporate_gross,
        row.vat_basis_points,
        row.min_consumer,
        row.min_corporate,
        row.quantity_per_box,
        row.stock,
    ];
    for number in numbers {
        write!(line, "\t{number}")?;
    }
    line.push('\n');
    Ok(line)
}

/// One line of COPY's text format.
fn tabbed(values: &[&str]) -> Result<String> {
    let mut line = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            line.push('\t');
        }
        for character in value.chars() {
            match character {
                '\\' => line.push_str("\\\\"),
                '\t' => line.push_str("\\t"),
                '\n' => line.push_str("\\n"),
                '\r' => line.push_str("\\r"),
                '\0' => bail!("a zero byte in {value:?}"),
                other => line.push(other),
            }
        }
    }
    line.push('\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_copy_would_misread_is_escaped() {
        assert_eq!(tabbed(&["a\tb", "c\\d", "e\nf", "żółć"]).unwrap(), "a\\tb\tc\\\\d\te\\nf\tżółć\n");
        assert!(tabbed(&["\0"]).is_err());
    }
}
