//! Which lanes there are, and where each lies.

use crate::analysis::{Lanes, Timeline, TimelineRow};
use crate::ui::views::TimelineView;
use wasmscope_instrument::recording::Direction;

/// What a lane shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Compiling, instantiating, running.
    Phases,
    /// The size of the memory in this row of the view.
    Memory(usize),
    /// Live bytes of the heap.
    Heap,
    /// The calls of the function in this row of the view.
    Calls(usize),
    /// Shows further calls, or hides them.
    More,
    /// The stack.
    Stack,
}

/// A lane on the canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// What it shows.
    pub lane: Lane,
    /// Its upper edge from that of the first lane, in points.
    pub top: f32,
    /// Its height, in points.
    pub height: f32,
}

/// The height of a row of the stack with the gap below, in points.
pub const ROW: f32 = 17.0;
/// That of the other lanes without curves.
pub const BAR: f32 = 20.0;
const CURVE: f32 = 34.0;
/// Between two lanes.
const GAP: f32 = 4.0;
/// So many lanes of calls are shown at first.
pub const FEW_CALLS: usize = 6;
/// More would be a list rather than a picture: the boundary has it.
const MOST_CALLS: usize = 200;
/// More curves of memories would leave no room for anything else.
const MOST_MEMORIES: usize = 4;

/// The lanes of a view from the top.
pub fn places(view: &TimelineView, shows_all_calls: bool) -> Vec<Place> {
    let mut lanes = Vec::new();
    if !view.rows.phases.is_empty() {
        lanes.push((Lane::Phases, BAR));
    }
    lanes.extend((0..view.growth.memories.len().min(MOST_MEMORIES)).map(|at| (Lane::Memory(at), CURVE)));
    if !view.growth.heap.is_empty() {
        lanes.push((Lane::Heap, CURVE));
    }
    let calls = calls_shown(&view.rows, shows_all_calls);
    lanes.extend((0..calls).map(|at| (Lane::Calls(at), BAR)));
    if view.rows.rows.len() > FEW_CALLS {
        lanes.push((Lane::More, BAR));
    }
    // The deepest comes last, so that nothing is pushed out of sight.
    let depth = view.overview.stacks.rows.len().max(view.lanes.stacks.rows.len());
    if depth > 0 {
        lanes.push((Lane::Stack, depth as f32 * ROW));
    }
    let mut top = 0.0;
    let place = |(lane, height): (Lane, f32)| {
        let place = Place { lane, top, height };
        top += height + GAP;
        place
    };
    lanes.into_iter().map(place).collect()
}

fn calls_shown(rows: &Timeline, shows_all: bool) -> usize {
    rows.rows.len().min(if shows_all { MOST_CALLS } else { FEW_CALLS })
}

/// What a lane is called.
pub fn name(lane: Lane, view: &TimelineView, shows_all_calls: bool) -> String {
    match lane {
        Lane::Phases => "Phases".to_owned(),
        Lane::Memory(at) => match view.growth.memories.get(at) {
            Some(memory) if view.growth.memories.len() > 1 => format!("Memory {}", memory.memory.0),
            _ => "Memory".to_owned(),
        },
        Lane::Heap => "Live heap".to_owned(),
        Lane::Calls(at) => view.rows.rows.get(at).map_or_else(String::new, short_name),
        Lane::More if shows_all_calls => "Fewer calls".to_owned(),
        Lane::More => format!("{} more", view.rows.rows.len().min(MOST_CALLS).saturating_sub(FEW_CALLS)),
        Lane::Stack => "Stack".to_owned(),
    }
}

/// `▶ frame` for an export, `fd_write` for an import, whose module would take all the room.
fn short_name(row: &TimelineRow) -> String {
    match row.direction {
        Direction::HostToGuest => format!("▶ {}", row.name),
        Direction::GuestToHost => row.name.to_string(),
    }
}

/// `frame` for an export, `env.log` for an import.
pub fn call_name(row: &TimelineRow) -> String {
    row.module.as_ref().map_or_else(|| row.name.to_string(), |module| format!("{module}.{}", row.name))
}

/// The place of the lane of a row's calls in the answer of the worker.
pub fn call_lane<'a>(lanes: &'a Lanes, row: &TimelineRow) -> Option<&'a crate::analysis::CallLane> {
    lanes.calls.iter().find(|lane| (lane.direction, lane.func) == (row.direction, row.func))
}
