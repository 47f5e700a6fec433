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
        customer_id -> Nullable<Text>,
        next_action -> Nullable<Jsonb>,
        refund_revision -> Int4,
        checked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    payments.customers (user_id) {
        user_id -> Uuid,
        customer_id -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    payments.refunds (id) {
        id -> Uuid,
        payment_id -> Uuid,
        order_id -> Uuid,
        key -> Text,
        amount -> Int8,
        status -> Text,
        reason -> Text,
        provider_id -> Nullable<Text>,
        failure -> Nullable<Text>,
        requested_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    payments.disputes (id) {
        id -> Text,
        payment_id -> Uuid,
        order_id -> Uuid,
        amount -> Int8,
        reason -> Text,
        state -> Text,
        opened_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    payments.differences (id) {
        id -> Uuid,
        kind -> Text,
        subject -> Text,
        order_id -> Nullable<Uuid>,
        detail -> Text,
        outcome -> Text,
        found_at -> Timestamptz,
        seen_at -> Timestamptz,
    }
}

diesel::table! {
    payments.reconciliations (scope) {
        scope -> Text,
        started_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        checked -> Int4,
        repaired -> Int4,
        flagged -> Int4,
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
        claimed_until -> Nullable<Timestamptz>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(payments, customers);

#[diesel::declare_sql_function]
extern "SQL" {
    /// Stores an event with the job that works on it; false when it is there already.
    #[sql_name = "payments.receive"]
    fn receive(
        event: diesel::sql_types::Text,
        kind: diesel::sql_types::Text,
        intent: diesel::sql_types::Nullable<diesel::sql_types::Text>,
        payload: diesel::sql_types::Text,
        job: diesel::sql_types::Nullable<diesel::sql_types::Jsonb>,
        now: diesel::sql_types::Timestamptz,
    ) -> diesel::sql_types::Bool;
}
