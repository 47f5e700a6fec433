//! The register's answer in its own words, and what it means in user's.

use chrono::NaiveDate;
use kernel::Nip;
use serde::Deserialize;
use user::ports::{TaxRecord, VatStatus};

use crate::RegisterError;

#[derive(Debug, Deserialize)]
struct Answer {
    result: Found,
}

#[derive(Debug, Deserialize)]
struct Found {
    /// Must be there; null when the number is not known.
    #[serde(deserialize_with = "Option::deserialize")]
    subject: Option<Subject>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subject {
    name: Option<String>,
    nip: Option<String>,
    status_vat: Option<String>,
    regon: Option<String>,
    krs: Option<String>,
    /// Of a person in business.
    residence_address: Option<String>,
    /// Of a company, or of a person's place of business.
    working_address: Option<String>,
    registration_legal_date: Option<NaiveDate>,
}

/// A refusal: `{"code":"WL-115","message":"…"}`.
#[derive(Debug, Deserialize)]
struct Refusal {
    code: String,
}

/// What a 200 says of `nip`.
pub(crate) fn read(body: &[u8], nip: &Nip) -> Result<Option<TaxRecord>, RegisterError> {
    let answer: Answer = serde_json::from_slice(body).map_err(RegisterError::Unreadable)?;
    answer.result.subject.map(|subject| subject.into_record(nip)).transpose()
}

/// The code of a refusal, as far as there is one: what is shown of it in a log is short.
pub(crate) fn refusal_code(body: &[u8]) -> Option<String> {
    let refusal: Refusal = serde_json::from_slice(body).ok()?;
    let shaped =
        refusal.code.len() <= 12 && refusal.code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    shaped.then_some(refusal.code)
}

impl Subject {
    fn into_record(self, nip: &Nip) -> Result<TaxRecord, RegisterError> {
        if self.nip.as_deref() != Some(nip.as_str()) {
            return Err(RegisterError::AnotherNumber);
        }
        let vat_status = match self.status_vat.as_deref() {
            // Struck off the list: nothing is said of them any more.
            None => VatStatus::NotRegistered,
            Some(word) => VatStatus::from_word(word).ok_or(RegisterError::Incomplete("a known statusVat"))?,
        };
        Ok(TaxRecord {
            nip: nip.as_str().to_owned(),
            name: said(self.name).ok_or(RegisterError::Incomplete("a name"))?,
            vat_status,
            regon: said(self.regon),
            krs: said(self.krs),
            address: said(self.working_address).or_else(|| said(self.residence_address)),
            registered_on: self.registration_legal_date,
        })
    }
}

/// An empty text says nothing.
fn said(text: Option<String>) -> Option<String> {
    let text = text?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
