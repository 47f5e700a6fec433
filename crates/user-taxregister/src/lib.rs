//! The tax register of Poland's Ministry of Finance, behind user's port.
#![doc = include_str!("../README.md")]

mod answer;
mod failure;
mod poland;
mod register;
#[cfg(test)]
mod tests;

pub use failure::RegisterError;
pub use register::MinistryRegister;
