//! Typed ids. `UserId` and `CartId` are both UUIDv7 on the wire and never mix in code.

/// Declares a UUIDv7 newtype that serde, Diesel and `OpenAPI` understand.
macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
            utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A fresh id, ordered by `now`.
            pub fn generate(now: chrono::DateTime<chrono::Utc>) -> Self {
                let secs = u64::try_from(now.timestamp()).unwrap_or_default();
                let ts = uuid::Timestamp::from_unix(uuid::NoContext, secs, now.timestamp_subsec_nanos());
                Self(uuid::Uuid::new_v7(ts))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, uuid::Error> {
                s.parse().map(Self)
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
                <uuid::Uuid as diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg>>::to_sql(&self.0, out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                uuid::Uuid::from_sql(bytes).map(Self)
            }
        }
    )+};
}

typed_id! {
    /// A person's account: one phone number may hold one individual and one corporate account.
    UserId,
    /// A company that corporate accounts belong to.
    CompanyId,
    /// Somebody who works for the shop.
    StaffId,
    /// One signing-in on one device; its refresh tokens form one family.
    SessionId,
    /// A one-time code that was asked for.
    ChallengeId,
    /// A postal address in somebody's address book.
    AddressId,
    CategoryId,
    /// A product; also the unit that stock is counted in.
    ProductId,
    /// A picture of a product.
    ImageId,
    /// A file of products that was taken over.
    ImportId,
    CartId,
    CartItemId,
    /// Somebody who shops without an account.
    GuestId,
    FavoriteId,
    OrderId,
    OrderLineId,
    /// Units of stock put aside for an order.
    ReservationId,
    /// One attempt to pay an order.
    PaymentId,
    /// Money that goes back.
    RefundId,
    /// Something in which our books and the provider's did not agree.
    DifferenceId,
    /// One published event.
    EventId,
    /// One job to run.
    JobId,
    /// One entry of the audit log.
    AuditEntryId,
    /// One text message.
    MessageId,
}
