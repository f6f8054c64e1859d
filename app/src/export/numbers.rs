//! Tables of what others refer to by number.

use rustc_hash::FxHashMap;
use std::hash::Hash;

/// Values by number, from 0 on, in the order in which they were first asked for.
pub(super) struct Numbers<K> {
    numbers: FxHashMap<K, u32>,
    values: Vec<K>,
}

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Numbers { numbers: FxHashMap::default(), values: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash> Numbers<K> {
    /// The number of a value.
    pub(super) fn of(&mut self, value: K) -> u32 {
        let values = &mut self.values;
        *self.numbers.entry(value).or_insert_with_key(|value| {
            values.push(value.clone());
            values.len() as u32 - 1
        })
    }

    /// The number of a value that was asked for before; 0 otherwise.
    pub(super) fn known(&self, value: &K) -> u32 {
        self.numbers.get(value).copied().unwrap_or(0)
    }

    /// The values in the order of their numbers.
    pub(super) fn values(&self) -> &[K] {
        &self.values
    }

    /// The same where no more are asked for.
    pub(super) fn into_values(self) -> Vec<K> {
        self.values
    }
}
