//! The table of media.

diesel::table! {
    media.files (name) {
        name -> Text,
        state -> Text,
        created_at -> Timestamptz,
        changed_at -> Timestamptz,
    }
}
