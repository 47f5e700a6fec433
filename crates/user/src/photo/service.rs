//! Putting a photo in its place, and taking it away.

use chrono::{DateTime, Utc};
use db::{QueryError, Transact as _, Tx};
use kernel::id::UserId;
use media::Picture;

use super::store;
use crate::{UserError, UserService};

impl UserService {
    /// The picture becomes the user's photo; the one before it is discarded.
    pub(crate) async fn put_photo(&self, user: UserId, picture: &Picture) -> Result<(), UserError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, UserError, _>(async |tx| {
            if !remove(tx, user, now).await? {
                return Err(UserError::NotFound);
            }
            media::keep(tx, picture, now).await?;
            store::put_photo(tx, user, Some(picture), now).await?;
            Ok(())
        })
        .await
    }

    /// Without a photo there is nothing to do.
    pub(crate) async fn remove_photo(&self, user: UserId) -> Result<(), UserError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        let there = conn.transaction::<_, UserError, _>(async |tx| Ok(remove(tx, user, now).await?)).await?;
        if there { Ok(()) } else { Err(UserError::NotFound) }
    }
}

/// Discards the user's photo, if there is one, in the caller's transaction, and locks the user's row; false when
/// there is no such user.
pub(crate) async fn remove(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<bool, QueryError> {
    let Some(photo) = store::lock_photo(tx, user).await? else { return Ok(false) };
    if let Some(picture) = photo {
        media::discard(tx, &picture, now).await?;
        store::put_photo(tx, user, None, now).await?;
    }
    Ok(true)
}
