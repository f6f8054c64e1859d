//! Two builds beside each other.

use super::{FlameQuery, FlameView};
use crate::analysis::{
    self, BoxWidth, CallTreeQuery, CompareQuery, CompareSummary, CompareTable, Comparison, DiffTree,
    GrowthView, MemoryGrowth,
};
use crate::profile::Profile;
use crate::ui::worker::Query;
use egui_plot::PlotPoint;
use std::collections::BTreeSet;
use std::sync::Arc;
use wasmscope_instrument::recording::Phase;

/// The functions of both builds.
#[derive(Clone, PartialEq)]
pub struct CompareTableQuery(pub CompareQuery);

impl Query<Comparison> for CompareTableQuery {
    type View = CompareTable;

    fn compute(&self, comparison: &Comparison) -> CompareTable {
        analysis::compare_functions(comparison, &self.0)
    }
}

/// Both builds on one page.
#[derive(Clone, PartialEq)]
pub struct CompareSummaryQuery;

impl Query<Comparison> for CompareSummaryQuery {
    type View = CompareSummary;

    fn compute(&self, comparison: &Comparison) -> CompareSummary {
        analysis::compare_summary(comparison)
    }
}

/// Both call trees as one.
#[derive(Clone, PartialEq)]
pub struct DiffTreeQuery(pub CompareQuery);

/// What each node weighs in either build, and by which costs.
pub struct DiffTreeView {
    tree: DiffTree,
    query: CallTreeQuery,
}

impl Query<Comparison> for DiffTreeQuery {
    type View = DiffTreeView;

    /// Trees of two builds are large.
    const KEPT: usize = 3;

    fn compute(&self, comparison: &Comparison) -> DiffTreeView {
        DiffTreeView { tree: analysis::compare_tree(comparison, &self.0), query: of_profile(&self.0) }
    }
}

/// The boxes of both call trees as one, which take less time than the trees.
#[derive(Clone)]
pub struct DiffFlameQuery {
    /// The trees.
    pub of: Arc<DiffTreeView>,
    /// How wide boxes are.
    pub width: BoxWidth,
}

impl PartialEq for DiffFlameQuery {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.of, &other.of) && self.width == other.width
    }
}

/// Both call trees as one, with its boxes. Frames are those of the comparison.
pub struct DiffFlame {
    of: Arc<DiffTreeView>,
    /// The boxes.
    pub boxes: Arc<FlameView>,
}

impl DiffFlame {
    /// What each node weighs in either build.
    pub fn tree(&self) -> &DiffTree {
        &self.of.tree
    }
}

impl Query<Comparison> for DiffFlameQuery {
    type View = DiffFlame;

    /// Trees of two builds are large.
    const KEPT: usize = 3;

    fn compute(&self, _: &Comparison) -> DiffFlame {
        let DiffTreeView { tree, query } = &*self.of;
        let (merged, layout) = (Arc::clone(tree.merged()), tree.layout(self.width));
        let most_self = merged.self_values().iter().copied().max().unwrap_or(0);
        let boxes = FlameView { query: query.clone(), tree: merged, layout, costs: Vec::new(), most_self };
        DiffFlame { of: Arc::clone(&self.of), boxes: Arc::new(boxes) }
    }
}

/// The same asked of one recording.
pub fn of_profile(costs: &CompareQuery) -> CallTreeQuery {
    let CompareQuery { metric, inverted, inline_frames, transforms: _ } = *costs;
    CallTreeQuery { metric, inverted, inline_frames, ..CallTreeQuery::default() }
}

/// The flame graph of one build alone.
pub fn side_flame(costs: &CompareQuery) -> FlameQuery {
    FlameQuery(of_profile(costs))
}

/// The memories of one build over time, as they are drawn beside those of another.
#[derive(Clone, PartialEq)]
pub struct MemoryCurvesQuery;

/// Curves that begin when the program did: what was compiled before is no part of their axis.
pub struct MemoryCurves {
    /// Is there any linear memory?
    pub has_memory: bool,
    /// When the program began, in nanoseconds since the recording did.
    pub begin_nanos: u64,
    /// How long it ran, in nanoseconds.
    pub nanos: u64,
    /// Bytes of the main memory at its largest.
    pub largest_size: u64,
    /// Live bytes by nanoseconds since the program began.
    pub live: Vec<(u64, u64)>,
    /// The same as points of a plot, up to the end.
    pub live_plot: Vec<PlotPoint>,
    /// The bytes of all memories, as steps.
    pub sizes_plot: Vec<PlotPoint>,
}

impl Query for MemoryCurvesQuery {
    type View = MemoryCurves;

    fn compute(&self, profile: &Profile) -> MemoryCurves {
        let growth = analysis::growth(profile);
        let phases = &profile.recording().phases;
        let begin = phases.iter().find(|span| matches!(span.phase, Phase::Instantiate | Phase::Run));
        let begin_nanos = begin.map_or(0, |span| span.start_nanos);
        let nanos = growth.duration_nanos.saturating_sub(begin_nanos);
        let at = |time_nanos: u64| time_nanos.saturating_sub(begin_nanos);
        let live: Vec<_> = growth.heap.iter().map(|point| (at(point.time_nanos), point.live_bytes)).collect();
        let live_plot = live.iter().map(|(nanos, bytes)| PlotPoint::new(*nanos as f64, *bytes as f64));
        let sizes_plot = sizes(&growth, at);
        MemoryCurves {
            has_memory: !growth.memories.is_empty(),
            begin_nanos,
            nanos,
            largest_size: profile.address_space(profile.main_memory()).largest_size(),
            live_plot: until(live_plot.collect(), nanos),
            sizes_plot: until(sizes_plot, nanos),
            live,
        }
    }
}

/// What all memories have together, as steps.
fn sizes(growth: &GrowthView, at: impl Fn(u64) -> u64) -> Vec<PlotPoint> {
    let moments = growth.memories.iter().flat_map(|memory| memory.steps.iter().map(|step| step.time_nanos));
    let moments: BTreeSet<u64> = moments.collect();
    let size = |nanos: u64| -> u64 {
        let bytes = |memory: &MemoryGrowth| memory.pages_at(nanos).saturating_mul(memory.page_bytes);
        growth.memories.iter().map(bytes).fold(0, u64::saturating_add)
    };
    let mut steps: Vec<PlotPoint> = Vec::with_capacity(moments.len() * 2 + 1);
    for nanos in moments {
        let x = at(nanos) as f64;
        steps.extend(steps.last().map(|last| PlotPoint::new(x, last.y)));
        steps.push(PlotPoint::new(x, size(nanos) as f64));
    }
    steps
}

/// The last value goes on to the end.
fn until(mut points: Vec<PlotPoint>, nanos: u64) -> Vec<PlotPoint> {
    points.extend(points.last().map(|last| PlotPoint::new(nanos as f64, last.y)));
    points
}
