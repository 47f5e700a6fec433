//! How a question to the catalogue can fail.

use std::sync::Arc;

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, FieldError, Params, PortError};
use serde_json::Value;

use crate::{admin::images::MAX_IMAGES, import::MAX_ROWS};

/// Of many rows or products the first are told of.
pub(crate) const MAX_TOLD: usize = 100;

#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    #[error("there is no such product, or it is not sold at present")]
    ProductNotFound,
    #[error("there is no such category")]
    CategoryNotFound,
    #[error("there is no such picture")]
    ImageNotFound,
    #[error("there is no such import")]
    ImportNotFound,
    /// A change was made from another version than the newest.
    #[error("it has changed since: it is version {version} now")]
    Outdated { version: i32 },
    #[error("some fields are wrong")]
    Invalid(Vec<FieldError>),
    #[error("{products} products are in the category")]
    CategoryNotEmpty { products: i64 },
    #[error("a product has at most {MAX_IMAGES} pictures")]
    TooManyImages,
    #[error("these are not the product's pictures")]
    NotTheseImages,
    #[error("the file cannot be read: {0}")]
    FileUnreadable(String),
    #[error("the file has more than {MAX_ROWS} rows")]
    TooManyRows,
    /// Nothing was changed.
    #[error("{rows} rows of the file are wrong")]
    ImportRefused {
        rows: usize,
        /// The first of what is wrong: `rows[7].price_individual`.
        first: Vec<FieldError>,
    },
    #[error("what the import did is not known any more")]
    ImportTooOld,
    #[error("some products have changed since the import")]
    ChangedSinceImport { codes: Vec<String> },
    #[error("a file could not be written")]
    Writing(#[from] csv::Error),
    #[error("an answer could not be written as JSON")]
    Rendering(#[from] serde_json::Error),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error(transparent)]
    Db(#[from] DbError),
    /// One failure that several requests were waiting for together.
    #[error(transparent)]
    Shared(Arc<Self>),
}

impl From<QueryError> for CatalogError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

impl DomainError for CatalogError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::ProductNotFound | Self::CategoryNotFound | Self::ImageNotFound | Self::ImportNotFound => {
                ErrorKind::NotFound
            }
            Self::Outdated { .. } => ErrorKind::Outdated,
            Self::Invalid(_)
            | Self::NotTheseImages
            | Self::FileUnreadable(_)
            | Self::TooManyRows
            | Self::ImportRefused { .. } => ErrorKind::Invalid,
            Self::CategoryNotEmpty { .. } | Self::TooManyImages | Self::ChangedSinceImport { .. } => {
                ErrorKind::Conflict
            }
            Self::ImportTooOld => ErrorKind::Gone,
            Self::Writing(_) | Self::Rendering(_) => ErrorKind::Internal,
            Self::Port(e) => e.kind(),
            Self::Db(e) => e.kind(),
            Self::Shared(e) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::ProductNotFound => "PRODUCT_NOT_FOUND",
            Self::CategoryNotFound => "CATEGORY_NOT_FOUND",
            Self::ImageNotFound => "IMAGE_NOT_FOUND",
            Self::ImportNotFound => "IMPORT_NOT_FOUND",
            Self::Outdated { .. } => "VERSION_OUTDATED",
            Self::Invalid(_) | Self::NotTheseImages => "VALIDATION_FAILED",
            Self::CategoryNotEmpty { .. } => "CATEGORY_NOT_EMPTY",
            Self::TooManyImages => "TOO_MANY_IMAGES",
            Self::FileUnreadable(_) => "FILE_UNREADABLE",
            Self::TooManyRows => "TOO_MANY_ROWS",
            Self::ImportRefused { .. } => "IMPORT_REFUSED",
            Self::ImportTooOld => "IMPORT_TOO_OLD",
            Self::ChangedSinceImport { .. } => "CHANGED_SINCE_IMPORT",
            Self::Shared(e) => e.code(),
            _ if self.kind() == ErrorKind::Unavailable => "UNAVAILABLE",
            _ => "INTERNAL",
        }
    }

    fn params(&self) -> Params {
        let told = |name: &str, value: Value| Params::from_iter([(name.to_owned(), value)]);
        match self {
            Self::Outdated { version } => told("version", (*version).into()),
            Self::CategoryNotEmpty { products } => told("products", (*products).into()),
            Self::TooManyImages => told("max", MAX_IMAGES.into()),
            Self::TooManyRows => told("max", MAX_ROWS.into()),
            Self::ImportRefused { rows, .. } => told("rows", (*rows).into()),
            Self::ChangedSinceImport { codes } => {
                let first: Vec<_> = codes.iter().take(MAX_TOLD).cloned().collect();
                let mut params = told("codes", first.into());
                params.insert("products".to_owned(), codes.len().into());
                params
            }
            Self::Shared(e) => e.params(),
            _ => Params::new(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(wrong) | Self::ImportRefused { first: wrong, .. } => wrong.clone(),
            Self::NotTheseImages => {
                vec![FieldError { field: "imageIds".to_owned(), code: "INVALID", params: Params::new() }]
            }
            Self::Shared(e) => e.fields(),
            _ => Vec::new(),
        }
    }
}
