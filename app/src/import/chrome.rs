//! Chrome's and Node.js's `.cpuprofile`: a tree of nodes, and which of them was seen how long after the one before.

use super::draft::{Draft, Function};
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
}

impl Node {
    pub(super) fn is_wasm(&self) -> bool {
        is_module(&self.call_frame.url)
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
}

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Result<(), ImportError> {
    let profile: CpuProfile = json::parse(bytes, Format::Chrome)?;
    let CpuProfile { nodes, samples, time_deltas, start_time, end_time } = profile;
    let stacks = stacks(draft, &nodes)?;
    if samples.is_empty() {
        return by_hits(draft, &nodes, &stacks, end_time - start_time);
    }
    if samples.len() != time_deltas.len() {
        let (samples, times) = (samples.len(), time_deltas.len());
        return Err(draft.damaged(format!("it has {samples} samples and {times} times")));
    }
    add_samples(draft, &stacks, &samples, &time_deltas)
}

/// The stack of each node by its id; of the root none.
pub(super) type Stacks = FxHashMap<i64, Option<StackId>>;

pub(super) fn stacks(draft: &mut Draft, nodes: &[Node]) -> Result<Stacks, ImportError> {
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
    let mut stacks = Stacks::default();
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
        let mut outer = next.and_then(|at| stacks[&nodes[at].id]);
        while let Some(at) = way.pop() {
            outer = inside(draft, outer, &nodes[at].call_frame)?;
            stacks.insert(nodes[at].id, outer);
        }
    }
    Ok(stacks)
}

fn inside(
    draft: &mut Draft,
    outer: Option<StackId>,
    frame: &CallFrame,
) -> Result<Option<StackId>, ImportError> {
    let CallFrame { function_name: name, url: file, line_number, column_number } = frame;
    if outer.is_none() && name == ROOT {
        return Ok(None);
    }
    let from_one = |line: &Option<i64>| u32::try_from(line.unwrap_or(-1).saturating_add(1)).unwrap_or(0);
    let is_wasm = is_module(file);
    let offset = column_number.filter(|_| is_wasm).and_then(|column| u32::try_from(column).ok());
    let line = from_one(line_number);
    let function = draft.function(Function { name, file, line, is_wasm });
    let place = draft.place(function, line, offset, None);
    draft.stack(outer, place).map(Some)
}

pub(super) fn add_samples(
    draft: &mut Draft,
    stacks: &Stacks,
    samples: &[i64],
    deltas: &[f64],
) -> Result<(), ImportError> {
    let mut micros = 0.0;
    let mut seen = Vec::with_capacity(samples.len());
    for (node, delta) in samples.iter().zip(deltas) {
        let Some(stack) = stacks.get(node) else {
            return Err(draft.damaged(format!("sample {} is of node {node}, which is not there", seen.len())));
        };
        micros += delta;
        seen.push((nanos(micros), *stack));
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
    for node in nodes.iter().filter(|node| node.hit_count > 0) {
        let stack = stacks.get(&node.id).copied().flatten();
        draft.next_sample(stack, node.hit_count.saturating_mul(each))?;
    }
    draft.warn(super::NO_ORDER.to_owned());
    Ok(())
}

/// What is no time is none.
fn nanos(micros: f64) -> u64 {
    (micros * NANOS_PER_MICRO as f64).round() as u64
}
