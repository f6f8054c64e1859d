//! What was done before the program ran, and on whose account.

use crate::profile::Profile;
use wasmscope_instrument::recording::Phase;

/// On whose account a phase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// The recorder's: it is not there when the program runs by itself.
    Recorder,
    /// The engine's, of the module with its probes in it: without them it has less to do. Where machine code was kept
    /// from an earlier run, that was only loaded.
    Engine,
    /// The module's own: its memories, tables and start function.
    Module,
}

impl Whose {
    /// One word.
    pub const fn name(self) -> &'static str {
        match self {
            Whose::Recorder => "recorder",
            Whose::Engine => "engine",
            Whose::Module => "module",
        }
    }

    /// A few words.
    pub const fn about(self) -> &'static str {
        match self {
            Whose::Recorder => "the recorder's own",
            Whose::Engine => "the engine, with probes in the code; kept code is only loaded",
            Whose::Module => "memories, tables and the start function",
        }
    }
}

/// A phase of the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartPhase {
    /// Which one.
    pub phase: Phase,
    /// How long it took, in nanoseconds.
    pub nanos: u64,
    /// On whose account.
    pub whose: Whose,
}

/// The phases before the program ran, in the order of time. Names and lines are read when a recording is opened, which
/// none tells.
pub fn start_up(profile: &Profile) -> Vec<StartPhase> {
    let phases = profile.recording().phases.iter();
    let started = phases.filter_map(|span| {
        let nanos = span.end_nanos.saturating_sub(span.start_nanos);
        whose(span.phase).map(|whose| StartPhase { phase: span.phase, nanos, whose })
    });
    started.collect()
}

const fn whose(phase: Phase) -> Option<Whose> {
    match phase {
        Phase::Parse | Phase::Rewrite => Some(Whose::Recorder),
        Phase::Compile => Some(Whose::Engine),
        Phase::Instantiate => Some(Whose::Module),
        Phase::WarmUp | Phase::Run => None,
    }
}
