//! Chrome's and Node.js's `.cpuprofile`: a tree of nodes, and which of them was seen how long after the one before.

use super::draft::{Draft, Function, FunctionId};
use super::shapes::{Kind, Loose};
use super::wasm::is_module;
use super::{Format, ImportError, json};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use wasmscope_instrument::recording::StackId;

/// The tree's root, which calls all others and is nobody's code.
const ROOT: &str = "(root)";
const NANOS_PER_MICRO: u64 = 1_000;

/// Times are in microseconds since some moment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CpuProfile {
    nodes: Vec<Node>,
    #[serde(default)]
    samples: Vec<i64>,
    #[serde(default)]
    time_deltas: Vec<f64>,
    #[serde(default)]
    start_time: f64,
    #[serde(default)]
    end_time: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    pub(super) id: i64,
    call_frame: CallFrame,
    /// Files have this.
    #[serde(default)]
    children: Vec<i64>,
    /// Traces have that.
    #[serde(default)]
    parent: Option<i64>,
    #[serde(default)]
    hit_count: u64,
    /// How many of its samples were taken at which line.
    #[serde(default)]
    position_ticks: Vec<Ticks>,
}

/// The line is from 1.
#[derive(Deserialize)]
struct Ticks {
    line: u32,
    ticks: u64,
}

impl Node {
    pub(super) fn is_wasm(&self) -> bool {
        self.call_frame.is_wasm()
    }
}

/// Lines and columns begin at 0, and are -1 where they are not known.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame {
    #[serde(default)]
    function_name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    line_number: Option<i64>,
    /// Of WebAssembly: where the function's body begins, in bytes from the beginning of the module.
    #[serde(default)]
    column_number: Option<i64>,
    /// Traces tell it.
    #[serde(default)]
    code_type: Loose<CodeType>,
}

#[derive(Clone, Copy, PartialEq)]
enum CodeType {
    Wasm,
    Other,
}

impl Kind for CodeType {
    fn of_text(text: &str) -> Option<CodeType> {
        Some(if text == "wasm" { CodeType::Wasm } else { CodeType::Other })
    }
}

impl CallFrame {
    fn is_wasm(&self) -> bool {
        self.code_type.0 == Some(CodeType::Wasm) || is_module(&self.url)
    }

    fn function(&self) -> Function<'_> {
        let number = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
        let (name, file, is_wasm) = (&self.function_name, &self.url, self.is_wasm());
        let line = number(self.line_number).map_or(0, |line| line.saturating_add(1));
        Function { name, file, line, is_wasm, module_offset: number(self.column_number).filter(|_| is_wasm) }
    }
}

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Result<(), ImportError> {
    let profile: CpuProfile = json::parse(bytes, Format::Chrome)?;
    let CpuProfile { nodes, samples, time_deltas, start_time, end_time } = profile;
    let stacks = Stacks::of(draft, &nodes)?;
    if samples.is_empty() {
        return by_hits(draft, &nodes, &stacks, end_time - start_time);
    }
    if samples.len() != time_deltas.len() {
        let (samples, times) = (samples.len(), time_deltas.len());
        return Err(draft.damaged(format!("it has {samples} samples and {times} times")));
    }
    add_samples(draft, &stacks, &samples, &time_deltas, &lines(&nodes, &samples))
}

/// By sample: its line, 0 where it is not known. Nodes tell how many of theirs were at a line, though not which.
fn lines(nodes: &[Node], samples: &[i64]) -> Vec<u32> {
    let mut left: FxHashMap<i64, Vec<(u32, u64)>> = FxHashMap::default();
    for Node { id, position_ticks, .. } in nodes.iter().filter(|node| !node.position_ticks.is_empty()) {
        left.insert(*id, position_ticks.iter().rev().map(|Ticks { line, ticks }| (*line, *ticks)).collect());
    }
    let mut next = |node: &i64| {
        let left = left.get_mut(node)?;
        while left.pop_if(|(_, ticks)| *ticks == 0).is_some() {}
        let (line, ticks) = left.last_mut()?;
        *ticks -= 1;
        Some(*line)
    };
    samples.iter().map(|node| next(node).unwrap_or(0)).collect()
}

/// By node: its function and what calls that; of the root nothing.
pub(super) struct Stacks(FxHashMap<i64, Option<Inside>>);

#[derive(Clone, Copy)]
struct Inside {
    outer: Option<StackId>,
    function: FunctionId,
    /// Both, at no line: what is called in turn does not tell where.
    stack: StackId,
}

