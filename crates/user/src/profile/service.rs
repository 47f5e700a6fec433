//! Looking at and changing one's profile.

use kernel::id::UserId;

use super::{Changes, User, store};
use crate::{UserError, UserService};

impl UserService {
    pub(crate) async fn profile(&self, user: UserId) -> Result<User, UserError> {
        let mut conn = self.db.conn().await?;
        store::find_user(&mut conn, user).await?.ok_or(UserError::NotFound)
    }

    pub(crate) async fn change_profile(&self, user: UserId, changes: &Changes) -> Result<User, UserError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        store::put_changes(&mut conn, user, changes, now).await?;
        store::find_user(&mut conn, user).await?.ok_or(UserError::NotFound)
    }
}
