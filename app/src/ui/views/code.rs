//! Source files and functions as text, with what would take too long to find in them in each frame.

use crate::analysis::{
    self, CallTreeQuery, HotRow, LineTable, Metric, SourceListing, SourceProvider, SourceRow, WatListing,
    WatQuery, WatRow,
};
use crate::profile::{FrameId, Profile};
use crate::sources::Sources;
use crate::ui::needle::Needle;
use crate::ui::worker::Query;
use crate::units;
use std::path::PathBuf;
use std::sync::Arc;
use wasmscope_symbolize::FuncIndex;

/// The lines of a call tree, with what they weigh in other metrics.
#[derive(Clone, PartialEq)]
pub struct LinesQuery(pub CallTreeQuery);

impl Query for LinesQuery {
    type View = LineTable;

    fn compute(&self, profile: &Profile) -> LineTable {
        let beside = analysis::metrics_beside(profile, self.0.metric);
        analysis::lines_beside(profile, &self.0, &beside)
    }
}

/// The file that is shown before anybody chose one.
#[derive(Clone)]
pub struct FirstFileQuery {
    /// The costs.
    pub lines: Arc<LineTable>,
    /// Where files are.
    pub sources: Sources,
}

/// So many files are looked for, the heaviest.
const TRIED_FILES: usize = 30;

impl PartialEq for FirstFileQuery {
    fn eq(&self, other: &Self) -> bool {
        let Self { lines, sources } = self;
        Arc::ptr_eq(lines, &other.lines) && *sources == other.sources
    }
}

impl Query for FirstFileQuery {
    type View = Option<Arc<str>>;

