//! The products in the order of their names in one language.

use kernel::{Language, id::ProductId};

use super::{
    collation::{SortKey, key},
    order::Order,
};

/// Sort keys are made when they are needed: kept, they would take as much memory as the names.
#[derive(Debug, Default)]
pub(super) struct Alphabet {
    order: Order,
    /// By place: where in the order it stands.
    ranks: Vec<u32>,
}

impl Alphabet {
    pub(super) fn renamed(&mut self, at: usize) {
        self.order.moved(at);
    }

    /// Puts what was renamed, of `count` products, in its place; `name` tells a product's name and id.
    pub(super) fn rearrange<'a>(
        &mut self,
        language: Language,
        count: usize,
        name: impl Fn(usize) -> (&'a str, ProductId),
    ) {
        let key_of = |at: usize| {
            let (name, id) = name(at);
            (key(language, name), id)
        };
        if self.order.rearrange(count, key_of) {
            self.ranks.resize(count, 0);
            for (rank, at) in (0..).zip(self.order.from(0)) {
                self.ranks[at] = rank;
            }
        }
    }

    pub(super) fn rank(&self, at: usize) -> u32 {
        self.ranks.get(at).copied().unwrap_or(u32::MAX)
    }

    pub(super) fn order(&self) -> &Order {
        &self.order
    }

    /// How many stand up to this name and id.
    pub(super) fn up_to<'a>(
        &self,
        language: Language,
        last: &(SortKey, ProductId),
        name: impl Fn(usize) -> (&'a str, ProductId),
    ) -> usize {
        self.order.up_to(|at| {
            let (name, id) = name(at);
            (key(language, name), id) <= *last
        })
    }
}
