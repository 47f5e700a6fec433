//! The tables of user.

diesel::table! {
    users.users (id) {
        id -> Uuid,
        phone -> Nullable<Text>,
        user_type -> Text,
        first_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        email -> Nullable<Text>,
        language -> Text,
        photo -> Nullable<Text>,
        photo_thumbnail -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        company_id -> Nullable<Uuid>,
        notify_sms -> Bool,
        notify_push -> Bool,
        notify_email -> Bool,
        deletion_at -> Nullable<Timestamptz>,
        anonymised_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    users.companies (id) {
        id -> Uuid,
        nip -> Text,
        name -> Text,
        regon -> Nullable<Text>,
        krs -> Nullable<Text>,
        address -> Nullable<Text>,
        registered_on -> Nullable<Date>,
        created_at -> Timestamptz,
        checked_at -> Timestamptz,
        payment_term_days -> Array<Nullable<Int4>>,
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
        position -> Int8,
    }
}

diesel::joinable!(users -> companies (company_id));
diesel::allow_tables_to_appear_in_same_query!(users, companies);
