//! What journeys are made of: the real binary, the services around it, and the people who use the shop.
//!
//! A [`Shop`] is a gateway of its own (the binary, not the library) on a database, a Redis namespace, a development
//! directory and a Stripe stand-in of its own; dropping it ends all of them. Its people are values with verbs:
//! [`Visitor`] asks anything, [`Customer`] signed up by text message and buys.
#![expect(
    clippy::print_stderr,
    clippy::return_self_not_must_use,
    clippy::unwrap_used,
    reason = "all of this crate is tests, also what stands outside of a #[test]"
)]

mod answer;
mod crowd;
mod customer;
mod gateway;
pub mod history;
mod product;
mod proxy;
mod redis;
mod shop;
mod stripe;
mod visitor;
mod wait;

pub use answer::Answer;
pub use customer::{Customer, Placed, code_in, finished};
pub use gateway::{Ended, Gateway};
pub use product::{Goods, Product};
pub use proxy::Proxy;
pub use redis::Redis;
pub use sandbox::{Mood, Trouble, WebhookTrouble};
pub use shop::{OWNER, OWNERS_PASSWORD, Setup, Shop};
pub use stripe::{SECRET_KEY, Stripe, WEBHOOK_SECRET, event, signature};
pub use testkit::{Postgres, free_port};
pub use visitor::Visitor;
pub use wait::{PATIENCE, eventually, within};
