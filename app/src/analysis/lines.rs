//! Source lines with their costs.

use super::call_tree::line_tree;
use super::functions::{Cost, costs_by};
use super::{CallTree, CallTreeQuery, Metric};
use crate::profile::{FrameId, FrameKind, LineId, Profile};
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
    /// The functions of the module that code of the line was inlined into, by falling own weight.
    pub inlined_into: Vec<InlinedInto>,
}

/// A function with code of a line that was inlined into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlinedInto {
    /// The function.
    pub function: FrameId,
    /// The weight of the line's own code in it, in the metric's unit.
    pub self_value: u64,
    /// The same with all that was called from there.
    pub total_value: u64,
}

/// What lines weigh in one more metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// The metric.
    pub metric: Metric,
    /// The weight of everything in it.
    pub total: u64,
    /// The weight of the own code of each row of [`LineTable::rows`].
    pub values: Vec<u64>,
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
    /// What the lines weigh in other metrics, as far as they were asked for.
    pub beside: Vec<LineColumn>,
    /// The files by falling own weight.
    pub files: Vec<FileRow>,
    /// The lines, file by file in the order of `files`, in the order of their numbers.
    pub rows: Vec<LineRow>,
}

/// The metrics that tell something of a line beside `metric`, as far as `profile` has them.
pub fn metrics_beside(profile: &Profile, metric: Metric) -> Vec<Metric> {
    let all = [Metric::Time, Metric::Instructions, Metric::Calls];
    all.into_iter().filter(|other| *other != metric && other.available_in(profile)).collect()
}

/// The lines that `query` asks for; whether it is inverted makes no difference.
pub fn lines(profile: &Profile, query: &CallTreeQuery) -> LineTable {
    lines_beside(profile, query, &[])
}

/// The same with what the lines weigh in the metrics `beside`; lines that weigh something in none but these are there,
/// too.
pub fn lines_beside(profile: &Profile, query: &CallTreeQuery, beside: &[Metric]) -> LineTable {
    let tree = line_tree(profile, query);
    let files = Files::of(profile);
    let line_keys: Vec<u32> = tree.iter().map(|(_, node)| node.line.0).collect();
    let costs = costs_by(&tree, &line_keys, profile.lines().len());
    let file_keys: Vec<u32> = line_keys.iter().map(|line| files.of_line[*line as usize]).collect();
    let file_costs = costs_by(&tree, &file_keys, files.names.len());
    let others: Vec<Other> = beside.iter().map(|metric| Other::of(profile, query, *metric)).collect();
    let pairs = tree.iter().map(|(_, node)| (node.line, node.frame));
    let pairs = pairs.chain(others.iter().flat_map(|other| other.pairs.iter().copied()));
    let rows = line_rows(profile, &costs, pairs.collect(), &mut inlined_into(profile, &tree));
    let (files, rows) = files.group(rows, &file_costs);
    LineTable {
        metric: query.metric,
        total: tree.total(),
        unknown_value: costs[LineId::NONE.index()].self_value,
        beside: others.iter().map(|other| other.column(&rows)).collect(),
        files,
        rows,
    }
}

/// One more metric.
struct Other {
    metric: Metric,
    total: u64,
    /// By line.
    own: Vec<u64>,
    /// Lines with own weight, and the functions that it is of.
    pairs: Vec<(LineId, FrameId)>,
}

impl Other {
    fn of(profile: &Profile, query: &CallTreeQuery, metric: Metric) -> Other {
        let tree = line_tree(profile, &CallTreeQuery { metric, ..query.clone() });
        let mut own = vec![0u64; profile.lines().len()];
        let mut pairs = Vec::new();
        for (_, node) in tree.iter().filter(|(_, node)| node.self_value > 0) {
            let sum = &mut own[node.line.index()];
            *sum = sum.saturating_add(node.self_value);
            pairs.push((node.line, node.frame));
        }
        Other { metric, total: tree.total(), own, pairs }
    }

    fn column(&self, rows: &[LineRow]) -> LineColumn {
        let values = rows.iter().map(|row| self.own[row.id.index()]).collect();
        LineColumn { metric: self.metric, total: self.total, values }
    }
}

/// By line, the functions that its code was inlined into.
fn inlined_into(profile: &Profile, tree: &CallTree) -> FxHashMap<LineId, Vec<InlinedInto>> {
    // By depth, the function whose code a node's is.
    let mut outer: Vec<FrameId> = Vec::new();
    // Number 0 is code that is not inlined.
    let mut numbers: FxHashMap<(LineId, FrameId), u32> = FxHashMap::default();
    let keys = tree.iter().map(|(_, node)| {
        outer.truncate(node.depth as usize);
        let is_inlined = profile.frames().get(node.frame).kind == FrameKind::Inlined;
        let function = outer.last().copied().filter(|_| is_inlined).unwrap_or(node.frame);
        outer.push(function);
        let next = numbers.len() as u32 + 1;
        if is_inlined { *numbers.entry((node.line, function)).or_insert(next) } else { 0 }
    });
    let keys: Vec<u32> = keys.collect();
    let costs = costs_by(tree, &keys, numbers.len() + 1);
    let mut by_line: FxHashMap<LineId, Vec<InlinedInto>> = FxHashMap::default();
    for ((line, function), number) in numbers {
        let Cost { self_value, total_value } = costs[number as usize];
        by_line.entry(line).or_default().push(InlinedInto { function, self_value, total_value });
    }
    for into in by_line.values_mut() {
        into.sort_by_key(|into| (Reverse(into.self_value), Reverse(into.total_value), into.function));
    }
    by_line
}

fn line_rows(
    profile: &Profile,
    costs: &[Cost],
    mut pairs: Vec<(LineId, FrameId)>,
    inlined_into: &mut FxHashMap<LineId, Vec<InlinedInto>>,
) -> Vec<LineRow> {
    pairs.sort_unstable();
    pairs.dedup();
    let rows = pairs.chunk_by(|a, b| a.0 == b.0).filter_map(|same| {
        let id = same[0].0;
        let line = profile.lines().get(id)?;
        let Cost { self_value, total_value } = costs[id.index()];
        Some(LineRow {
            id,
            file: Arc::clone(&line.file),
            line: line.line,
            self_value,
            total_value,
            functions: same.iter().map(|(_, frame)| *frame).collect(),
            inlined_into: inlined_into.remove(&id).unwrap_or_default(),
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
