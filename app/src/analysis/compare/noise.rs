//! What is a difference, and what is chance.
//!
//! What is counted exactly, and is the same in each recording of a build, needs no statistics. Else the values of a
//! build's recordings tell how far its mean is off: v = max(s², p) / n, where s² is their variance, n their number, and p
//! the mean over the recordings of what sampling makes of it. A sum t of samples of the weights w is of N of them, N being
//! Poisson's, and has the variance N · E\[w²\] = t · E\[w²\] / E\[w\], told by all samples of a recording; of a whole T
//! that the clock tells, and no sample, it is that times (1 − t / T), as of the binomial distribution. Recordings that
//! agree by luck thus seem no surer than their samples can be. Both means are compared by Welch's test, and Holm's
//! procedure takes into account how many were looked at, in [`statistics`](super::statistics).
//!
//! A single recording tells nothing of how runs differ, which may be by half on a machine that does other things too: its
//! interval is that of sampling alone, and no difference from it is told. That took 61 of 100 pairs of runs of the same
//! build for different, with 10 % from run to run assumed; of pairs of two and of five it was none.

use super::statistics::{Difference, Mean, Question, refused, welch};
use super::{Change, Interval, Pair, Verdict};
use crate::analysis::metric::Sureness;
use rustc_hash::FxHashMap;

/// A part of the whole that is smaller is not looked at.
const LEAST_SHARE: f64 = 0.002;

/// How likely any wrong verdict may be on the totals of runs, on what functions weigh by themselves, on what they weigh
/// with all below, and on the time of imports and exports: 5 % together.
pub(super) const TOTALS_LEVEL: f64 = 0.01;
pub(super) const OWN_LEVEL: f64 = 0.025;
pub(super) const WITH_BELOW_LEVEL: f64 = 0.01;
pub(super) const BOUNDARY_LEVEL: f64 = 0.005;
/// And on the boxes of a tree, which show the same once more.
pub(super) const TREE_LEVEL: f64 = 0.05;

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

/// A value of both builds as it was recorded.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub(super) readings: Pair<Readings>,
    pub(super) sureness: Sureness,
}

impl Observed {
    /// What the value is to be judged by.
    pub(super) fn evidence(&self) -> Evidence {
        let are_equal = self.readings.old.are_equal() && self.readings.new.are_equal();
        if self.sureness == Sureness::Counted && are_equal {
            return Evidence::Exact;
        }
        let Pair { old, new } = self.readings.as_ref().map(Readings::estimate);
        let difference = welch(old, new);
        let is_repeated = self.readings.old.values.len() > 1 && self.readings.new.values.len() > 1;
        Evidence::Noisy(if is_repeated { difference } else { Difference { p: 1.0, ..difference } })
    }

    /// The mean over both builds: how much the value matters, whichever way it changed.
    pub(super) fn middle(&self) -> f64 {
        (self.readings.old.mean() as f64 + self.readings.new.mean() as f64) / 2.0
    }

