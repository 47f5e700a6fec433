//! The tables of user.

diesel::table! {
    users.users (id) {
        id -> Uuid,
        phone -> Text,
        user_type -> Text,
        first_name -> Text,
        last_name -> Text,
        email -> Text,
        language -> Text,
        photo -> Nullable<Text>,
        photo_thumbnail -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    users.addresses (id) {
        id -> Uuid,
        user_id -> Uuid,
        title -> Text,
        recipient -> Nullable<Text>,
        street -> Text,
        city -> Text,
        postal_code -> Text,
        country -> Text,
        is_default_delivery -> Bool,
        is_default_billing -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    users.consents (id) {
        id -> Uuid,
        user_id -> Uuid,
        kind -> Text,
        granted -> Bool,
        text_version -> Text,
        at -> Timestamptz,
    }
}
