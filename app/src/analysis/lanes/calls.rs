//! The calls of each import and export over time: single ones, and sums of those too short or too many for that.

use super::{Columns, LanesQuery};
use crate::profile::Profile;
use std::collections::BTreeMap;
use wasmscope_instrument::recording::{CallSlice, CallSpan, Direction};
use wasmscope_symbolize::FuncIndex;

/// Calls that are drawn as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallBox {
    /// Where the first one begins, in nanoseconds since the recording began.
    pub start_nanos: u64,
    /// Where the last one ends.
    pub end_nanos: u64,
    /// How many they are.
    pub calls: u64,
    /// How long they took together, in nanoseconds.
    pub total_nanos: u64,
    /// Are they known by a slice of time alone? Then they came back somewhere between start and end.
    pub is_summed: bool,
}

impl CallBox {
    /// How much of its time calls were going on, from 0 to 1.
    pub fn share(&self) -> f64 {
        let length = self.end_nanos.saturating_sub(self.start_nanos).max(1);
        (self.total_nanos as f64 / length as f64).min(1.0)
    }
}

/// The calls of one function in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLane {
    /// Which way they crossed.
    pub direction: Direction,
    /// The import or the exported function.
    pub func: FuncIndex,
    /// In the order in which they begin. What calls itself through the host has boxes that lie within others.
    pub boxes: Vec<CallBox>,
}

impl CallLane {
    /// The innermost box that holds the moment.
    pub fn box_at(&self, nanos: u64) -> Option<&CallBox> {
        let begun = self.boxes.partition_point(|place| place.start_nanos <= nanos);
        self.boxes.get(..begun)?.iter().rev().find(|place| nanos < place.end_nanos)
    }
}

/// What is not closed yet of a lane, and the column that it began in.
#[derive(Default)]
struct Growing {
    done: Vec<CallBox>,
    short: Option<(u64, CallBox)>,
    slices: Option<(u64, CallBox)>,
}

pub(super) fn lanes(profile: &Profile, query: &LanesQuery) -> Vec<CallLane> {
    let recording = profile.recording();
    let (from_nanos, columns) = (recording.measured_from_nanos(), query.columns());
    let mut lanes: BTreeMap<(Direction, FuncIndex), Growing> = BTreeMap::new();
    for span in recording.spans.iter().filter(|span| span.start_nanos >= from_nanos) {
        let lane = lanes.entry((span.direction, span.func)).or_default();
        let place = of_span(span);
        if query.shows(place.start_nanos, place.end_nanos) {
            lane.add_span(place, columns);
        }
    }
    for slice in &recording.slices {
        let place = of_slice(slice);
        if place.end_nanos <= from_nanos {
            continue;
        }
        let lane = lanes.entry((slice.direction, slice.func)).or_default();
        if query.shows(place.start_nanos, place.end_nanos) {
            merge(&mut lane.slices, &mut lane.done, columns.of(place.start_nanos), place);
        }
    }
    let lane = |((direction, func), lane): ((Direction, FuncIndex), Growing)| {
        let boxes = lane.finish();
        CallLane { direction, func, boxes }
    };
    lanes.into_iter().map(lane).collect()
}

fn of_span(span: &CallSpan) -> CallBox {
    let CallSpan { start_nanos, duration_nanos, .. } = *span;
    let end_nanos = start_nanos.saturating_add(duration_nanos);
    CallBox { start_nanos, end_nanos, calls: 1, total_nanos: duration_nanos, is_summed: false }
}

fn of_slice(slice: &CallSlice) -> CallBox {
    let CallSlice { start_nanos, width_nanos, calls, total_nanos, .. } = *slice;
    let end_nanos = start_nanos.saturating_add(width_nanos);
    CallBox { start_nanos, end_nanos, calls, total_nanos, is_summed: true }
}

impl Growing {
    fn add_span(&mut self, place: CallBox, columns: Columns) {
        if place.total_nanos >= columns.nanos {
            self.done.push(place);
        } else {
            merge(&mut self.short, &mut self.done, columns.of(place.start_nanos), place);
        }
    }

    fn finish(self) -> Vec<CallBox> {
        let Growing { mut done, short, slices } = self;
        done.extend([short, slices].into_iter().flatten().map(|(_, place)| place));
        done.sort_by_key(|place| (place.start_nanos, std::cmp::Reverse(place.end_nanos)));
        done
    }
}

/// Adds `place` to what is `open` where that began in the same column, and else opens the next.
fn merge(open: &mut Option<(u64, CallBox)>, done: &mut Vec<CallBox>, column: u64, place: CallBox) {
    match open {
        Some((known, sum)) if *known == column => {
            sum.start_nanos = sum.start_nanos.min(place.start_nanos);
            sum.end_nanos = sum.end_nanos.max(place.end_nanos);
            sum.calls = sum.calls.saturating_add(place.calls);
            sum.total_nanos = sum.total_nanos.saturating_add(place.total_nanos);
        }
        _ => done.extend(open.replace((column, place)).map(|(_, sum)| sum)),
    }
}
