//! What keeps a comparison from telling all, or makes it doubtful.

use super::{Build, Pair, Side};
use crate::units;
use std::collections::BTreeSet;
use std::fmt;
use wasmscope_instrument::MeasureSet;
use wasmscope_instrument::recording::{Meta, Outcome, SamplerKind};

/// Something that whoever reads a comparison should know.
#[derive(Clone, Debug, PartialEq)]
pub enum CompareRemark {
    /// Both builds are the same file: what differs is chance, or was run otherwise.
    SameModule,
    /// Not the same was measured: what one of them lacks can't be compared.
    Measures(Pair<MeasureSet>),
    /// The programs were given other arguments, or another export was called.
    Arguments(Pair<String>),
    /// Recordings of one build were made with different arguments.
    MixedArguments(Side),
    /// Samples were taken otherwise, or not as often.
    Sampling(Pair<(SamplerKind, u32)>),
    /// They were recorded by other versions or on another kind of machine.
    Recorder(Pair<String>),
    /// The runs ended otherwise.
    Outcome(Pair<Outcome>),
    /// Recordings of one build did not all end alike: some may have done less.
    MixedOutcomes(Side),
    /// All runs of both builds ended alike, before their time.
    Failed(Outcome),
    /// The export was called another number of times: sums are of different work.
    Calls(Pair<u64>),
    /// There is one recording of a build only: how much one run differs from the next is unknown.
    OneRecording(Side),
    /// A part of a recording could not be read.
    Damaged(Side),
}

impl fmt::Display for CompareRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompareRemark::SameModule => {
                f.write_str("both builds are the same module: what differs is how they ran")
            }
            CompareRemark::Measures(Pair { old, new }) => {
                write!(f, "not the same was measured: {old} of the old build, {new} of the new one")
            }
            CompareRemark::Arguments(Pair { old, new }) => {
                write!(
                    f,
                    "they were not asked to do the same: `{old}` of the old build, `{new}` of the new one"
                )
            }
            CompareRemark::MixedArguments(side) => {
                write!(f, "the recordings of the {} build were made with different arguments", side.name())
            }
            CompareRemark::Sampling(Pair { old, new }) => {
                write!(
                    f,
                    "samples were taken otherwise: {} in the old build, {} in the new one",
                    sampling(*old),
                    sampling(*new)
                )
            }
            CompareRemark::Recorder(Pair { old, new }) => {
                write!(f, "they were recorded by different programs or machines: {old}, and {new}")
            }
            CompareRemark::Outcome(Pair { old, new }) => {
                write!(f, "they ended otherwise: the old build {old}, the new one {new}")
            }
            CompareRemark::MixedOutcomes(side) => {
                write!(
                    f,
                    "the runs of the {} build did not all end alike: what ended early did less, and the means are of both",
                    side.name()
                )
            }
            CompareRemark::Failed(outcome) => {
                write!(
                    f,
                    "the runs of both builds ended early: {outcome}; compared is what was done until then"
                )
            }
            CompareRemark::Calls(Pair { old, new }) => {
                let (old, new) = (units::things(*old, "time"), units::things(*new, "time"));
                write!(
                    f,
                    "the export was called {old} in the old build and {new} in the new one: the sums are of different work"
                )
            }
            CompareRemark::OneRecording(side) => {
                write!(
                    f,
                    "there is one recording of the {} build: how runs differ is unknown, so that what is not exact is unclear; \
                     `wasmscope compare` records several",
                    side.name()
                )
            }
            CompareRemark::Damaged(side) => {
                write!(f, "a part of the {} build's recordings could not be read", side.name())
            }
        }
    }
}

fn sampling((kind, rate_hz): (SamplerKind, u32)) -> String {
    match kind {
        SamplerKind::None => "none".to_owned(),
        SamplerKind::Signal => format!("{rate_hz} a second, by signals"),
        SamplerKind::Epoch => format!("{rate_hz} a second, at loop heads"),
    }
}

/// What is to be said of these recordings.
pub(super) fn remarks(builds: &Pair<Build>) -> Vec<CompareRemark> {
    let firsts = builds.as_ref().map(|build| build.first().recording());
    let metas = firsts.map(|recording| &recording.meta);
    let mut remarks = Vec::new();
    let mut differs = |remark: Option<CompareRemark>| remarks.extend(remark);
    let modules = firsts.map(|recording| &recording.module);
    // Profiles of other tools may have none.
    let is_same = modules.are_equal() && !modules.old.is_empty();
    differs(is_same.then_some(CompareRemark::SameModule));
    differs(unequal(metas.map(|meta| meta.measures)).map(CompareRemark::Measures));
    differs(unequal(metas.map(command)).map(CompareRemark::Arguments));
    for side in Side::BOTH {
        let repeats = builds.get(side).repeats();
        let metas = repeats.iter().map(|profile| &profile.recording().meta);
        let commands: BTreeSet<String> = metas.map(command).collect();
        differs((commands.len() > 1).then_some(CompareRemark::MixedArguments(side)));
        differs((repeats.len() == 1).then_some(CompareRemark::OneRecording(side)));
        let mut endings = repeats.iter().map(|profile| ending(&profile.recording().outcome));
        let first = endings.next();
        let is_mixed = endings.any(|ending| Some(ending) != first);
        differs(is_mixed.then_some(CompareRemark::MixedOutcomes(side)));
        let is_damaged = repeats.iter().any(|profile| profile.recording().damage.is_some());
        differs(is_damaged.then_some(CompareRemark::Damaged(side)));
    }
    differs(unequal(metas.map(|meta| (meta.sampler, meta.rate_hz))).map(CompareRemark::Sampling));
    differs(unequal(metas.map(|meta| meta.recorded_by.clone())).map(CompareRemark::Recorder));
    let endings = firsts.map(|recording| ending(&recording.outcome));
    let both_failed = endings.are_equal() && is_failure(&endings.old);
    differs(both_failed.then(|| CompareRemark::Failed(endings.old.clone())));
    differs(unequal(endings).map(CompareRemark::Outcome));
    let calls = firsts.map(|recording| recording.calls.map_or(0, |calls| calls.calls));
    differs(unequal(calls).map(CompareRemark::Calls));
    remarks
}

fn unequal<T: PartialEq>(pair: Pair<T>) -> Option<Pair<T>> {
    (!pair.are_equal()).then_some(pair)
}

/// What was asked for, as on a command line without the program's name.
fn command(meta: &Meta) -> String {
    let invoked = meta.invoked.iter();
    let words: Vec<&str> = invoked.chain(&meta.args).map(String::as_str).collect();
    words.join(" ")
}

/// Did it end before its time, or for another reason than that all was done?
fn is_failure(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Trapped { .. } | Outcome::LimitReached { .. } | Outcome::Cancelled => true,
        Outcome::Exited { code } => *code != 0,
        Outcome::Returned { .. } | Outcome::Unknown | Outcome::NotRun => false,
    }
}

/// How it ended: what an export returned is no other end.
fn ending(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Returned { .. } => Outcome::Returned { values: Vec::new() },
        Outcome::Trapped { message, .. } => Outcome::Trapped { message: message.clone(), frames: Vec::new() },
        other => other.clone(),
    }
}
