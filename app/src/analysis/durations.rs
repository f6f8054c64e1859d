//! How long the calls of one function took: percentiles, a histogram, and those that took longer than they may.

use super::weights::is_in;
use crate::profile::Profile;
use std::ops::Range;
use wasmscope_instrument::recording::{CallSlice, CallSpan, Direction};
use wasmscope_symbolize::FuncIndex;

/// What a frame may take where 60 are shown a second, in nanoseconds, unless somebody asks otherwise.
pub const FRAME_BUDGET_NANOS: u64 = 16_600_000;

/// More bars are merged to fewer.
const MOST_BARS: usize = 48;

/// The calls of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallsQuery {
    /// Which way they crossed.
    pub direction: Direction,
    /// The import or the exported function.
    pub func: FuncIndex,
    /// Only those that began in this range, in nanoseconds since the recording began.
    pub time: Option<Range<u64>>,
}

/// Calls that took about as long as each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationBar {
    /// From and until, in nanoseconds.
    pub nanos: Range<u64>,
    /// How many they are.
    pub calls: u64,
}

/// How long calls took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallDurations {
    /// Those of which each is known, in the order in which they began.
    pub calls: Vec<CallSpan>,
    /// How many there were besides, known by slices of time that begin in the range.
    pub summed_calls: u64,
    /// How long the calls took, ascending, in nanoseconds.
    sorted: Vec<u64>,
    /// The place of the longest one among `calls`; of several, of the first.
    longest: Option<usize>,
}

/// The calls of a function after the warm-up.
pub fn call_durations(profile: &Profile, query: &CallsQuery) -> CallDurations {
    let recording = profile.recording();
    let from_nanos = recording.measured_from_nanos();
    let is_of = |direction: Direction, func: FuncIndex, start_nanos: u64| {
        (direction, func) == (query.direction, query.func) && is_in(query.time.as_ref(), start_nanos)
    };
    let is_asked = |span: &&CallSpan| {
        span.start_nanos >= from_nanos && is_of(span.direction, span.func, span.start_nanos)
    };
    let mut calls: Vec<CallSpan> = recording.spans.iter().filter(is_asked).copied().collect();
    calls.sort_by_key(|span| (span.start_nanos, span.depth));
    let ends_later = |slice: &&CallSlice| slice.start_nanos.saturating_add(slice.width_nanos) > from_nanos;
    let slices = recording.slices.iter().filter(ends_later);
    let slices = slices.filter(|slice| is_of(slice.direction, slice.func, slice.start_nanos));
    let summed_calls = slices.fold(0u64, |sum, slice| sum.saturating_add(slice.calls));
    CallDurations::of(calls, summed_calls)
}

impl CallDurations {
    fn of(calls: Vec<CallSpan>, summed_calls: u64) -> CallDurations {
        let mut sorted: Vec<u64> = calls.iter().map(|span| span.duration_nanos).collect();
        sorted.sort_unstable();
        let longest = calls.iter().enumerate().rev().max_by_key(|(_, span)| span.duration_nanos);
        CallDurations { longest: longest.map(|(at, _)| at), calls, summed_calls, sorted }
    }

    /// The shortest time that the share `quantile` (0 to 1) of the calls did not exceed, in nanoseconds; `None` where
    /// there are no calls.
    pub fn quantile(&self, quantile: f64) -> Option<u64> {
        let rank = (quantile.clamp(0.0, 1.0) * self.sorted.len() as f64).ceil() as usize;
        self.sorted.get(rank.max(1) - 1).copied()
    }

    /// The longest call; of several, the first.
    pub fn longest(&self) -> Option<&CallSpan> {
        self.longest.and_then(|at| self.calls.get(at))
    }

    /// How many took longer than `budget_nanos`.
    pub fn over(&self, budget_nanos: u64) -> u64 {
        (self.sorted.len() - self.sorted.partition_point(|nanos| *nanos <= budget_nanos)) as u64
    }

