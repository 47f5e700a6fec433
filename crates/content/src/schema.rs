//! The tables of the shop's texts.

diesel::table! {
    content.documents (kind, version) {
        kind -> Text,
        version -> Int4,
        published_at -> Timestamptz,
        published_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    content.texts (kind, version, language) {
        kind -> Text,
        version -> Int4,
        language -> Text,
        title -> Text,
        body -> Text,
    }
}
