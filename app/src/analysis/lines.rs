//! Source lines with their costs.

use super::call_tree::line_tree;
use super::functions::{Cost, costs_by};
use super::{CallTreeQuery, Metric};
use crate::profile::{FrameId, LineId, Profile};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

/// A source line with its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRow {
    /// The line.
    pub id: LineId,
    /// The path as the compiler recorded it.
    pub file: Arc<str>,
    /// From 1; 0 for code that the compiler generated.
    pub line: u32,
    /// The weight of its own code, in the metric's unit. Of what is counted rather than sampled: what it asked the
    /// host, the engine or the allocator for.
    pub self_value: u64,
    /// The weight with all that was called from it; a path in which it stands several times counts once.
    pub total_value: u64,
    /// The functions that its code belongs to.
    pub functions: Vec<FrameId>,
}

/// A source file with its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// The path as the compiler recorded it.
    pub file: Arc<str>,
    /// The weight of its own code, in the metric's unit.
    pub self_value: u64,
    /// The weight with all that was called from it; a path in which it stands several times counts once.
    pub total_value: u64,
    /// Its lines: their places in [`LineTable::rows`].
    pub rows: Range<usize>,
}

/// All source lines that weigh anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineTable {
    /// What the values are.
    pub metric: Metric,
    /// The weight of everything, also of what has no line.
    pub total: u64,
    /// The weight of which no line is known: code without debug information and, for sampled time, imports and the
    /// engine.
    pub unknown_value: u64,
    /// The files by falling own weight.
    pub files: Vec<FileRow>,
    /// The lines, file by file in the order of `files`, in the order of their numbers.
    pub rows: Vec<LineRow>,
}

/// The lines that `query` asks for; whether it is inverted makes no difference.
pub fn lines(profile: &Profile, query: &CallTreeQuery) -> LineTable {
    let tree = line_tree(profile, query);
    let files = Files::of(profile);
    let line_keys: Vec<u32> = tree.iter().map(|(_, node)| node.line.0).collect();
    let costs = costs_by(&tree, &line_keys, profile.lines().len());
    let file_keys: Vec<u32> = line_keys.iter().map(|line| files.of_line[*line as usize]).collect();
    let file_costs = costs_by(&tree, &file_keys, files.names.len());
    let pairs = tree.iter().map(|(_, node)| (node.line, node.frame));
    let rows = line_rows(profile, &costs, pairs.collect());
    let (files, rows) = files.group(rows, &file_costs);
    LineTable {
        metric: query.metric,
        total: tree.total(),
        unknown_value: costs[LineId::NONE.index()].self_value,
        files,
        rows,
    }
}

fn line_rows(profile: &Profile, costs: &[Cost], mut pairs: Vec<(LineId, FrameId)>) -> Vec<LineRow> {
    pairs.sort_unstable();
    pairs.dedup();
    let rows = pairs.chunk_by(|a, b| a.0 == b.0).filter_map(|same| {
        let id = same[0].0;
        let line = profile.lines().get(id)?;
        let Cost { self_value, total_value } = costs[id.index()];
        let functions = same.iter().map(|(_, frame)| *frame).collect();
        Some(LineRow {
            id,
            file: Arc::clone(&line.file),
            line: line.line,
            self_value,
            total_value,
            functions,
        })
    });
    rows.collect()
}

/// The files of the profile's lines; number 0 is no file.
struct Files {
    names: Vec<Arc<str>>,
    /// By line: the number of its file.
    of_line: Vec<u32>,
}

impl Files {
    fn of(profile: &Profile) -> Files {
        let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
        let mut names: Vec<Arc<str>> = vec![Arc::from("")];
        let number_of = |line: u32| {
            let Some(line) = profile.lines().get(LineId(line)) else { return 0 };
            *numbers.entry(&line.file).or_insert_with(|| {
                names.push(Arc::clone(&line.file));
                (names.len() - 1) as u32
            })
        };
        let of_line = (0..profile.lines().len() as u32).map(number_of).collect();
        Files { names, of_line }
    }

    /// Sorts the lines by file, and the files by their own weight.
    fn group(&self, mut rows: Vec<LineRow>, costs: &[Cost]) -> (Vec<FileRow>, Vec<LineRow>) {
        let file_of = |row: &LineRow| self.of_line[row.id.index()];
        rows.sort_by_key(|row| {
            let file = file_of(row);
            let Cost { self_value, total_value } = costs[file as usize];
            (Reverse(self_value), Reverse(total_value), file, row.line)
        });
        let mut at = 0;
        let files = rows.chunk_by(|a, b| file_of(a) == file_of(b)).map(|same| {
            let number = file_of(&same[0]) as usize;
            let Cost { self_value, total_value } = costs[number];
            let rows = at..at + same.len();
            at = rows.end;
            FileRow { file: Arc::clone(&self.names[number]), self_value, total_value, rows }
        });
        let files = files.collect();
        (files, rows)
    }
}
