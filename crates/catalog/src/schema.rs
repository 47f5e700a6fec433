//! The catalogue's tables.

diesel::table! {
    catalog.categories (id) {
        id -> Uuid,
        slug -> Text,
        position -> Int4,
        image_url -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        revision -> Int8,
        version -> Int4,
        thumbnail_url -> Nullable<Text>,
    }
}

diesel::table! {
    catalog.category_translations (category_id, language) {
        category_id -> Uuid,
        language -> Text,
        name -> Text,
        words -> Text,
    }
}

diesel::table! {
    catalog.products (id) {
        id -> Uuid,
        code -> Text,
        slug -> Text,
        category_id -> Uuid,
        brand -> Text,
        size -> Text,
        quantity_per_box -> Int4,
        active -> Bool,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        manufacturer -> Text,
        origin_country -> Nullable<Text>,
        badges -> Array<Text>,
        allergens -> Array<Text>,
        nutrition -> Nullable<Jsonb>,
        in_stock -> Bool,
        units_sold -> Int8,
        revision -> Int8,
        other_words -> Text,
        code_words -> Text,
        stock_version -> Int8,
    }
}

diesel::table! {
    catalog.product_translations (product_id, language) {
        product_id -> Uuid,
        language -> Text,
        name -> Text,
        description -> Text,
        storage -> Text,
        words -> Text,
    }
}

diesel::table! {
    catalog.product_images (id) {
        id -> Uuid,
        product_id -> Uuid,
        position -> Int4,
        url -> Text,
        thumbnail_url -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    catalog.sales (product_id) {
        product_id -> Uuid,
        units -> Int8,
    }
}

diesel::table! {
    catalog.state (only_row) {
        only_row -> Bool,
        revision -> Int8,
    }
}

diesel::table! {
    catalog.removed_products (product_id) {
        product_id -> Uuid,
        revision -> Int8,
    }
}

diesel::table! {
    catalog.product_prices (product_id, user_type, valid_from) {
        product_id -> Uuid,
        user_type -> Text,
        gross_amount -> Int8,
        min_quantity -> Int4,
        valid_from -> Timestamptz,
        valid_to -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    catalog.product_vat_rates (product_id, valid_from) {
        product_id -> Uuid,
        basis_points -> Int4,
        valid_from -> Timestamptz,
        valid_to -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    catalog.imports (id) {
        id -> Uuid,
        rows -> Int4,
        created -> Int4,
        changed -> Int4,
        imported_at -> Timestamptz,
        imported_by -> Uuid,
        undone_at -> Nullable<Timestamptz>,
        undone_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    catalog.import_changes (import_id, product_id) {
        import_id -> Uuid,
        product_id -> Uuid,
        before -> Nullable<Jsonb>,
        version -> Int4,
    }
}

diesel::joinable!(products -> categories (category_id));
diesel::joinable!(product_prices -> products (product_id));
diesel::joinable!(product_vat_rates -> products (product_id));

diesel::allow_tables_to_appear_in_same_query!(
    categories,
    category_translations,
    products,
    product_images,
    product_translations,
    product_prices,
    product_vat_rates,
);

mod functions {
    use diesel::sql_types::{Array, Text};

    diesel::define_sql_function! {
        /// Where `item` stands in `list`, from 1: orders translations by preference.
        fn array_position(list: Array<Text>, item: Text) -> Nullable<Integer>;
    }
}
pub(crate) use functions::array_position;
