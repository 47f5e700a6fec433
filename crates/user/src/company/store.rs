//! Companies in PostgreSQL.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{prelude::*, upsert::excluded};
use diesel_async::RunQueryDsl;
use kernel::id::CompanyId;

use super::Company;
use crate::{ports::TaxRecord, schema::companies};

/// The company with this tax number, made unless it is there; what is kept of it is what the register says now.
///
/// Of two people of one company who register at once the second waits here for the first.
pub(crate) async fn put_company(tx: &mut Tx, record: &TaxRecord, now: DateTime<Utc>) -> QueryResult<Company> {
    let id: CompanyId = diesel::insert_into(companies::table)
        .values((
            companies::id.eq(CompanyId::generate(now)),
            companies::nip.eq(&record.nip),
            companies::name.eq(&record.name),
            companies::regon.eq(&record.regon),
            companies::krs.eq(&record.krs),
            companies::address.eq(&record.address),
            companies::registered_on.eq(record.registered_on),
            companies::created_at.eq(now),
            companies::checked_at.eq(now),
        ))
        .on_conflict(companies::nip)
        .do_update()
        .set((
            companies::name.eq(excluded(companies::name)),
            companies::regon.eq(excluded(companies::regon)),
            companies::krs.eq(excluded(companies::krs)),
            companies::address.eq(excluded(companies::address)),
            companies::registered_on.eq(excluded(companies::registered_on)),
            companies::checked_at.eq(excluded(companies::checked_at)),
        ))
        .returning(companies::id)
        .get_result(tx)
        .await?;
    Ok(Company { id, name: record.name.clone(), nip: record.nip.clone() })
}
