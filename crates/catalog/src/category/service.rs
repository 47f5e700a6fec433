//! What can be asked about categories.

use kernel::Language;

use super::{Category, store};
use crate::{CatalogError, CatalogService};

impl CatalogService {
    /// All categories in shop order, also those with nothing in them.
    pub(crate) async fn categories(&self, language: Language) -> Result<Vec<Category>, CatalogError> {
        let mut conn = self.db.conn().await?;
        Ok(store::list(&mut conn, language).await?)
    }
}