    /// The histogram from the shortest to the longest, also of what has no call: bars that are as wide as each other on
    /// a logarithmic axis. An eighth of a power of two, or as much more as keeps them below 50.
    pub fn bars(&self) -> Vec<DurationBar> {
        let (Some(shortest), Some(longest)) = (self.sorted.first(), self.sorted.last()) else {
            return Vec::new();
        };
        let bars =
            |an_octave: u32| Some(edges(*shortest, *longest, an_octave)).filter(|e| e.len() <= MOST_BARS);
        let edges = [8, 4, 2].into_iter().find_map(bars).unwrap_or_else(|| edges(*shortest, *longest, 1));
        let before = |nanos: u64| self.sorted.partition_point(|known| *known < nanos);
        let bar = |pair: &[u64]| {
            let nanos = *pair.first()?..*pair.last()?;
            let calls = (before(nanos.end) - before(nanos.start)) as u64;
            Some(DurationBar { nanos, calls })
        };
        edges.windows(2).filter_map(bar).collect()
    }
}

/// Edges of classes, `an_octave` for each power of two, that hold all from `shortest` to `longest`. Classes that would
/// hold no whole nanosecond are left out.
fn edges(shortest: u64, longest: u64, an_octave: u32) -> Vec<u64> {
    let edge = |at: u32| match at {
        0 => 0,
        _ => 2f64.powf(f64::from(at) / f64::from(an_octave)).ceil() as u64,
    };
    let of = |nanos: u64| (0..64 * an_octave).take_while(|at| edge(*at) <= nanos).last().unwrap_or(0);
    let mut edges: Vec<u64> = (of(shortest)..=of(longest).saturating_add(1)).map(edge).collect();
    edges.dedup();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations: &[u64]) -> CallDurations {
        let call = |(at, duration): (usize, &u64)| CallSpan {
            start_nanos: at as u64 * 1_000,
            duration_nanos: *duration,
            direction: Direction::HostToGuest,
            func: FuncIndex(0),
            depth: 0,
        };
        CallDurations::of(durations.iter().enumerate().map(call).collect(), 0)
    }

    #[test]
    fn each_call_is_in_the_bar_of_its_time() {
        let many: Vec<u64> = (0..3_000u64).map(|n| n * n * n).collect();
        for durations in [vec![0], vec![7; 3], vec![0, u64::MAX], vec![1, 2, 3, 900, 16_600_000], many] {
            let found = of(&durations);
            let bars = found.bars();
            assert!(bars.len() <= 64, "{}", bars.len());
            assert!(bars.windows(2).all(|pair| pair[0].nanos.end == pair[1].nanos.start), "{bars:?}");
            let last = bars.last().unwrap().nanos.end;
            let calls = |nanos: &Range<u64>| durations.iter().filter(|d| nanos.contains(d)).count() as u64;
            assert!(bars.iter().all(|bar| bar.calls == calls(&bar.nanos)), "{bars:?}");
            let sum: u64 = bars.iter().map(|bar| bar.calls).sum();
            assert!(sum == durations.len() as u64 || last == u64::MAX, "{bars:?}");
        }
        assert!(of(&[]).bars().is_empty());
    }

    #[test]
    fn percentiles_are_those_of_calls_that_were_made() {
        let found = of(&(1..=1_000).rev().collect::<Vec<_>>());
        let at = [0.0, 0.5, 0.9, 0.99, 0.999, 1.0].map(|share| found.quantile(share).unwrap());
        assert_eq!(at, [1, 500, 900, 990, 999, 1_000]);
        assert_eq!((found.over(900), found.over(0), found.over(1_000)), (100, 1_000, 0));
        assert_eq!(found.longest().unwrap().start_nanos, 0);
        let none = of(&[]);
        assert_eq!((none.quantile(0.5), none.over(0), none.longest()), (None, 0, None));
    }
}
