//! The shared kernel: the few words every domain speaks.
//!
//! Pure values and traits. No I/O, no framework; the clock and the secrets of the system are read
//! here and nowhere else, behind [`Clock`] and [`secret`].
//!
//! **Invariant:** nothing here names a business domain beyond its id type.

pub mod breaker;
mod clock;
mod contact;
pub mod crash;
mod customer;
mod error;
pub mod id;
mod language;
mod money;
mod page;
mod role;
pub mod secret;
mod tax;
mod version;

pub use clock::{Clock, FixedClock, SystemClock};
pub use contact::{Email, Nip, ParseError, Phone};
pub use error::{DomainError, ErrorKind, FieldError, Params, PortError};
pub use language::{Language, UnknownLanguage};
pub use money::{Currency, Money, MoneyError, allocate};
pub use page::{Cursor, Limit};
pub use role::{Actor, Role, UnknownRole};
pub use tax::{VatLine, VatRate, totals_by_rate};
pub use version::Expected;

pub use customer::{UnknownUserType, UserType};
