//! Journeys through the real binary: what customers, crashes, stopped dependencies and attackers meet.
#![expect(clippy::unwrap_used, reason = "all of this crate is tests, also what stands outside of a #[test]")]

mod access;
mod account;
mod buying;
mod catalogue;
mod companies;
mod crash_points;
mod crashes;
mod dependencies;
mod ending;
mod flash_sale;
mod guests;
mod histories;
mod identity;
mod leaving;
mod lifecycle;
mod limits;
mod money;
mod outages;
mod paying;
mod plans;
mod races;
mod repetition;
mod reports;
mod session;
mod stack;
mod texts;
mod uploads;
mod webhooks;
