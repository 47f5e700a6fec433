//! order → user: the customer's addresses, and on which terms her company pays.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    PortError,
    id::{AddressId, UserId},
};
use order::{
    PostalAddress,
    ports::{Addresses, Companies},
};
use user::api::UsersApi;

pub(crate) struct AddressesForOrder(pub(crate) Arc<dyn UsersApi>);

#[async_trait]
impl Addresses for AddressesForOrder {
    async fn address(&self, owner: UserId, id: AddressId) -> Result<Option<PostalAddress>, PortError> {
        let address = self.0.address(owner, id).await.map_err(|e| PortError::new("user", e))?;
        Ok(address.map(|a| PostalAddress {
            title: a.title,
            recipient: a.recipient,
            street: a.street,
            city: a.city,
            postal_code: a.postal_code,
            country: a.country,
        }))
    }
}

pub(crate) struct CompaniesForOrder(pub(crate) Arc<dyn UsersApi>);

#[async_trait]
impl Companies for CompaniesForOrder {
    async fn payment_term_days(&self, user: UserId) -> Result<Vec<u16>, PortError> {
        self.0.payment_term_days(user).await.map_err(|e| PortError::new("user", e))
    }
}
