//! The questions that panels ask, for the worker to answer.

mod code;
mod compare;
mod flame;
mod heap;
mod module;
mod timeline;

pub use code::{
    CodeHitsQuery, CodeText, FirstFileQuery, FoundListing, InstructionsQuery, InstructionsView, LinesQuery,
    ListingQuery,
};
pub use compare::{
    CompareSummaryQuery, CompareTableQuery, DiffFlame, DiffFlameQuery, DiffTreeQuery, DiffTreeView,
    MemoryCurves, MemoryCurvesQuery, of_profile, side_flame,
};
pub use flame::{FlameHits, FlameHitsQuery, FlameQuery, FlameView};
pub use heap::{
    BlockLifeQuery, ExportCallsQuery, GrowthPinsQuery, HeapBlocksQuery, HeapMapView, HeapMapViewQuery,
    HeapNumbersQuery, HeapQuery, HeapRangeQuery, HeapSitesQuery, HeapUsesQuery, HeapVerdictQuery, LiveSites,
    Owners, SharedHeap, WhatIfQuery,
};
pub use module::{CompressedQuery, SizeQuery, SizeView};

pub use timeline::{CallDurationsQuery, TimelineLanesQuery, TimelineRowsQuery, TimelineView};

use crate::analysis::{
    self, AdviceReport, BoundaryTable, CallTreeQuery, FunctionTable, GrowthView, RangeSummary, Summary,
};
use crate::profile::Profile;
use crate::ui::worker::Query;
use std::ops::Range;

/// What an expert would say.
#[derive(Clone, PartialEq)]
pub struct AdviceQuery;

impl Query for AdviceQuery {
    type View = AdviceReport;

    fn compute(&self, profile: &Profile) -> AdviceReport {
        analysis::advice(profile)
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

/// The boundary, in a part of the run if there is one.
#[derive(Clone, PartialEq)]
pub struct BoundaryQuery(pub Option<Range<u64>>);

impl Query for BoundaryQuery {
    type View = BoundaryTable;

    fn compute(&self, profile: &Profile) -> BoundaryTable {
        match &self.0 {
            Some(time) => analysis::boundary_in(profile, time),
            None => analysis::boundary(profile),
        }
    }
}

/// The growth of memories, in a part of the run if there is one.
#[derive(Clone, PartialEq)]
pub struct GrowthQuery(pub Option<Range<u64>>);

impl Query for GrowthQuery {
    type View = GrowthView;

    fn compute(&self, profile: &Profile) -> GrowthView {
        let whole = analysis::growth(profile);
        match &self.0 {
            Some(time) => whole.within(time),
            None => whole,
        }
    }
}

/// The run on one page, and a part of it if one is chosen.
#[derive(Clone, PartialEq)]
pub struct SummaryQuery(pub Option<Range<u64>>);

/// The run on one page.
pub struct SummaryView {
    /// All of it.
    pub whole: Summary,
    /// The part that is chosen.
    pub part: Option<RangeSummary>,
}

impl Query for SummaryQuery {
    type View = SummaryView;

    fn compute(&self, profile: &Profile) -> SummaryView {
        let part = self.0.as_ref().map(|time| analysis::range_summary(profile, time));
        SummaryView { whole: analysis::summary(profile), part }
    }
}
