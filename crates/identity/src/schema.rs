//! The tables of identity.

diesel::table! {
    identity.phones (phone) {
        phone -> Text,
        failures -> Array<Timestamptz>,
        locked_until -> Nullable<Timestamptz>,
        seen_at -> Timestamptz,
    }
}

diesel::table! {
    identity.challenges (id) {
        id -> Uuid,
        phone -> Text,
        country -> Text,
        user_type -> Text,
        purpose -> Text,
        code_hmac -> Bytea,
        attempts -> Int4,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        consumed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    identity.sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        user_type -> Text,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    identity.refresh_tokens (hash) {
        hash -> Bytea,
        session_id -> Uuid,
        generation -> Int4,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        replaced_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(challenges -> phones (phone));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::allow_tables_to_appear_in_same_query!(challenges, phones, refresh_tokens, sessions);

/// A stored value that our types do not know.
pub(crate) fn corrupt<E: std::error::Error + Send + Sync + 'static>(e: E) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(Box::new(e))
}
