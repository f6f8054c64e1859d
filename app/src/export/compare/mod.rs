//! Writes the comparison of two builds: as text, as Markdown for a pull request, as JSON, and as a differential flame
//! graph.

mod json;
mod markdown;
mod svg;
mod text;
pub mod words;

pub use json::COMPARE_SCHEMA;
pub use words::verdict_sentence;

use crate::analysis::{
    Change, CompareFrame, CompareQuery, CompareRow, CompareSummary, CompareTable, Comparison, Verdict,
    compare_functions, compare_summary, compare_tree,
};

/// The forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CompareFormat {
    /// Tables of text for a terminal.
    #[default]
    Text,
    /// Short, for a pull request.
    Markdown,
    /// All of it, for other programs.
    Json,
    /// A flame graph of both builds that zooms and searches in a browser, in one file.
    Svg,
}

impl CompareFormat {
    /// All of them.
    pub const ALL: [CompareFormat; 4] =
        [CompareFormat::Text, CompareFormat::Markdown, CompareFormat::Json, CompareFormat::Svg];

    /// The usual ending of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            CompareFormat::Text => "txt",
            CompareFormat::Markdown => "md",
            CompareFormat::Json => "json",
            CompareFormat::Svg => "svg",
        }
    }

    /// What it is, in a word or two.
    pub const fn title(self) -> &'static str {
        match self {
            CompareFormat::Text => "text",
            CompareFormat::Markdown => "Markdown",
            CompareFormat::Json => "JSON",
            CompareFormat::Svg => "flame graph, SVG",
        }
    }
}

/// A comparison as it is told: totals and functions.
#[derive(Debug)]
pub struct CompareReport<'a> {
    comparison: &'a Comparison,
    query: CompareQuery,
    table: CompareTable,
    summary: CompareSummary,
    /// What the whole changed by.
    total: Change,
}

impl<'a> CompareReport<'a> {
    /// The comparison by what `query` asks for.
    pub fn of(comparison: &'a Comparison, query: CompareQuery) -> CompareReport<'a> {
        let (table, summary) = (compare_functions(comparison, &query), compare_summary(comparison));
        let total = summary.total(query.metric).cloned().unwrap_or_else(|| Change::exact(0, 0));
        CompareReport { comparison, table, summary, total, query }
    }

    /// What the whole changed by.
    pub fn total(&self) -> &Change {
        &self.total
    }

    /// Can it be told whether the whole changed? Not of what differs from run to run where there is one run.
    pub fn can_tell(&self) -> bool {
        let recordings = self.summary.recordings;
        self.total.verdict == Verdict::Exact || (recordings.old > 1 && recordings.new > 1)
    }

    /// As a file.
    pub fn write(&self, format: CompareFormat) -> Vec<u8> {
        match format {
            CompareFormat::Text => text::text(self).into_bytes(),
            CompareFormat::Markdown => markdown::markdown(self).into_bytes(),
            CompareFormat::Json => json::json(self),
            CompareFormat::Svg => {
                svg::svg(self.comparison, &compare_tree(self.comparison, &self.query)).into_bytes()
            }
        }
    }

    /// The short name that a function goes by.
    fn name(&self, frame: CompareFrame) -> String {
        words::name(self.comparison, frame)
    }

    /// Functions that surely changed.
    fn clear_rows(&self) -> impl Iterator<Item = &CompareRow> {
        self.table.rows.iter().filter(|row| is_clear(row))
    }

    /// Functions whose own weight differs, which may be chance.
    fn unclear_rows(&self) -> impl Iterator<Item = &CompareRow> {
        self.table.rows.iter().filter(|row| !is_clear(row) && row.self_value.difference() != 0)
    }
}

/// Did a function surely change: by itself, or with what it calls and is inlined into it, of which a quarter at least is
/// its own? Samples fall into a function or what is inlined into it as it happens; together they tell more.
fn is_clear(row: &CompareRow) -> bool {
    let (own, all) = (i128::from(row.self_value.difference()), i128::from(row.total_value.difference()));
    let is_its_own = own.signum() == all.signum() && own.abs() * 4 >= all.abs();
    row.self_value.is_clear() || row.total_value.is_clear() && is_its_own
}
