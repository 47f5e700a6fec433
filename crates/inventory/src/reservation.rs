//! The states of a reservation, as `inventory.settle` moves between them: for whoever reasons about orders without a
//! database. A test holds it against the function, every pair.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReservationState {
    /// Its units are put aside.
    Held,
    /// Its units have left the books.
    Committed,
    Released,
    Expired,
    /// Its units had left the books, and came back.
    Returned,
}

impl ReservationState {
    pub const ALL: [Self; 5] = [Self::Held, Self::Committed, Self::Released, Self::Expired, Self::Returned];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Committed => "committed",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Returned => "returned",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Where it stands after it was to be settled so; what cannot be leaves it as it is.
    #[must_use]
    pub const fn settled(self, to: Self) -> Self {
        match (self, to) {
            (Self::Held, Self::Committed | Self::Released | Self::Expired)
            | (Self::Committed, Self::Returned) => to,
            _ => self,
        }
    }
}
