//! A part of the run on one page.

use super::{
    Amount, CallTreeQuery, FunctionRow, HeapUseQuery, Metric, SHORT_NANOS, boundary_in, functions, growth,
    heap_uses,
};
use crate::profile::Profile;
use std::ops::Range;

const TOP_FUNCTIONS: usize = 10;

/// What happened in a part of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSummary {
    /// From and until, in nanoseconds since the recording began.
    pub time: Range<u64>,
    /// The time that its samples stand for, in nanoseconds.
    pub sampled_nanos: u64,
    /// The functions with the most time of their own.
    pub top_functions: Vec<FunctionRow>,
    /// Calls of imports that began in it.
    pub guest_to_host_calls: u64,
    /// Time in these without what they called back, in nanoseconds.
    pub host_nanos: u64,
    /// Calls of exports that began in it.
    pub host_to_guest_calls: u64,
    /// By how much all memories grew, in bytes.
    pub grown_bytes: u64,
    /// Blocks handed out, and blocks freed; `None` where no heap operation was recorded.
    pub heap: Option<(Amount, Amount)>,
}

/// A part of the run on one page.
pub fn range_summary(profile: &Profile, time: &Range<u64>) -> RangeSummary {
    let query = CallTreeQuery { metric: Metric::Time, time: Some(time.clone()), ..CallTreeQuery::default() };
    let table = functions(profile, &query);
    let boundary = boundary_in(profile, time);
    let memories = growth(profile).within(time).memories.into_iter();
    let grown = memories.map(|memory| {
        memory.final_pages.saturating_sub(memory.initial_pages).saturating_mul(memory.page_bytes)
    });
    RangeSummary {
        time: time.clone(),
        sampled_nanos: table.total,
        top_functions: table.rows.into_iter().take(TOP_FUNCTIONS).collect(),
        guest_to_host_calls: boundary.guest_to_host_calls,
        host_nanos: boundary.host_nanos,
        host_to_guest_calls: boundary.host_to_guest_calls,
        grown_bytes: grown.fold(0, u64::saturating_add),
        heap: (!profile.recording().heap.is_empty()).then(|| heap(profile, time)),
    }
}

fn heap(profile: &Profile, time: &Range<u64>) -> (Amount, Amount) {
    let query = HeapUseQuery { time: Some(time.clone()), memory: None, short_nanos: SHORT_NANOS };
    let none = (Amount::default(), Amount::default());
    heap_uses(profile, &query)
        .paths
        .iter()
        .fold(none, |(allocated, freed), uses| (plus(allocated, uses.allocated), plus(freed, uses.freed)))
}

fn plus(a: Amount, b: Amount) -> Amount {
    Amount { blocks: a.blocks.saturating_add(b.blocks), bytes: a.bytes.saturating_add(b.bytes) }
}
