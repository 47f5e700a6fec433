//! The tables of events and jobs.

diesel::table! {
    platform.outbox (id) {
        id -> Uuid,
        name -> Text,
        aggregate -> Text,
        payload -> Jsonb,
        occurred_at -> Timestamptz,
    }
}

diesel::table! {
    platform.jobs (id) {
        id -> Uuid,
        name -> Text,
        payload -> Jsonb,
        attempts -> Int4,
        run_at -> Timestamptz,
        created_at -> Timestamptz,
        last_error -> Nullable<Text>,
        dead_at -> Nullable<Timestamptz>,
        queue -> Text,
    }
}

diesel::table! {
    platform.schedules (name) {
        name -> Text,
        next_run_at -> Timestamptz,
    }
}
