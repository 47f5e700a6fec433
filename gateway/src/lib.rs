//! The composition root: builds every domain, joins their ports, mounts their routes, runs their workers.

pub mod app;
mod auth;
mod books;
pub mod cli;
pub mod config;
mod edge;
mod guests;
mod health;
mod limits;
mod measure;
pub mod modules;
mod only;
pub mod openapi;
mod readiness;
mod server;
pub mod subscriptions;
mod wiring;
mod worker;
