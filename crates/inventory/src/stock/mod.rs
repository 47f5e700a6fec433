//! Stock and what is put aside of it. The rules that guard it are functions and checks in PostgreSQL
//! (`migrations/*_inventory_*`): one statement decides, whoever asks.

pub(crate) mod gate;
#[cfg(test)]
mod gate_tests;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod together_tests;

use chrono::TimeDelta;

/// How long units stay aside for an order nobody has heard of: a crash between reserving and writing the order
/// leaves such a reservation behind. Together with the reaper's period it stays under a minute.
pub(crate) const UNHEARD: TimeDelta = TimeDelta::seconds(45);

/// When a hold of an order that exists is looked at again, should the order itself not have ended it by then.
pub(crate) const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(10);
