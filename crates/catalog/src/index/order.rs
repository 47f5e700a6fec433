//! The products in one order: a page of a long list is read off it, and those that are not on the page are not looked at.

/// The places of all products; what moves is put where it belongs when all changes are in.
#[derive(Debug, Default)]
pub(super) struct Order {
    places: Vec<u32>,
    moved: Vec<usize>,
}

impl Order {
    /// So many are moved one by one before it is quicker to sort anew.
    const FEW: usize = 50;

    /// It is new, or its key is another: it does not stand where it belongs until [`Self::rearrange`].
    pub(super) fn moved(&mut self, at: usize) {
        self.moved.push(at);
    }

    /// Puts what moved, of `count` products, where its key belongs; tells whether anything had.
    pub(super) fn rearrange<K: Ord>(&mut self, count: usize, key: impl Fn(usize) -> K) -> bool {
        let moved = std::mem::take(&mut self.moved);
        if moved.len() > Self::FEW {
            self.places = (0..).take(count).collect();
            self.places.sort_by_cached_key(|at| key(index(*at)));
        } else if !moved.is_empty() {
            self.places.retain(|at| !moved.contains(&index(*at)));
            for at in &moved {
                let new = key(*at);
                let place = self.places.partition_point(|other| key(index(*other)) < new);
                let known = self.places.get(place).is_some_and(|other| index(*other) == *at);
                if let (false, Ok(at)) = (known, u32::try_from(*at)) {
                    self.places.insert(place, at);
                }
            }
        }
        !moved.is_empty()
    }

    /// How many stand before the first that `before` does not hold for.
    pub(super) fn up_to(&self, before: impl Fn(usize) -> bool) -> usize {
        self.places.partition_point(|at| before(index(*at)))
    }

    /// The places in order, without the first `skipped`.
    pub(super) fn from(&self, skipped: usize) -> impl Iterator<Item = usize> {
        self.places.iter().skip(skipped).map(|at| index(*at))
    }
}

pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
