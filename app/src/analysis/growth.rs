//! How memories grew, and what was live in the heap meanwhile.

use super::HeapPoint;
use super::heap::page_bytes;
use crate::profile::{PathId, Profile};
use std::ops::Range;
use std::sync::Arc;
use wasmscope_instrument::recording::GrowthEvent;
use wasmscope_symbolize::{ExportKind, MemoryIndex, ModuleIndex};

/// The size of a memory from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PagesStep {
    /// Nanoseconds since the recording began.
    pub time_nanos: u64,
    /// The size from then on, in pages.
    pub pages: u64,
}

/// One memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryGrowth {
    /// Which one.
    pub memory: MemoryIndex,
    /// The name that it is exported by.
    pub name: Option<Arc<str>>,
    /// The size of a page, in bytes.
    pub page_bytes: u64,
    /// The size at the start, in pages.
    pub initial_pages: u64,
    /// The limit that the module declares, in pages.
    pub maximum_pages: Option<u64>,
    /// The size at the end, in pages.
    pub final_pages: u64,
    /// How often it grew.
    pub granted: u64,
    /// How often growth was refused.
    pub refused: u64,
    /// The size over time: a step at 0, then one a growth that was granted.
    pub steps: Vec<PagesStep>,
}

/// One `memory.grow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrowthRow {
    /// What happened.
    pub event: GrowthEvent,
    /// Who asked, the function with the `memory.grow` innermost; the root where it isn't known.
    pub path: PathId,
}

/// The growth of all memories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrowthView {
    /// The memories of the module, in their order.
    pub memories: Vec<MemoryGrowth>,
    /// Each `memory.grow`, in the order of time.
    pub events: Vec<GrowthRow>,
    /// The live bytes of the heap over time, at most some two thousand points; empty where the heap wasn't measured.
    pub heap: Vec<HeapPoint>,
    /// The left end of the time axis, in nanoseconds since the recording began.
    pub start_nanos: u64,
    /// The right end: that of the recording, or of the part that is shown.
    pub duration_nanos: u64,
}

/// How memories grew.
pub fn growth(profile: &Profile) -> GrowthView {
    let module = profile.symbols().module();
    let events = profile.recording().growth.iter().enumerate();
    let events: Vec<GrowthRow> =
        events.map(|(row, event)| GrowthRow { event: *event, path: profile.growth_path(row) }).collect();
    let declared = module.memories().iter().map(|memory| memory.index);
    let memories = declared.map(|memory| memory_growth(module, memory, &events)).collect();
    let heap = profile.heap_timeline().whole().series.clone();
    GrowthView { memories, events, heap, start_nanos: 0, duration_nanos: profile.duration_nanos() }
}

impl GrowthView {
    /// What of it happened in a part of the run. What was there before is where that part begins.
    pub fn within(&self, time: &Range<u64>) -> GrowthView {
        let is_in = |row: &&GrowthRow| time.contains(&row.event.time_nanos);
        let events: Vec<GrowthRow> = self.events.iter().filter(is_in).copied().collect();
        let refused = |memory: MemoryIndex| {
            let refused = |row: &&GrowthRow| row.event.memory == memory && !row.event.granted;
            events.iter().filter(refused).count() as u64
        };
        let memories = self.memories.iter();
        let memories = memories.map(|memory| memory.within(time, refused(memory.memory))).collect();
        let begun = self.heap.partition_point(|point| point.time_nanos <= time.start);
        let before = begun.checked_sub(1).and_then(|last| self.heap.get(last));
        let before = before.map(|point| HeapPoint { time_nanos: time.start, ..*point });
        let inside = self.heap.iter().skip(begun).take_while(|point| point.time_nanos < time.end);
        GrowthView {
            memories,
            heap: before.into_iter().chain(inside.copied()).collect(),
            events,
            start_nanos: time.start,
            duration_nanos: time.end.min(self.duration_nanos),
        }
    }
}

impl MemoryGrowth {
    /// The size at a moment, in pages.
    pub fn pages_at(&self, nanos: u64) -> u64 {
        let behind = self.steps.partition_point(|step| step.time_nanos <= nanos);
        self.steps.get(behind.saturating_sub(1)).map_or(0, |step| step.pages)
    }

    fn within(&self, time: &Range<u64>, refused: u64) -> MemoryGrowth {
        // The first step is no growth, but the size that the memory began with.
        let begun = self.steps.partition_point(|step| step.time_nanos < time.start).max(1);
        let initial_pages = self.steps.get(begun - 1).map_or(0, |step| step.pages);
        let start = PagesStep { time_nanos: time.start, pages: initial_pages };
        let inside = self.steps.iter().skip(begun);
        let inside = inside.take_while(|step| step.time_nanos < time.end).copied();
        let steps: Vec<PagesStep> = [start].into_iter().chain(inside).collect();
        MemoryGrowth {
            initial_pages,
            final_pages: steps.last().map_or(initial_pages, |step| step.pages),
            granted: steps.len() as u64 - 1,
            refused,
            steps,
            ..self.clone()
        }
    }
}

fn memory_growth(module: &ModuleIndex, memory: MemoryIndex, all: &[GrowthRow]) -> MemoryGrowth {
    let events = || all.iter().map(|row| &row.event).filter(|event| event.memory == memory);
    let declared = module.memories().get(memory.index());
    // An imported memory may be larger than the module asks for; the first growth tells.
    let at_start = events().next().map(|event| event.before_pages);
    let initial_pages = at_start.or(declared.map(|memory| memory.initial_pages)).unwrap_or(0);
    let granted = events().filter(|event| event.granted);
    let grown = granted.map(|event| PagesStep { time_nanos: event.time_nanos, pages: event.after_pages() });
    let start = PagesStep { time_nanos: 0, pages: initial_pages };
    let steps: Vec<PagesStep> = [start].into_iter().chain(grown).collect();
    MemoryGrowth {
        memory,
        name: export_name(module, memory),
        page_bytes: page_bytes(module, memory),
        initial_pages,
        maximum_pages: declared.and_then(|memory| memory.maximum_pages),
        final_pages: steps.last().map_or(initial_pages, |step| step.pages),
        granted: steps.len() as u64 - 1,
        refused: events().filter(|event| !event.granted).count() as u64,
        steps,
    }
}

fn export_name(module: &ModuleIndex, memory: MemoryIndex) -> Option<Arc<str>> {
    let mut exports = module.exports().iter();
    let found = exports.find(|export| export.kind == ExportKind::Memory && export.index == memory.0);
    found.map(|export| Arc::clone(&export.name))
}
