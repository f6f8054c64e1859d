//! Exports that are called again and again: each call is a mark in time.

use super::boundary::FunctionNames;
use crate::profile::Profile;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmscope_instrument::recording::Direction;

/// Calls of one export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportCalls {
    /// Its name.
    pub name: Arc<str>,
    /// When its first calls began, ascending, in nanoseconds since the recording began.
    pub starts: Vec<u64>,
}

/// The exports that the host called more than once, with the beginnings of at most `most` calls of each: the first of those
/// that were kept one by one.
pub fn export_calls(profile: &Profile, most: usize) -> Vec<ExportCalls> {
    let mut starts: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    let spans = profile.recording().spans.iter();
    for span in spans.filter(|span| span.direction == Direction::HostToGuest) {
        starts.entry(span.func).or_default().push(span.start_nanos);
    }
    let names = FunctionNames::of(profile);
    let repeated = starts.into_iter().filter(|(_, starts)| starts.len() > 1);
    let calls = repeated.map(|(func, mut starts)| {
        starts.sort_unstable();
        starts.truncate(most);
        ExportCalls { name: names.name(Direction::HostToGuest, func).1, starts }
    });
    calls.collect()
}
