//! What the catalogue offers to others.

use std::collections::HashMap;

use async_trait::async_trait;
use kernel::{Language, Money, UserType, VatRate, id::ProductId};

use crate::CatalogError;

#[async_trait]
pub trait CatalogApi: Send + Sync {
    /// Active and inactive products by id, as a customer of `view.user_type` sees them in `view.language`.
    ///
    /// Unknown ids are absent, and so are products that have no price for this type of customer today. Changes show
    /// within a second; answers come from memory, but for products that came in that very moment: one query at most,
    /// however many ids. Fails only when the database does.
    async fn products(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Product>, CatalogError>;

    /// The same as the database has it at this very moment: for whoever charges what it says. One query tells whether
    /// what is in memory is that; when it is not, a second reads them.
    async fn products_now(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Product>, CatalogError>;

    /// Whether there is such a product, sold to anybody or not.
    async fn exists(&self, product: ProductId) -> Result<bool, CatalogError>;
}

/// Through whose eyes the catalogue is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    /// Decides price and minimum quantity; whoever is not signed in sees an individual's.
    pub user_type: UserType,
    /// Decides names; one that is missing falls back to Turkish, then English, then Polish.
    pub language: Language,
}

/// A product in one [`View`], at the prices of the moment it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub id: ProductId,
    /// The article number that people use.
    pub code: String,
    pub slug: String,
    pub name: String,
    pub brand: String,
    /// As printed on the pack: `900g`, `2x200g`; empty when it is sold in no fixed size.
    pub size: String,
    pub category: CategoryName,
    pub image_url: Option<String>,
    /// Gross, for one unit.
    pub price: Money,
    pub vat: VatRate,
    /// The fewest units this type of customer may buy.
    pub min_quantity: u32,
    pub quantity_per_box: u32,
    pub badges: Vec<String>,
    /// Whether it is sold at present.
    pub active: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CategoryName {
    pub slug: String,
    pub name: String,
}
