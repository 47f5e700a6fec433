//! The tables of identity.

diesel::table! {
    identity.phones (phone) {
        phone -> Text,
        failures -> Array<Timestamptz>,
        locked_until -> Nullable<Timestamptz>,
        seen_at -> Timestamptz,
        epoch -> Int4,
    }
}

diesel::table! {
    identity.challenges (id) {
        id -> Uuid,
        phone -> Text,
        country -> Text,
        user_type -> Text,
        purpose -> Text,
        prefix -> Text,
        asked_from -> Text,
        user_id -> Nullable<Uuid>,
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
        epoch -> Int4,
        generation -> Int4,
        device -> Nullable<Text>,
    }
}

diesel::table! {
    identity.epochs (subject) {
        subject -> Uuid,
        epoch -> Int4,
        raised_at -> Timestamptz,
    }
}

diesel::table! {
    identity.paused_countries (country) {
        country -> Text,
        paused_until -> Timestamptz,
    }
}

diesel::table! {
    identity.staff (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Text,
        is_active -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    identity.password_failures (email) {
        email -> Text,
        failures -> Int4,
        locked_until -> Nullable<Timestamptz>,
        last_at -> Timestamptz,
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
        sealed_successor -> Nullable<Bytea>,
    }
}

diesel::joinable!(challenges -> phones (phone));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::allow_tables_to_appear_in_same_query!(challenges, phones, refresh_tokens, sessions);
diesel::allow_tables_to_appear_in_same_query!(epochs, staff);

/// A stored value that our types do not know.
pub(crate) fn corrupt<E: std::error::Error + Send + Sync + 'static>(e: E) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(Box::new(e))
}
