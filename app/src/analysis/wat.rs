//! A function's instructions with their costs and the source lines that they come from.

use super::weights::is_in;
use crate::profile::Profile;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;
use wasmscope_instrument::instructions_of;
use wasmscope_instrument::recording::{Recording, StackFrame, StackTable};
use wasmscope_symbolize::{CodeOffset, Frame, FuncIndex, Location, Symbols, WatLine};

/// Which function is wanted, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatQuery {
    /// The function.
    pub function: FuncIndex,
    /// Only samples in this range, in nanoseconds since the recording began. Executed instructions are known of the
    /// whole run only.
    pub time: Option<Range<u64>>,
}

/// A line of a function's WebAssembly text with its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatRow {
    /// The text, without indentation.
    pub text: String,
    /// How deep it is nested: 0 for the function's first and last line.
    pub depth: u32,
    /// Where its instruction begins; `None` for the function's head and its locals.
    pub offset: Option<CodeOffset>,
    /// The functions and source lines that the instruction comes from, innermost first; empty without an instruction.
    pub frames: Arc<[Frame]>,
    /// Sampled time at the instruction. The head has that of samples in front of the first one.
    pub self_nanos: u64,
    /// The same with what was called from it; a stack in which it stands several times counts once.
    pub total_nanos: u64,
    /// How often it was executed; `None` where that was not measured, and for what only gives the code its form.
    pub executed: Option<u64>,
}

/// A function as WebAssembly text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatListing {
    /// The function.
    pub function: FuncIndex,
    /// Its demangled name in full.
    pub name: Arc<str>,
    /// Its lines; none where there is a `problem`.
    pub rows: Vec<WatRow>,
    /// The sampled time of everything, also of other functions.
    pub sampled_nanos: u64,
    /// Were executed instructions counted?
    pub has_executed: bool,
    /// Why the text can't be shown, as a sentence.
    pub problem: Option<String>,
}

impl WatRow {
    /// The source line that the instruction comes from, inlined functions looked into.
    pub fn location(&self) -> Option<&Location> {
        self.frames.first()?.location.as_ref()
    }

    /// Where it comes from in few words: `vec.h:8`, `vec.h` for code that has no line; nothing where that is not known.
    pub fn place(&self) -> String {
        let Some(at) = self.location() else { return String::new() };
        let name = at.file.rsplit(['/', '\\']).next().unwrap_or(&at.file);
        if at.line > 0 { format!("{name}:{}", at.line) } else { name.to_owned() }
    }

    /// Does the instruction come from a source line, by itself or as what was inlined there?
    pub fn is_from(&self, file: &str, line: u32) -> bool {
        let is_at = |at: &Location| (&*at.file, at.line) == (file, line);
        self.frames.iter().any(|frame| frame.location.as_ref().is_some_and(is_at))
    }

    /// The text with two spaces for each level of nesting.
    pub fn indented(&self) -> String {
        // Deeper nesting than fits on a page is in generated code only.
        format!("{}{}", "  ".repeat(self.depth.min(40) as usize), self.text)
    }
}

impl WatListing {
    /// The places in `rows` of the instructions that come from a source line, by themselves or as what was inlined
    /// there.
    pub fn rows_of<'a>(&'a self, file: &'a str, line: u32) -> impl Iterator<Item = usize> + 'a {
        let rows = self.rows.iter().enumerate();
        rows.filter(move |(_, row)| row.is_from(file, line)).map(|(at, _)| at)
    }

    /// The whole as text, indented.
    pub fn text(&self) -> String {
        self.rows.iter().map(|row| row.indented() + "\n").collect()
    }
}

