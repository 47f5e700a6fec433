//! What shopping needs from the rest of the shop.

use std::collections::HashMap;

use async_trait::async_trait;
use kernel::{Language, Money, PortError, UserType, VatRate, id::ProductId};
use serde::Serialize;
use serde_json::value::RawValue;

/// Knows what is sold, and for how much.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Today's offers, as a customer of `view.user_type` sees them in `view.language`; what was never sold to such
    /// a customer is absent.
    async fn products(&self, ids: &[ProductId], view: View) -> Result<HashMap<ProductId, Offer>, PortError>;

    /// The same for whoever only looks: the units may be those of half a second ago, but nothing is sold out that can
    /// be had.
    async fn products_lately(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Offer>, PortError> {
        self.products(ids, view).await
    }
}

/// For whom an offer is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    pub user_type: UserType,
    pub language: Language,
}

/// A product on the terms of this moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    pub product: ProductId,
    /// Gross, for one unit.
    pub price: Money,
    pub vat: VatRate,
    /// The fewest units this customer may buy.
    pub min_quantity: u32,
    /// Units that can be had right now.
    pub available: u32,
    /// Whether it is on sale at all.
    pub sellable: bool,
    /// The product as the catalogue shows it.
    pub item: Item,
}

/// JSON that somebody else has written; passed through as it is.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Item(pub Box<RawValue>);

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}
