//! Inventory on its own: the proof that it needs nothing of the gateway. It has no routes yet, so it tells its stock.

use cache::{Cache, CacheOptions};
use db::{Db, PoolOptions};
use inventory::{StockApi as _, StockService};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::io::Write as _;
    let db = Db::new(&std::env::var("DATABASE_URL")?, &PoolOptions::default());
    let redis = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let stock = StockService::new(db, Cache::new(&redis, CacheOptions::default())?);
    let products = std::env::args().skip(1).map(|id| id.parse()).collect::<Result<Vec<_>, _>>()?;
    for (product, units) in stock.available(&products).await? {
        writeln!(std::io::stdout(), "{product} {units}")?;
    }
    Ok(())
}
