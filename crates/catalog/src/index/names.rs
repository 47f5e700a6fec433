//! The products in the order of their names in one language.

use kernel::{Language, id::ProductId};

use super::collation::{SortKey, key};

/// Sort keys are made when they are needed: kept, they would take as much memory as the names.
#[derive(Debug, Default)]
pub(super) struct Alphabet {
    /// The places of the products, in order.
    order: Vec<usize>,
    /// By place: where in the order it stands.
    ranks: Vec<u32>,
}

impl Alphabet {
    /// So many are moved one by one before it is quicker to sort anew.
    const FEW: usize = 50;

    /// Puts the `renamed` of `count` products in their places; `name` tells a product's name and id.
    pub(super) fn rearrange<'a>(
        &mut self,
        language: Language,
        renamed: &[usize],
        count: usize,
        name: impl Fn(usize) -> (&'a str, ProductId),
    ) {
        if renamed.is_empty() {
            return;
        }
        let key_of = |at: usize| {
            let (name, id) = name(at);
            (key(language, name), id)
        };
        if renamed.len() > Self::FEW {
            self.order = (0..count).collect();
            self.order.sort_by_cached_key(|at| key_of(*at));
        } else {
            self.order.retain(|at| !renamed.contains(at));
            for at in renamed {
                let new = key_of(*at);
                let place = self.order.partition_point(|other| key_of(*other) < new);
                if self.order.get(place) != Some(at) {
                    self.order.insert(place, *at);
                }
            }
        }
        self.ranks.resize(count, 0);
        for (rank, at) in (0..).zip(&self.order) {
            self.ranks[*at] = rank;
        }
    }

    pub(super) fn rank(&self, at: usize) -> u32 {
        self.ranks.get(at).copied().unwrap_or(u32::MAX)
    }

    /// How many stand up to this name and id.
    pub(super) fn up_to<'a>(
        &self,
        language: Language,
        last: &(SortKey, ProductId),
        name: impl Fn(usize) -> (&'a str, ProductId),
    ) -> usize {
        self.order.partition_point(|at| {
            let (name, id) = name(*at);
            (key(language, name), id) <= *last
        })
    }
}
