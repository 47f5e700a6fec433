//! Use cases of registering an account.

use db::Transact as _;
use kernel::{UserType, id::UserId};

use super::{Registration, store};
use crate::{
    UserError, UserService,
    ports::Tokens,
    profile::{self, User},
};

impl UserService {
    /// Makes the account and signs it in. Of several at once one succeeds.
    ///
    /// When the session cannot be opened the account stays: its owner signs in by a code.
    pub(crate) async fn register(&self, form: Registration) -> Result<(User, Tokens), UserError> {
        if form.user_type == UserType::Corporate {
            return Err(UserError::CorporateRegistration);
        }
        let now = self.clock.now();
        let consents = form.consents();
        let user = User {
            id: UserId::generate(now),
            kind: form.user_type,
            phone: form.phone,
            first_name: form.first_name,
            last_name: form.last_name,
            email: form.email,
            language: form.language,
            photo: None,
            created_at: now,
        };
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, UserError, _>(async |tx| {
            if !profile::store::insert_user(tx, &user).await? {
                return Err(UserError::AlreadyRegistered);
            }
            store::insert_consents(tx, user.id, &consents, now).await?;
            Ok(())
        })
        .await?;
        drop(conn);
        tracing::info!(user.id = %user.id, "user {} registered", user.id);
        let tokens = self.sessions.open(user.id, user.kind).await?;
        Ok((user, tokens))
    }
}
