//! Addresses in PostgreSQL. Every query takes the owner.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::id::{AddressId, UserId};

use super::{Address, Defaults};
use crate::{
    api::PostalAddress,
    schema::{addresses, users},
};

#[derive(HasQuery)]
#[diesel(table_name = addresses)]
struct AddressRow {
    id: AddressId,
    title: String,
    recipient: Option<String>,
    street: String,
    city: String,
    postal_code: String,
    country: String,
    is_default_delivery: bool,
    is_default_billing: bool,
}

/// Locks the owner's row until the transaction ends; false when there is none.
pub(crate) async fn lock_owner(tx: &mut Tx, owner: UserId) -> QueryResult<bool> {
    let row: Option<UserId> =
        users::table.find(owner).select(users::id).for_no_key_update().first(tx).await.optional()?;
    Ok(row.is_some())
}

pub(crate) async fn list_defaults(tx: &mut Tx, owner: UserId) -> QueryResult<Vec<Defaults>> {
    let rows: Vec<(bool, bool)> = addresses::table
        .filter(addresses::user_id.eq(owner))
        .select((addresses::is_default_delivery, addresses::is_default_billing))
        .load(tx)
        .await?;
    Ok(rows.into_iter().map(|(delivery, billing)| Defaults { delivery, billing }).collect())
}

pub(crate) async fn insert_address(
    tx: &mut Tx,
    owner: UserId,
    address: &Address,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let place = &address.place;
    diesel::insert_into(addresses::table)
        .values((
            addresses::id.eq(address.id),
            addresses::user_id.eq(owner),
            addresses::title.eq(&place.title),
            addresses::recipient.eq(&place.recipient),
            addresses::street.eq(&place.street),
            addresses::city.eq(&place.city),
            addresses::postal_code.eq(&place.postal_code),
            addresses::country.eq(&place.country),
            addresses::is_default_delivery.eq(address.default_for.delivery),
            addresses::is_default_billing.eq(address.default_for.billing),
            addresses::created_at.eq(now),
            addresses::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn list_addresses(conn: &mut Tx, owner: UserId) -> QueryResult<Vec<Address>> {
    let oldest_first = (addresses::created_at, addresses::id);
    let mine = AddressRow::query().filter(addresses::user_id.eq(owner)).order(oldest_first);
    let rows: Vec<AddressRow> = mine.load(conn).await?;
    Ok(rows.into_iter().map(Address::from).collect())
}

pub(crate) async fn find_address(
    conn: &mut Tx,
    owner: UserId,
    id: AddressId,
) -> QueryResult<Option<Address>> {
    let mine = addresses::id.eq(id).and(addresses::user_id.eq(owner));
    let row: Option<AddressRow> = AddressRow::query().filter(mine).first(conn).await.optional()?;
    Ok(row.map(Address::from))
}

impl From<AddressRow> for Address {
    fn from(row: AddressRow) -> Self {
        Self {
            id: row.id,
            place: PostalAddress {
                title: row.title,
                recipient: row.recipient,
                street: row.street,
                city: row.city,
                postal_code: row.postal_code,
                country: row.country,
            },
            default_for: Defaults { delivery: row.is_default_delivery, billing: row.is_default_billing },
        }
    }
}
