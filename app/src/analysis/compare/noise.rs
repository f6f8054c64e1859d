//! What is a difference, and what is chance.
//!
//! What is counted exactly, and is the same in each recording of a build, needs no statistics. Else the values of a
//! build's recordings tell how far its mean is off: v = max(s², p) / n, where s² is their variance, n their number, and p
//! the mean over the recordings of Σ w², w being the weights of the samples behind a value: a sum of N samples, N being
//! Poisson's, has the variance N · E\[w²\], which Σ w² estimates. Recordings that agree by luck thus seem no surer than
//! their samples can be. Both means are compared by Welch's test, and Holm's procedure takes into account how many were
//! looked at, in [`statistics`](super::statistics).
//!
//! A single recording tells nothing of how runs differ. [`UNKNOWN_VARIATION`] is assumed then.

use super::statistics::{Difference, Mean, refused, welch};
use super::{Change, Interval, Pair, Verdict};
use rustc_hash::FxHashMap;

/// What one run may differ from the next by, as a share of the value, where nobody measured it: a standard deviation.
/// On machines that do other things too, some percent are usual (T. Mytkowicz et al., "Producing wrong data without
/// doing anything obviously wrong!", ASPLOS 2009).
pub(super) const UNKNOWN_VARIATION: f64 = 0.05;

/// A part of the whole that is smaller is not looked at: the more are, the larger a difference has to be.
pub(super) const LEAST_SHARE: f64 = 0.005;

/// The values of a build, one a recording, and what sampling makes of each: its variance.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings {
    pub(super) values: Vec<u64>,
    pub(super) variances: Vec<f64>,
}

impl Readings {
    pub(super) fn mean(&self) -> u64 {
        let sum: u128 = self.values.iter().map(|value| u128::from(*value)).sum();
        let count = self.values.len().max(1) as u128;
        u64::try_from((sum + count / 2) / count).unwrap_or(u64::MAX)
    }

    fn are_equal(&self) -> bool {
        self.values.windows(2).all(|pair| pair[0] == pair[1])
    }

    fn estimate(&self) -> Mean {
        let spread = Spread::of(self.values.iter().map(|value| *value as f64));
        spread.mean(self.variances.iter().sum::<f64>() / self.variances.len().max(1) as f64)
    }
}

/// Values summed up as they come.
#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    count: f64,
    mean: f64,
    /// Σ (value − mean)².
    squares: f64,
}

impl Spread {
    fn of(values: impl IntoIterator<Item = f64>) -> Spread {
        let mut spread = Spread::default();
        values.into_iter().for_each(|value| spread.add(value));
        spread
    }

    /// B. P. Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4 (1962).
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let from_before = value - self.mean;
        self.mean += from_before / self.count;
        self.squares += from_before * (value - self.mean);
    }

    /// With the variance that sampling makes of one value, in the mean.
    fn mean(&self, sampling: f64) -> Mean {
        if self.count < 2.0 {
            let unknown = self.mean * UNKNOWN_VARIATION;
            return Mean { value: self.mean, variance: sampling + unknown * unknown, freedom: f64::INFINITY };
        }
        let freedom = self.count - 1.0;
        let variance = (self.squares / freedom).max(sampling) / self.count;
        Mean { value: self.mean, variance, freedom }
    }
}

/// What a value of both builds is to be judged by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Evidence {
    /// It was counted, and each recording counted the same.
    Exact,
    /// It may be chance.
    Noisy(Difference),
}

impl Evidence {
    /// `is_counted`: is it of a metric that is counted rather than measured?
    pub(super) fn of(readings: Pair<&Readings>, is_counted: bool) -> Evidence {
        if is_counted && readings.old.are_equal() && readings.new.are_equal() {
            return Evidence::Exact;
        }
        let Pair { old, new } = readings.map(Readings::estimate);
        Evidence::Noisy(welch(old, new))
    }

    fn verdict(self, is_refused: bool) -> Verdict {
        let Evidence::Noisy(Difference { value, margin, .. }) = self else { return Verdict::Exact };
        let interval = Interval { low: value - margin, high: value + margin };
        if is_refused { Verdict::Significant(interval) } else { Verdict::Unclear(interval) }
    }
}

/// The verdicts on values that are looked at together. Those that are too small to be looked at, of which the second is
/// false, are unclear unless they are exact. Equal values, as of a function and all that it calls, are one question.
pub(super) fn verdicts(evidence: &[(Evidence, bool)]) -> Vec<Verdict> {
    let mut questions: FxHashMap<[u64; 2], usize> = FxHashMap::default();
    let mut p = Vec::new();
    let question_of: Vec<Option<usize>> = evidence
        .iter()
        .map(|(evidence, is_looked_at)| {
            let Evidence::Noisy(difference) = evidence else { return None };
            let key = [difference.value.to_bits(), difference.margin.to_bits()];
            let question = || {
                p.push(difference.p);
                p.len() - 1
            };
            is_looked_at.then(|| *questions.entry(key).or_insert_with(question))
        })
        .collect();
    let refused = refused(&p);
    let is_refused = |question: Option<usize>| question.is_some_and(|question| refused[question]);
    let verdicts = evidence.iter().zip(question_of);
    verdicts.map(|((evidence, _), question)| evidence.verdict(is_refused(question))).collect()
}

/// What many values of both builds changed by.
pub(super) fn changes(
    all: Vec<Pair<Readings>>,
    is_counted: bool,
    looked_at: impl Fn(&Pair<u64>) -> bool,
) -> Vec<Change> {
    let means: Vec<Pair<u64>> = all.iter().map(|readings| readings.as_ref().map(Readings::mean)).collect();
    let evidence = all
        .iter()
        .zip(&means)
        .map(|(readings, mean)| (Evidence::of(readings.as_ref(), is_counted), looked_at(mean)));
    let verdicts = verdicts(&evidence.collect::<Vec<_>>());
    let changed = all.into_iter().zip(means).zip(verdicts).map(|((readings, mean), verdict)| Change {
        mean,
        each: readings.map(|readings| readings.values.into()),
        verdict,
    });
    changed.collect()
}
