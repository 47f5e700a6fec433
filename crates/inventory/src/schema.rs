//! Inventory's tables and functions.

diesel::table! {
    inventory.stock (sku_id) {
        sku_id -> Uuid,
        on_hand -> Int4,
        reserved -> Int4,
        version -> Int8,
        updated_at -> Timestamptz,
        low_at -> Int4,
    }
}

diesel::table! {
    inventory.stock_movements (sku_id, version) {
        sku_id -> Uuid,
        version -> Int8,
        kind -> Text,
        d_on_hand -> Int4,
        d_reserved -> Int4,
        on_hand_after -> Int4,
        reserved_after -> Int4,
        reservation_id -> Nullable<Uuid>,
        actor -> Text,
        reason -> Nullable<Text>,
        at -> Timestamptz,
        request_id -> Nullable<Uuid>,
    }
}

diesel::joinable!(stock_movements -> reservations (reservation_id));
diesel::allow_tables_to_appear_in_same_query!(stock_movements, reservations);

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
    #[sql_name = "inventory.reserve_many"]
    fn reserve_many(
        reservations: diesel::sql_types::Array<diesel::sql_types::Uuid>,
        orders: diesel::sql_types::Array<diesel::sql_types::Uuid>,
        of: diesel::sql_types::Array<diesel::sql_types::Integer>,
        skus: diesel::sql_types::Array<diesel::sql_types::Uuid>,
        quantities: diesel::sql_types::Array<diesel::sql_types::Integer>,
        expires: diesel::sql_types::Timestamptz,
        now: diesel::sql_types::Timestamptz,
    ) -> diesel::sql_types::Jsonb;

    #[sql_name = "inventory.timeline"]
    fn timeline() -> diesel::sql_types::Text;

    #[sql_name = "inventory.change_stock"]
    fn change_stock(
        request: diesel::sql_types::Uuid,
        sku: diesel::sql_types::Uuid,
        kind: diesel::sql_types::Text,
        delta: diesel::sql_types::Integer,
        actor: diesel::sql_types::Text,
        reason: diesel::sql_types::Text,
        now: diesel::sql_types::Timestamptz,
    ) -> diesel::sql_types::Jsonb;

    #[sql_name = "inventory.settle"]
    fn settle(
        order: diesel::sql_types::Uuid,
        state: diesel::sql_types::Text,
        now: diesel::sql_types::Timestamptz,
    ) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}
