//! What a set of candidates would have done, if they were a heap's.

use super::trace::{Call, Candidates, Trace};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// Where the size of a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    First,
    Second,
    Product,
}

/// What a candidate is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Alloc(Size),
    /// Of the block in the first parameter, to the size in the second.
    Realloc,
    Free,
}

/// A candidate and what it is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) who: u8,
    pub(super) role: Role,
}

pub(super) fn set_of(members: &[Member]) -> Candidates {
    members.iter().fold(0, |set, member| set | 1 << member.who)
}

impl Size {
    pub(super) fn of(self, call: &Call) -> u64 {
        match self {
            Size::First => call.first,
            Size::Second => call.second,
            Size::Product => call.first.saturating_mul(call.second),
        }
    }
}

/// How well it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Score {
    /// By member: blocks handed out, or taken back.
    pub(super) done: Vec<u64>,
    /// Blocks that were handed out.
    pub(super) handed: u64,
    /// Blocks that were taken back.
    pub(super) taken: u64,
    /// Blocks at an address that had been taken back.
    pub(super) reused: u64,
    /// Blocks in the room of others, at odd addresses or outside of the heap.
    pub(super) wrong_blocks: u64,
    /// Addresses taken back where no block was.
    pub(super) wrong_frees: u64,
    /// The most blocks that were live at once.
    pub(super) most_live: usize,
    /// Bytes asked for.
    pub(super) bytes: u64,
    /// By address, when its block was taken back, and when there was the next one.
    pub(super) gaps: Vec<(u64, u32, u32)>,
    /// How many of all others each call ran inside of, summed up.
    pub(super) depth: u64,
    /// Addresses taken back where no block was.
    pub(super) unknown: FxHashSet<u64>,
    /// The largest size that was asked for at each address.
    pub(super) sizes: BTreeMap<u64, u64>,
}

impl Score {
    pub(super) fn wrong(&self) -> u64 {
        self.wrong_blocks + self.wrong_frees
    }

    /// Do blocks lie about as closely as their sizes say? Then those are their sizes.
    pub(super) fn is_tight(&self) -> bool {
        let next = self.sizes.iter().zip(self.sizes.keys().skip(1));
        let (mut close, mut all) = (0, 0);
        for ((address, size), next) in next {
            all += 1;
            close += usize::from(next - address <= size.saturating_mul(2).saturating_add(64));
        }
        all >= 3 && close * 2 >= all
    }
}

/// Replays the calls of `members`, the outermost of each.
pub(super) fn replay(trace: &Trace, members: &[Member]) -> Score {
    let role_of: FxHashMap<u8, usize> =
        members.iter().zip(0..).map(|(member, at)| (member.who, at)).collect();
    let mut heap =
        Heap { trace, live: BTreeMap::new(), freed: FxHashMap::default(), now: 0, score: Score::default() };
    heap.score.done = vec![0; members.len()];
    for (now, call) in trace.outermost(set_of(members)) {
        heap.now = now;
        let Some((at, member)) = role_of.get(&call.who).and_then(|at| Some((*at, members.get(*at)?))) else {
            continue;
        };
        heap.score.depth += u64::from(call.inside.count_ones());
        let done = match member.role {
            Role::Alloc(size) => heap.hand_out(call.result, size.of(call)),
            Role::Free => heap.take_back(call.first),
            Role::Realloc if call.result == 0 && call.second == 0 => heap.take_back(call.first),
            Role::Realloc if call.result == 0 => false,
            Role::Realloc => {
                heap.take_back(call.first);
                heap.hand_out(call.result, call.second)
            }
        };
        if let Some(count) = heap.score.done.get_mut(at) {
            *count += u64::from(done);
        }
    }
    heap.score
}

struct Heap<'a> {
    trace: &'a Trace,
    /// By address, what is behind it.
    live: BTreeMap<u64, u64>,
    /// By address, when its block was taken back.
    freed: FxHashMap<u64, u32>,
    now: u32,
    score: Score,
}

impl Heap<'_> {
    /// Gives whether there was a block.
    fn hand_out(&mut self, address: u64, size: u64) -> bool {
        if address == 0 {
            return false;
        }
        let end = address.saturating_add(size.max(1));
        let before = self.live.range(..address).next_back().filter(|(_, end)| **end > address);
        let displaced: Vec<u64> =
            before.into_iter().chain(self.live.range(address..end)).map(|(other, _)| *other).collect();
        let fits = address.is_multiple_of(4) && self.trace.lowest <= address && end <= self.trace.highest;
        self.score.wrong_blocks += u64::from(!fits || !displaced.is_empty());
        displaced.iter().for_each(|other| {
            self.live.remove(other);
        });
        self.live.insert(address, end);
        self.score.handed += 1;
        if let Some(freed) = self.freed.remove(&address) {
            self.score.reused += 1;
            self.score.gaps.push((address, freed, self.now));
        }
        self.score.most_live = self.score.most_live.max(self.live.len());
        self.score.bytes = self.score.bytes.saturating_add(size);
        let largest = self.score.sizes.entry(address).or_default();
        *largest = size.max(*largest);
        true
    }

    fn take_back(&mut self, address: u64) -> bool {
        if address == 0 {
            return false;
        }
        let was_live = self.live.remove(&address).is_some();
        self.score.taken += u64::from(was_live);
        if !was_live {
            self.score.wrong_frees += 1;
            self.score.unknown.insert(address);
        }
        self.freed.insert(address, self.now);
        was_live
    }
}
