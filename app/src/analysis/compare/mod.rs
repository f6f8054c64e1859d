//! Two builds of a program, recorded, one beside the other.
//!
//! [`Comparison::new`] finds out once which function is which; the views of it are pure functions of it and a query, as
//! those of a profile are: [`compare_functions`], [`compare_tree`], [`compare_summary`].

mod build;
mod change;
mod frames;
mod functions;
mod matching;
mod names;
mod noise;
mod pair;
mod remark;
mod repeats;
mod sizes;
mod statistics;
mod summary;
mod tree;

pub use build::{Build, CompareError};
pub use change::{Change, Interval, Verdict};
pub use frames::{CompareFrame, CompareFrameInfo, CompareFrames};
pub use functions::{Cause, CompareRow, CompareTable, compare_functions};
pub use matching::Certainty;
pub use pair::{Pair, Side};
pub use remark::CompareRemark;
pub use sizes::SizeChange;
pub use summary::{BoundaryChange, CompareSummary, MemoryChange, MetricChange, compare_summary};
pub use tree::{BoxWidth, DiffNode, DiffTree, compare_tree};

use super::{CallTreeQuery, Metric, Transform};
use crate::profile::{FrameId, Profile};
use matching::Matching;
use std::sync::Arc;

/// Two builds with their recordings, and which function of the one is which of the other.
#[derive(Debug)]
pub struct Comparison {
    builds: Pair<Build>,
    frames: CompareFrames,
    remarks: Vec<CompareRemark>,
}

impl Comparison {
    /// Compares the recordings of one build with those of another. Takes as long as reading the names of all functions,
    /// and where names don't tell all, all code.
    ///
    /// # Errors
    /// When a side has no recording, or recordings of different modules.
    pub fn new(old: Vec<Arc<Profile>>, new: Vec<Arc<Profile>>) -> Result<Comparison, CompareError> {
        let builds = Pair { old: Build::new(Side::Old, old)?, new: Build::new(Side::New, new)? };
        let firsts = builds.as_ref().map(Build::first);
        let (symbols, bytes) =
            (firsts.map(|first| first.symbols()), firsts.map(|first| &first.recording().module));
        let matching = Matching::of(symbols, bytes);
        let frames = CompareFrames::of(builds.as_ref(), &matching);
        let remarks = remark::remarks(&builds);
        Ok(Comparison { builds, frames, remarks })
    }

    /// The recordings of a side.
    pub fn build(&self, side: Side) -> &Build {
        self.builds.get(side)
    }

    /// The functions of both builds.
    pub fn frames(&self) -> &CompareFrames {
        &self.frames
    }

    /// What keeps the comparison from telling all, or makes it doubtful.
    pub fn remarks(&self) -> &[CompareRemark] {
        &self.remarks
    }

    /// What all recordings of both builds have, or one of them has where both measured it.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> {
        Metric::ALL.into_iter().filter(|metric| self.has(*metric))
    }

    /// Instructions where both builds have them, since they are exact; else time, or else the first that there is.
    pub fn default_metric(&self) -> Metric {
        let preferred = [Metric::Instructions, Metric::Time].into_iter().find(|metric| self.has(*metric));
        preferred.or_else(|| self.metrics().next()).unwrap_or_default()
    }

    /// Can both be compared by this metric: did all recordings measure it, and does any have some of it?
    pub fn has(&self, metric: Metric) -> bool {
        let profiles = || self.profiles().map(|(_, _, profile)| profile);
        let is_measured = profiles().all(|profile| metric.is_measured_in(profile));
        is_measured && profiles().any(|profile| metric.available_in(profile))
    }

    /// All recordings: the side, the place among those of the side, and the profile.
    pub fn profiles(&self) -> impl Iterator<Item = (Side, usize, &Arc<Profile>)> {
        Side::BOTH.into_iter().flat_map(|side| {
            let repeats = self.builds.get(side).repeats().iter().enumerate();
            repeats.map(move |(repeat, profile)| (side, repeat, profile))
        })
    }
}

/// Which costs are compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CompareQuery {
    /// What is weighed.
    pub metric: Metric,
    /// Leaves first: the children of a node are its callers. Of functions it makes no difference.
    pub inverted: bool,
    /// Show inlined functions as frames of their own, rather than as part of the function they were inlined into.
    pub inline_frames: bool,
    /// What is done to the call paths of both builds first, in this order.
    pub transforms: Vec<Transform<CompareFrame>>,
}

impl CompareQuery {
    /// All call paths weighed by `metric`.
    pub fn by(metric: Metric) -> CompareQuery {
        CompareQuery { metric, inverted: false, inline_frames: true, transforms: Vec::new() }
    }

    /// The same as it is asked of each profile, whose frames go by the ids of the comparison.
    fn of_profile(&self) -> CallTreeQuery {
        let CompareQuery { metric, inverted, inline_frames, ref transforms } = *self;
        let transforms = transforms.iter().map(|transform| transform.map(|frame| FrameId(frame.0))).collect();
        CallTreeQuery { metric, time: None, inverted, inline_frames, transforms }
    }
}
