//! The questions about what happened when.

use crate::analysis::{
    self, CallDurations, CallsQuery, FRAME_BUDGET_NANOS, GrowthView, Lanes, LanesQuery, Timeline,
};
use crate::profile::Profile;
use crate::ui::worker::Query;
use std::sync::Arc;

/// The imports and exports with their calls.
#[derive(Clone, PartialEq)]
pub struct TimelineRowsQuery;

impl Query for TimelineRowsQuery {
    type View = Timeline;

    const KEPT: usize = 1;

    fn compute(&self, profile: &Profile) -> Timeline {
        let timeline = analysis::timeline(profile, FRAME_BUDGET_NANOS);
        // The lanes have the single calls.
        Timeline { spans: Vec::new(), slices: Vec::new(), ..timeline }
    }
}

/// The lanes of a part of the run.
#[derive(Clone, PartialEq)]
pub struct TimelineLanesQuery(pub LanesQuery);

impl Query for TimelineLanesQuery {
    type View = Lanes;

    fn compute(&self, profile: &Profile) -> Lanes {
        analysis::lanes(profile, &self.0)
    }
}

/// How long the calls of a function took.
#[derive(Clone, PartialEq)]
pub struct CallDurationsQuery(pub CallsQuery);

impl Query for CallDurationsQuery {
    type View = CallDurations;

    const KEPT: usize = 2;

    fn compute(&self, profile: &Profile) -> CallDurations {
        analysis::call_durations(profile, &self.0)
    }
}

/// All that the timeline draws.
pub struct TimelineView {
    /// The imports and exports.
    pub rows: Arc<Timeline>,
    /// The sizes of the memories and the live heap.
    pub growth: Arc<GrowthView>,
    /// The whole run, coarsely.
    pub overview: Arc<Lanes>,
    /// The part on screen and what is beside it.
    pub lanes: Arc<Lanes>,
    /// The calls of the function that is chosen.
    pub calls: Option<Arc<CallDurations>>,
}
