//! Companies in PostgreSQL.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{prelude::*, upsert::excluded};
use diesel_async::RunQueryDsl;
use kernel::id::{CompanyId, UserId};

use super::{Company, terms::Known};
use crate::{
    ports::TaxRecord,
    schema::{companies, users},
};

/// The company with this tax number, made unless it is there; what is kept of it is what the register says now.
///
/// Of two people of one company who register at once the second waits here for the first.
pub(crate) async fn put_company(tx: &mut Tx, record: &TaxRecord, now: DateTime<Utc>) -> QueryResult<Company> {
    let (id, days): (CompanyId, Vec<Option<i32>>) = diesel::insert_into(companies::table)
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
        .returning((companies::id, companies::payment_term_days))
        .get_result(tx)
        .await?;
    let payment_term_days = days_of(days);
    Ok(Company { id, name: record.name.clone(), nip: record.nip.clone(), payment_term_days })
}

/// The latest first.
pub(crate) async fn list_companies(
    conn: &mut Tx,
    (nip, before): (Option<&str>, Option<CompanyId>),
    most: i64,
) -> QueryResult<Vec<Known>> {
    let mut wanted = CompanyRow::query().order(companies::id.desc()).limit(most).into_boxed();
    if let Some(nip) = nip {
        wanted = wanted.filter(companies::nip.eq(nip));
    }
    if let Some(before) = before {
        wanted = wanted.filter(companies::id.lt(before));
    }
    Ok(wanted.load(conn).await?.into_iter().map(Known::from).collect())
}

/// The company, locked until the transaction ends.
pub(crate) async fn lock_company(tx: &mut Tx, id: CompanyId) -> QueryResult<Option<Known>> {
    let row = CompanyRow::query().find(id).for_update().first(tx).await.optional()?;
    Ok(row.map(Known::from))
}

pub(crate) async fn put_terms(tx: &mut Tx, id: CompanyId, days: &[u16]) -> QueryResult<()> {
    let days: Vec<i32> = days.iter().map(|days| i32::from(*days)).collect();
    diesel::update(companies::table.find(id)).set(companies::payment_term_days.eq(days)).execute(tx).await?;
    Ok(())
}

/// In how many days the user's company may pay.
pub(crate) async fn list_term_days(conn: &mut Tx, user: UserId) -> QueryResult<Vec<u16>> {
    let days: Option<Vec<Option<i32>>> = users::table
        .inner_join(companies::table)
        .filter(users::id.eq(user))
        .select(companies::payment_term_days)
        .first(conn)
        .await
        .optional()?;
    Ok(days_of(days.unwrap_or_default()))
}

/// The table's checks keep them in bounds.
pub(crate) fn days_of(days: Vec<Option<i32>>) -> Vec<u16> {
    days.into_iter().flatten().filter_map(|days| u16::try_from(days).ok()).collect()
}

#[derive(HasQuery)]
#[diesel(table_name = companies)]
struct CompanyRow {
    id: CompanyId,
    nip: String,
    name: String,
    payment_term_days: Vec<Option<i32>>,
    created_at: DateTime<Utc>,
}

impl From<CompanyRow> for Known {
    fn from(row: CompanyRow) -> Self {
        let CompanyRow { id, nip, name, payment_term_days, created_at } = row;
        Self { company: Company { id, name, nip, payment_term_days: days_of(payment_term_days) }, created_at }
    }
}
