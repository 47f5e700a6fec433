//! Use cases of registering an account.

use chrono::{DateTime, Utc};
use db::{Transact as _, Tx};
use kernel::id::AddressId;

use super::{Kind, Registration};
use crate::{
    UserError, UserService,
    address::{self, Address, Book},
    company,
    ports::{TaxRecord, Tokens},
    preferences,
    profile::{self, User},
};

impl UserService {
    /// Makes the account and signs it in. Of several at once one succeeds.
    ///
    /// The tax register is asked before anything is written: when it is away nothing has happened, and the same form
    /// sent again works. When the session cannot be opened the account stays: its owner signs in by a code.
    pub(crate) async fn register(
        &self,
        form: Registration,
        device: Option<&str>,
    ) -> Result<(User, Tokens), UserError> {
        let now = self.clock.now();
        let record = match &form.kind {
            Kind::Individual => None,
            Kind::Corporate(nip) => Some(self.companies.active_company(nip, now).await?),
        };
        let mut conn = self.db.conn().await?;
        let user = conn
            .transaction::<_, UserError, _>(async |tx| write(tx, form, record.as_ref(), now).await)
            .await?;
        drop(conn);
        tracing::info!(user.id = %user.id, "user {} registered", user.id);
        let tokens = self.sessions.open(user.id, user.kind, device).await?;
        Ok((user, tokens))
    }
}

/// Account, consents, company and its address: all of it, or nothing.
async fn write(
    tx: &mut Tx,
    form: Registration,
    record: Option<&TaxRecord>,
    now: DateTime<Utc>,
) -> Result<User, UserError> {
    let consents = form.consents();
    let company = match record {
        Some(record) => Some(company::store::put_company(tx, record, now).await?),
        None => None,
    };
    let user = User {
        id: form.user,
        kind: form.kind.user_type(),
        phone: form.phone,
        first_name: form.first_name,
        last_name: form.last_name,
        email: form.email,
        language: form.language,
        company,
        photo: None,
        created_at: now,
    };
    if !profile::store::insert_user(tx, &user).await? {
        return Err(UserError::AlreadyRegistered);
    }
    preferences::store::insert_consents(tx, user.id, &consents, now).await?;
    if let Some(place) = record.and_then(|record| company::billing_address(record, user.language)) {
        let default_for = Book::of(&[]).admit()?;
        let address = Address { id: AddressId::generate(now), place, default_for };
        address::store::insert_address(tx, user.id, &address, now).await?;
    }
    Ok(user)
}
