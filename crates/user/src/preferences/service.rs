//! Looking at and changing one's preferences.

use db::Transact as _;
use kernel::id::UserId;

use super::{Choices, Preferences, store};
use crate::{UserError, UserService, profile::store::lock_user};

impl UserService {
    pub(crate) async fn preferences(&self, user: UserId) -> Result<Preferences, UserError> {
        let mut conn = self.db.conn().await?;
        store::find_preferences(&mut conn, user).await?.ok_or(UserError::NotFound)
    }

    /// Every consent that changes is kept, with its time and the text that was shown.
    pub(crate) async fn choose(&self, user: UserId, choices: Choices) -> Result<Preferences, UserError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, UserError, _>(async |tx| {
            // Two at once would each compare with what was before both, and keep the same change twice.
            lock_user(tx, user).await?;
            let before = store::find_preferences(tx, user).await?.ok_or(UserError::NotFound)?;
            store::insert_consents(tx, user, &choices.consents(before.consents), now).await?;
            store::put_notifications(tx, user, choices.notifications(before.notifications), now).await?;
            store::find_preferences(tx, user).await?.ok_or(UserError::NotFound)
        })
        .await
    }
}
