//! Categories against a real database.

use kernel::Language;

use crate::{
    View,
    testing::{INDIVIDUAL, Shop},
};

#[tokio::test]
async fn categories_come_in_shop_order_with_their_active_products_counted() {
    let shop = Shop::new().await;
    let (last, first) = (shop.category("zeytinler", 7).await, shop.category("sut", 1).await);
    shop.category("bos", 3).await;
    for (category, code) in [(first, "A1"), (first, "A2"), (first, "A3"), (last, "B1")] {
        shop.product(category, code).await;
    }
    shop.db.exec("update catalog.products set active = false where code = 'A2'").await;

    let categories = shop.catalog.categories(INDIVIDUAL).await.unwrap();

    let counted: Vec<_> = categories.iter().map(|c| (c.slug.as_str(), c.product_count)).collect();
    assert_eq!(counted, [("sut", 2), ("bos", 0), ("zeytinler", 1)]);
}

#[tokio::test]
async fn a_category_without_the_wanted_name_keeps_another() {
    let shop = Shop::new().await;
    let named = shop.category("sut", 1).await;
    shop.category("bos", 2).await;
    let insert = format!(
        "insert into catalog.category_translations values ('{named}', 'pl', 'Nabiał'), ('{named}', 'tr', 'Süt')"
    );
    shop.db.exec(&insert).await;

    for (language, expected) in [(Language::Pl, "Nabiał"), (Language::En, "Süt"), (Language::Tr, "Süt")] {
        let categories = shop.catalog.categories(View { language, ..INDIVIDUAL }).await.unwrap();
        let shown: Vec<_> = categories.into_iter().map(|category| category.name).collect();
        assert_eq!(shown, [expected, "bos"], "{language:?}");
    }
}