/// The function that `query` asks for.
pub fn wat(profile: &Profile, query: &WatQuery) -> WatListing {
    let (symbols, recording) = (profile.symbols(), profile.recording());
    let (lines, problem) = match symbols.disassemble(query.function) {
        Ok(lines) => (lines, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let weights = stack_weights(recording, query.time.as_ref());
    let sampled_nanos = weights.iter().fold(0, |sum: u64, weight| sum.saturating_add(*weight));
    let costs = Places::of(&lines, query.function).costs(&recording.stacks, weights);
    let executed = executed(profile, query.function);
    WatListing {
        function: query.function,
        name: Arc::clone(&symbols.name(query.function).name.full),
        rows: rows(symbols, lines, &costs, &executed),
        sampled_nanos,
        has_executed: !recording.instructions.is_empty(),
        problem,
    }
}

#[derive(Clone, Copy, Default)]
struct Cost {
    self_nanos: u64,
    total_nanos: u64,
}

fn rows(
    symbols: &Symbols,
    lines: Vec<WatLine>,
    costs: &[Cost],
    executed: &FxHashMap<CodeOffset, u64>,
) -> Vec<WatRow> {
    let mut last: Arc<[Frame]> = Arc::default();
    let rows = lines.into_iter().zip(costs).map(|(line, cost)| {
        let WatLine { text, depth, offset } = line;
        let Cost { self_nanos, total_nanos } = *cost;
        let frames = offset.map(|offset| symbols.frames(offset)).unwrap_or_default();
        // Neighbours mostly come from the same line.
        if *frames != *last {
            last = frames.into();
        }
        let executed = offset.and_then(|offset| executed.get(&offset).copied());
        WatRow { text, depth, offset, frames: Arc::clone(&last), self_nanos, total_nanos, executed }
    });
    rows.collect()
}

/// The sampled time of each row of the stack table by itself.
fn stack_weights(recording: &Recording, time: Option<&Range<u64>>) -> Vec<u64> {
    let mut weights = vec![0u64; recording.stacks.len()];
    for (_, stack, weight) in recording.samples.iter().filter(|(nanos, ..)| is_in(time, *nanos)) {
        if let Some(sum) = weights.get_mut(stack.0 as usize) {
            *sum = sum.saturating_add(weight);
        }
    }
    weights
}

/// Where the lines of a function begin.
struct Places {
    function: FuncIndex,
    /// The offsets of lines with an instruction, ascending, and the places of these lines.
    starts: Vec<(CodeOffset, usize)>,
    lines: usize,
}

impl Places {
    fn of(lines: &[WatLine], function: FuncIndex) -> Places {
        let starts = lines.iter().enumerate().filter_map(|(at, line)| Some((line.offset?, at)));
        Places { function, starts: starts.collect(), lines: lines.len() }
    }

    /// The line that a frame is at: that of the instruction that its offset lies in.
    fn line_of(&self, frame: StackFrame) -> Option<usize> {
        let StackFrame::Wasm { func, offset } = frame else { return None };
        if func != self.function || self.lines == 0 {
            return None;
        }
        let after = self.starts.partition_point(|(start, _)| *start <= offset);
        Some(after.checked_sub(1).and_then(|at| self.starts.get(at)).map_or(0, |(_, line)| *line))
    }

    /// What each line costs, where `weights` are those of the rows of `stacks` by themselves.
    fn costs(&self, stacks: &StackTable, weights: Vec<u64>) -> Vec<Cost> {
        let mut costs = vec![Cost::default(); self.lines];
        let lines: Vec<Option<usize>> = stacks.frame.iter().map(|frame| self.line_of(*frame)).collect();
        for (line, weight) in lines.iter().zip(&weights) {
            if let Some(line) = line {
                costs[*line].self_nanos = costs[*line].self_nanos.saturating_add(*weight);
            }
        }
        let totals = totals(stacks, weights);
        let mut on_path = vec![0u32; self.lines];
        Descent::of(stacks).walk(|row, enters| {
            let Some(line) = lines[row] else { return };
            if !enters {
                on_path[line] -= 1;
                return;
            }
            if on_path[line] == 0 {
                costs[line].total_nanos = costs[line].total_nanos.saturating_add(totals[row]);
            }
            on_path[line] += 1;
        });
        costs
    }
}

/// The caller of a row. One that isn't earlier is only in a damaged file, and might be a cycle.
fn parent(stacks: &StackTable, row: usize) -> Option<usize> {
    let parent = stacks.parent.get(row).copied().flatten()?.0 as usize;
    (parent < row).then_some(parent)
}

/// The weight of each row with all that was called from it.
fn totals(stacks: &StackTable, mut weights: Vec<u64>) -> Vec<u64> {
    for row in (0..weights.len()).rev() {
        if let Some(parent) = parent(stacks, row) {
            weights[parent] = weights[parent].saturating_add(weights[row]);
        }
    }
    weights
}

/// A prefix tree of stacks, to be gone through from the callers to the called.
struct Descent {
    first_child: Vec<Option<u32>>,
    /// Also of the rows without a caller.
    next_sibling: Vec<Option<u32>>,
    first: Option<u32>,
}

impl Descent {
    fn of(stacks: &StackTable) -> Descent {
        let rows = stacks.len();
        let mut tree = Descent { first_child: vec![None; rows], next_sibling: vec![None; rows], first: None };
        for row in (0..rows).rev() {
            let first = match parent(stacks, row) {
                Some(parent) => &mut tree.first_child[parent],
                None => &mut tree.first,
            };
            tree.next_sibling[row] = first.replace(row as u32);
        }
        tree
    }

    /// Calls `visit` for each row twice: with `true` before the rows that it called, with `false` behind them.
    fn walk(&self, mut visit: impl FnMut(usize, bool)) {
        let mut path: Vec<usize> = Vec::new();
        let mut next = self.first;
        loop {
            if let Some(row) = next {
                visit(row as usize, true);
                path.push(row as usize);
                next = self.first_child[row as usize];
            } else if let Some(row) = path.pop() {
                visit(row, false);
                next = self.next_sibling[row];
            } else {
                return;
            }
        }
    }
}

/// How often each instruction of a function was executed, over all contexts; empty where that was not measured.
fn executed(profile: &Profile, function: FuncIndex) -> FxHashMap<CodeOffset, u64> {
    let recording = profile.recording();
    if recording.instructions.is_empty() {
        return FxHashMap::default();
    }
    // A body that can't be read was not counted either.
    let offsets =
        instructions_of(&recording.module, profile.symbols().module(), function).unwrap_or_default();
    // What begins and what ends in front of each instruction.
    let mut steps = vec![0i128; offsets.len() + 1];
    for (context, start, end, count) in recording.instructions.iter() {
        if recording.contexts.func.get(context.0 as usize) == Some(&function) && start < end {
            steps[offsets.partition_point(|at| *at < start)] += i128::from(count);
            steps[offsets.partition_point(|at| *at < end)] -= i128::from(count);
        }
    }
    let sums = steps.iter().scan(0i128, |sum, step| {
        *sum += step;
        Some(u64::try_from(*sum).unwrap_or(u64::MAX))
    });
    offsets.into_iter().zip(sums).collect()
}
