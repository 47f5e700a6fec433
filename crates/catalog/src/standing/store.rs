//! The SQL of how products stand.

use db::Tx;
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Uuid},
};
use diesel_async::RunQueryDsl;
use kernel::id::ProductId;

use crate::schema::products;

/// News of an older version of the stock than what is known changes nothing.
pub(crate) async fn put_availability(
    tx: &mut Tx,
    product: ProductId,
    available: bool,
    version: i64,
) -> QueryResult<()> {
    diesel::update(products::table.find(product).filter(products::stock_version.lt(version)))
        .set((products::in_stock.eq(available), products::stock_version.eq(version)))
        .execute(tx)
        .await?;
    Ok(())
}

/// Notes what was sold beside the products: rows of theirs are not locked. In the order of their ids, so that two orders
/// never wait for each other in a circle. What is no product any more is not counted.
pub(crate) async fn add_sales(tx: &mut Tx, sold: &[(ProductId, i64)]) -> QueryResult<()> {
    let (ids, units): (Vec<ProductId>, Vec<i64>) = sold.iter().copied().unzip();
    sql_query(
        "insert into catalog.sales (product_id, units)
         select s.id, sum(s.units)::bigint from unnest($1, $2) s (id, units)
         where exists (select from catalog.products p where p.id = s.id)
         group by s.id order by s.id
         on conflict (product_id) do update set units = sales.units + excluded.units",
    )
    .bind::<Array<Uuid>, _>(ids)
    .bind::<Array<BigInt>, _>(units)
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds what was noted to what the products have sold.
pub(crate) async fn put_sales(tx: &mut Tx) -> QueryResult<()> {
    sql_query(
        "with noted as (delete from catalog.sales returning product_id, units)
         update catalog.products p set units_sold = p.units_sold + noted.units
         from noted where p.id = noted.product_id",
    )
    .execute(tx)
    .await?;
    Ok(())
}
