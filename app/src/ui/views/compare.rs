//! Two builds beside each other.

use super::{FlameQuery, FlameView};
use crate::analysis::{
    self, BoxWidth, CallTreeQuery, CompareQuery, CompareSummary, CompareTable, Comparison, DiffTree,
};
use crate::ui::worker::Query;
use std::sync::Arc;

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
pub struct DiffFlameQuery {
    /// Which costs.
    pub costs: CompareQuery,
    /// How wide boxes are.
    pub width: BoxWidth,
}

/// Both call trees as one, with its boxes. Frames are those of the comparison.
pub struct DiffFlame {
    /// What each node weighs in either build.
    pub tree: DiffTree,
    /// The boxes.
    pub boxes: Arc<FlameView>,
}

impl Query<Comparison> for DiffFlameQuery {
    type View = DiffFlame;

    /// Trees of two builds are large.
    const KEPT: usize = 3;

    fn compute(&self, comparison: &Comparison) -> DiffFlame {
        let DiffFlameQuery { costs, width } = self;
        let tree = analysis::compare_tree(comparison, costs);
        let query = of_profile(costs);
        let (merged, layout) = (tree.merged().clone(), tree.layout(*width));
        let most_self = merged.self_values().iter().copied().max().unwrap_or(0);
        let boxes = FlameView { query, tree: merged, layout, costs: Vec::new(), most_self };
        DiffFlame { tree, boxes: Arc::new(boxes) }
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
