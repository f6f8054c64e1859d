//! Calls that crossed between guest and host, summed by call site and by function.

use super::ContextId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// Which way a call crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The guest called an import.
    GuestToHost,
    /// The host called an export.
    HostToGuest,
}

/// All crossings in one direction into one function. Sums over the whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// Which way.
    pub direction: Direction,
    /// The import or the exported function.
    pub func: FuncIndex,
    /// How often.
    pub calls: u64,
    /// Time from leaving one side to coming back to it, in nanoseconds.
    pub total_nanos: u64,
    /// The same without the calls that crossed back meanwhile.
    pub self_nanos: u64,
    /// Bytes handed from guest to host, where the ABI tells; `None` where it doesn't.
    pub bytes_out: Option<u64>,
    /// Bytes handed from host to guest, where the ABI tells; `None` where it doesn't.
    pub bytes_in: Option<u64>,
    /// When the first one began, in nanoseconds since the recording began.
    pub first_nanos: u64,
    /// When the last one ended.
    pub last_nanos: u64,
    /// How long each took.
    pub durations: DurationHistogram,
}

impl Crossing {
    /// A row without a call yet; `first_nanos` is when the first one begins.
    pub fn none(direction: Direction, func: FuncIndex, first_nanos: u64) -> Self {
        Crossing {
            direction,
            func,
            calls: 0,
            total_nanos: 0,
            self_nanos: 0,
            bytes_out: None,
            bytes_in: None,
            first_nanos,
            last_nanos: first_nanos,
            durations: DurationHistogram::default(),
        }
    }
}

/// Crossings from one place in the guest: a row of the callers behind a [`Crossing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteCrossings {
    /// The import that was called.
    pub import: FuncIndex,
    /// The function that called, in its calling context.
    pub context: Option<ContextId>,
    /// The call instruction; `None` where the import was called through a table.
    pub site: Option<CodeOffset>,
    /// How often.
    pub calls: u64,
    /// Time in the host, in nanoseconds.
    pub total_nanos: u64,
    /// Bytes both ways, where the ABI tells.
    pub bytes: Option<u64>,
}

/// The boundary as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CrossingTable {
    /// By function; ordered by direction and index.
    pub functions: Vec<Crossing>,
    /// By call site; ordered by import, context and site.
    pub sites: Vec<SiteCrossings>,
    /// The deepest nesting of host in guest in host.
    pub reentry_depth: u32,
}

/// Durations in logarithmic classes: 8 per power of two, so that a quantile is right to 9 %.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DurationHistogram {
    /// Number of durations by class.
    counts: BTreeMap<u16, u64>,
}

impl DurationHistogram {
    const CLASS_BITS: u32 = 3;

    /// Counts one duration.
    pub fn add(&mut self, nanos: u64) {
        *self.counts.entry(Self::class(nanos)).or_default() += 1;
    }

    /// Counts all that `other` counted.
    pub fn merge(&mut self, other: &DurationHistogram) {
        for (class, count) in &other.counts {
            *self.counts.entry(*class).or_default() += count;
        }
    }

    /// How many durations there are.
    pub fn count(&self) -> u64 {
        self.counts.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The duration in nanoseconds below which the share `quantile` (0 to 1) of all durations lies, or `None` if
    /// there are none.
    pub fn quantile(&self, quantile: f64) -> Option<u64> {
        let rank = (quantile.clamp(0.0, 1.0) * self.count() as f64).ceil().max(1.0) as u64;
        let mut seen = 0u64;
        self.counts.iter().find_map(|(class, count)| {
            seen = count.saturating_add(seen);
            (seen >= rank).then(|| Self::middle(*class))
        })
    }

    /// Rows of `(lowest nanoseconds of the class, count)`, ascending.
    pub fn classes(&self) -> impl Iterator<Item = (u64, u64)> {
        self.counts.iter().map(|(class, count)| (Self::floor(*class), *count))
    }

    /// The power of two in the upper bits, the next [`Self::CLASS_BITS`] bits of the duration in the lower ones.
    fn class(nanos: u64) -> u16 {
        let exponent = nanos.max(1).ilog2();
        if exponent <= Self::CLASS_BITS {
            return nanos as u16;
        }
        let shift = exponent - Self::CLASS_BITS;
        ((shift << Self::CLASS_BITS) as u64 + (nanos >> shift)) as u16
    }

    fn floor(class: u16) -> u64 {
        let shift = (u32::from(class) >> Self::CLASS_BITS).saturating_sub(1);
        let steps = u64::from(class) - (u64::from(shift) << Self::CLASS_BITS);
        // A foreign file may have classes that no duration falls into.
        if shift <= steps.leading_zeros() { steps << shift } else { u64::MAX }
    }

    fn middle(class: u16) -> u64 {
        let floor = Self::floor(class);
        floor + Self::floor(class.saturating_add(1)).saturating_sub(floor) / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_rise_and_hold_their_values() {
        for nanos in (0..5_000).chain([1 << 20, (1 << 40) + 12_345, u64::MAX / 2]) {
            let class = DurationHistogram::class(nanos);
            assert!(DurationHistogram::floor(class) <= nanos, "{nanos}");
            assert!(nanos < DurationHistogram::floor(class + 1), "{nanos}");
        }
    }

    #[test]
    fn quantiles_are_right_to_nine_percent() {
        let mut histogram = DurationHistogram::default();
        (1..=1_000).for_each(|n| histogram.add(n * 1_000));
        for (quantile, expected) in [(0.5, 500_000.0), (0.9, 900_000.0), (0.99, 990_000.0)] {
            let found = histogram.quantile(quantile).unwrap() as f64;
            assert!((found / expected - 1.0).abs() < 0.09, "{quantile}: {found}");
        }
        assert_eq!(DurationHistogram::default().quantile(0.5), None);
    }

    #[test]
    fn counts_and_classes_of_a_foreign_file_overflow_nothing() {
        let counts = [(0, u64::MAX), (600, u64::MAX), (u16::MAX, 1)].into();
        let histogram = DurationHistogram { counts };
        assert_eq!(histogram.count(), u64::MAX);
        assert!(histogram.quantile(0.99).is_some());
        assert!(histogram.classes().is_sorted_by_key(|(floor, _)| floor));
    }
}
