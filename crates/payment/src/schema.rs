//! Payment's tables.

diesel::table! {
    payments.payments (id) {
        id -> Uuid,
        order_id -> Uuid,
        attempt -> Int4,
        method -> Text,
        amount -> Int8,
        currency -> Text,
        status -> Text,
        intent_id -> Nullable<Text>,
        client_secret -> Nullable<Text>,
        failure -> Nullable<Text>,
        mismatch -> Nullable<Text>,
        expires_at -> Timestamptz,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    payments.inbox (event_id) {
        event_id -> Text,
        kind -> Text,
        intent_id -> Nullable<Text>,
        payload -> Jsonb,
        received_at -> Timestamptz,
        worked_at -> Nullable<Timestamptz>,
    }
}
