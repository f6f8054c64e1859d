//! The views: pure functions from a [`Profile`](crate::profile::Profile) and a query to plain data.
//!
//! None of them reads a file, keeps state or fails; caching is the caller's. Values that could overflow in a
//! damaged recording stay at `u64::MAX` instead.

mod accesses;
mod advice;
mod boundary;
mod boundary_in;
mod call_tree;
mod compare;
mod durations;
mod enclosing;
mod flame;
mod functions;
mod growth;
mod heap;
mod heat;
mod lanes;
mod lines;
mod listing;
mod marks;
mod metric;
mod module_size;
mod own_cost;
mod path_view;
mod range;
mod stacks;
mod summary;
mod time_split;
mod timeline;
mod transform;
mod tree;
mod wat;
mod weights;

pub use accesses::{AccessedPage, Accesses, accesses};
pub use advice::{Advice, AdviceKind, AdviceReport, AdviceView, Figure, Gain, GainOf, Place, advice};
pub use boundary::{BoundaryCaller, BoundaryRow, BoundaryTable, boundary};
pub use boundary_in::boundary_in;
pub use call_tree::{CallTreeQuery, MergeBy, call_tree};
pub use compare::{
    BoundaryChange, BoxWidth, Build, Cause, Certainty, Change, CompareError, CompareFrame, CompareFrameInfo,
    CompareFrames, CompareQuery, CompareRemark, CompareRow, CompareSummary, CompareTable, Comparison,
    DiffNode, DiffTree, Interval, MemoryChange, MetricChange, Pair, Side, SizeChange, Verdict,
    compare_functions, compare_summary, compare_tree,
};
pub use durations::{CallDurations, CallsQuery, DurationBar, FRAME_BUDGET_NANOS, call_durations};
pub use enclosing::enclosing;
pub use flame::{BLOCK_BOXES, FlameBlock, FlameBox, FlameLayout, FlameRow, block_of, flame};
pub use functions::{Cost, FunctionRow, FunctionTable, function_costs, functions};
pub use growth::{GrowthRow, GrowthView, MemoryGrowth, PagesStep, growth};
pub use heap::{
    AddressSpace, AllocatorModel, Amount, BlockLife, BlockRow, BlockStep, CellKind, Dominant, Fragmentation,
    FreeSpace, HeapAt, HeapBlock, HeapCell, HeapFinding, HeapFindingKind, HeapFindings, HeapHabits,
    HeapHistory, HeapMap, HeapMapQuery, HeapNumbers, HeapPoint, HeapRange, HeapSite, HeapTimeline,
    HeapTotals, HeapUseQuery, HeapUses, HeapVerdict, HistogramBar, Leak, LeakSite, Overlay, PageUse, PathUse,
    Peak, Pin, ReallocSite, SHORT_NANOS, Slack, StackDepth, StackRoom, StaticData, TouchedRange, WhatIf,
    WhatIfRow, asker, asker_path, block_life, heap_at, heap_at_peak, heap_habits, heap_map, heap_numbers,
    heap_range, heap_sites, heap_uses, heap_verdict, live_sizes, pins, slack, verdict_remark,
    verdict_sentences, what_if,
};
pub use heat::{HotRow, heat, is_hot};
pub use lanes::{CallBox, CallLane, Lanes, LanesQuery, StackBox, StackLane, lanes};
pub use lines::{FileRow, InlinedInto, LineColumn, LineRow, LineTable, lines, lines_beside, metrics_beside};
pub use listing::{SourceListing, SourceProvider, SourceRow, source_listing};
pub use marks::{NamedCalls, calls_named, repeated_exports};
pub use metric::{Metric, Unit, UnknownMetric};
pub use module_size::{
    Area, ModuleSize, ModuleSizeQuery, RunEvidence, SectionClass, SizeId, SizeKind, SizeNode, StartPhase,
    TreemapBox, TreemapStyle, Whose, module_size, squarified, start_up, treemap,
};
pub use own_cost::{OwnCost, own_cost, probe_nanos};
pub use range::{RangeSummary, range_summary};
pub use stacks::{StackSample, Stacks, stacks, time_stacks, told_metrics};
pub use summary::{CountSummary, HeapSummary, MemorySummary, Summary, summary};
pub use time_split::{CrossingTime, TimePart, TimeSplit, time_split};
pub use timeline::{Timeline, TimelineRow, timeline};
pub use transform::{Subtree, Transform};
pub use tree::{CallNode, CallTree, NodeId};
pub use wat::{WatListing, WatQuery, WatRow, wat};
