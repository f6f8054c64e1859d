//! The way back through what a recording was filtered by: transforms of call paths, and the part of the run.

use super::documents::Selection;
use crate::analysis::Transform;
use crate::profile::Profile;
use std::ops::Range;

/// More steps back than anybody takes.
const MOST_STEPS: usize = 200;

/// What figures are filtered by, whatever they weigh.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Filters {
    transforms: Vec<Transform>,
    /// In nanoseconds since the recording began.
    time_nanos: Option<Range<u64>>,
}

impl Filters {
    fn of(selection: &Selection) -> Filters {
        Filters { transforms: selection.transforms.clone(), time_nanos: selection.time_nanos.clone() }
    }

    fn applied(self, selection: &Selection, profile: &Profile) -> Selection {
        let Filters { transforms, time_nanos } = self;
        let same_time = selection.time_nanos == time_nanos;
        // The moment at which the heap is shown follows the part of the run, and nothing else.
        let within = if same_time { selection.clone() } else { selection.within(time_nanos, profile) };
        Selection { transforms, ..within }
    }
}

/// What a recording was filtered by before, and what was gone back from.
#[derive(Default)]
pub struct FilterHistory {
    past: Vec<Filters>,
    future: Vec<Filters>,
}

impl FilterHistory {
    /// Remembers `before` if `after` is filtered otherwise.
    pub fn follow(&mut self, before: &Selection, after: &Selection) {
        let filters = Filters::of(before);
        if filters == Filters::of(after) {
            return;
        }
        self.past.push(filters);
        if self.past.len() > MOST_STEPS {
            self.past.remove(0);
        }
        self.future.clear();
    }

    /// Can a change be undone?
    pub fn has_past(&self) -> bool {
        !self.past.is_empty()
    }

    /// Can one be done again?
    pub fn has_future(&self) -> bool {
        !self.future.is_empty()
    }

    /// `now`, filtered as it was before.
    pub fn undo(&mut self, now: &Selection, profile: &Profile) -> Option<Selection> {
        let before = self.past.pop()?;
        self.future.push(Filters::of(now));
        Some(before.applied(now, profile))
    }

    /// `now`, filtered as it was before that was undone.
    pub fn redo(&mut self, now: &Selection, profile: &Profile) -> Option<Selection> {
        let after = self.future.pop()?;
        self.past.push(Filters::of(now));
        Some(after.applied(now, profile))
    }
}
