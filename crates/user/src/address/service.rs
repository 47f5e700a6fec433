//! Looking into the address book, and changing it. Whoever changes what is a default locks the owner's row first.

use db::Transact as _;
use kernel::id::{AddressId, UserId};

use super::{Address, Book, Defaults, store};
use crate::{UserError, UserService, api::PostalAddress, profile::store::lock_user};

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
            if !lock_user(tx, owner).await? {
                return Err(UserError::NotFound);
            }
            let default_for = Book::of(&store::list_defaults(tx, owner).await?).admit()?;
            let address = Address { id: AddressId::generate(now), place, default_for };
            store::insert_address(tx, owner, &address, now).await?;
            Ok(address)
        })
        .await
    }

    /// Orders hold copies: one that was placed with the address as it was does not change.
    pub(crate) async fn change_address(
        &self,
        owner: UserId,
        id: AddressId,
        place: &PostalAddress,
    ) -> Result<Address, UserError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        store::put_place(&mut conn, (owner, id), place, now).await?.ok_or(UserError::AddressNotFound)
    }

    /// What the address was the default for, the oldest that remains becomes.
    pub(crate) async fn delete_address(&self, owner: UserId, id: AddressId) -> Result<(), UserError> {
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, UserError, _>(async |tx| {
            lock_user(tx, owner).await?;
            let gone = store::delete_address(tx, owner, id).await?.ok_or(UserError::AddressNotFound)?;
            if gone != Defaults::NONE
                && let Some(oldest) = store::find_oldest(tx, owner).await?
            {
                store::put_default(tx, &oldest, gone).await?;
            }
            Ok(())
        })
        .await
    }

    /// Makes the address the default of `of`, in place of the one that is.
    pub(crate) async fn make_default(
        &self,
        owner: UserId,
        id: AddressId,
        of: Defaults,
    ) -> Result<Address, UserError> {
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, UserError, _>(async |tx| {
            lock_user(tx, owner).await?;
            // Cleared first, for at no moment may there be two.
            store::put_no_default(tx, owner, of).await?;
            let address = store::find_address(tx, owner, id).await?.ok_or(UserError::AddressNotFound)?;
            store::put_default(tx, &address, of).await?;
            store::find_address(tx, owner, id).await?.ok_or(UserError::AddressNotFound)
        })
        .await
    }
}
