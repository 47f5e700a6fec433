//! The catalogue's service: what its use cases share. The use cases themselves are in the folders of their features.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use db::Db;
use kernel::{Clock, id::ProductId};
use tokio::sync::Mutex;

use crate::{
    CatalogApi, CatalogError, Product, View,
    http::Bodies,
    index::live::{Ages, Live},
    ports::Availability,
    product::Reading,
};

/// Answers questions about the catalogue. Clones share everything: the index and the finished answers.
#[derive(Clone)]
pub struct CatalogService {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) availability: Arc<dyn Availability>,
    pub(crate) live: Live,
    pub(crate) bodies: Bodies,
    /// Who reads at the same moment reads together.
    pub(crate) read: Reading,
    /// One file at a time: each is in memory with all it changes.
    pub(crate) files: Arc<Mutex<()>>,
}

impl CatalogService {
    pub fn new(db: Db, clock: Arc<dyn Clock>, availability: Arc<dyn Availability>) -> Self {
        Self::with(db, clock, availability, Ages::default())
    }

    pub(crate) fn with(
        db: Db,
        clock: Arc<dyn Clock>,
        availability: Arc<dyn Availability>,
        ages: Ages,
    ) -> Self {
        let read = Reading::new(&db);
        let live = Live::new(db.clone(), clock.clone(), ages);
        Self { db, clock, availability, live, bodies: Bodies::new(), read, files: Arc::default() }
    }

    /// Reads the index, so that the first who asks need not wait for it.
    pub async fn warm_up(&self) -> Result<(), CatalogError> {
        self.generation().await.map(|_| ())
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

    async fn products_now(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Product>, CatalogError> {
        self.products_by_id_now(ids, view).await
    }

    async fn exists(&self, product: ProductId) -> Result<bool, CatalogError> {
        self.product_exists(product).await
    }
}
