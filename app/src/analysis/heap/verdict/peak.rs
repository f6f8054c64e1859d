//! Peaks: a short time with far more live bytes than otherwise, for which the memory grew.

use super::LEAST_PAGES;
use crate::analysis::{HeapPoint, HeapSite, heap_at_peak};
use crate::profile::Profile;

/// The clock of heap operations goes on with each sample: shorter runs have no time to compare.
const LEAST_NANOS: u64 = 20_000_000;
/// The most of the run that a peak takes, as a part.
const SHORT_PART: u64 = 10;
/// The memory grew by at least this part of the peak during it.
const GROWN_PART: u64 = 4;
/// So many places are named.
const SITES: usize = 3;

/// For a short time far more bytes were live than otherwise.
///
/// More than half of the most that was ever live was so for at most a tenth of the time from the first heap operation to the
/// end of the run, and meanwhile the memory grew by at least four pages and a quarter of the peak. Linear memory never
/// shrinks: what grew for the peak stays until the end. Runs of less than 20 ms are not looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Peak {
    /// The most live bytes.
    pub peak_bytes: u64,
    /// When that was, in nanoseconds since the recording began.
    pub peak_nanos: u64,
    /// What was live half of the time, or less: the median over time, in bytes.
    pub usual_bytes: u64,
    /// How long more than half of the peak was live, in nanoseconds.
    pub high_nanos: u64,
    /// The time that this is a part of, in nanoseconds.
    pub run_nanos: u64,
    /// By how much the memory grew meanwhile, in pages.
    pub grown_pages: u64,
    /// Who had most bytes at the peak, by falling bytes: at most three.
    pub sites: Vec<HeapSite>,
}

pub(super) fn peak(profile: &Profile) -> Option<Peak> {
    let totals = profile.heap_timeline().totals();
    let from_nanos = profile.recording().measured_from_nanos();
    let series = profile.heap_timeline().series();
    let series = &series[series.partition_point(|point| point.time_nanos < from_nanos)..];
    let levels = Levels::of(profile, series, totals.peak_bytes / 2)?;
    let page_bytes = profile.address_space().page_bytes().max(1);
    let is_short = levels.high_nanos <= levels.run_nanos / SHORT_PART;
    let least_bytes = (LEAST_PAGES * page_bytes).max(totals.peak_bytes / GROWN_PART);
    if levels.run_nanos < LEAST_NANOS || !is_short || levels.grown_bytes < least_bytes {
        return None;
    }
    let mut sites = heap_at_peak(profile).sites;
    sites.truncate(SITES);
    Some(Peak {
        peak_bytes: totals.peak_bytes,
        peak_nanos: totals.peak_nanos,
        usual_bytes: levels.usual_bytes,
        high_nanos: levels.high_nanos,
        run_nanos: levels.run_nanos,
        grown_pages: levels.grown_bytes / page_bytes,
        sites,
    })
}

/// How many bytes were live for how long.
struct Levels {
    run_nanos: u64,
    usual_bytes: u64,
    /// How long more than a limit was live.
    high_nanos: u64,
    /// By how much the memory grew meanwhile.
    grown_bytes: u64,
}

impl Levels {
    fn of(profile: &Profile, series: &[HeapPoint], limit_bytes: u64) -> Option<Levels> {
        let space = profile.address_space();
        let first = series.first()?.time_nanos;
        let last = profile.duration_nanos().max(first);
        let (mut high_nanos, mut grown_bytes, mut before_nanos) = (0, 0, first.saturating_sub(1));
        let mut levels = Vec::with_capacity(series.len());
        for (at, point) in series.iter().enumerate() {
            let next_nanos = series.get(at + 1).map_or(last, |next| next.time_nanos);
            let nanos = next_nanos.saturating_sub(point.time_nanos);
            levels.push((point.live_bytes, nanos));
            if point.live_bytes > limit_bytes {
                high_nanos += nanos;
            }
            if point.peak_bytes > limit_bytes {
                grown_bytes += space.size_at(point.time_nanos).saturating_sub(space.size_at(before_nanos));
            }
            before_nanos = point.time_nanos;
        }
        let usual_bytes = median(levels);
        Some(Levels { run_nanos: last - first, usual_bytes, high_nanos, grown_bytes })
    }
}

/// Of `(value, weight)`.
fn median(mut values: Vec<(u64, u64)>) -> u64 {
    values.sort_unstable();
    let half = values.iter().map(|(_, weight)| *weight).fold(0, u64::saturating_add) / 2;
    let mut below = 0u64;
    let reached = values.iter().find(|(_, weight)| {
        below = below.saturating_add(*weight);
        below > half
    });
    reached.or(values.last()).map_or(0, |(value, _)| *value)
}
