//! Journeys through the real binary: what customers, crashes, stopped dependencies and attackers meet.
#![expect(clippy::unwrap_used, reason = "all of this crate is tests, also what stands outside of a #[test]")]

mod access;
mod buying;
mod crashes;
mod dependencies;
mod lifecycle;
mod limits;
mod races;
mod repetition;
mod stack;
mod uploads;
mod webhooks;
