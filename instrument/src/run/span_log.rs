//! Keeps single calls that crossed, up to a budget; past it they are summed up by slices of time.

use crate::recording::{CallSlice, CallSpan, Direction};
use rustc_hash::FxHashMap;
use wasmscope_symbolize::FuncIndex;

/// Calls of any length that are kept.
const MOST_SPANS: usize = 200_000;
/// Long calls that are kept besides: they are what a picture of the run shows, and come back last.
const MOST_LONG_SPANS: usize = 50_000;
/// A call is long from here on.
const LONG_NANOS: u64 = 100_000;

/// How long a slice is at first.
const SLICE_NANOS: u64 = 10_000_000;
/// After so many rows slices become twice as long: a run that goes on for days stays small.
const ROWS_PER_WIDTH: usize = 1 << 16;

type Callee = (Direction, FuncIndex);

/// Calls that came back and were not handed on yet.
pub struct SpanLog {
    spans: Vec<CallSpan>,
    slices: Vec<CallSlice>,
    spans_left: usize,
    long_spans_left: usize,
    rows_left: usize,
    slice_start: u64,
    slice_nanos: u64,
    /// Calls and nanoseconds of the slice that goes on.
    slice: FxHashMap<Callee, (u64, u64)>,
}

impl Default for SpanLog {
    fn default() -> Self {
        SpanLog {
            spans: Vec::new(),
            slices: Vec::new(),
            spans_left: MOST_SPANS,
            long_spans_left: MOST_LONG_SPANS,
            rows_left: ROWS_PER_WIDTH,
            slice_start: 0,
            slice_nanos: SLICE_NANOS,
            slice: FxHashMap::default(),
        }
    }
}

impl SpanLog {
    /// A call came back.
    pub fn add(&mut self, span: CallSpan) {
        let budget = match span.duration_nanos {
            _ if self.spans_left > 0 => &mut self.spans_left,
            LONG_NANOS.. if self.long_spans_left > 0 => &mut self.long_spans_left,
            _ => return self.add_to_slice(span),
        };
        *budget -= 1;
        self.spans.push(span);
    }

    /// Takes the calls that came back since it was last asked, and the slices that ended.
    pub fn take(&mut self) -> (Vec<CallSpan>, Vec<CallSlice>) {
        let next = Vec::with_capacity(self.spans.len().min(self.spans_left));
        (std::mem::replace(&mut self.spans, next), std::mem::take(&mut self.slices))
    }

    /// The slice that goes on ends.
    pub fn end_slice(&mut self) {
        let (start_nanos, width_nanos) = (self.slice_start, self.slice_nanos);
        let mut rows: Vec<_> = self.slice.drain().collect();
        rows.sort_unstable_by_key(|(callee, _)| *callee);
        self.rows_left = self.rows_left.saturating_sub(rows.len());
        self.slices.extend(rows.into_iter().map(|((direction, func), (calls, total_nanos))| CallSlice {
            start_nanos,
            width_nanos,
            direction,
            func,
            calls,
            total_nanos,
        }));
        if self.rows_left == 0 {
            self.rows_left = ROWS_PER_WIDTH;
            self.slice_nanos = self.slice_nanos.saturating_mul(2);
        }
    }

    fn add_to_slice(&mut self, span: CallSpan) {
        let CallSpan { start_nanos, duration_nanos, direction, func, .. } = span;
        let end_nanos = start_nanos.saturating_add(duration_nanos);
        if end_nanos.saturating_sub(self.slice_start) >= self.slice_nanos {
            // The next one may be longer, but does not begin before this one ends.
            let ended_nanos = self.slice_start.saturating_add(self.slice_nanos);
            self.end_slice();
            self.slice_start = (end_nanos - end_nanos % self.slice_nanos).max(ended_nanos);
        }
        let (calls, total_nanos) = self.slice.entry((direction, func)).or_default();
        *calls += 1;
        *total_nanos += duration_nanos;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(start_nanos: u64, duration_nanos: u64, func: u32) -> CallSpan {
        let (direction, func) = (Direction::GuestToHost, FuncIndex(func));
        CallSpan { start_nanos, duration_nanos, direction, func, depth: 1 }
    }

    /// Calls and time of all that was kept, in whichever way.
    fn sums(spans: &[CallSpan], slices: &[CallSlice]) -> (u64, u64) {
        let of_slices = slices.iter().fold((0, 0), |sum, s| (sum.0 + s.calls, sum.1 + s.total_nanos));
        spans.iter().fold(of_slices, |sum, span| (sum.0 + 1, sum.1 + span.duration_nanos))
    }

    #[test]
    fn past_the_budget_calls_are_summed_up_and_none_is_lost() {
        let mut log = SpanLog::default();
        let calls = MOST_SPANS as u64 + 300_000;
        (0..calls).for_each(|n| log.add(call(n * 1_000, 600, (n % 3) as u32)));
        log.end_slice();
        let (spans, slices) = log.take();
        assert_eq!(spans.len(), MOST_SPANS);
        assert_eq!(sums(&spans, &slices), (calls, calls * 600));
        assert_eq!(slices.len(), 3 * 30, "300 ms in slices of 10 ms, of three imports");
        assert!(slices.iter().all(|slice| slice.calls.abs_diff(10_000 / 3) <= 1), "{slices:?}");
        assert!(slices.iter().all(|slice| slice.start_nanos % SLICE_NANOS == 0));
    }

    #[test]
    fn long_calls_are_kept_past_the_budget_for_short_ones() {
        let mut log = SpanLog::default();
        (0..=MOST_SPANS as u64).for_each(|n| log.add(call(n, 1, 0)));
        log.add(call(0, LONG_NANOS, 1));
        let (spans, _) = log.take();
        assert_eq!((spans.len(), spans.last().map(|span| span.func)), (MOST_SPANS + 1, Some(FuncIndex(1))));
    }

    #[test]
    fn slices_grow_so_that_a_run_of_days_stays_small() {
        let mut log = SpanLog { spans_left: 0, long_spans_left: 0, ..SpanLog::default() };
        let day: u64 = 86_400_000_000_000;
        (0..day / SLICE_NANOS).for_each(|n| log.add(call(n * SLICE_NANOS, 1, 0)));
        log.end_slice();
        let (_, slices) = log.take();
        assert!(slices.len() < 8 * ROWS_PER_WIDTH, "{}", slices.len());
        assert_eq!(sums(&[], &slices).0, day / SLICE_NANOS);
    }
}
