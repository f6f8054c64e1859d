//! Where the time of the run went: the program, the host, what is between them, and the recorder.

use super::summary::run_nanos;
use crate::profile::Profile;
use crate::units;
use std::fmt;
use wasmscope_instrument::recording::{Calibration, Crossing, Direction, RunTime};

/// What crossing between program and host took, by what one such call takes on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CrossingTime {
    /// Calls of imports.
    pub calls: u64,
    /// What they took without what the host did, in nanoseconds.
    pub nanos: u64,
}

impl CrossingTime {
    /// What each took, in nanoseconds.
    pub fn each_nanos(&self) -> u64 {
        self.nanos.checked_div(self.calls).unwrap_or(0)
    }
}

/// `200,000 calls × 152 ns = 30.4 ms`.
impl fmt::Display for CrossingTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (calls, each) = (units::things(self.calls, "call"), units::nanos(self.each_nanos()));
        write!(f, "{calls} × {each} = {}", units::nanos(self.nanos))
    }
}

/// The time of the run in parts that sum to the whole, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeSplit {
    /// All of it.
    pub run_nanos: u64,
    /// In the program's own code.
    pub guest_nanos: u64,
    /// In the host's functions.
    pub host_nanos: u64,
    /// On the way between both.
    pub crossing: CrossingTime,
    /// In the engine, as when a memory grows; where the boundary was not measured in the host's functions, too.
    pub engine_nanos: u64,
    /// In the recorder.
    pub recorder_nanos: u64,
    /// Outside of calls: what making ready for the next one takes.
    pub between_nanos: u64,
}

/// A part of the time of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePart {
    /// See [`TimeSplit::guest_nanos`].
    Program,
    /// See [`TimeSplit::host_nanos`].
    Host,
    /// See [`TimeSplit::crossing`].
    Crossing,
    /// See [`TimeSplit::engine_nanos`].
    Engine,
    /// See [`TimeSplit::recorder_nanos`].
    Recorder,
    /// See [`TimeSplit::between_nanos`].
    Between,
}

impl TimePart {
    /// A word or two.
    pub const fn name(self) -> &'static str {
        match self {
            TimePart::Program => "program",
            TimePart::Host => "host",
            TimePart::Crossing => "crossing",
            TimePart::Engine => "engine",
            TimePart::Recorder => "recorder",
            TimePart::Between => "between calls",
        }
    }

    /// What it is, in a sentence.
    pub const fn about(self) -> &'static str {
        match self {
            TimePart::Program => "In the program's own code, glue of its compiler included.",
            TimePart::Host => "In the bodies of the host's functions, without the way there and back.",
            TimePart::Crossing => {
                "On the way between both: the calls times what one that does nothing takes here."
            }
            TimePart::Engine => "In the engine, as when a memory grows.",
            TimePart::Recorder => "In the recorder.",
            TimePart::Between => "Outside of calls: what making ready for the next one takes.",
        }
    }
}

impl TimeSplit {
    /// The parts that are not 0, in nanoseconds.
    pub fn parts(&self) -> impl Iterator<Item = (TimePart, u64)> {
        let parts = [
            (TimePart::Program, self.guest_nanos),
            (TimePart::Host, self.host_nanos),
            (TimePart::Crossing, self.crossing.nanos),
            (TimePart::Engine, self.engine_nanos),
            (TimePart::Recorder, self.recorder_nanos),
            (TimePart::Between, self.between_nanos),
        ];
        parts.into_iter().filter(|(_, nanos)| *nanos > 0)
    }
}

/// `1.20 s = program 900 ms + host 200 ms + crossing 90.0 ms + recorder 10.0 ms`, without parts that are 0.
impl fmt::Display for TimeSplit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |(part, nanos): (TimePart, u64)| format!("{} {}", part.name(), units::nanos(nanos));
        let parts: Vec<_> = self.parts().map(text).collect();
        write!(f, "{} = {}", units::nanos(self.run_nanos), parts.join(" + "))
    }
}

/// Where the time of the run went; `None` where the recording does not tell.
pub fn time_split(profile: &Profile) -> Option<TimeSplit> {
    let recording = profile.recording();
    let RunTime { guest_nanos, import_nanos, engine_nanos, recorder_nanos, .. } = recording.time?;
    let calibration = recording.calibration.unwrap_or_default();
    let imports =
        || recording.crossings.functions.iter().filter(|row| row.direction == Direction::GuestToHost);
    let calls = imports().map(|row| row.calls).fold(0, u64::saturating_add);
    let in_imports = imports().map(|row| crossing_nanos(row, &calibration)).fold(0, u64::saturating_add);
    let in_imports = in_imports.min(import_nanos);
    let outside_nanos = calibration.crossing_nanos - calibration.crossing_in_import_nanos;
    let in_guest = times(calls, outside_nanos).min(guest_nanos);
    // Where the run did not begin, nothing went anywhere.
    let run_nanos = Some(run_nanos(profile)).filter(|nanos| *nanos > 0)?;
    let inside = [guest_nanos, import_nanos, engine_nanos, recorder_nanos].into_iter();
    Some(TimeSplit {
        run_nanos,
        guest_nanos: guest_nanos - in_guest,
        host_nanos: import_nanos - in_imports,
        crossing: CrossingTime { calls, nanos: in_imports.saturating_add(in_guest) },
        engine_nanos,
        recorder_nanos,
        between_nanos: run_nanos.saturating_sub(inside.fold(0, u64::saturating_add)),
    })
}

/// How much of the time in an import went into crossing; none of that in an export.
pub(super) fn crossing_nanos(row: &Crossing, calibration: &Calibration) -> u64 {
    match row.direction {
        Direction::GuestToHost => times(row.calls, calibration.crossing_in_import_nanos).min(row.self_nanos),
        Direction::HostToGuest => 0,
    }
}

/// What `count` things cost of which each costs `nanos`. A number that a foreign file made up costs nothing.
pub(super) fn times(count: u64, nanos: f64) -> u64 {
    (count as f64 * nanos.max(0.0)) as u64
}
