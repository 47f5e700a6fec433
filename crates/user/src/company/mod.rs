//! Companies, as the tax register knows them. Pure: no clock, no database, no HTTP.

pub(crate) mod http;
pub(crate) mod lookup;
pub(crate) mod store;
pub(crate) mod terms;
#[cfg(test)]
mod tests;

use kernel::{Language, Params, id::CompanyId};

use crate::{
    address::{Country, PostalCode},
    api::PostalAddress,
    ports::TaxRecord,
};

/// The company that a corporate account belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Company {
    pub(crate) id: CompanyId,
    pub(crate) name: String,
    /// Ten digits.
    pub(crate) nip: String,
    /// In how many days after an order it may pay by transfer; empty when it may not.
    pub(crate) payment_term_days: Vec<u16>,
}

/// Where invoices of the company go; `None` when the register says nothing.
///
/// `UL. PROSTA 51, 00-838 WARSZAWA` is taken apart. What does not look like that stands whole in the street: somebody
/// can read it, and its owner can put it right.
pub(crate) fn billing_address(record: &TaxRecord, language: Language) -> Option<PostalAddress> {
    let whole = record.address.as_deref()?.trim();
    if whole.is_empty() {
        return None;
    }
    let (street, postal_code, city) = take_apart(whole).unwrap_or((whole, "", ""));
    let title = i18n::message(language, "billing-address-title", &Params::new());
    Some(PostalAddress {
        title: title.unwrap_or_else(|| record.name.clone()),
        recipient: Some(record.name.clone()),
        street: street.to_owned(),
        city: city.to_owned(),
        postal_code: postal_code.to_owned(),
        country: "PL".to_owned(),
    })
}

/// Street, postal code, city.
fn take_apart(whole: &str) -> Option<(&str, &str, &str)> {
    let poland: Country = "PL".parse().ok()?;
    // The last comma: a street may have one of its own, "UL. PROSTA 51, LOK. 3".
    let (street, town) = whole.rsplit_once(',')?;
    let (code, city) = town.trim().split_once(' ')?;
    PostalCode::parse(code, poland).ok()?;
    let (street, city) = (street.trim(), city.trim());
    (!street.is_empty() && !city.is_empty()).then_some((street, code, city))
}
