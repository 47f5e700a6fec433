//! What user offers other domains.

use async_trait::async_trait;
use kernel::{
    Language, Phone, UserType,
    id::{AddressId, UserId},
};
use serde::{Deserialize, Serialize};

use crate::UserError;

#[async_trait]
pub trait UsersApi: Send + Sync {
    /// The account of this type that the number has, and the user as `GET /api/users/me` shows it.
    ///
    /// Its owner is signing in, so a deletion that waits is called off. One round trip to the database.
    async fn sign_in(
        &self,
        phone: &Phone,
        user_type: UserType,
    ) -> Result<Option<(UserId, serde_json::Value)>, UserError>;

    /// The user's number; `None` when there is no such user.
    async fn phone_of(&self, user: UserId) -> Result<Option<Phone>, UserError>;

    /// Whether the number has an account of this type. Unlike [`UsersApi::sign_in`] it changes nothing.
    async fn is_taken(&self, phone: &Phone, user_type: UserType) -> Result<bool, UserError>;

    /// Gives the user another number; false when another account of that type has it.
    async fn change_phone(&self, user: UserId, to: &Phone) -> Result<bool, UserError>;

    /// The language that the user chose; `None` when there is no such user.
    async fn language_of(&self, user: UserId) -> Result<Option<Language>, UserError>;

    /// An address out of `owner`'s book; `None` when it is absent or somebody else's.
    async fn address(&self, owner: UserId, id: AddressId) -> Result<Option<PostalAddress>, UserError>;

    /// In how many days after an order the user may pay by transfer: what was approved for her company. Empty when she
    /// may not.
    async fn payment_term_days(&self, user: UserId) -> Result<Vec<u16>, UserError>;
}

/// A place that post reaches, as a value: who keeps one keeps a copy that later edits do not touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostalAddress {
    /// What the owner calls it: "Home".
    pub title: String,
    /// The owner when absent.
    pub recipient: Option<String>,
    /// The whole address when it came from the tax register and could not be taken apart.
    pub street: String,
    /// Empty when the street holds the whole address.
    pub city: String,
    /// As the country writes it: `00-950`. Empty when the street holds the whole address.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2
    pub country: String,
}
