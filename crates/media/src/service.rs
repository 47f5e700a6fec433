//! The one service of media: develops uploads, opens files, sweeps.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use db::Db;
use kernel::Clock;
use object_store::GetResult;

use crate::{
    FileName, MediaError, Picture, Storage, Upload,
    files::store,
    picture::{Darkroom, Developed, Format, Header, develop},
    upload::{MAX_BYTES, Places},
};

/// How long a file may be pending: far beyond any request's life.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::hours(1);
/// Files deleted by one sweep: as many as surely fit into an effect's time.
const SWEPT_AT_ONCE: i64 = 200;

#[derive(Clone)]
pub struct Media {
    db: Db,
    clock: Arc<dyn Clock>,
    storage: Storage,
    darkroom: Darkroom,
    pub(crate) places: Places,
}

impl Media {
    pub fn new(db: Db, clock: Arc<dyn Clock>, storage: Storage) -> std::io::Result<Self> {
        Ok(Self { db, clock, storage, darkroom: Darkroom::open()?, places: Places::new() })
    }

    /// Makes the picture anew in two sizes and stores them. They are pending: whoever refers to them says
    /// [`keep`](crate::keep), or they are swept.
    pub async fn develop(&self, upload: Upload) -> Result<Picture, MediaError> {
        // Before it queues: what is refused by its header is refused at once, however busy the darkroom is.
        let header = Header::read(upload.declared, &upload.bytes)?;
        let bytes = upload.bytes.clone();
        let developed = self.darkroom.run(move || develop(&bytes, &header)).await?;
        let picture = Picture {
            main: FileName::generate(developed.encoding)?,
            thumbnail: FileName::generate(developed.encoding)?,
        };
        self.put(&picture, developed).await?;
        Ok(picture)
    }

    async fn put(&self, picture: &Picture, developed: Developed) -> Result<(), MediaError> {
        let now = self.clock.now();
        // The rows first: a file without a row would never be found again.
        store::insert_pending(&mut *self.db.conn().await?, picture, now).await?;
        self.storage.put(&picture.main, developed.main).await?;
        self.storage.put(&picture.thumbnail, developed.thumbnail).await
    }

    /// Whether the file is there for everybody to see.
    pub(crate) async fn is_kept(&self, name: &FileName) -> Result<bool, MediaError> {
        Ok(store::is_kept(&mut *self.db.conn().await?, name).await?)
    }

    pub(crate) async fn open(&self, name: &FileName) -> Result<GetResult, MediaError> {
        self.storage.get(name).await
    }

    /// A file that did not come as a form. Waits for a place, as one caller with all of its kind.
    pub async fn upload(&self, content_type: &str, bytes: Vec<u8>) -> Result<Upload, MediaError> {
        let declared = Format::declared(content_type).ok_or(MediaError::UnsupportedType)?;
        if bytes.len() > MAX_BYTES {
            return Err(MediaError::FileTooLarge);
        }
        Ok(Upload { declared, bytes: Arc::new(bytes), _place: self.places.take("no form".to_owned()).await? })
    }

    /// Deletes what nobody wants; returns how many files that were.
    pub(crate) async fn sweep(&self, now: DateTime<Utc>) -> Result<usize, MediaError> {
        let unwanted = {
            let mut conn = self.db.conn().await?;
            store::discard_forgotten(&mut conn, now - FORGOTTEN_AFTER, now).await?;
            store::list_discarded(&mut conn, SWEPT_AT_ONCE).await?
        };
        let mut swept = 0;
        for name in unwanted.iter().filter_map(|name| name.parse::<FileName>().ok()) {
            // The file first: a row that outlives it is swept again, a file that outlived its row would stay for ever.
            self.storage.delete(&name).await?;
            store::delete_file(&mut *self.db.conn().await?, &name).await?;
            swept += 1;
        }
        if swept > 0 {
            tracing::info!(swept, "files that nobody wanted were deleted");
        }
        Ok(swept)
    }
}
