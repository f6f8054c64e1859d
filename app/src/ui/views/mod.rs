//! The questions that panels ask, for the worker to answer.

mod flame;
mod heap;
mod module;
mod timeline;

pub use flame::{FlameHits, FlameHitsQuery, FlameQuery, FlameView};
pub use heap::{
    BlockLifeQuery, ExportCallsQuery, GrowthPinsQuery, HeapBlocksQuery, HeapMapView, HeapMapViewQuery,
    HeapNumbersQuery, HeapQuery, HeapRangeQuery, HeapSitesQuery, HeapUsesQuery, HeapVerdictQuery, LiveSites,
    Owners, SharedHeap, WhatIfQuery,
};
pub use module::{CompressedQuery, SizeQuery, SizeView};

pub use timeline::{CallDurationsQuery, TimelineLanesQuery, TimelineRowsQuery, TimelineView};

use crate::analysis::{
    self, AdviceReport, BoundaryTable, CallTreeQuery, FunctionTable, GrowthView, LineTable, RangeSummary,
    SourceListing, Summary, WatListing, WatQuery,
};
use crate::profile::{FrameId, Profile};
use crate::sources::Sources;
use crate::ui::worker::Query;
use std::ops::Range;
use std::sync::Arc;
use wasmscope_symbolize::FuncIndex;

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
