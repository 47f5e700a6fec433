//! The queues: what waits in one does not wait for the work of another.

/// Where a job waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Work inside PostgreSQL: every [`crate::Handler`].
    Handlers,
    /// Effects that are done soon: a text message, several transactions.
    Effects,
    /// Effects that wait for somebody who may take many seconds, as a payment provider does on a bad day.
    Slow,
}

impl Queue {
    pub const ALL: [Self; 3] = [Self::Handlers, Self::Effects, Self::Slow];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Handlers => "handlers",
            Self::Effects => "effects",
            Self::Slow => "slow",
        }
    }

    /// Whether what waits here is leased rather than locked.
    pub(crate) const fn is_leased(self) -> bool {
        !matches!(self, Self::Handlers)
    }
}
