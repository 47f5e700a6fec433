//! The tables of audit.

diesel::table! {
    audit.entries (id) {
        id -> Uuid,
        at -> Timestamptz,
        actor -> Uuid,
        actor_role -> Text,
        action -> Text,
        target -> Text,
        before -> Nullable<Jsonb>,
        after -> Nullable<Jsonb>,
    }
}
