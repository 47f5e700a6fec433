//! Inventory on its own: the proof that it needs nothing of the gateway. It has no routes yet, so it tells its stock.

use db::{Db, PoolOptions};
use inventory::{StockApi as _, StockService};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::io::Write as _;
    let stock = StockService::new(Db::new(&std::env::var("DATABASE_URL")?, &PoolOptions::default()));
    let products = std::env::args().skip(1).map(|id| id.parse()).collect::<Result<Vec<_>, _>>()?;
    for (product, units) in stock.available(&products).await? {
        writeln!(std::io::stdout(), "{product} {units}")?;
    }
    Ok(())
}
