//! A value of both builds, and whether it changed.

use super::{Pair, Side};

/// From where to where a difference new − old lies in 95 of 100 cases, in the unit of what is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end; below 0 where the new build may have less.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// How sure a difference is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// It was counted, and each recording of a build counted the same: whatever the difference is, it is there.
    Exact,
    /// It is larger than what chance makes of so many recordings, with all that were looked at taken into account.
    Significant(Interval),
    /// It may as well be chance.
    Unclear(Interval),
}

impl Verdict {
    /// Is the difference more than chance?
    pub fn is_clear(self) -> bool {
        !matches!(self, Verdict::Unclear(_))
    }

    /// The same of what is in one build only: there is a difference, whatever chance made of its size.
    pub(super) fn of_alone(self) -> Verdict {
        match self {
            Verdict::Unclear(interval) => Verdict::Significant(interval),
            sure => sure,
        }
    }

    /// From where to where the difference lies; `None` where it is known exactly.
    pub fn interval(self) -> Option<Interval> {
        match self {
            Verdict::Exact => None,
            Verdict::Significant(interval) | Verdict::Unclear(interval) => Some(interval),
        }
    }
}

/// A value of both builds.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The means over the recordings of each build, in the unit of what is compared.
    pub mean: Pair<u64>,
    /// The value in each recording.
    pub each: Pair<Box<[u64]>>,
    /// How sure the difference is.
    pub verdict: Verdict,
}

impl Change {
    /// A value that is what it is, such as a size.
    pub fn exact(old: u64, new: u64) -> Change {
        let mean = Pair { old, new };
        Change { mean, each: mean.map(|value| [value].into()), verdict: Verdict::Exact }
    }

    /// New − old.
    pub fn difference(&self) -> i64 {
        difference(self.mean)
    }

    /// (new − old) / old; `None` where there was nothing before.
    pub fn relative(&self) -> Option<f64> {
        (self.mean.old > 0).then(|| self.difference() as f64 / self.mean.old as f64)
    }

    /// Is there a difference that is more than chance?
    pub fn is_clear(&self) -> bool {
        self.verdict.is_clear() && !self.mean.are_equal()
    }

    /// Does the new build have more by over this share of what the old one had, and is that more than chance? More than
    /// nothing is more by any share.
    pub fn is_worse_by(&self, share: f64) -> bool {
        self.is_clear() && self.difference() as f64 > share * self.mean.old as f64
    }

    /// The mean of one side.
    pub fn of(&self, side: Side) -> u64 {
        *self.mean.get(side)
    }
}

/// New − old, as far as it goes.
pub(super) fn difference(values: Pair<u64>) -> i64 {
    let difference = i128::from(values.new) - i128::from(values.old);
    difference.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}
