//! The tables of notification.

diesel::table! {
    notification.mailbox (job_id) {
        job_id -> Uuid,
        position -> Int8,
        phone -> Text,
        text -> Text,
        at -> Timestamptz,
    }
}
