//! One file for each arrow between two domains, `consumer_provider.rs`: all synchronous couplings of the shop.

pub(crate) mod catalog_inventory;
pub(crate) mod identity_shopping;
pub(crate) mod identity_user;
pub(crate) mod inventory_catalog;
pub(crate) mod inventory_order;
pub(crate) mod order_catalog;
pub(crate) mod order_inventory;
pub(crate) mod order_payment;
pub(crate) mod order_shopping;
pub(crate) mod order_user;
pub(crate) mod shopping_catalog;
pub(crate) mod user_identity;
pub(crate) mod user_order;
pub(crate) mod user_payment;
pub(crate) mod user_shopping;

pub(crate) mod answers;
pub(crate) mod languages;
pub(crate) mod messages;
