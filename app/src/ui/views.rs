//! The questions that panels ask, for the worker to answer.

use crate::analysis::{
    self, BlockLife, BlockRow, BoundaryTable, CallTree, CallTreeQuery, ExportCalls, FlameLayout,
    FunctionTable, GrowthView, HeapAt, HeapMap, HeapMapQuery, HeapNumbers, HeapRange, HeapSite, HeapUseQuery,
    HeapUses, HeapVerdict, HistogramBar, LineTable, NodeId, Pin, Slack, SourceListing, Summary, WatListing,
    WatQuery, WhatIf,
};
use crate::profile::{FrameId, PathId, Profile};
use crate::sources::Sources;
use crate::ui::theme::Memory;
use crate::ui::worker::Query;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;
use wasmscope_symbolize::{FuncIndex, MemoryIndex};

/// A call tree with its boxes.
pub struct FlameView {
    /// The tree.
    pub tree: CallTree,
    /// Where its boxes lie.
    pub layout: FlameLayout,
}

impl FlameView {
    /// The function of `node`.
    pub fn frame(&self, node: NodeId) -> FrameId {
        self.tree.frames().get(node.index()).copied().unwrap_or(FrameId::ROOT)
    }

    /// The functions from below the root down to `node`.
    pub fn frames_to(&self, node: NodeId) -> Vec<FrameId> {
        let up = self.tree.up(node).filter(|node| *node != NodeId::ROOT);
        let mut frames: Vec<_> = up.map(|node| self.frame(node)).collect();
        frames.reverse();
        frames
    }

    /// The node that these functions lead to from the root, or `None` if the tree does not have it.
    pub fn descend(&self, frames: &[FrameId]) -> Option<NodeId> {
        frames.iter().try_fold(NodeId::ROOT, |node, frame| {
            self.tree.children(node).find(|child| self.frame(*child) == *frame)
        })
    }
}

/// The flame graph of a call tree.
#[derive(Clone, PartialEq)]
pub struct FlameQuery(pub CallTreeQuery);

impl Query for FlameQuery {
    type View = FlameView;

    fn compute(&self, profile: &Profile) -> FlameView {
        let tree = analysis::call_tree(profile, &self.0);
        FlameView { layout: analysis::flame(&tree), tree }
    }
}

/// The functions of a call tree.
#[derive(Clone, PartialEq)]
pub struct FunctionsQuery(pub CallTreeQuery);

impl Query for FunctionsQuery {
    type View = FunctionTable;

    fn compute(&self, profile: &Profile) -> FunctionTable {
        analysis::functions(profile, &self.0)
    }
}

/// The lines of a call tree.
#[derive(Clone, PartialEq)]
pub struct LinesQuery(pub CallTreeQuery);

impl Query for LinesQuery {
    type View = LineTable;

    fn compute(&self, profile: &Profile) -> LineTable {
        analysis::lines(profile, &self.0)
    }
}

/// The text of a source file beside its costs.
#[derive(Clone)]
pub struct ListingQuery {
    /// The costs.
    pub lines: Arc<LineTable>,
    /// The file, as the compiler recorded it.
    pub file: Arc<str>,
    /// Where files are.
    pub sources: Sources,
    /// How often they were looked for once more: the answer may be another each time.
    pub looks: u64,
}

impl PartialEq for ListingQuery {
    fn eq(&self, other: &Self) -> bool {
        let Self { lines, file, sources, looks } = self;
        Arc::ptr_eq(lines, &other.lines)
            && *file == other.file
            && *sources == other.sources
            && *looks == other.looks
    }
}

/// The text of the file, or `None` where it is nowhere to be found; with the file that was asked for.
pub struct FoundListing {
    /// The file.
    pub file: Arc<str>,
    /// Its text with costs.
    pub listing: Option<SourceListing>,
}

impl Query for ListingQuery {
    type View = FoundListing;

    fn compute(&self, profile: &Profile) -> FoundListing {
        let listing = analysis::source_listing(&self.lines, &self.file, &self.sources.of(profile));
        FoundListing { file: Arc::clone(&self.file), listing }
    }
}

/// The instructions of a function.
#[derive(Clone, PartialEq)]
pub struct InstructionsQuery {
    /// The function.
    pub frame: FrameId,
    /// Of the functions that it was inlined into this one, if it is among them; otherwise the heaviest.
    pub preferred: Option<FuncIndex>,
    /// What is weighed.
    pub tree: CallTreeQuery,
}

/// The instructions of a function, and what would take too long to find in them in each frame.
pub struct InstructionsView {
    /// The function that was asked for.
    pub frame: FrameId,
    /// The function that its code stands in; `None` where the module has no code of it.
    pub listing: Option<WatListing>,
    /// How many characters the longest line has.
    pub longest: usize,
    /// How often that was executed which was executed most often.
    pub most_executed: u64,
}

impl Query for InstructionsQuery {
    type View = InstructionsView;

