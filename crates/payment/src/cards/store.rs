//! SQL of whom the provider knows customers as.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::id::UserId;

use crate::schema::customers;

/// Writes it, or leaves what is there; as it stands either way.
pub(crate) async fn insert_customer(
    conn: &mut Tx,
    user: UserId,
    customer: &str,
    now: DateTime<Utc>,
) -> QueryResult<String> {
    diesel::insert_into(customers::table)
        .values((
            customers::user_id.eq(user),
            customers::customer_id.eq(customer),
            customers::created_at.eq(now),
        ))
        // By whichever key: of two who write the same at once, one may meet the other's customer before her user.
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    customers::table.find(user).select(customers::customer_id).get_result(conn).await
}

pub(crate) async fn delete_customer(conn: &mut Tx, user: UserId) -> QueryResult<()> {
    diesel::delete(customers::table.find(user)).execute(conn).await?;
    Ok(())
}
