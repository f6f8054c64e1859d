//! What happened when, as boxes in lanes: as fine as a screen shows it, and nothing lost of what is too short for it.

mod calls;
mod spots;
mod stacks;

pub use calls::{CallBox, CallLane};
pub use stacks::{StackBox, StackLane};

use crate::profile::Profile;
use std::ops::Range;

/// More columns than a screen has pixels show nothing more.
const MOST_COLUMNS: u64 = 16_384;

/// Which part of the run, and how fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanesQuery {
    /// From and until, in nanoseconds since the recording began.
    pub time: Range<u64>,
    /// What begins in one column of time and is shorter is merged: about what a pixel stands for, in nanoseconds. There
    /// are at most 16,384 columns.
    pub column_nanos: u64,
    /// Show inlined functions as frames of their own.
    pub inline_frames: bool,
}

/// So many columns are one where little time is to be taken.
const COARSE: u64 = 16;

impl LanesQuery {
    /// The same, in fewer columns: quicker by as much.
    #[must_use]
    pub fn coarse(&self) -> LanesQuery {
        LanesQuery { column_nanos: self.columns().nanos.saturating_mul(COARSE), ..self.clone() }
    }

    fn columns(&self) -> Columns {
        let length = self.time.end.saturating_sub(self.time.start);
        Columns { nanos: self.column_nanos.max(length.div_ceil(MOST_COLUMNS)).max(1) }
    }

    /// Has a stretch of time any part in the query's?
    fn shows(&self, start_nanos: u64, end_nanos: u64) -> bool {
        start_nanos < self.time.end && end_nanos >= self.time.start
    }
}

/// The columns of time. They lie at the same moments whichever part of the run is shown, so that a picture that moves
/// does not flicker.
#[derive(Clone, Copy)]
struct Columns {
    nanos: u64,
}

impl Columns {
    fn of(self, moment_nanos: u64) -> u64 {
        moment_nanos / self.nanos
    }
}

/// The lanes of a part of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lanes {
    /// What ran.
    pub stacks: StackLane,
    /// The calls of each import and export, by direction and function; also of those without a call in this part.
    pub calls: Vec<CallLane>,
}

/// What happened in a part of the run. Takes as long as a look at each sample of it, and at each call of the run.
pub fn lanes(profile: &Profile, query: &LanesQuery) -> Lanes {
    Lanes { stacks: stacks::lane(profile, query), calls: calls::lanes(profile, query) }
}
