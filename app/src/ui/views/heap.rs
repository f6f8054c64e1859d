//! The questions about the heap and the memory that it lies in.

use crate::analysis::{
    self, BlockLife, BlockRow, GrowthView, HeapAt, HeapMap, HeapMapQuery, HeapNumbers, HeapRange, HeapSite,
    HeapUseQuery, HeapUses, HeapVerdict, HistogramBar, NamedCalls, Pin, Slack, WhatIf,
};
use crate::profile::{FrameId, PathId, Profile};
use crate::ui::theme::Memory;
use crate::ui::worker::Query;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;
use wasmscope_symbolize::MemoryIndex;

/// The heap of a memory at a moment.
#[derive(Clone, PartialEq)]
pub struct HeapQuery {
    /// The memory.
    pub memory: MemoryIndex,
    /// The moment.
    pub at_nanos: u64,
}

impl Query for HeapQuery {
    type View = HeapAt;

    const KEPT: usize = 2;

    fn compute(&self, profile: &Profile) -> HeapAt {
        analysis::heap_at(profile, self.memory, self.at_nanos)
    }
}

/// A heap that others are asked about. It is the same only if it is the very one: to compare a million blocks takes
/// longer than most answers.
#[derive(Clone)]
pub struct SharedHeap(pub Arc<HeapAt>);

impl PartialEq for SharedHeap {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The blocks of a heap by who asked for them.
#[derive(Clone, PartialEq)]
pub struct HeapSitesQuery(pub SharedHeap);

/// The blocks of a moment by who asked for them.
pub struct LiveSites {
    /// The heap of the moment.
    pub heap: Arc<HeapAt>,
    /// The sites, by falling bytes.
    pub sites: Vec<HeapSite>,
    /// Who holds most.
    pub owners: Owners,
}

/// The functions that hold most bytes, each with a colour of its own.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    /// The functions, by falling bytes.
    pub frames: Vec<FrameId>,
    of_path: FxHashMap<PathId, usize>,
}

impl Owners {
    /// Of sites by falling bytes.
    fn of(profile: &Profile, sites: &[HeapSite]) -> Owners {
        let frame = |site: &HeapSite| profile.paths().frame(analysis::asker_path(profile, site.path));
        let mut bytes: FxHashMap<FrameId, u64> = FxHashMap::default();
        sites.iter().for_each(|site| *bytes.entry(frame(site)).or_default() += site.bytes);
        let mut owners: Vec<_> = bytes.into_iter().collect();
        owners.sort_by_key(|(frame, bytes)| (Reverse(*bytes), *frame));
        let frames: Vec<_> = owners.into_iter().map(|(frame, _)| frame).take(Memory::OWNERS).collect();
        let place = |site: &HeapSite| frames.iter().position(|known| *known == frame(site));
        let of_path = sites.iter().filter_map(|site| Some((site.path, place(site)?))).collect();
        Owners { frames, of_path }
    }

    /// The place of the function that asked for blocks of this path.
    pub fn place(&self, path: PathId) -> Option<usize> {
        self.of_path.get(&path).copied()
    }
}

impl Query for HeapSitesQuery {
    type View = LiveSites;

    const KEPT: usize = 2;

    fn compute(&self, profile: &Profile) -> LiveSites {
        let HeapSitesQuery(SharedHeap(heap)) = self;
        let sites = analysis::heap_sites(profile, &heap.blocks);
        LiveSites { heap: Arc::clone(heap), owners: Owners::of(profile, &sites), sites }
    }
}

/// A part of the memory at a moment.
#[derive(Clone, PartialEq)]
pub struct HeapMapViewQuery {
    /// The heap of that moment.
    pub heap: SharedHeap,
    /// The part.
    pub map: HeapMapQuery,
}

impl Query for HeapMapViewQuery {
    type View = HeapMap;

    const KEPT: usize = 2;

    fn compute(&self, profile: &Profile) -> HeapMap {
        analysis::heap_map(profile, &self.heap.0, &self.map)
    }
}

/// Sums over a range of addresses.
#[derive(Clone, PartialEq)]
pub struct HeapRangeQuery {
    /// The heap.
    pub heap: SharedHeap,
    /// The addresses.
    pub range: Range<u64>,
}

impl Query for HeapRangeQuery {
    type View = HeapRange;

    const KEPT: usize = 2;

    fn compute(&self, profile: &Profile) -> HeapRange {
        analysis::heap_range(profile, &self.heap.0, &self.range)
    }
}

/// What is wrong with the heap of a memory.
#[derive(Clone, PartialEq)]
pub struct HeapVerdictQuery(pub MemoryIndex);

impl Query for HeapVerdictQuery {
    type View = HeapVerdict;

    fn compute(&self, profile: &Profile) -> HeapVerdict {
        analysis::heap_verdict(profile, self.0)
    }
}

/// The figures of a memory's heap over time.
#[derive(Clone, PartialEq)]
pub struct HeapNumbersQuery(pub MemoryIndex);

impl Query for HeapNumbersQuery {
    type View = Vec<HeapNumbers>;

    fn compute(&self, profile: &Profile) -> Vec<HeapNumbers> {
        analysis::heap_numbers(profile, self.0)
    }
}

/// What other allocators would have needed for the blocks of a memory.
#[derive(Clone, PartialEq)]
pub struct WhatIfQuery(pub MemoryIndex);

