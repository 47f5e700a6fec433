//! `cargo xtask seed`: the real catalogue, its stock and the shop's texts, and on demand a large made-up catalogue
//! beside it.

mod content;
mod id;
mod load;
mod rows;
mod synthetic;
#[cfg(test)]
mod tests;
mod words;

use anyhow::{Context, Result, bail};
use postgres::Client;

use crate::{cluster, dev_state, say};

/// The codes of made-up products have six digits.
const MOST_PRODUCTS: u32 = 1_000_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Make up products until there are so many in all
    #[arg(long, value_name = "N")]
    products: Option<u32>,
    /// Another database than that of the development services
    #[arg(long)]
    database_url: Option<String>,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let url = dev_state::database_url(arguments.database_url)?;
    let mut client = cluster::connect(&url).context("is `cargo xtask up` running?")?;
    let total = arguments.products.unwrap_or(0);
    if total > MOST_PRODUCTS {
        bail!("at most {MOST_PRODUCTS} products");
    }
    let texts = content::publish(&mut client)?;
    let new = fill(&mut client, total)?;
    say::line(format_args!("{new} products added, {texts} texts published"));
    Ok(())
}

/// For `up`: a shop that has products already is left alone, and so are texts that were published.
pub(crate) fn fill_when_empty(database_url: &str) -> Result<()> {
    let mut client = cluster::connect(database_url)?;
    content::publish(&mut client)?;
    let filled: bool = client.query_one("select exists (select from catalog.products)", &[])?.get(0);
    if !filled {
        fill(&mut client, 0)?;
    }
    Ok(())
}

/// The real products, and made-up ones up to `total` in all.
pub(crate) fn fill(client: &mut Client, total: u32) -> Result<u64> {
    let categories = rows::categories()?;
    let mut products = rows::products()?;
    let real = u32::try_from(products.len())?;
    products.extend((1..=total.saturating_sub(real)).map(synthetic::product));
    say::step(&format!("seed {} products", products.len()), || load::load(client, &categories, &products))
}

/// Made-up products that no seed makes, as a file that the shop's people would import: those from `first` on.
pub(crate) fn import_file(first: u32, count: u32) -> String {
    use std::fmt::Write as _;
    let mut file = String::from(
        "code,category,brand,size,quantity_per_box,name_tr,name_en,name_pl,price_individual,\
         price_corporate,min_quantity_corporate,vat_rate,badges\n",
    );
    for number in first..first + count {
        let p = synthetic::product(number);
        let zloty = |grosz: u32| format!("{}.{:02}", grosz / 100, grosz % 100);
        let (individual, corporate) = (zloty(p.consumer_gross), zloty(p.corporate_gross));
        let rate = p.vat_basis_points / 100;
        let _ = writeln!(
            file,
            "I{number},{},{},{},{},{},{},{},{individual},{corporate},{},{rate},{}",
            p.category,
            p.brand,
            p.size,
            p.quantity_per_box,
            p.name_tr,
            p.name_en,
            p.name_pl,
            p.min_corporate,
            p.badges
        );
    }
    file
}
