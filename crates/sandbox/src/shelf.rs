//! A bounded collection in order of arrival: when it is full the oldest entry goes.

use std::collections::{BTreeMap, HashMap};

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// What can stand on a shelf.
pub(crate) trait Shelved {
    /// Memory is bounded by this many entries.
    const CAPACITY: usize;

    fn id(&self) -> &str;
    /// Seconds since 1970.
    fn created(&self) -> u64;
}

#[derive(Debug)]
pub(crate) struct Shelf<T> {
    by_arrival: BTreeMap<u64, T>,
    arrivals: HashMap<String, u64>,
    next: u64,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { by_arrival: BTreeMap::new(), arrivals: HashMap::new(), next: 0 }
    }
}

impl<T: Shelved> Shelf<T> {
    pub(crate) fn add(&mut self, item: T) {
        self.remove(item.id());
        self.arrivals.insert(item.id().to_owned(), self.next);
        self.by_arrival.insert(self.next, item);
        self.next += 1;
        while self.by_arrival.len() > T::CAPACITY {
            if let Some((_, oldest)) = self.by_arrival.pop_first() {
                self.arrivals.remove(oldest.id());
            }
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.by_arrival.get(self.arrivals.get(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.by_arrival.get_mut(self.arrivals.get(id)?)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let arrival = self.arrivals.remove(id)?;
        self.by_arrival.remove(&arrival)
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &T> {
        self.by_arrival.values().rev()
    }

    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = &T> {
        self.by_arrival.values()
    }
}

impl<T: Serialize> Serialize for Shelf<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.by_arrival.values())
    }
}

impl<'de, T: Shelved + Deserialize<'de>> Deserialize<'de> for Shelf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut shelf = Self::default();
        for item in Vec::<T>::deserialize(deserializer)? {
            shelf.add(item);
        }
        Ok(shelf)
    }
}