    /// With this verdict on it.
    pub(super) fn change(self, verdict: Verdict) -> Change {
        let mean = self.readings.as_ref().map(Readings::mean);
        Change { mean, each: self.readings.map(|readings| readings.values.into()), verdict }
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
            return Mean { value: self.mean, variance: sampling, freedom: f64::INFINITY };
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
    fn verdict(self, is_refused: bool) -> Verdict {
        let Evidence::Noisy(Difference { value, margin, .. }) = self else { return Verdict::Exact };
        let interval = Interval { low: value - margin, high: value + margin };
        if is_refused { Verdict::Significant(interval) } else { Verdict::Unclear(interval) }
    }
}

/// The verdicts on values that are asked about together, so that the chance of telling any wrong one is `level` at most.
/// A question with the weight 0 is not asked: its value is unclear unless it is exact. Equal values, as of a function and
/// all that it calls, are one question.
pub(super) fn verdicts(asked: &[(Evidence, f64)], level: f64) -> Vec<Verdict> {
    let mut places: FxHashMap<[u64; 2], usize> = FxHashMap::default();
    let mut questions = Vec::new();
    let mut question_of = Vec::with_capacity(asked.len());
    for (evidence, weight) in asked {
        let question = match evidence {
            Evidence::Noisy(Difference { value, margin, p }) if *weight > 0.0 => {
                let place = places.entry([value.to_bits(), margin.to_bits()]).or_insert(questions.len());
                if *place == questions.len() {
                    questions.push(Question { p: *p, weight: *weight });
                }
                Some(*place)
            }
            _ => None,
        };
        question_of.push(question);
    }
    let refused = refused(&questions, level);
    let is_refused = |question: Option<usize>| question.is_some_and(|question| refused[question]);
    let verdicts = asked.iter().zip(question_of);
    verdicts.map(|((evidence, _), question)| evidence.verdict(is_refused(question))).collect()
}

/// What many values of both builds changed by, each with the weight that `weight` gives the mean of all recordings; see
/// [`verdicts`].
pub(super) fn changes(all: Vec<Observed>, level: f64, weight: impl Fn(f64) -> f64) -> Vec<Change> {
    let asked = |observed: &Observed| (observed.evidence(), weight(observed.middle()));
    let verdicts = verdicts(&all.iter().map(asked).collect::<Vec<_>>(), level);
    all.into_iter().zip(verdicts).map(|(observed, verdict)| observed.change(verdict)).collect()
}

/// The weight of what is asked about alone, or as one of a few.
pub(super) fn alike(_: f64) -> f64 {
    1.0
}

/// The weight of a part of a whole: its size, and 0 where it is too small to be looked at.
pub(super) fn by_size(whole: f64) -> impl Fn(f64) -> f64 {
    move |part| if part > 0.0 && part >= whole * LEAST_SHARE { part } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random (Knuth's MMIX multiplier).
    struct Lcg(u64);

    impl Lcg {
        /// Between 0 and 1.
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        }

        /// Of the normal distribution: Box and Muller.
        fn normal(&mut self) -> f64 {
            let radius = (-2.0 * self.uniform().ln()).sqrt();
            radius * (std::f64::consts::TAU * self.uniform()).cos()
        }

        /// How many samples there are where `mean` are expected.
        fn poisson(&mut self, mean: f64) -> u64 {
            if mean > 50.0 {
                return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u64;
            }
            let (mut left, mut count) = ((-mean).exp(), 0u32);
            let dice = self.uniform();
            let mut below = left;
            while dice > below && count < 1_000 {
                count += 1;
                left *= mean / f64::from(count);
                below += left;
            }
            u64::from(count)
        }
    }

    const FUNCTIONS: usize = 60;
    const SAMPLE_NANOS: f64 = 1e6;
    const RUN_SAMPLES: f64 = 10_000.0;

    /// The time of each function in one run of a program with a few hot and many cold functions. Runs differ as wholes by
    /// `of_run`, now and then one by much more, and functions by `of_function`; the first takes `factor` times as long.
    fn run(random: &mut Lcg, of_run: f64, of_function: f64, factor: f64) -> Vec<u64> {
        let disturbance = if random.uniform() < 0.05 { 4.0 } else { 1.0 };
        let whole = (of_run * disturbance * random.normal()).exp();
        let harmonic: f64 = (1..=FUNCTIONS).map(|rank| 1.0 / (rank as f64).powf(1.2)).sum();
        let time = |rank: usize, random: &mut Lcg| {
            let share = 1.0 / (rank as f64).powf(1.2) / harmonic;
            let own = (of_function * random.normal()).exp() * if rank == 1 { factor } else { 1.0 };
            random.poisson(RUN_SAMPLES * share * whole * own)
        };
        (1..=FUNCTIONS).map(|rank| (time(rank, random) as f64 * SAMPLE_NANOS) as u64).collect()
    }

    fn readings(runs: &[Vec<u64>], function: usize) -> Readings {
        let values: Vec<u64> = runs.iter().map(|run| run[function]).collect();
        let wholes = runs.iter().map(|run| run.iter().sum::<u64>() as f64);
        let binomial =
            |(value, whole): (&u64, f64)| *value as f64 * SAMPLE_NANOS * (1.0 - *value as f64 / whole);
        Readings { variances: values.iter().zip(wholes).map(binomial).collect(), values }
    }

    fn measured(readings: Pair<Readings>) -> Observed {
        Observed { readings, sureness: Sureness::Measured }
    }

    /// The functions that are told to have changed, and whether the whole is.
    fn told(random: &mut Lcg, repeats: Pair<usize>, noise: (f64, f64), factor: f64) -> (Vec<usize>, bool) {
        let mut runs = |count: usize, factor| -> Vec<Vec<u64>> {
            (0..count).map(|_| run(random, noise.0, noise.1, factor)).collect()
        };
        let runs = Pair { old: runs(repeats.old, 1.0), new: runs(repeats.new, factor) };
        let of = |function| measured(runs.as_ref().map(|runs| readings(runs, function)));
        let whole: u64 = runs.old[0].iter().sum();
        let functions = changes((0..FUNCTIONS).map(of).collect(), OWN_LEVEL, by_size(whole as f64));
        let told =
            functions.iter().enumerate().filter(|(_, change)| change.is_clear()).map(|(at, _)| at).collect();
        let total = |runs: &Vec<Vec<u64>>| Readings {
            values: runs.iter().map(|run| run.iter().sum()).collect(),
            variances: Vec::new(),
        };
        let whole = changes(vec![measured(runs.as_ref().map(total))], TOTALS_LEVEL, alike);
        (told, whole[0].is_clear())
    }

    /// The noise of quiet and of busy machines, as shares: of whole runs, and of each function.
    const NOISES: [(f64, f64); 3] = [(0.005, 0.005), (0.02, 0.01), (0.05, 0.03)];

    #[test]
    fn of_two_runs_of_one_build_hardly_ever_anything_is_told() {
        for repeats in [1, 2, 5] {
            for noise in NOISES {
                let random = &mut Lcg(repeats as u64);
                let tries = 200;
                let is_told = |_: &usize| {
                    let (functions, whole) = told(random, Pair { old: repeats, new: repeats }, noise, 1.0);
                    whole || !functions.is_empty()
                };
                let wrong = (0..tries).filter(is_told).count();
                assert!(wrong * 100 <= tries * 5, "{repeats} runs, noise {noise:?}: {wrong} of {tries}");
            }
        }
    }

    #[test]
    fn a_tenth_more_in_the_hot_function_shows_after_five_runs() {
        for (noise, least) in [(NOISES[0], 95), (NOISES[1], 65)] {
            let random = &mut Lcg(7);
            let repeats = Pair { old: 5, new: 5 };
            let found = (0..100).filter(|_| told(random, repeats, noise, 1.1).0.contains(&0)).count();
            assert!(found >= least, "noise {noise:?}: {found}");
        }
    }

    #[test]
    fn what_was_counted_alike_is_exact_and_nothing_else() {
        let readings = |values: &[u64]| Readings { values: values.into(), variances: Vec::new() };
        let verdict = |old: &[u64], new: &[u64], is_counted| {
            let sureness = if is_counted { Sureness::Counted } else { Sureness::Measured };
            let readings = Pair { old: readings(old), new: readings(new) };
            changes(vec![Observed { readings, sureness }], TREE_LEVEL, alike)[0].verdict
        };
        assert_eq!(verdict(&[5, 5], &[6, 6, 6], true), Verdict::Exact);
        assert!(matches!(verdict(&[5, 6], &[6, 6], true), Verdict::Unclear(_)));
        assert!(matches!(verdict(&[500, 500], &[500, 500], false), Verdict::Unclear(_)));
        assert!(matches!(verdict(&[100, 101], &[200, 201], false), Verdict::Significant(_)));
        assert!(matches!(verdict(&[100], &[200, 201], false), Verdict::Unclear(_)));
    }
}
