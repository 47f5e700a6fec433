//! Shopping's tables.

diesel::table! {
    shopping.carts (id) {
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        revision -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        guest_id -> Nullable<Uuid>,
        left_alone_at -> Nullable<Timestamptz>,
        touched_on -> Date,
    }
}

diesel::table! {
    shopping.guests (id) {
        id -> Uuid,
        token_hash -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        migrated_to -> Nullable<Uuid>,
        migrated_items -> Nullable<Int4>,
        migrated_favorites -> Nullable<Int4>,
    }
}

diesel::table! {
    shopping.favorites (id) {
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        guest_id -> Nullable<Uuid>,
        product_id -> Uuid,
        added_at -> Timestamptz,
    }
}

diesel::table! {
    shopping.cart_items (id) {
        id -> Uuid,
        cart_id -> Uuid,
        product_id -> Uuid,
        quantity -> Int4,
        price_seen -> Int8,
        added_at -> Timestamptz,
    }
}

diesel::joinable!(cart_items -> carts (cart_id));
diesel::allow_tables_to_appear_in_same_query!(carts, cart_items);
