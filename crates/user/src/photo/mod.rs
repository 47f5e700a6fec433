//! The profile photo: at most one, kept and served by media.

pub(crate) mod http;
mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub(crate) use service::remove;
