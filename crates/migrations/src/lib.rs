//! The schema of the database, embedded: one linear list of migrations, each touching one domain's schema.
//!
//! A crate of its own, so that a new migration rebuilds what starts the shop and none of the domains.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");
