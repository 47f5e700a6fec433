//! Where the bytes are: a directory, or a bucket of S3.

mod bucket;
#[cfg(test)]
mod tests;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use object_store::{
    Error, GetResult, ObjectStore, ObjectStoreExt as _, local::LocalFileSystem, path::Path,
    prefix::PrefixStore,
};

use crate::{FileName, MediaError};

/// How long one answer of the store may take, its own tries over again included.
const PATIENCE: Duration = Duration::from_secs(8);

/// Which store, by its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Made when it is not there.
    Directory(PathBuf),
    Bucket(Bucket),
}

/// A bucket of S3, or of what speaks like it.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// Put before every name; may be empty.
    pub prefix: String,
    pub region: String,
    /// Where it is when it is not Amazon's; `http://` is not encrypted.
    pub endpoint: Option<String>,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

/// Shows no key.
impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Bucket");
        shown.field("name", &self.name).field("prefix", &self.prefix).field("endpoint", &self.endpoint);
        shown.finish_non_exhaustive()
    }
}

#[derive(Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    directory: Option<PathBuf>,
}

impl Storage {
    /// A bucket is not asked for anything yet.
    pub fn open(location: &Location) -> Result<Self, MediaError> {
        match location {
            Location::Directory(path) => Self::in_directory(path.clone()),
            Location::Bucket(bucket) => {
                let store = PrefixStore::new(bucket::connect(bucket)?, bucket.prefix.as_str());
                Ok(Self { store: Arc::new(store), directory: None })
            }
        }
    }

    fn in_directory(path: PathBuf) -> Result<Self, MediaError> {
        let failed = |e| Error::Generic { store: "directory", source: Box::new(e) };
        std::fs::create_dir_all(&path).map_err(failed)?;
        let store = LocalFileSystem::new_with_prefix(&path)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), directory: Some(path) })
    }

    /// Whole or not at all, and there for good when it returns.
    pub(crate) async fn put(&self, name: &FileName, bytes: Vec<u8>) -> Result<(), MediaError> {
        in_time(self.store.put(&place(name), bytes.into())).await.map(drop)
    }

    pub(crate) async fn get(&self, name: &FileName) -> Result<GetResult, MediaError> {
        match in_time(self.store.get(&place(name))).await {
            Err(MediaError::Storage(Error::NotFound { .. })) => {
                tracing::error!(file.name = name.as_str(), "file {name} is kept and not in the store");
                Err(MediaError::NotFound)
            }
            got => got,
        }
    }

    /// What is not there is deleted already.
    pub(crate) async fn delete(&self, name: &FileName) -> Result<(), MediaError> {
        if let Some(directory) = &self.directory {
            // What a crash in the middle of writing left behind.
            let draft = directory.join(format!("{name}#1"));
            let _ = tokio::task::spawn_blocking(move || std::fs::remove_file(draft)).await;
        }
        match in_time(self.store.delete(&place(name))).await {
            Err(MediaError::Storage(Error::NotFound { .. })) => Ok(()),
            done => done,
        }
    }
}

fn place(name: &FileName) -> Path {
    Path::from(name.as_str())
}

async fn in_time<T>(answer: impl Future<Output = object_store::Result<T>>) -> Result<T, MediaError> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(MediaError::from),
        Err(_) => Err(MediaError::StorageSilent),
    }
}
