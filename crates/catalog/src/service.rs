//! The catalogue's service: what its use cases share. The use cases themselves are in the folders of their features.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use db::Db;
use kernel::{Clock, id::ProductId};

use crate::{CatalogApi, CatalogError, Product, View, http::Bodies, ports::Availability};

/// Answers questions about the catalogue. Clones share everything, the cache of finished answers too.
#[derive(Clone)]
pub struct CatalogService {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) availability: Arc<dyn Availability>,
    pub(crate) bodies: Bodies,
}

impl CatalogService {
    pub fn new(db: Db, clock: Arc<dyn Clock>, availability: Arc<dyn Availability>) -> Self {
        Self { db, clock, availability, bodies: Bodies::new() }
    }
}

#[async_trait]
impl CatalogApi for CatalogService {
    async fn products(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Product>, CatalogError> {
        self.products_by_id(ids, view).await
    }
}
