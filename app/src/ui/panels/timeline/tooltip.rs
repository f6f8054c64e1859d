//! What the pointer is told: what, when, how long, how many.

use super::layout::{Lane, Place, ROW, call_lane, call_name};
use crate::analysis::{CallBox, StackBox, TimelineRow};
use crate::profile::Profile;
use crate::ui::views::TimelineView;
use crate::units;
use egui::{Label, RichText, Ui};
use std::ops::Range;
use wasmscope_instrument::recording::{Direction, PhaseSpan};

/// Where the pointer is.
pub struct At {
    /// The moment, in nanoseconds since the recording began.
    pub nanos: u64,
    /// How far below the upper edge of the first lane, in points.
    pub row: f32,
    /// The lane.
    pub place: Option<Place>,
}

impl At {
    /// The box of the stack that is pointed at.
    pub fn stack_box<'a>(&self, view: &'a TimelineView) -> Option<&'a StackBox> {
        let place = self.place.filter(|place| place.lane == Lane::Stack)?;
        view.lanes.stacks.box_at(((self.row - place.top) / ROW).max(0.0) as usize, self.nanos)
    }

    /// The calls that are pointed at.
    pub fn call_box<'a>(&self, view: &'a TimelineView) -> Option<&'a CallBox> {
        let Some(Lane::Calls(row)) = self.place.map(|place| place.lane) else { return None };
        call_lane(&view.lanes, view.rows.rows.get(row)?)?.box_at(self.nanos)
    }

    fn phase<'a>(&self, view: &'a TimelineView) -> Option<&'a PhaseSpan> {
        self.place.filter(|place| place.lane == Lane::Phases)?;
        let holds = |phase: &&PhaseSpan| (phase.start_nanos..phase.end_nanos).contains(&self.nanos);
        view.rows.phases.iter().find(holds)
    }

    /// When that was which is pointed at.
    pub fn range(&self, view: &TimelineView) -> Option<Range<u64>> {
        let stack = self.stack_box(view).map(|found| found.start_nanos..found.end_nanos);
        let call = || self.call_box(view).map(|found| found.start_nanos..found.end_nanos);
        stack.or_else(call).or_else(|| self.phase(view).map(|phase| phase.start_nanos..phase.end_nanos))
    }
}

/// What is under the pointer.
pub fn tooltip_ui(ui: &mut Ui, profile: &Profile, view: &TimelineView, at: &At) {
    ui.set_max_width(460.0);
    match at.place.map(|place| place.lane) {
        Some(Lane::Stack) => match at.stack_box(view) {
            Some(found) => stack_ui(ui, profile, found),
            None => weak(
                ui,
                format!(
                    "{}: no sample. The program did not run, or the recorder did.",
                    units::nanos(at.nanos)
                ),
            ),
        },
        Some(Lane::Calls(row)) => call_ui(ui, view, row, at),
        Some(Lane::Phases) => match at.phase(view) {
            Some(phase) => {
                strong(ui, phase.phase.name());
                weak(ui, when(phase.start_nanos, phase.end_nanos));
            }
            None => weak(ui, units::nanos(at.nanos)),
        },
        Some(Lane::Memory(row)) => memory_ui(ui, view, row, at.nanos),
        Some(Lane::Heap) => heap_ui(ui, view, at.nanos),
        Some(Lane::More) | None => weak(ui, units::nanos(at.nanos)),
    }
}

/// What a lane's name says.
pub fn lane_ui(ui: &mut Ui, view: &TimelineView, lane: Lane) {
    match lane {
        Lane::Calls(row) => {
            let Some(row) = view.rows.rows.get(row) else { return };
            strong(ui, &call_name(row));
            weak(ui, calls_text(row));
            weak(ui, "Click shows how long the calls took.".to_owned());
        }
        Lane::Phases => weak(ui, "What was done when: compiling, instantiating, running.".to_owned()),
        Lane::Memory(_) => weak(ui, "The size of the memory.".to_owned()),
        Lane::Heap => weak(ui, "Bytes of the heap's blocks that are in use.".to_owned()),
        Lane::More => weak(ui, "Imports and exports with less time.".to_owned()),
        Lane::Stack => {
            weak(
                ui,
                "What ran, the outermost function above. A box is as long as nothing else was seen."
                    .to_owned(),
            );
        }
    }
}

fn calls_text(row: &TimelineRow) -> String {
    let way = match row.direction {
        Direction::GuestToHost => "An import: the program calls its host.",
        Direction::HostToGuest => "An export: the host calls the program.",
    };
    let calls = units::things(row.spans.saturating_add(row.summed_calls), "call");
    format!("{way}\n{calls}, {} together", units::nanos(row.total_nanos))
}

fn strong(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).strong()).wrap());
}

fn weak(ui: &mut Ui, text: String) {
    ui.add(Label::new(RichText::new(text).weak()).wrap());
}

/// `1.20 s, 12.0 ms long`.
fn when(start_nanos: u64, end_nanos: u64) -> String {
    let length = units::nanos(end_nanos.saturating_sub(start_nanos));
    format!("at {}, {length} long", units::nanos(start_nanos))
}

fn stack_ui(ui: &mut Ui, profile: &Profile, found: &StackBox) {
    let info = profile.frames().get(found.frame);
    strong(ui, &info.name);
    if let Some(file) = &info.file {
        weak(ui, file.to_string());
    }
    ui.label(when(found.start_nanos, found.end_nanos));
    let others = found.nanos.saturating_sub(found.frame_nanos);
    let others = match others {
        0 => String::new(),
        _ => format!(", and {} in functions too short to be drawn", units::nanos(others)),
    };
    weak(ui, format!("Samples of it stand for {}{others}.", units::nanos(found.frame_nanos)));
}

fn call_ui(ui: &mut Ui, view: &TimelineView, row: usize, at: &At) {
    let Some(row) = view.rows.rows.get(row) else { return };
    strong(ui, &call_name(row));
    let Some(found) = at.call_box(view) else {
        return weak(ui, format!("{}: no call", units::nanos(at.nanos)));
    };
    ui.label(when(found.start_nanos, found.end_nanos));
    let (calls, total) = (units::things(found.calls, "call"), units::nanos(found.total_nanos));
    match (found.calls, found.is_summed) {
        (1, false) => {}
        (_, false) => weak(ui, format!("{calls}, {total} together. Zoom in to see each.")),
        (_, true) => weak(ui, format!("{calls}, {total} together: known as a sum alone.")),
    }
}

fn memory_ui(ui: &mut Ui, view: &TimelineView, row: usize, nanos: u64) {
    let Some(memory) = view.growth.memories.get(row) else { return };
    let pages = memory.pages_at(nanos);
    strong(ui, &units::bytes(pages.saturating_mul(memory.page_bytes)));
    weak(ui, format!("{} at {}", units::things(pages, "page"), units::nanos(nanos)));
}

fn heap_ui(ui: &mut Ui, view: &TimelineView, nanos: u64) {
    let begun = view.growth.heap.partition_point(|point| point.time_nanos <= nanos);
    let point = begun.checked_sub(1).and_then(|last| view.growth.heap.get(last));
    let (bytes, blocks) = point.map_or((0, 0), |point| (point.live_bytes, point.live_blocks));
    strong(ui, &format!("{} live", units::bytes(bytes)));
    weak(ui, format!("in {} at {}", units::things(blocks, "block"), units::nanos(nanos)));
}
