//! Order's tables.

diesel::table! {
    orders.orders (id) {
        id -> Uuid,
        number -> Text,
        user_id -> Uuid,
        status -> Text,
        payment_status -> Text,
        payment_method -> Text,
        cart_id -> Uuid,
        cart_revision -> Int8,
        net -> Int8,
        vat -> Int8,
        gross -> Int8,
        shipping_address -> Jsonb,
        billing_address -> Jsonb,
        notes -> Nullable<Text>,
        hold_until -> Timestamptz,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        paid_at -> Nullable<Timestamptz>,
        due_at -> Nullable<Timestamptz>,
        cancelled_at -> Nullable<Timestamptz>,
        cancel_reason -> Nullable<Text>,
        tracking_number -> Nullable<Text>,
        carrier -> Nullable<Text>,
        hold_extensions -> Int4,
        overdue_at -> Nullable<Timestamptz>,
        payment_id -> Nullable<Uuid>,
        refunded -> Int8,
        refund_revision -> Nullable<Int4>,
        dispute -> Nullable<Text>,
        disputed_from -> Nullable<Text>,
    }
}

diesel::table! {
    orders.order_lines (order_id, position) {
        order_id -> Uuid,
        position -> Int4,
        product_id -> Uuid,
        code -> Text,
        name -> Text,
        size -> Text,
        image_url -> Nullable<Text>,
        quantity -> Int4,
        unit_price -> Int8,
        line_total -> Int8,
        vat_basis_points -> Int4,
    }
}

diesel::table! {
    orders.order_events (id) {
        id -> Uuid,
        order_id -> Uuid,
        kind -> Text,
        detail -> Nullable<Text>,
        at -> Timestamptz,
    }
}
