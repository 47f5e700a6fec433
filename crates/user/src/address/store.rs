//! Addresses in PostgreSQL. Every query takes the owner.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::id::{AddressId, UserId};

use super::{Address, Defaults};
use crate::{api::PostalAddress, schema::addresses};

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

/// Each address, if it is its owner's.
pub(crate) async fn find_addresses(
    conn: &mut Tx,
    wanted: &[Arc<(UserId, AddressId)>],
) -> QueryResult<Vec<Option<Address>>> {
    let ids: Vec<AddressId> = wanted.iter().map(|wanted| wanted.1).collect();
    let find = addresses::table.filter(addresses::id.eq_any(ids));
    let found: Vec<(UserId, AddressRow)> =
        find.select((addresses::user_id, AddressRow::as_select())).load(conn).await?;
    let mut found: HashMap<_, _> =
        found.into_iter().map(|(owner, row)| ((owner, row.id), Address::from(row))).collect();
    Ok(wanted.iter().map(|wanted| found.remove(&**wanted)).collect())
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

/// The address as changed; `None` when it is absent or somebody else's.
pub(crate) async fn put_place(
    conn: &mut Tx,
    (owner, id): (UserId, AddressId),
    place: &PostalAddress,
    now: DateTime<Utc>,
) -> QueryResult<Option<Address>> {
    let mine = addresses::id.eq(id).and(addresses::user_id.eq(owner));
    let row: Option<AddressRow> = diesel::update(addresses::table.filter(mine))
        .set((
            addresses::title.eq(&place.title),
            addresses::recipient.eq(&place.recipient),
            addresses::street.eq(&place.street),
            addresses::city.eq(&place.city),
            addresses::postal_code.eq(&place.postal_code),
            addresses::country.eq(&place.country),
            addresses::updated_at.eq(now),
        ))
        .returning(AddressRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Address::from))
}

/// What the address was the default for; `None` when it is absent or somebody else's.
pub(crate) async fn delete_address(
    tx: &mut Tx,
    owner: UserId,
    id: AddressId,
) -> QueryResult<Option<Defaults>> {
    let mine = addresses::id.eq(id).and(addresses::user_id.eq(owner));
    let gone: Option<(bool, bool)> = diesel::delete(addresses::table.filter(mine))
        .returning((addresses::is_default_delivery, addresses::is_default_billing))
        .get_result(tx)
        .await
        .optional()?;
    Ok(gone.map(|(delivery, billing)| Defaults { delivery, billing }))
}

/// Nothing of the owner's is the default of these kinds any more.
pub(crate) async fn put_no_default(tx: &mut Tx, owner: UserId, of: Defaults) -> QueryResult<()> {
    let mine = addresses::table.filter(addresses::user_id.eq(owner));
    if of.delivery {
        let set = mine.filter(addresses::is_default_delivery);
        diesel::update(set).set(addresses::is_default_delivery.eq(false)).execute(tx).await?;
    }
    if of.billing {
        let set = mine.filter(addresses::is_default_billing);
        diesel::update(set).set(addresses::is_default_billing.eq(false)).execute(tx).await?;
    }
    Ok(())
}

/// Makes an address the default of these kinds; what it is the default of besides, it stays.
pub(crate) async fn put_default(tx: &mut Tx, address: &Address, of: Defaults) -> QueryResult<()> {
    diesel::update(addresses::table.find(address.id))
        .set((
            addresses::is_default_delivery.eq(of.delivery || address.default_for.delivery),
            addresses::is_default_billing.eq(of.billing || address.default_for.billing),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn find_oldest(tx: &mut Tx, owner: UserId) -> QueryResult<Option<Address>> {
    let oldest_first = (addresses::created_at, addresses::id);
    let mine = AddressRow::query().filter(addresses::user_id.eq(owner)).order(oldest_first);
    let row: Option<AddressRow> = mine.first(tx).await.optional()?;
    Ok(row.map(Address::from))
}

/// Empties the address books of these owners.
pub(crate) async fn delete_books(tx: &mut Tx, owners: &[UserId]) -> QueryResult<()> {
    diesel::delete(addresses::table.filter(addresses::user_id.eq_any(owners))).execute(tx).await?;
    Ok(())
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
