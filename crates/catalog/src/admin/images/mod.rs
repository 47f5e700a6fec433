//! The pictures of products and categories. Media makes and serves them; here is which belong to what.

pub(crate) mod http;
mod service;
pub(crate) mod store;

use kernel::id::ImageId;
use media::Picture;

pub(crate) use service::ImageChange;

/// So many a product has at most.
pub(crate) const MAX_IMAGES: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) id: ImageId,
    pub(crate) url: String,
    pub(crate) thumbnail_url: String,
}

/// The files behind two addresses; none where they are somebody else's.
pub(crate) fn picture(url: &str, thumbnail_url: &str) -> Option<Picture> {
    let name = |url: &str| url.strip_prefix("/media/")?.parse().ok();
    Some(Picture { main: name(url)?, thumbnail: name(thumbnail_url)? })
}
