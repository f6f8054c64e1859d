//! Reads the counters of the calling-context nodes, at the end of a run.
//!
//! A region's counter says how often its first instruction was executed, and so were the others, but in the calls that
//! were still going on when the run ended, by a trap or `proc_exit`: there only those up to the place where the call
//! was. The counter of calls is that of the region which is entered with the function.

use super::decode::{NodeAddress, node_behind, u32_at, u64_at};
use super::layout::{contexts, node};
use super::{ContextReader, Probes};
use crate::Measure;
use crate::plan::Region;
use crate::recording::{ContextId, CountTable, InstructionTable};
use rustc_hash::FxHashMap;
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// A call that was going on when the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveCall {
    /// Of which function.
    pub func: FuncIndex,
    /// The instruction that it had come to: a call, or at last one that trapped.
    pub at: CodeOffset,
}

/// The exact counts of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// By context.
    pub contexts: CountTable,
    /// By context and place.
    pub instructions: InstructionTable,
    /// Calls for whose context there was no room: what they did is counted nowhere else.
    pub lost_calls: u64,
}

impl Counts {
    /// Reads the contexts memory of a run that ended with the calls `live`, outermost first. The contexts must have
    /// been read before.
    pub fn read(probes: &Probes, memory: &[u8], contexts: &ContextReader, live: &[LiveCall]) -> Counts {
        let tree = Tree { probes, memory };
        let live = tree.nodes_of(live);
        let mut counts = Counts { lost_calls: tree.lost_calls(), ..Counts::default() };
        for at in tree.nodes() {
            let Some((id, func)) = contexts.id(NodeAddress(at)).zip(tree.func(at)) else { continue };
            let counters = tree.counters(at, func);
            counts.contexts.push(id, tree.calls(at), tree.bulk_bytes(func, &counters));
            let live = live.get(&at).map_or(&[][..], Vec::as_slice);
            for (number, (region, count)) in tree.regions(func).iter().zip(counters).enumerate() {
                let ranges = probes.regions.ranges(region);
                // A call that had not come to the first instruction is not in the count; the first region counts all.
                let first = ranges.first().filter(|_| number > 0).map_or(0, |(start, _)| *start);
                let counted = live.partition_point(|at| *at < first);
                counts.region(id, ranges, count, &live[counted..]);
            }
        }
        counts
    }

    /// Splits the ranges of a region where the calls `live` had come to, which ascend and are in the count.
    fn region(&mut self, context: ContextId, ranges: &[(u32, u32)], mut count: u64, live: &[u32]) {
        let mut reached = live.iter().peekable();
        for (start, end) in ranges {
            let mut start = *start;
            while let Some(at) = reached.next_if(|at| **at + 1 < *end) {
                if *at >= start {
                    self.range(context, start, *at + 1, count);
                    start = *at + 1;
                }
                count = count.saturating_sub(1);
            }
            self.range(context, start, *end, count);
        }
    }

    fn range(&mut self, context: ContextId, start: u32, end: u32, count: u64) {
        if count > 0 {
            self.instructions.push(context, CodeOffset(start), CodeOffset(end), count);
        }
    }
}

/// Sets the counters in the contexts memory to 0.
pub fn clear_counters(probes: &Probes, memory: &mut [u8]) {
    let tree = Tree { probes, memory };
    let counters = |at: u32| {
        let count = tree.func(at).map_or(0, |func| probes.counters(func));
        at.saturating_sub(8 * count)..at
    };
    let overflow = (0..contexts::OVERFLOW_NODES).map(|number| probes.overflow_node(number));
    let nodes: Vec<_> = tree.nodes().chain(overflow).map(|at| (at, counters(at))).collect();
    for (at, counters) in nodes {
        for bytes in [counters, at + node::CALLS..at + node::CALLS + 8] {
            memory
                .get_mut(bytes.start as usize..bytes.end as usize)
                .into_iter()
                .for_each(|bytes| bytes.fill(0));
        }
    }
}

/// The calling-context tree as it stands in memory.
struct Tree<'a> {
    probes: &'a Probes,
    memory: &'a [u8],
}

