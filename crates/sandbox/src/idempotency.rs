//! First answers by their `Idempotency-Key`, for 24 hours (<https://docs.stripe.com/api/idempotent_requests>).

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::form::Form;
use crate::shelf::{Shelf, Shelved};
use crate::world;

const KEPT_SECONDS: u64 = 24 * 60 * 60;

/// The first answer to a key, with what it answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) key: String,
    pub(crate) fingerprint: String,
    pub(crate) request_id: String,
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) created: u64,
}

pub(crate) enum Seen<'a> {
    Never,
    Before(&'a Kept),
    WithOtherParameters,
}

/// One value for an endpoint and its parameters; their order does not matter.
pub(crate) fn fingerprint(path: &str, form: &Form) -> String {
    let mut pairs: Vec<_> = form.pairs().iter().collect();
    pairs.sort();
    let mut hash = Sha256::new();
    for text in
        std::iter::once(path).chain(pairs.into_iter().flat_map(|(name, value)| [name.as_str(), value]))
    {
        hash.update(text);
        // Neither a path nor a parameter may run into the next one.
        hash.update([0]);
    }
    hex::encode(hash.finalize())
}

impl Shelf<Kept> {
    pub(crate) fn seen(&self, key: &str, fingerprint: &str) -> Seen<'_> {
        match self.get(key) {
            Some(kept) if kept.created + KEPT_SECONDS < world::now() => Seen::Never,
            Some(kept) if kept.fingerprint == fingerprint => Seen::Before(kept),
            Some(_) => Seen::WithOtherParameters,
            None => Seen::Never,
        }
    }
}

impl Shelved for Kept {
    const CAPACITY: usize = 20_000;

    fn id(&self) -> &str {
        &self.key
    }

    fn created(&self) -> u64 {
        self.created
    }
}
