//! Looking into the address book, and putting one more address into it.

use db::Transact as _;
use kernel::id::{AddressId, UserId};

use super::{Address, Book, store};
use crate::{UserError, UserService, api::PostalAddress};

impl UserService {
    /// Oldest first; never more than [`Book::MAX_ADDRESSES`].
    pub(crate) async fn addresses(&self, owner: UserId) -> Result<Vec<Address>, UserError> {
        let mut conn = self.db.conn().await?;
        Ok(store::list_addresses(&mut conn, owner).await?)
    }

    /// The first address becomes the default of both kinds.
    pub(crate) async fn add_address(
        &self,
        owner: UserId,
        place: PostalAddress,
    ) -> Result<Address, UserError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, UserError, _>(async |tx| {
            // Two first addresses at once meet here, or both would become the default.
            if !store::lock_owner(tx, owner).await? {
                return Err(UserError::NotFound);
            }
            let default_for = Book::of(&store::list_defaults(tx, owner).await?).admit()?;
            let address = Address { id: AddressId::generate(now), place, default_for };
            store::insert_address(tx, owner, &address, now).await?;
            Ok(address)
        })
        .await
    }
}
