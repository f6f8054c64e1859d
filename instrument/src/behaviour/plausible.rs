//! Which candidates may be allocators still, after a trial that ended before it had told enough.

use super::trace::{Call, Trace};
use rustc_hash::FxHashSet;
use wasmscope_symbolize::{FuncIndex, ModuleIndex};

/// Of fewer calls nothing is concluded.
const FEWEST_CALLS: usize = 16;

/// The candidates without those that do what no allocator does: they give what can't be a block, or what they were given,
/// or are given what nobody handed out. Others are seen for longer without them.
pub(super) fn plausible(trace: &Trace, index: &ModuleIndex) -> Vec<FuncIndex> {
    let (givers, takers): (Vec<_>, Vec<_>) =
        (0..).zip(&trace.candidates).partition(|(_, func)| gives(index, **func));
    let allocs = givers.iter().filter(|(who, _)| hands_out(trace, *who));
    let allocs: FxHashSet<u8> = allocs.map(|(who, _)| *who).collect();
    let blocks = allocs.iter().flat_map(|who| trace.calls_of(*who)).map(|call| call.result);
    let blocks: FxHashSet<u64> = blocks.collect();
    let takes = |who: u8| is_mostly(trace, who, |call| call.first == 0 || blocks.contains(&call.first));
    let resizes = |who: u8, func| parameters(index, func) > 1 && takes(who);
    let givers = givers.iter().filter(|(who, func)| allocs.contains(who) || resizes(*who, **func));
    let takers = takers.iter().filter(|(who, _)| takes(*who));
    let mut left: Vec<_> = givers.chain(takers).map(|(_, func)| **func).collect();
    left.sort_unstable();
    left
}

/// Addresses where blocks can be, and not just those that it was given.
fn hands_out(trace: &Trace, who: u8) -> bool {
    let is_place = |call: &Call| call.result == 0 || (trace.lowest..trace.highest).contains(&call.result);
    is_mostly(trace, who, |call| is_place(call) && call.result != call.first)
}

fn is_mostly(trace: &Trace, who: u8, is_so: impl Fn(&Call) -> bool) -> bool {
    let (all, so) =
        trace.calls_of(who).fold((0, 0), |(all, so), call| (all + 1, so + usize::from(is_so(call))));
    all < FEWEST_CALLS || so * 2 >= all
}

fn gives(index: &ModuleIndex, func: FuncIndex) -> bool {
    index.function(func).is_some_and(|function| !function.ty.results.is_empty())
}

fn parameters(index: &ModuleIndex, func: FuncIndex) -> usize {
    index.function(func).map_or(0, |function| function.ty.params.len())
}
