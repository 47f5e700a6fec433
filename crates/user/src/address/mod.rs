//! The address book and its rules. Pure: no clock, no database, no HTTP.

mod country;
pub(crate) mod http;
mod postal_code;
mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub(crate) use country::Country;
pub(crate) use postal_code::PostalCode;

use kernel::id::AddressId;

use crate::{UserError, api::PostalAddress};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) id: AddressId,
    pub(crate) place: PostalAddress,
    pub(crate) default_for: Defaults,
}

/// What an address is taken for when nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Defaults {
    pub(crate) delivery: bool,
    pub(crate) billing: bool,
}

impl Defaults {
    pub(crate) const NONE: Self = Self { delivery: false, billing: false };
    pub(crate) const DELIVERY: Self = Self { delivery: true, ..Self::NONE };
    pub(crate) const BILLING: Self = Self { billing: true, ..Self::NONE };
}

/// What a new address has to know of the others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Book {
    addresses: usize,
    taken: Defaults,
}

impl Book {
    pub(crate) const MAX_ADDRESSES: usize = 50;

    pub(crate) fn of(all: &[Defaults]) -> Self {
        let taken =
            Defaults { delivery: all.iter().any(|d| d.delivery), billing: all.iter().any(|d| d.billing) };
        Self { addresses: all.len(), taken }
    }

    /// What one more becomes: the default of each kind that has none yet.
    pub(crate) fn admit(&self) -> Result<Defaults, UserError> {
        if self.addresses >= Self::MAX_ADDRESSES {
            return Err(UserError::TooManyAddresses { max: Self::MAX_ADDRESSES });
        }
        Ok(Defaults { delivery: !self.taken.delivery, billing: !self.taken.billing })
    }
}
