//! What the shop of a test sells.

/// A product about to be sold: prices in grosz, gross.
#[derive(Debug, Clone)]
pub struct Goods {
    pub price: i64,
    pub corporate_price: i64,
    pub stock: i64,
    /// Of individuals; companies take six at least.
    pub min_quantity: i64,
    pub vat_basis_points: i64,
}

impl Default for Goods {
    fn default() -> Self {
        Self { price: 5_000, corporate_price: 4_000, stock: 100, min_quantity: 1, vat_basis_points: 500 }
    }
}

/// A product on sale.
#[derive(Debug, Clone)]
pub struct Product {
    pub id: String,
    pub code: String,
    pub price: i64,
    number: u32,
}

pub(crate) const CATEGORY: &str = "
    insert into catalog.categories (id, slug, position, created_at, updated_at)
    values ('00000000-0000-7000-8000-00000000c001', 'sut-urunleri', 1, now(), now());
    insert into catalog.category_translations (category_id, language, name)
    select '00000000-0000-7000-8000-00000000c001', l, n
    from (values ('tr', 'Süt ürünleri'), ('en', 'Dairy'), ('pl', 'Nabiał')) v (l, n);";

impl Product {
    pub(crate) fn numbered(number: u32, goods: &Goods) -> Self {
        let id = format!("00000000-0000-7000-8000-{number:012x}");
        Self { id, code: format!("J{number:05}"), price: goods.price, number }
    }

    /// What it is called in `tr`, `en` or `pl`.
    pub fn name_in(&self, language: &str) -> String {
        let word = match language {
            "tr" => "Süzme yoğurt",
            "en" => "Strained yoghurt",
            _ => "Jogurt odcedzony",
        };
        format!("{word} {}", self.number)
    }

    /// Names, prices, VAT rate, and the first delivery.
    pub(crate) fn sql(&self, goods: &Goods) -> String {
        let Goods { price, corporate_price, stock, min_quantity, vat_basis_points } = goods;
        let Self { id, code, .. } = self;
        let [tr, en, pl] = ["tr", "en", "pl"].map(|language| self.name_in(language));
        format!(
            "insert into catalog.products
                 (id, code, slug, category_id, brand, size, quantity_per_box, created_at, updated_at)
             values ('{id}', '{code}', lower('{code}'), '00000000-0000-7000-8000-00000000c001', 'Test', '500g', 12,
                     now(), now());
             insert into catalog.product_translations (product_id, language, name)
             values ('{id}', 'tr', '{tr}'), ('{id}', 'en', '{en}'), ('{id}', 'pl', '{pl}');
             insert into catalog.product_prices (product_id, user_type, gross_amount, min_quantity, valid_from)
             values ('{id}', 'individual', {price}, {min_quantity}, now() - interval '1 day'),
                    ('{id}', 'corporate', {corporate_price}, 6, now() - interval '1 day');
             insert into catalog.product_vat_rates (product_id, basis_points, valid_from)
             values ('{id}', {vat_basis_points}, now() - interval '1 day');
             insert into inventory.stock (sku_id, on_hand, version, updated_at) values ('{id}', 0, 0, now());
             {}",
            self.delivery(*stock),
        )
    }

    /// More units come in, with their movement.
    pub(crate) fn delivery(&self, units: i64) -> String {
        format!(
            "with came as (
                 update inventory.stock
                 set on_hand = on_hand + {units}, version = version + 1, updated_at = now()
                 where sku_id = '{}' returning *
             )
             insert into inventory.stock_movements
                 (sku_id, version, kind, d_on_hand, d_reserved, on_hand_after, reserved_after, actor, at)
             select sku_id, version, 'receive', {units}, 0, on_hand, reserved, 'journey', now() from came;",
            self.id,
        )
    }
}
