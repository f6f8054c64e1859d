//! Peaks: a short time with far more live bytes than otherwise, for which the memory grew.

use super::LEAST_PAGES;
use crate::analysis::{HeapHistory, HeapPoint, HeapSite, heap_at_peak, heap_sites};
use crate::profile::Profile;
use wasmscope_symbolize::MemoryIndex;

/// The clock of heap operations goes on with each sample: shorter runs have no time to compare.
const LEAST_NANOS: u64 = 100_000_000;
/// What comes more often is how the program works.
const MOST_TIMES: usize = 3;
/// The most of the run that a peak takes, as a part.
const SHORT_PART: u64 = 10;
/// The memory grew by at least this part of the peak during it.
const GROWN_PART: u64 = 4;
/// So many places are named.
const SITES: usize = 3;

/// For a short time far more bytes were live than otherwise.
///
/// More than half of the most that was ever live was so for at most a tenth of the time from the first heap operation
/// to the end of the run, at most three times, and the memory grew by at least four pages and a quarter of the peak
/// while more than twice the usual was live, or more than half of the peak. Linear memory never shrinks: what grew for
/// the peak stays until the end. Runs of less than 100 ms are not looked at.
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
    /// By how much the memory grew for the peak, in pages.
    pub grown_pages: u64,
    /// Who had most bytes at the peak, by falling bytes: at most three.
    pub sites: Vec<HeapSite>,
}

pub(super) fn peak(profile: &Profile, memory: MemoryIndex) -> Option<Peak> {
    let HeapHistory { totals, series, .. } = profile.heap_timeline().of_memory(memory);
    let from_nanos = profile.recording().measured_from_nanos();
    let series = series.get(series.partition_point(|point| point.time_nanos < from_nanos)..)?;
    let first_nanos = series.first()?.time_nanos;
    let last_nanos = profile.duration_nanos().max(first_nanos);
    let run_nanos = last_nanos - first_nanos;
    let levels = levels(series, last_nanos);
    let half_bytes = totals.peak_bytes / 2;
    let high = levels.iter().filter(|(bytes, _)| *bytes > half_bytes);
    let high_nanos = high.map(|(_, nanos)| *nanos).fold(0, u64::saturating_add);
    let usual_bytes = median(levels);
    let is_rare = times_above(series, half_bytes) <= MOST_TIMES;
    let is_short = high_nanos <= run_nanos / SHORT_PART;
    let grown_bytes = grown_bytes(profile, memory, series, half_bytes.min(usual_bytes.saturating_mul(2)));
    let page_bytes = profile.address_space(memory).page_bytes().max(1);
    let least_bytes = (LEAST_PAGES * page_bytes).max(totals.peak_bytes / GROWN_PART);
    if run_nanos < LEAST_NANOS || !is_rare || !is_short || grown_bytes < least_bytes {
        return None;
    }
    let mut sites = heap_sites(profile, &heap_at_peak(profile, memory).blocks);
    sites.truncate(SITES);
    let (peak_bytes, peak_nanos) = (totals.peak_bytes, totals.peak_nanos);
    let grown_pages = grown_bytes / page_bytes;
    Some(Peak { peak_bytes, peak_nanos, usual_bytes, high_nanos, run_nanos, grown_pages, sites })
}

/// How many bytes were live for how many nanoseconds.
fn levels(series: &[HeapPoint], last_nanos: u64) -> Vec<(u64, u64)> {
    let ends = series.iter().skip(1).map(|point| point.time_nanos).chain([last_nanos]);
    let level = |(point, end): (&HeapPoint, u64)| (point.live_bytes, end.saturating_sub(point.time_nanos));
    series.iter().zip(ends).map(level).collect()
}

/// How often it came about that more than so much was live.
fn times_above(series: &[HeapPoint], limit_bytes: u64) -> usize {
    let is_above = || series.iter().map(|point| point.live_bytes.max(point.peak_bytes) > limit_bytes);
    let before = [false].into_iter().chain(is_above());
    before.zip(is_above()).filter(|(before, now)| !before && *now).count()
}

/// By how much the memory grew while more than so much was live.
fn grown_bytes(profile: &Profile, memory: MemoryIndex, series: &[HeapPoint], limit_bytes: u64) -> u64 {
    let space = profile.address_space(memory);
    let mut before = space.size_at(series.first().map_or(0, |point| point.time_nanos.saturating_sub(1)));
    let mut grown_bytes = 0;
    for point in series {
        let now = space.size_at(point.time_nanos);
        if point.peak_bytes > limit_bytes {
            grown_bytes += now.saturating_sub(before);
        }
        before = now;
    }
    grown_bytes
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
