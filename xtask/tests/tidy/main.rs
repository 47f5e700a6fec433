//! The rules that keep the house standing: each reads the tree and says, file by file, what breaks it and what to do.
#![expect(clippy::unwrap_used, reason = "all of this crate is tests, also what stands outside of a #[test]")]

mod database;
mod fences;
mod graph;
mod house;
mod messages;
mod schemas;
mod settings;
mod source;
mod tree;
