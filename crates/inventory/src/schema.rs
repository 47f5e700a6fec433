//! Inventory's tables and functions.

diesel::table! {
    inventory.stock (sku_id) {
        sku_id -> Uuid,
        on_hand -> Int4,
        reserved -> Int4,
        version -> Int8,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    inventory.reservations (id) {
        id -> Uuid,
        order_id -> Uuid,
        state -> Text,
        expires_at -> Timestamptz,
        created_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    #[sql_name = "inventory.reserve"]
    fn reserve(
        reservation: diesel::sql_types::Uuid,
        order: diesel::sql_types::Uuid,
        skus: diesel::sql_types::Array<diesel::sql_types::Uuid>,
        quantities: diesel::sql_types::Array<diesel::sql_types::Integer>,
        expires: diesel::sql_types::Timestamptz,
        now: diesel::sql_types::Timestamptz,
    ) -> diesel::sql_types::Jsonb;

    #[sql_name = "inventory.settle"]
    fn settle(
        order: diesel::sql_types::Uuid,
        state: diesel::sql_types::Text,
        now: diesel::sql_types::Timestamptz,
    ) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}