    fn compute(&self, profile: &Profile) -> InstructionsView {
        let functions = analysis::enclosing(profile, self.frame, &self.tree);
        let preferred = self.preferred.filter(|preferred| functions.contains(preferred));
        let function = preferred.or(functions.first().copied());
        let time = self.tree.time.clone();
        let listing = function.map(|function| analysis::wat(profile, &WatQuery { function, time }));
        let rows = || listing.iter().flat_map(|listing| &listing.rows);
        InstructionsView {
            frame: self.frame,
            longest: rows().map(|row| row.indented().chars().count()).max().unwrap_or(0),
            most_executed: rows().filter_map(|row| row.executed).max().unwrap_or(0),
            listing,
        }
    }
}

/// The boundary.
#[derive(Clone, PartialEq)]
pub struct BoundaryQuery;

impl Query for BoundaryQuery {
    type View = BoundaryTable;

    fn compute(&self, profile: &Profile) -> BoundaryTable {
        analysis::boundary(profile)
    }
}

/// The growth of memories.
#[derive(Clone, PartialEq)]
pub struct GrowthQuery;

impl Query for GrowthQuery {
    type View = GrowthView;

    fn compute(&self, profile: &Profile) -> GrowthView {
        analysis::growth(profile)
    }
}

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

/// The blocks of a heap by who asked for them.
#[derive(Clone)]
pub struct HeapSitesQuery(pub Arc<HeapAt>);

impl PartialEq for HeapSitesQuery {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

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
        let sites = analysis::heap_sites(profile, &self.0.blocks);
        LiveSites { heap: Arc::clone(&self.0), owners: Owners::of(profile, &sites), sites }
    }
}

/// A part of the memory at a moment.
#[derive(Clone)]
pub struct HeapMapViewQuery {
    /// The heap of that moment.
    pub heap: Arc<HeapAt>,
    /// The part.
    pub map: HeapMapQuery,
}

impl PartialEq for HeapMapViewQuery {
    fn eq(&self, other: &Self) -> bool {
        let Self { heap, map } = self;
        Arc::ptr_eq(heap, &other.heap) && *map == other.map
    }
}

impl Query for HeapMapViewQuery {
    type View = HeapMap;

    const KEPT: usize = 2;

    fn compute(&self, profile: &Profile) -> HeapMap {
        analysis::heap_map(profile, &self.heap, &self.map)
    }
}

/// Sums over a range of addresses.
#[derive(Clone)]
pub struct HeapRangeQuery {
    /// The heap.
    pub heap: Arc<HeapAt>,
    /// The addresses.
    pub range: Range<u64>,
}

impl PartialEq for HeapRangeQuery {
    fn eq(&self, other: &Self) -> bool {
        let Self { heap, range } = self;
        Arc::ptr_eq(heap, &other.heap) && *range == other.range
    }
}

impl Query for HeapRangeQuery {
    type View = HeapRange;

    const KEPT: usize = 2;

    fn compute(&self, profile: &Profile) -> HeapRange {
        analysis::heap_range(profile, &self.heap, &self.range)
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
#[derive(Clone)]
pub struct HeapBlocksQuery(pub Arc<HeapAt>);

impl PartialEq for HeapBlocksQuery {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

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
        let HeapBlocksQuery(heap) = self;
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
    type View = Vec<ExportCalls>;

    fn compute(&self, profile: &Profile) -> Vec<ExportCalls> {
        analysis::export_calls(profile, MOST_MARKS)
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
    pub calls: Option<Arc<Vec<ExportCalls>>>,
}

/// The run on one page.
#[derive(Clone, PartialEq)]
pub struct SummaryQuery;

impl Query for SummaryQuery {
    type View = Summary;

    fn compute(&self, profile: &Profile) -> Summary {
        analysis::summary(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::tests::{MAP, MAPPED};
    use crate::sources::SourcePlace;
    use std::convert::Infallible;
    use wasmscope_instrument::recording::Recording;
    use wasmscope_symbolize::{SymbolFileNames, SymbolFiles};

    #[test]
    fn the_text_in_the_source_map_goes_before_a_file_of_the_same_name() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.ts"), "other();").unwrap();
        let places = vec![SourcePlace::Folder(folder.path().to_owned())];
        let sources = Sources { places, ..Sources::default() };
        let text = |source_map: Option<&[u8]>| {
            let recording = Recording { module: MAPPED.into(), ..Recording::default() };
            let files = SymbolFiles { source_map: source_map.map(Arc::from), ..SymbolFiles::default() };
            let find = |_: &SymbolFileNames| Ok::<_, Infallible>(files);
            let profile = Profile::with_files(recording, find).unwrap();
            let lines = Arc::new(analysis::lines(&profile, &CallTreeQuery::default()));
            let query = ListingQuery { lines, file: "a.ts".into(), sources: sources.clone(), looks: 0 };
            let rows = query.compute(&profile).listing.unwrap().rows;
            rows.into_iter().map(|row| row.text).collect::<Vec<_>>()
        };
        assert_eq!(text(Some(MAP.as_bytes())), ["nop();", "nop();"]);
        assert_eq!(text(None), ["other();"]);
    }
}
