//! Files that people send: judged, made anew, stored, served, swept.
#![doc = include_str!("../README.md")]

mod error;
mod files;
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
mod jobs;
mod name;
mod picture;
mod schema;
mod service;
mod storage;
#[cfg(test)]
mod testing;
mod upload;

pub use self::{
    error::MediaError,
    files::store::{discard, keep},
    jobs::Sweep,
    name::{FileName, Picture},
    service::Media,
    storage::{Bucket, Location, Storage},
    upload::{Upload, http::Form},
};
