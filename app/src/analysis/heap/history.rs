//! What became of a heap: sums, the curve of its live bytes, and what was wrong in its use.

use wasmscope_instrument::recording::{ContextId, HeapEvent};

/// Points of the series of live bytes.
const SERIES_POINTS: u64 = 2_048;
/// More only where the last operation is not the latest one, as in a damaged recording.
const MAX_SERIES_POINTS: usize = 2 * SERIES_POINTS as usize;
/// So many findings are kept one by one; the others are counted.
const MAX_KEPT_FINDINGS: usize = 1_000;

/// Something that an allocator's user did and should not have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeapFindingKind {
    /// A block was freed again.
    DoubleFree,
    /// An address was freed that was never handed out, or before the recording began.
    UnknownFree,
    /// A block was handed out at the address of a block that was not freed: its free was not seen.
    AddressReused,
}

/// One of the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapFinding {
    /// What happened.
    pub kind: HeapFindingKind,
    /// The row of the heap operations.
    pub row: u32,
    /// When, in nanoseconds since the recording began.
    pub time_nanos: u64,
    /// The address that was freed or handed out.
    pub address: u64,
    /// Where: see [`Profile::heap_path`](crate::profile::Profile::heap_path).
    pub context: Option<ContextId>,
}

/// What was wrong in the use of the heap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeapFindings {
    /// Blocks freed again.
    pub double_frees: u64,
    /// Frees of addresses that were never handed out.
    pub unknown_frees: u64,
    /// Blocks handed out where one was that was not freed.
    pub addresses_reused: u64,
    /// The first thousand of them, in order.
    pub first: Vec<HeapFinding>,
}

/// Sums over all heap operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapTotals {
    /// Blocks handed out; a realloc counts as one.
    pub allocations: u64,
    /// Their bytes.
    pub allocated_bytes: u64,
    /// Blocks freed; a realloc frees one.
    pub frees: u64,
    /// Requests that the allocator refused.
    pub refused: u64,
    /// The most bytes that were live at once.
    pub peak_bytes: u64,
    /// When that was, in nanoseconds since the recording began.
    pub peak_nanos: u64,
    /// How many operations had happened then: of several at one moment, some may come after the peak.
    pub peak_rows: usize,
    /// Bytes live at the end.
    pub end_bytes: u64,
    /// Blocks live at the end.
    pub end_blocks: u64,
}

/// A point of the series of live bytes; each stands for a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapPoint {
    /// The last operation of the stretch, in nanoseconds since the recording began.
    pub time_nanos: u64,
    /// Bytes of the live blocks at its end.
    pub live_bytes: u64,
    /// Live blocks at its end.
    pub live_blocks: u64,
    /// The most live bytes within it.
    pub peak_bytes: u64,
}

/// What became of the heap of one memory, or of those of all memories together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeapHistory {
    /// Live bytes over time, at most some two thousand points.
    pub series: Vec<HeapPoint>,
    /// Sums over the whole run.
    pub totals: HeapTotals,
    /// What was wrong in the use of the heap.
    pub findings: HeapFindings,
    /// The lowest address that was ever handed out.
    pub lowest_address: Option<u64>,
}

/// A history on the way.
pub(super) struct Tally {
    pub(super) history: HeapHistory,
    pub(super) live_blocks: u64,
    live_bytes: u64,
    /// One behind the highest byte that was handed out so far.
    pub(super) high_water: u64,
    stretch_nanos: u64,
    /// Where the stretch of the last point ends.
    stretch_end_nanos: u64,
    now_nanos: u64,
}

impl Tally {
    pub(super) fn new(last_nanos: u64) -> Tally {
        Tally {
            history: HeapHistory::default(),
            live_blocks: 0,
            live_bytes: 0,
            high_water: 0,
            stretch_nanos: (last_nanos / SERIES_POINTS).max(1),
            stretch_end_nanos: 0,
            now_nanos: 0,
        }
    }

    /// What was counted until the operation in `row` was a warm-up.
    pub(super) fn begin_sums(&mut self, row: usize) {
        let (peak_bytes, peak_nanos) = (self.live_bytes, self.now_nanos);
        self.history.totals = HeapTotals { peak_bytes, peak_nanos, peak_rows: row, ..HeapTotals::default() };
    }

    pub(super) fn refuse(&mut self) {
        self.history.totals.refused += 1;
    }

    pub(super) fn begin(&mut self, address: u64, size: u64) {
        self.live_blocks += 1;
        self.live_bytes = self.live_bytes.saturating_add(size);
        self.high_water = self.high_water.max(address.saturating_add(size));
        let lowest = &mut self.history.lowest_address;
        *lowest = Some(lowest.map_or(address, |lowest| lowest.min(address)));
        let totals = &mut self.history.totals;
        totals.allocations += 1;
        totals.allocated_bytes = totals.allocated_bytes.saturating_add(size);
    }

    /// A block is no longer there.
    pub(super) fn end(&mut self, size: u64) {
        self.live_blocks = self.live_blocks.saturating_sub(1);
        self.live_bytes = self.live_bytes.saturating_sub(size);
    }

    /// It was freed, rather than lost.
    pub(super) fn count_free(&mut self) {
        self.history.totals.frees += 1;
    }

    pub(super) fn find(&mut self, kind: HeapFindingKind, row: usize, event: HeapEvent, address: u64) {
        let findings = &mut self.history.findings;
        *match kind {
            HeapFindingKind::DoubleFree => &mut findings.double_frees,
            HeapFindingKind::UnknownFree => &mut findings.unknown_frees,
            HeapFindingKind::AddressReused => &mut findings.addresses_reused,
        } += 1;
        if findings.first.len() < MAX_KEPT_FINDINGS {
            let HeapEvent { time_nanos, context, .. } = event;
            findings.first.push(HeapFinding { kind, row: row as u32, time_nanos, address, context });
        }
    }

    /// Adds the state to the series: a new point, or the last one where that is of the same stretch of time.
    pub(super) fn note_point(&mut self, rows: usize, time_nanos: u64) {
        // Time doesn't run backwards, but in a damaged recording.
        self.now_nanos = self.now_nanos.max(time_nanos).min(u64::MAX - 1);
        let has_room = self.history.series.len() < MAX_SERIES_POINTS;
        let is_new = self.now_nanos >= self.stretch_end_nanos && has_room;
        if is_new {
            let stretch = self.now_nanos / self.stretch_nanos;
            self.stretch_end_nanos = (stretch + 1).saturating_mul(self.stretch_nanos);
        }
        let (time_nanos, live_bytes, live_blocks) = (self.now_nanos, self.live_bytes, self.live_blocks);
        let totals = &mut self.history.totals;
        if live_bytes > totals.peak_bytes {
            (totals.peak_bytes, totals.peak_nanos, totals.peak_rows) = (live_bytes, time_nanos, rows);
        }
        let series = &mut self.history.series;
        let same = series.last_mut().filter(|_| !is_new);
        let peak_bytes = same.as_ref().map_or(0, |point| point.peak_bytes).max(live_bytes);
        let point = HeapPoint { time_nanos, live_bytes, live_blocks, peak_bytes };
        match same {
            Some(last) => *last = point,
            None => series.push(point),
        }
    }

    pub(super) fn finish(mut self) -> HeapHistory {
        self.history.totals.end_bytes = self.live_bytes;
        self.history.totals.end_blocks = self.live_blocks;
        self.history
    }
}
