//! Use cases of leaving.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use contracts::user::UserAnonymised;
use db::{Transact as _, Tx};
use kernel::{
    Language,
    id::{ChallengeId, UserId},
};

use super::{GRACE, store};
use crate::{
    UserError, UserService, address,
    jobs::EndSessions,
    photo,
    ports::{Codes, Proof, Recipient, Sent},
};

/// Anonymised in one transaction; the rest waits for the next round.
const BATCH: i64 = 100;

/// Leaving takes a code, and who sends codes asks the users: so it is built after both.
#[derive(Clone)]
pub struct DeletionService {
    users: UserService,
    codes: Arc<dyn Codes>,
}

impl DeletionService {
    pub fn new(users: UserService, codes: Arc<dyn Codes>) -> Self {
        Self { users, codes }
    }

    /// Sends a code to the account's phone. `network`: where the request came from.
    pub(crate) async fn ask_to_delete(
        &self,
        user: UserId,
        language: Language,
        network: String,
    ) -> Result<Sent, UserError> {
        let profile = self.users.profile(user).await?;
        let (user_type, phone) = (profile.kind, profile.phone);
        Ok(self.codes.send(Recipient { user, user_type, phone, language, network }).await?)
    }

    /// The person will be forgotten at the time that is returned; every device is signed out.
    ///
    /// Asked again while it waits, the first time stands.
    pub(crate) async fn confirm_deletion(
        &self,
        user: UserId,
        challenge: ChallengeId,
        code: String,
    ) -> Result<DateTime<Utc>, UserError> {
        let phone = self.users.profile(user).await?.phone;
        self.codes.prove(Proof { user, phone, challenge, code }).await?;
        let now = self.users.clock.now();
        let mut conn = self.users.db.conn().await?;
        let at = conn
            .transaction::<_, UserError, _>(async |tx| {
                let at = store::put_deletion(tx, user, now + GRACE, now).await?;
                let at = at.ok_or(UserError::NotFound)?;
                bus::enqueue::<EndSessions>(tx, &user, now, now).await?;
                Ok(at)
            })
            .await?;
        drop(conn);
        tracing::info!(user.id = %user, "user {user} is to be deleted");
        // At once where it can be; the job makes sure of it.
        if let Err(e) = self.users.end_sessions(user).await {
            tracing::warn!(user.id = %user, error = %e, "the sessions of user {user} go on until the job ends them");
        }
        Ok(at)
    }
}

impl UserService {
    /// Signs every device out, as long as the deletion waits: who signed in again meanwhile stays signed in.
    pub(crate) async fn end_sessions(&self, user: UserId) -> Result<(), UserError> {
        let mut conn = self.db.conn().await?;
        let waits = store::find_deletion(&mut conn, user).await?.is_some();
        drop(conn);
        if waits {
            self.sessions.end_all(user).await?;
        }
        Ok(())
    }
}

/// Forgets whose time has come. Companies and consents stay, the latter with nothing but an id; orders and invoices are
/// not ours, and stay too.
pub(crate) async fn anonymise_due(tx: &mut Tx, now: DateTime<Utc>) -> Result<usize, db::QueryError> {
    let gone = store::anonymise_due(tx, now, BATCH).await?;
    address::store::delete_books(tx, &gone).await?;
    for user_id in &gone {
        photo::remove(tx, *user_id, now).await?;
        bus::publish(tx, &UserAnonymised { user_id: *user_id }, now).await?;
        tracing::info!(user.id = %user_id, "user {user_id} was anonymised");
    }
    Ok(gone.len())
}
