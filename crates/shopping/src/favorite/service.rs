//! The use cases of favourites.

use std::sync::Arc;

use async_trait::async_trait;
use db::{Db, QueryError, Transact as _, Tx};
use kernel::{
    Clock, Limit,
    id::{FavoriteId, ProductId, UserId},
};
use serde_json::{Value, json};

use super::{Favorite, MAX, store};
use crate::{
    CartError, FavoriteApi,
    cart::Owner,
    ports::{Catalog, View},
};

/// Customers' and guests' favourites. Clones share everything.
#[derive(Clone)]
pub struct FavoriteService {
    db: Db,
    clock: Arc<dyn Clock>,
    catalog: Arc<dyn Catalog>,
}

/// One page of favourites.
pub(crate) struct Page {
    pub(crate) favorites: Vec<Favorite>,
    pub(crate) next: Option<FavoriteId>,
}

impl FavoriteService {
    pub fn new(db: Db, clock: Arc<dyn Clock>, catalog: Arc<dyn Catalog>) -> Self {
        Self { db, clock, catalog }
    }

    pub(crate) async fn list(
        &self,
        owner: Owner,
        view: View,
        limit: Limit,
        before: Option<FavoriteId>,
    ) -> Result<Page, CartError> {
        let one_more = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
        let mut rows = store::list(&mut *self.db.conn().await?, owner, before, one_more).await?;
        let more = rows.len() > limit.get();
        rows.truncate(limit.get());
        let products: Vec<ProductId> = rows.iter().map(|(_, product, _)| *product).collect();
        let mut offers = if products.is_empty() {
            [].into()
        } else {
            self.catalog.products_lately(&products, view).await?
        };
        let next = rows.last().filter(|_| more).map(|(id, ..)| *id);
        let favorite = |(id, product, added_at)| {
            let offer = offers.remove(&product).filter(|offer| offer.sellable);
            Favorite { id, product, added_at, item: offer.map(|offer| offer.item) }
        };
        Ok(Page { favorites: rows.into_iter().map(favorite).collect(), next })
    }

    /// False when it is among them already.
    pub(crate) async fn add(&self, owner: Owner, view: View, product: ProductId) -> Result<bool, CartError> {
        let offers = self.catalog.products(&[product], view).await?;
        if !offers.get(&product).is_some_and(|offer| offer.sellable) {
            return Err(CartError::ProductNotFound(product));
        }
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CartError, _>(async |tx| {
            if let Owner::Guest(guest) = owner
                && !store::holds(tx, guest, now).await?
            {
                return Err(CartError::GuestExpired);
            }
            let new = store::insert(tx, owner, product, now).await?;
            // Several at once may end one or two above it, which harms nobody.
            if new && store::count(tx, owner).await? > MAX {
                return Err(CartError::FavoritesFull { max: MAX });
            }
            Ok(new)
        })
        .await
    }

    pub(crate) async fn remove(&self, owner: Owner, product: ProductId) -> Result<(), CartError> {
        Ok(store::delete(&mut *self.db.conn().await?, owner, product).await?)
    }
}

pub(crate) async fn forget(tx: &mut Tx, user: UserId) -> Result<(), QueryError> {
    store::delete_all(tx, user).await
}

#[async_trait]
impl FavoriteApi for FavoriteService {
    async fn export(&self, user: UserId) -> Result<Value, CartError> {
        let rows = store::list(&mut *self.db.conn().await?, Owner::User(user), None, MAX).await?;
        let one = |(_, product, added_at): &store::Row| json!({ "productId": product, "addedAt": added_at });
        Ok(rows.iter().map(one).collect())
    }
}