    /// The heaviest whose text can be read: one's own program more likely than what was compiled elsewhere.
    fn compute(&self, profile: &Profile) -> Option<Arc<str>> {
        let sources = self.sources.of(profile);
        let mut files = self.lines.files.iter().take(TRIED_FILES).map(|row| &row.file);
        files.find(|file| sources.source(file).is_some()).cloned()
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

/// The text of a file with costs or, where it is nowhere to be found, its lines that cost something.
pub struct FoundListing {
    /// The costs.
    pub lines: Arc<LineTable>,
    /// The lines; without the text of the file each says what function it is of.
    pub listing: SourceListing,
    /// Where the text was looked for in vain; `None` where it was found.
    pub missing: Option<Vec<PathBuf>>,
    /// Is the text surely that which was compiled, rather than what lies on this machine now?
    pub is_sure: bool,
    /// How many characters the longest line has.
    pub longest: usize,
    /// The lines with own weight.
    pub heat: Vec<HotRow>,
    /// How many characters the widest figure has: of own weight, of total weight, and of each column beside.
    pub widest: Vec<usize>,
}

impl Query for ListingQuery {
    type View = FoundListing;

    fn compute(&self, profile: &Profile) -> FoundListing {
        let sources = self.sources.of(profile);
        let found = analysis::source_listing(&self.lines, &self.file, &sources);
        let missing = found.is_none().then(|| sources.candidates(&self.file));
        let listing = found.unwrap_or_else(|| costly_lines(profile, &self.lines, &self.file));
        let cost = |row: &SourceRow| row.row.and_then(|at| self.lines.rows.get(at));
        let own: Vec<u64> =
            listing.rows.iter().map(|row| cost(row).map_or(0, |cost| cost.self_value)).collect();
        FoundListing {
            heat: analysis::heat(&own),
            longest: listing.rows.iter().map(|row| characters(&row.text)).max().unwrap_or(0),
            widest: widest_figures(&self.lines, &listing),
            is_sure: sources.own(&self.file).is_some(),
            missing,
            listing,
            lines: Arc::clone(&self.lines),
        }
    }
}

/// What stands in for the text of a file that is not there.
fn costly_lines(profile: &Profile, lines: &LineTable, file: &Arc<str>) -> SourceListing {
    let range = lines.files.iter().find(|row| row.file == *file).map(|row| row.rows.clone());
    let rows = range.unwrap_or_default().filter_map(|at| Some((at, lines.rows.get(at)?)));
    let rows = rows.filter(|(_, row)| row.line > 0).map(|(at, row)| {
        let function = row.functions.first().map(|frame| profile.frames().get(*frame).short.to_string());
        SourceRow { line: row.line, text: function.unwrap_or_default(), row: Some(at) }
    });
    SourceListing { file: Arc::clone(file), rows: rows.collect(), beyond_end: None }
}

fn characters(text: &str) -> usize {
    text.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

fn widest_figures(lines: &LineTable, listing: &SourceListing) -> Vec<usize> {
    let rows = || listing.rows.iter().filter_map(|row| row.row);
    let widest = |metric: Metric, value: &dyn Fn(usize) -> Option<u64>| {
        let texts = rows().filter_map(value).map(|value| units::number(metric.unit(), value));
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let own = widest(lines.metric, &|row| Some(lines.rows.get(row)?.self_value));
    let total = widest(lines.metric, &|row| Some(lines.rows.get(row)?.total_value));
    let beside =
        lines.beside.iter().map(|beside| widest(beside.metric, &|row| beside.values.get(row).copied()));
    [own, total].into_iter().chain(beside).collect()
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

/// The instructions of a function.
pub struct InstructionsView {
    /// The function that was asked for.
    pub frame: FrameId,
    /// The function that its code stands in; `None` where the module has no code of it.
    pub listing: Option<WatListing>,
    /// How many characters the longest line has.
    pub longest: usize,
    /// The instructions that cost something by themselves: by how often they ran where instructions are what is
    /// weighed, or time is not known, otherwise by time.
    pub heat: Vec<HotRow>,
    /// How many characters the longest place in the source has; 0 where none is known.
    pub longest_place: usize,
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
            heat: listing.as_ref().map(|listing| heat(listing, self.tree.metric)).unwrap_or_default(),
            longest_place: rows().map(|row| row.place().chars().count()).max().unwrap_or(0),
            listing,
        }
    }
}

fn heat(listing: &WatListing, metric: Metric) -> Vec<HotRow> {
    let is_counted = listing.has_executed && (metric == Metric::Instructions || listing.sampled_nanos == 0);
    let cost = |row: &WatRow| if is_counted { row.executed.unwrap_or(0) } else { row.self_nanos };
    analysis::heat(&listing.rows.iter().map(cost).collect::<Vec<_>>())
}

/// What is searched in.
#[derive(Clone)]
pub enum CodeText {
    /// A source file.
    Source(Arc<FoundListing>),
    /// A function's instructions.
    Wat(Arc<InstructionsView>),
}

impl PartialEq for CodeText {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (CodeText::Source(a), CodeText::Source(b)) => Arc::ptr_eq(a, b),
            (CodeText::Wat(a), CodeText::Wat(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl CodeText {
    /// Is it the same text, whatever stands beside it? Words are found in the same rows of it.
    fn says_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (CodeText::Source(a), CodeText::Source(b)) => {
                a.missing.is_none() && b.missing.is_none() && a.listing.file == b.listing.file
            }
            (CodeText::Wat(a), CodeText::Wat(b)) => {
                let function =
                    |view: &InstructionsView| view.listing.as_ref().map(|listing| listing.function);
                function(a) == function(b)
            }
            _ => false,
        }
    }
}

/// The rows of a text with certain words in them.
#[derive(Clone, PartialEq)]
pub struct CodeHitsQuery {
    /// The text.
    pub text: CodeText,
    /// What is searched for.
    pub needle: Needle,
}

impl Query for CodeHitsQuery {
    type View = Vec<usize>;

    fn compute(&self, _: &Profile) -> Vec<usize> {
        let has = |text: &str| self.needle.is_in(text);
        match &self.text {
            CodeText::Source(found) => rows_with(found.listing.rows.iter().map(|row| has(&row.text))),
            CodeText::Wat(view) => {
                let rows = view.listing.iter().flat_map(|listing| &listing.rows);
                rows_with(rows.map(|row| has(&row.text)))
            }
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.needle == other.needle && self.text.says_the_same(&other.text)
    }
}

fn rows_with(rows: impl Iterator<Item = bool>) -> Vec<usize> {
    rows.enumerate().filter(|(_, has)| *has).map(|(row, _)| row).collect()
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
            let found = query.compute(&profile);
            assert_eq!(found.missing, None);
            found.listing.rows.into_iter().map(|row| row.text).collect::<Vec<_>>()
        };
        assert_eq!(text(Some(MAP.as_bytes())), ["nop();", "nop();"]);
        assert_eq!(text(None), ["other();"]);
    }
}