impl Query for WhatIfQuery {
    type View = WhatIf;

    fn compute(&self, profile: &Profile) -> WhatIf {
        analysis::what_if(profile, self.0)
    }
}

/// What the blocks of a moment are like.
#[derive(Clone, PartialEq)]
pub struct HeapBlocksQuery(pub SharedHeap);

/// What the blocks of a moment are like.
pub struct HeapBlocks {
    /// Their sizes.
    pub sizes: Vec<HistogramBar>,
    /// What was handed out beyond what was asked for.
    pub slack: Slack,
    /// Who holds pages that are otherwise nearly empty.
    pub pins: Vec<Pin>,
}

impl Query for HeapBlocksQuery {
    type View = HeapBlocks;

    const KEPT: usize = 2;

    fn compute(&self, profile: &Profile) -> HeapBlocks {
        let HeapBlocksQuery(SharedHeap(heap)) = self;
        let page_bytes = profile.address_space(heap.memory).page_bytes();
        HeapBlocks {
            sizes: analysis::live_sizes(heap),
            slack: analysis::slack(heap),
            pins: analysis::pins(heap, page_bytes),
        }
    }
}

/// What each call path did with the heap.
#[derive(Clone, PartialEq)]
pub struct HeapUsesQuery {
    /// In this part of the run, in nanoseconds since the recording began.
    pub time: Option<Range<u64>>,
    /// Blocks that live for less than this are short-lived, in nanoseconds.
    pub short_nanos: u64,
}

impl Query for HeapUsesQuery {
    type View = HeapUses;

    fn compute(&self, profile: &Profile) -> HeapUses {
        let query = HeapUseQuery { time: self.time.clone(), memory: None, short_nanos: self.short_nanos };
        let mut uses = analysis::heap_uses(profile, &query);
        uses.paths.retain(|path| path.allocated.blocks + path.freed.blocks + path.at_peak.blocks > 0);
        uses
    }
}

/// When a memory grew, or should have.
#[derive(Clone, PartialEq)]
pub struct GrowthPinsQuery(pub MemoryIndex);

/// When a memory grew, or should have.
pub struct GrowthPins {
    /// The moments, ascending, in nanoseconds since the recording began: of many some.
    pub times: Vec<u64>,
    /// The row of each in the recording.
    pub rows: Vec<usize>,
}

/// More pins than a time axis has pixels show nothing more.
const MOST_PINS: usize = 4_000;

impl Query for GrowthPinsQuery {
    type View = GrowthPins;

    fn compute(&self, profile: &Profile) -> GrowthPins {
        let events = profile.recording().growth.iter().enumerate();
        let own: Vec<_> = events.filter(|(_, event)| event.memory == self.0).collect();
        let every = own.len().div_ceil(MOST_PINS).max(1);
        let pins = || own.iter().step_by(every);
        GrowthPins {
            times: pins().map(|(_, event)| event.time_nanos).collect(),
            rows: pins().map(|(row, _)| *row).collect(),
        }
    }
}

/// The calls of exports that were called again and again.
#[derive(Clone, PartialEq)]
pub struct ExportCallsQuery;

impl Query for ExportCallsQuery {
    type View = Vec<NamedCalls>;

    fn compute(&self, profile: &Profile) -> Vec<NamedCalls> {
        let mut exports = analysis::repeated_exports(profile);
        for calls in exports.iter_mut().map(|export| &mut export.calls) {
            calls.truncate(MOST_MARKS);
            calls.shrink_to_fit();
        }
        exports
    }
}

/// So many calls of each export are marks.
const MOST_MARKS: usize = 1_000;

/// The life of a block.
#[derive(Clone, PartialEq)]
pub struct BlockLifeQuery(pub BlockRow);

impl Query for BlockLifeQuery {
    type View = BlockLife;

    fn compute(&self, profile: &Profile) -> BlockLife {
        analysis::block_life(profile, self.0)
    }
}

/// All that the fragmentation map draws.
pub struct HeapMapView {
    /// The curve and the marks of the time axis.
    pub growth: Arc<GrowthView>,
    /// The heap at the moment.
    pub heap: Arc<HeapAt>,
    /// The map of the whole memory, in a few pieces.
    pub overview: Arc<HeapMap>,
    /// The map of the part on screen.
    pub map: Arc<HeapMap>,
    /// Who asked for the blocks, where colours tell that.
    pub sites: Option<Arc<LiveSites>>,
    /// Sums over the addresses that are chosen.
    pub chosen: Option<Arc<HeapRange>>,
    /// The life of the block that is chosen.
    pub block: Option<Arc<BlockLife>>,
    /// What is wrong with the heap.
    pub verdict: Option<Arc<HeapVerdict>>,
    /// Its figures over time, where they are shown.
    pub numbers: Option<Arc<Vec<HeapNumbers>>>,
    /// What its blocks are like, where that is shown.
    pub blocks: Option<Arc<HeapBlocks>>,
    /// What other allocators would have needed, where that is shown.
    pub what_if: Option<Arc<WhatIf>>,
    /// When the memory grew.
    pub pins: Option<Arc<GrowthPins>>,
    /// Exports whose calls are marks in time.
    pub calls: Option<Arc<Vec<NamedCalls>>>,
}