impl Tree<'_> {
    fn word(&self, at: u32) -> u32 {
        u32_at(self.memory, at).unwrap_or(0)
    }

    fn long(&self, at: u32) -> u64 {
        u64_at(self.memory, at).unwrap_or(0)
    }

    /// How often the node was entered, where calls are measured.
    fn calls(&self, node: u32) -> u64 {
        if self.probes.measures.has(Measure::Calls) { self.entries(node) } else { 0 }
    }

    fn entries(&self, node: u32) -> u64 {
        self.long(node + node::CALLS)
    }

    /// The calls of the nodes that stand for all others past the budget.
    fn lost_calls(&self) -> u64 {
        (0..contexts::OVERFLOW_NODES).map(|n| self.entries(self.probes.overflow_node(n))).sum()
    }

    fn nodes(&self) -> impl Iterator<Item = u32> {
        let free = self.word(contexts::FREE);
        let at = move |start: u32| node_behind(self.memory, start).filter(|node| *node < free);
        std::iter::successors(at(self.probes.first_node()), move |node| {
            at(node + self.probes.node_size(self.func(*node)?))
        })
    }

    fn func(&self, node: u32) -> Option<FuncIndex> {
        match self.word(node + node::TAG) {
            node::ROOT_TAG => None,
            tag => Some(FuncIndex(tag & !node::TAGGED)),
        }
    }

    fn regions(&self, func: FuncIndex) -> &[Region] {
        self.probes.regions.of(func)
    }

    /// The counters of the regions, and the one behind them.
    fn counters(&self, node: u32, func: FuncIndex) -> Vec<u64> {
        let count = self.probes.counters(func);
        let first = node.saturating_sub(8 * count);
        let others = (0..count).map(|number| self.long(first + 8 * number));
        std::iter::once(self.entries(node)).chain(others).collect()
    }

    /// The counter behind those of the regions, where there is one.
    fn bulk_bytes(&self, func: FuncIndex, counters: &[u64]) -> u64 {
        counters.get(self.regions(func).len()).copied().unwrap_or(0)
    }

    /// The nodes of the calls that go on, and by node the offsets that they had come to, ascending.
    fn nodes_of(&self, live: &[LiveCall]) -> FxHashMap<u32, Vec<u32>> {
        let mut found: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        let (mut node, mut site) = (contexts::ROOT, None);
        for call in live {
            let Some(callee) = self.callee(node, call.func, site) else { continue };
            found.entry(callee).or_default().push(call.at.0);
            (node, site) = (callee, Some(call.at));
        }
        found.values_mut().for_each(|offsets| offsets.sort_unstable());
        found
    }

    /// The node of `func` when the function of `caller` calls it at `site`. A caller that ended in a tail call is not
    /// among the live ones: its callee is found further down.
    fn callee(&self, caller: u32, func: FuncIndex, site: Option<CodeOffset>) -> Option<u32> {
        let is_func = |node: &u32| self.func(*node) == Some(func);
        let is_site = |node: &u32| self.call_site(*node) == site;
        let ancestor = || self.ancestors(caller).find(is_func);
        let exact = || self.children(caller).filter(is_func).find(is_site);
        let child = || self.children(caller).find(is_func);
        ancestor().or_else(exact).or_else(child).or_else(|| {
            let is_below =
                |node: &u32| caller == contexts::ROOT || self.ancestors(*node).any(|at| at == caller);
            self.nodes().filter(is_func).find(is_below)
        })
    }

    /// A node and those above it, the root not among them.
    fn ancestors(&self, node: u32) -> impl Iterator<Item = u32> {
        let up = |at: &u32| Some(self.word(*at + node::PARENT) & !(node::ALLOCATOR | node::NESTED));
        std::iter::successors(Some(node), up).take_while(|at| *at > contexts::ROOT)
    }

    fn children(&self, node: u32) -> impl Iterator<Item = u32> {
        let is_node = |at: &u32| *at != 0;
        let next = move |at: &u32| Some(self.word(*at + node::NEXT)).filter(is_node);
        std::iter::successors(Some(self.word(node + node::CHILDREN)).filter(is_node), next)
    }

    /// The call instruction that leads to a node; `None` where several share its slot.
    fn call_site(&self, node: u32) -> Option<CodeOffset> {
        let parent = self.ancestors(node).nth(1)?;
        let slot = self.word(node + node::VIA).checked_sub(parent + node::SLOTS)? / 4;
        *self.probes.call_sites(self.func(parent)?).get(slot as usize)?
    }
}