impl Stacks {
    pub(super) fn of(draft: &mut Draft, nodes: &[Node]) -> Result<Stacks, ImportError> {
        let parents = parents(draft, nodes)?;
        let mut stacks = FxHashMap::default();
        let mut way: Vec<usize> = Vec::new();
        for row in 0..nodes.len() {
            // Up to where the stack is known, and down again.
            let mut next = Some(row);
            while let Some(at) = next.filter(|at| !stacks.contains_key(&nodes[*at].id)) {
                if way.len() > nodes.len() {
                    return Err(draft.damaged(format!("node {} calls itself in a circle", nodes[row].id)));
                }
                way.push(at);
                next = parents[at];
            }
            let mut outer = next.and_then(|at| stacks.get(&nodes[at].id).copied().flatten());
            while let Some(at) = way.pop() {
                outer = inside(draft, outer, &nodes[at].call_frame)?;
                stacks.insert(nodes[at].id, outer);
            }
        }
        Ok(Stacks(stacks))
    }

    /// The stack of `node`, of the root none, at a line or 0; `None` where there is no such node.
    fn at(&self, draft: &mut Draft, node: i64, line: u32) -> Result<Option<Option<StackId>>, ImportError> {
        let Some(inside) = self.0.get(&node) else { return Ok(None) };
        let Some(Inside { outer, function, .. }) = *inside else { return Ok(Some(None)) };
        let place = draft.place(function, line, None, None);
        draft.stack(outer, place).map(Some).map(Some)
    }
}

/// By row: the row of what calls it.
fn parents(draft: &Draft, nodes: &[Node]) -> Result<Vec<Option<usize>>, ImportError> {
    let row_of: FxHashMap<i64, usize> = nodes.iter().enumerate().map(|(row, node)| (node.id, row)).collect();
    let mut parents: Vec<Option<usize>> =
        nodes.iter().map(|node| row_of.get(&node.parent?).copied()).collect();
    for (row, node) in nodes.iter().enumerate() {
        for child in &node.children {
            let child = row_of.get(child).and_then(|row| parents.get_mut(*row));
            let Some(parent) = child else {
                let what = format!("node {} has a child that is not there", node.id);
                return Err(draft.damaged(what));
            };
            *parent = Some(row);
        }
    }
    Ok(parents)
}

fn inside(
    draft: &mut Draft,
    outer: Option<Inside>,
    frame: &CallFrame,
) -> Result<Option<Inside>, ImportError> {
    if outer.is_none() && frame.function_name == ROOT {
        return Ok(None);
    }
    let outer = outer.map(|outer| outer.stack);
    let function = draft.function(frame.function())?;
    let place = draft.place(function, 0, None, None);
    Ok(Some(Inside { outer, function, stack: draft.stack(outer, place)? }))
}

/// `deltas` are microseconds since the sample before, `lines` 0 where they are not known; both by sample.
pub(super) fn add_samples(
    draft: &mut Draft,
    stacks: &Stacks,
    samples: &[i64],
    deltas: &[f64],
    lines: &[u32],
) -> Result<(), ImportError> {
    let mut micros = 0.0;
    let mut seen = Vec::with_capacity(samples.len());
    for ((node, delta), line) in samples.iter().zip(deltas).zip(lines) {
        let Some(stack) = stacks.at(draft, *node, *line)? else {
            return Err(draft.damaged(format!("sample {} is of node {node}, which is not there", seen.len())));
        };
        micros += delta;
        seen.push((nanos(micros), stack));
    }
    // The sampler's thread may be overtaken: then a time is less than the one before.
    if !seen.is_sorted_by_key(|(time, _)| *time) {
        seen.sort_by_key(|(time, _)| *time);
    }
    let mut last = 0;
    for (time, stack) in seen {
        draft.sample(time, stack, time - last)?;
        last = time;
    }
    Ok(())
}

/// Profiles without samples have a count for each node.
fn by_hits(draft: &mut Draft, nodes: &[Node], stacks: &Stacks, micros: f64) -> Result<(), ImportError> {
    let hits: u64 = nodes.iter().map(|node| node.hit_count).fold(0, u64::saturating_add);
    let each = nanos(micros).checked_div(hits).unwrap_or(0).max(1);
    for Node { id, hit_count, position_ticks, .. } in nodes {
        let mut left = *hit_count;
        let ticks = position_ticks.iter().map(|Ticks { line, ticks }| (*line, *ticks));
        for (line, ticks) in ticks.chain([(0, u64::MAX)]) {
            let ticks = ticks.min(left);
            left -= ticks;
            if ticks > 0 {
                let stack = stacks.at(draft, *id, line)?.flatten();
                draft.next_sample(stack, ticks.saturating_mul(each))?;
            }
        }
    }
    draft.warn(super::NO_ORDER.to_owned());
    Ok(())
}

/// What is no time is none.
fn nanos(micros: f64) -> u64 {
    (micros * NANOS_PER_MICRO as f64).round() as u64
}
