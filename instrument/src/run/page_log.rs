//! Makes rows of the pages that the guest touched. It is the collector that looks at them while the guest runs: that
//! costs the guest nothing, and a guest that calls no host is seen as well.

use super::guest_memories::PagesSeen;
use super::page_set::PageSet;
use super::residency::Residency;
use crate::clock::RecordingClock;
use crate::recording::{PageSource, PageTable, TouchedPages};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;
use wasmscope_symbolize::MemoryIndex;

/// Pages are looked at no more often than this.
const MIN_WAIT_NANOS: u64 = Duration::from_millis(20).as_nanos() as u64;
/// Nor for more than one part in so many of the time.
const WAIT_PER_LOOK: u64 = 500;
/// A look that takes longer than this, and this for each page, was interrupted: it says nothing of the next one.
const LOOK_NANOS: u64 = 20_000;
const PAGE_NANOS: u64 = 200;

/// What is known to be touched.
#[derive(Default)]
pub struct PageLog {
    residency: Option<Arc<Residency>>,
    known: FxHashMap<MemoryIndex, PageSet>,
    /// When pages are looked at next; `None` before the guest runs and when it has ended.
    next_nanos: Option<u64>,
    last_nanos: u64,
}

impl PageLog {
    /// Begins with nothing, for a guest of whose pages `residency` tells.
    pub fn new(residency: Option<Arc<Residency>>) -> Self {
        PageLog { residency, ..PageLog::default() }
    }

    /// The guest has ended: its pages are its own matter.
    pub fn end(&mut self) {
        self.next_nanos = None;
    }

    /// Looks at the pages if it is time.
    pub fn look(&mut self, clock: &RecordingClock, pages: &mut Option<PageTable>) {
        let time_nanos = clock.now();
        let Some(residency) = &self.residency else { return };
        if self.next_nanos.is_none_or(|next| time_nanos < next) {
            return;
        }
        let (page_bytes, touched) = (residency.page_bytes(), residency.touched());
        let source = PageSource::Resident;
        let pages_seen: u64 = touched.iter().map(|(_, pages)| pages.capacity()).sum();
        self.add(PagesSeen { time_nanos, page_bytes, source, touched }, pages);
        let now = clock.now();
        let took_nanos = (now - time_nanos).min(LOOK_NANOS + PAGE_NANOS * pages_seen);
        self.next_nanos = Some(now + MIN_WAIT_NANOS.max(WAIT_PER_LOOK * took_nanos));
    }

    /// Adds what the guest's thread saw: when the guest began, or when it has ended.
    pub fn take(&mut self, seen: PagesSeen, has_ended: bool, pages: &mut Option<PageTable>) {
        self.next_nanos = (!has_ended).then_some(seen.time_nanos + MIN_WAIT_NANOS);
        self.add(seen, pages);
    }

    /// Adds rows for what is new of it. A table without rows tells that nothing was touched.
    fn add(&mut self, seen: PagesSeen, pages: &mut Option<PageTable>) {
        let PagesSeen { time_nanos, page_bytes, source, touched } = seen;
        self.last_nanos = self.last_nanos.max(time_nanos);
        let new = touched.iter().flat_map(|(memory, touched)| {
            let runs = self.known.entry(*memory).or_default().add(touched);
            runs.into_iter().map(|run| (*memory, run))
        });
        let time_nanos = self.last_nanos;
        let rows: Vec<_> = new
            .map(|(memory, run)| TouchedPages {
                time_nanos,
                memory,
                first_page: run.start,
                pages: run.end - run.start,
            })
            .collect();
        if !rows.is_empty() || pages.is_none() {
            let pages = pages.get_or_insert_with(|| PageTable::new(page_bytes, source));
            rows.into_iter().for_each(|row| pages.push(row));
        }
    }
}
