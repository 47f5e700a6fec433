//! What only a product's own page tells.

pub(crate) mod http;

/// Beside what every list shows of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Details {
    pub(crate) description: String,
    pub(crate) storage: String,
    pub(crate) manufacturer: String,
    /// ISO 3166-1 alpha-2.
    pub(crate) origin_country: Option<String>,
    pub(crate) allergens: Vec<String>,
    /// Per 100 g or 100 ml.
    pub(crate) nutrition: Option<serde_json::Value>,
    /// In the shop's order.
    pub(crate) images: Vec<Image>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) url: String,
    pub(crate) thumbnail_url: String,
}
