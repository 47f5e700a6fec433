//! How taking in, serving or deleting a file can fail.

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, Params, secret::NoEntropy};

use crate::{picture, upload};

#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("the file is larger than {} bytes", upload::MAX_BYTES)]
    FileTooLarge,
    /// By its declared type or by its first bytes, or the two differ.
    #[error("the file is not of a type that is taken")]
    UnsupportedType,
    #[error("the picture has more pixels, or takes more memory, than is allowed")]
    PictureTooLarge,
    #[error("the picture cannot be read: {0}")]
    BrokenPicture(String),
    #[error("too many uploads are under way")]
    Busy,
    #[error("there is no such file")]
    NotFound,
    #[error("a picture could not be written")]
    Encoding(#[source] image::ImageError),
    #[error("the pictures' thread is gone")]
    NoDarkroom,
    #[error("the store of files failed")]
    Storage(#[from] object_store::Error),
    #[error("the store of files did not answer in time")]
    StorageSilent,
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl MediaError {
    pub(crate) fn broken(reason: impl std::fmt::Display) -> Self {
        Self::BrokenPicture(reason.to_string())
    }
}

impl From<QueryError> for MediaError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

impl DomainError for MediaError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::FileTooLarge => ErrorKind::TooLarge,
            Self::UnsupportedType => ErrorKind::UnsupportedType,
            Self::PictureTooLarge | Self::BrokenPicture(_) => ErrorKind::Invalid,
            Self::NotFound => ErrorKind::NotFound,
            Self::Busy | Self::Storage(_) | Self::StorageSilent => ErrorKind::Unavailable,
            Self::Encoding(_) | Self::NoDarkroom | Self::NoEntropy(_) => ErrorKind::Internal,
            Self::Db(e) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::FileTooLarge => "FILE_TOO_LARGE",
            Self::UnsupportedType => "UNSUPPORTED_MEDIA_TYPE",
            Self::PictureTooLarge => "IMAGE_TOO_LARGE",
            Self::BrokenPicture(_) => "IMAGE_INVALID",
            Self::NotFound => "NOT_FOUND",
            _ if self.kind() == ErrorKind::Unavailable => "UNAVAILABLE",
            _ => "INTERNAL",
        }
    }

    fn params(&self) -> Params {
        let told: &[(&str, u64)] = match self {
            Self::FileTooLarge => &[("maxBytes", upload::MAX_BYTES_TOLD), ("maxMegabytes", 2)],
            Self::PictureTooLarge => {
                &[("maxSide", picture::MAX_SIDE_TOLD), ("maxMegapixels", picture::MAX_MEGAPIXELS)]
            }
            _ => &[],
        };
        told.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
    }
}
