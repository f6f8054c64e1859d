//! The stack over time: a row for each depth, a box for each run of the same function.

use super::spots::{PathSums, Spots, Sums};
use super::{Columns, LanesQuery};
use crate::profile::{FrameId, PathId, Profile};
use wasmscope_instrument::recording::SampleTable;

/// Deeper frames are not shown.
const MOST_ROWS: usize = 1_024;

/// A function at one depth, as long as nothing else is seen there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackBox {
    /// Where it begins, in nanoseconds since the recording began.
    pub start_nanos: u64,
    /// Where it ends.
    pub end_nanos: u64,
    /// The function; in a column with several, the one that was seen for longest.
    pub frame: FrameId,
    /// The time that its samples stand for, in nanoseconds, with those of functions too short for boxes of their own.
    pub nanos: u64,
    /// What of it was seen in [`Self::frame`].
    pub frame_nanos: u64,
}

/// The stack over time. The time of the boxes of a row is that of all samples that are as deep, however wide the
/// columns are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackLane {
    /// By depth, the outermost frames first: boxes in the order of time.
    pub rows: Vec<Vec<StackBox>>,
}

impl StackLane {
    /// The box of the row at `depth` that holds the moment.
    pub fn box_at(&self, depth: usize, nanos: u64) -> Option<&StackBox> {
        let row = self.rows.get(depth)?;
        let behind = row.partition_point(|place| place.end_nanos <= nanos);
        row.get(behind).filter(|place| place.start_nanos <= nanos)
    }
}

pub(super) fn lane(profile: &Profile, query: &LanesQuery) -> StackLane {
    let SampleTable { time_nanos, stack, weight_nanos } = &profile.recording().samples;
    let row = |at: usize| Some((*time_nanos.get(at)?, *weight_nanos.get(at)?, *stack.get(at)?));
    let from = time_nanos.partition_point(|time| *time <= query.time.start);
    let mut pass = Pass::new(profile, query);
    for (end_nanos, weight, stack) in (from..).map_while(row) {
        // A sample stands for what passed since the one before.
        let start_nanos = end_nanos.saturating_sub(weight).max(query.time.start);
        if start_nanos >= query.time.end {
            break;
        }
        pass.add(start_nanos, end_nanos, weight, profile.stack_path(stack));
    }
    pass.close();
    StackLane { rows: pass.rows }
}

/// The samples that begin in one column of time.
#[derive(Default)]
struct Cell {
    column: u64,
    start_nanos: u64,
    end_nanos: u64,
    /// What the last sample of the cell stands for.
    weight: u64,
}

struct Pass<'a> {
    profile: &'a Profile,
    columns: Columns,
    spots: Spots<'a>,
    cell: Cell,
    /// Of the cell: the time of each call path, and of each spot.
    of_path: PathSums<'a>,
    of_spot: Sums,
    /// Of the cell: by depth, the function with most time, its time, and that of all.
    most: Vec<(FrameId, u64, u64)>,
    rows: Vec<Vec<StackBox>>,
}

impl<'a> Pass<'a> {
    fn new(profile: &'a Profile, query: &LanesQuery) -> Self {
        let spots = Spots::new(profile, query.inline_frames);
        let (cell, of_spot, most, rows) = Default::default();
        let of_path = PathSums::new(profile.paths());
        Pass { profile, columns: query.columns(), spots, cell, of_path, of_spot, most, rows }
    }

    fn add(&mut self, start_nanos: u64, end_nanos: u64, weight: u64, path: PathId) {
        // In a damaged recording samples may run backwards; boxes do not.
        let start_nanos = start_nanos.max(self.cell.end_nanos);
        let column = self.columns.of(start_nanos);
        if column != self.cell.column || self.of_path.is_empty() {
            self.close();
            (self.cell.column, self.cell.start_nanos) = (column, start_nanos);
        }
        (self.cell.end_nanos, self.cell.weight) = (end_nanos.max(start_nanos), weight);
        self.of_path.add(path, weight);
    }

    /// Makes boxes of the cell.
    fn close(&mut self) {
        let (paths, spots, of_spot) = (self.profile.paths(), &mut self.spots, &mut self.of_spot);
        self.of_path.drain(|path, nanos| {
            let spot = spots.of(path);
            if spot != spots.of(paths.parent(path)) {
                of_spot.add(spot as usize, nanos);
            }
        });
        self.choose();
        let mut goes_on = true;
        for depth in 0..self.most.len() {
            goes_on &= self.put(depth, goes_on);
        }
        self.most.clear();
    }

    /// The function of each depth that has most time; of several with as much, the first.
    fn choose(&mut self) {
        let (most, spots) = (&mut self.most, &self.spots.list);
        self.of_spot.drain(|spot, nanos| {
            let Some((depth, frame)) = spots.get(spot).copied().filter(|(depth, _)| *depth <= MOST_ROWS)
            else {
                return;
            };
            if most.len() < depth {
                most.resize(depth, (FrameId::ROOT, 0, 0));
            }
            let (best, best_nanos, all_nanos) = &mut most[depth - 1];
            *all_nanos = all_nanos.saturating_add(nanos);
            if *best == FrameId::ROOT || nanos > *best_nanos || nanos == *best_nanos && frame < *best {
                (*best, *best_nanos) = (frame, nanos);
            }
        });
    }

    /// Puts a box into the row at `depth`, or makes the last one of it longer, if that `may` be. Says whether it was.
    fn put(&mut self, depth: usize, may: bool) -> bool {
        let Cell { start_nanos, end_nanos, weight, .. } = self.cell;
        let (frame, frame_nanos, nanos) = self.most[depth];
        if self.rows.len() <= depth {
            self.rows.resize_with(depth + 1, Vec::new);
        }
        // Between two ticks nobody looked: a gap that is shorter is none.
        let reach = self.columns.nanos.max(weight);
        let row = &mut self.rows[depth];
        let last = row.last_mut().filter(|last| last.frame == frame && may);
        match last.filter(|last| start_nanos.saturating_sub(last.end_nanos) < reach) {
            Some(last) => {
                last.end_nanos = end_nanos;
                last.nanos = last.nanos.saturating_add(nanos);
                last.frame_nanos = last.frame_nanos.saturating_add(frame_nanos);
                true
            }
            None => {
                row.push(StackBox { start_nanos, end_nanos, frame, nanos, frame_nanos });
                false
            }
        }
    }
}
