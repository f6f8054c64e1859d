//! The lives of all heap blocks, so that the blocks of any moment are found in the same short time.

use super::collected::LiveRanges;
use rustc_hash::FxHashMap;
use std::ops::Range;
use wasmscope_instrument::recording::{ContextId, Frees, HeapEvent, HeapLog, HeapOp};

/// A row of the recording's heap operations: the one that handed a block out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockRow(pub u32);

impl BlockRow {
    /// The row as a position in the columns of the heap operations.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// In [`HeapTimeline::end`]: the block was never freed.
const NEVER: u32 = u32::MAX;
/// In [`HeapTimeline::end`]: the row hands no block out. Such a "block" ends before it begins, so that it is live
/// at no moment.
const NO_BLOCK: u32 = 0;
/// Fewest operations between two checkpoints.
const MIN_SPACING: usize = 4_096;
/// Most rows in all checkpoints together: 64 MiB.
const MAX_CHECKPOINT_ROWS: usize = 16 << 20;
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

/// The lives of all blocks.
///
/// A block is named by the row that handed it out, and `end` holds for each row when its block ended. The blocks
/// that are live after row `r` are those of a checkpoint before `r` and of the rows since, as far as they end
/// later: two passes over plain columns, from the front to the back. Checkpoints stand so far apart that together they are no longer than four
/// times the operations, and no larger than 64 MiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapTimeline {
    /// By row: the row that freed its block, [`NEVER`] or [`NO_BLOCK`].
    end: Vec<u32>,
    checkpoints: Vec<Checkpoint>,
    lowest_address: Option<u64>,
    series: Vec<HeapPoint>,
    totals: HeapTotals,
    findings: HeapFindings,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Checkpoint {
    /// The state after this many rows.
    rows: usize,
    /// The live blocks in the order in which they were handed out.
    live: Box<[BlockRow]>,
    /// One behind the highest byte that was ever handed out before.
    high_water: u64,
}

impl HeapTimeline {
    /// Sums begin at `measured_from_nanos`; blocks are known from the start. Where frees are not seen nothing is found
    /// wrong in them.
    pub(crate) fn of(heap: &HeapLog, frees: Frees, measured_from_nanos: u64) -> HeapTimeline {
        let rows = heap.len().min(NEVER as usize - 1);
        let mut pass = Pass::new(rows, heap.last_nanos().unwrap_or(0), measured_from_nanos);
        pass.collected = (frees == Frees::Collected).then(LiveRanges::default);
        for (first_row, events) in heap.chunks(0..rows) {
            (first_row..rows).zip(events.iter()).for_each(|(row, event)| pass.step(row, event));
        }
        pass.finish()
    }

    /// The live bytes over time, at most some two thousand points.
    pub fn series(&self) -> &[HeapPoint] {
        &self.series
    }

    /// Sums over the whole run.
    pub fn totals(&self) -> HeapTotals {
        self.totals
    }

    /// What was wrong in the use of the heap.
    pub fn findings(&self) -> &HeapFindings {
        &self.findings
    }

    /// The lowest address that was ever handed out.
    pub fn lowest_address(&self) -> Option<u64> {
        self.lowest_address
    }

    /// The row that freed the block; `None` where it was never freed.
    pub fn freed_by(&self, block: BlockRow) -> Option<BlockRow> {
        let end = self.end.get(block.index()).copied();
        end.filter(|end| *end != NEVER && *end != NO_BLOCK).map(BlockRow)
    }

    /// Was the block never freed?
    pub fn is_never_freed(&self, block: BlockRow) -> bool {
        self.end.get(block.index()) == Some(&NEVER)
    }

    /// How many operations happened until and at `nanos`.
    pub(crate) fn rows_until(&self, heap: &HeapLog, nanos: u64) -> usize {
        heap.rows_before(|time| time <= nanos).min(self.end.len())
    }

    /// How many operations happened before `nanos`.
    pub(crate) fn rows_before(&self, heap: &HeapLog, nanos: u64) -> usize {
        heap.rows_before(|time| time < nanos).min(self.end.len())
    }

    /// The blocks that were handed out in `rows` and are live after them.
    pub(crate) fn live_begun_in(&self, rows: Range<usize>) -> impl Iterator<Item = BlockRow> {
        let end = rows.end;
        let begun = self.end.get(rows.clone()).unwrap_or(&[]).iter().zip(rows);
        begun.filter(move |(until, _)| **until as usize >= end).map(|(_, row)| BlockRow(row as u32))
    }

    /// The blocks that are live after `rows` operations, in the order in which they were handed out, and one behind
    /// the highest byte that was handed out until then.
    pub(crate) fn live_after(&self, heap: &HeapLog, rows: usize) -> (Vec<BlockRow>, u64) {
        let rows = rows.min(self.end.len());
        let (from, high_water) = self.checkpoint(rows).map_or((0, 0), |at| (at.rows, at.high_water));
        (self.live_rows(rows), high_water.max(self.highest_end(heap, from..rows)))
    }

    fn checkpoint(&self, rows: usize) -> Option<&Checkpoint> {
        let behind = self.checkpoints.partition_point(|checkpoint| checkpoint.rows <= rows);
        self.checkpoints.get(behind.checked_sub(1)?)
    }

    fn live_rows(&self, rows: usize) -> Vec<BlockRow> {
        let (from, live) = self.checkpoint(rows).map_or((0, &[][..]), |at| (at.rows, &at.live[..]));
        let kept = live.iter().copied().filter(|block| self.end[block.index()] as usize >= rows);
        kept.chain(self.live_begun_in(from..rows)).collect()
    }

    fn highest_end(&self, heap: &HeapLog, rows: Range<usize>) -> u64 {
        let blocks = heap.pick(rows.filter(|row| self.end[*row] != NO_BLOCK));
        blocks.map(|(_, event)| event.address.saturating_add(event.size)).max().unwrap_or(0)
    }
}

/// The last block that was handed out at an address. Its size and its state stand in other columns too, but each look
/// at those is a trip to main memory.
struct LastBlock {
    row: u32,
    is_live: bool,
    size: u64,
}

/// The pass over all operations.
struct Pass {
    timeline: HeapTimeline,
    last_at: FxHashMap<u64, LastBlock>,
    /// The room of live blocks where frees are not seen.
    collected: Option<LiveRanges>,
    live_blocks: u64,
    live_bytes: u64,
    /// One behind the highest byte that was handed out so far.
    high_water: u64,
    /// How many live blocks each operation since the last checkpoint allows the next one to have.
    blocks_per_row: f64,
    stretch_nanos: u64,
    /// Where the stretch of the last point ends.
    stretch_end_nanos: u64,
    now_nanos: u64,
    /// When sums begin, until they did.
    sums_from_nanos: Option<u64>,
}

impl Pass {
    fn new(rows: usize, last_nanos: u64, measured_from_nanos: u64) -> Self {
        let budget = rows.saturating_mul(4).min(MAX_CHECKPOINT_ROWS);
        Pass {
            timeline: HeapTimeline {
                end: vec![NO_BLOCK; rows],
                checkpoints: Vec::new(),
                lowest_address: None,
                series: Vec::new(),
                totals: HeapTotals::default(),
                findings: HeapFindings::default(),
            },
            last_at: FxHashMap::default(),
            collected: None,
            live_blocks: 0,
            live_bytes: 0,
            high_water: 0,
            blocks_per_row: budget as f64 / rows.max(1) as f64,
            stretch_nanos: (last_nanos / SERIES_POINTS).max(1),
            stretch_end_nanos: 0,
            now_nanos: 0,
            sums_from_nanos: Some(measured_from_nanos),
        }
    }

    /// What was counted so far was a warm-up.
    fn begin_sums(&mut self, row: usize, now_nanos: u64) {
        if self.sums_from_nanos.take_if(|from| now_nanos >= *from).is_some() {
            let (peak_bytes, peak_nanos) = (self.live_bytes, self.now_nanos);
            self.timeline.totals =
                HeapTotals { peak_bytes, peak_nanos, peak_rows: row, ..HeapTotals::default() };
        }
    }

    fn step(&mut self, row: usize, event: HeapEvent) {
        self.begin_sums(row, event.time_nanos);
        match event.op {
            HeapOp::Alloc => self.begin(row, event),
            HeapOp::Free => self.free(row, event, event.address),
            HeapOp::Realloc if event.address != 0 => {
                self.free(row, event, event.old_address);
                self.begin(row, event);
            }
            HeapOp::Realloc if event.size == 0 => self.free(row, event, event.old_address),
            HeapOp::Realloc => self.timeline.totals.refused += 1,
        }
        self.note_point(row + 1, event.time_nanos);
        self.note_checkpoint(row + 1);
    }

    fn begin(&mut self, row: usize, event: HeapEvent) {
        let HeapEvent { address, size, .. } = event;
        if address == 0 {
            self.timeline.totals.refused += 1;
            return;
        }
        self.end_overlapped(row, address, size);
        let block = LastBlock { row: row as u32, is_live: true, size };
        if let Some(before) = self.last_at.insert(address, block).filter(|before| before.is_live) {
            self.end(before.row, before.size, row);
            self.find(HeapFindingKind::AddressReused, row, event, address);
        }
        self.timeline.end[row] = NEVER;
        self.live_blocks += 1;
        self.live_bytes = self.live_bytes.saturating_add(size);
        self.high_water = self.high_water.max(address.saturating_add(size));
        let lowest = &mut self.timeline.lowest_address;
        *lowest = Some(lowest.map_or(address, |lowest| lowest.min(address)));
        let totals = &mut self.timeline.totals;
        totals.allocations += 1;
        totals.allocated_bytes = totals.allocated_bytes.saturating_add(size);
    }

    /// Where frees are not seen, ends the blocks in whose room there is a new one.
    fn end_overlapped(&mut self, row: usize, address: u64, size: u64) {
        for older in self.collected.as_mut().map_or_else(Vec::new, |live| live.begin(address, size)) {
            if let Some(last) = self.last_at.get_mut(&older).filter(|last| last.is_live) {
                last.is_live = false;
                let LastBlock { row: block, size, .. } = *last;
                self.end(block, size, row);
            }
        }
    }

    fn free(&mut self, row: usize, event: HeapEvent, address: u64) {
        if address == 0 {
            return;
        }
        if let Some(live) = &mut self.collected {
            live.end(address);
        }
        match self.last_at.get_mut(&address) {
            None => self.find(HeapFindingKind::UnknownFree, row, event, address),
            Some(LastBlock { is_live: false, .. }) => {
                self.find(HeapFindingKind::DoubleFree, row, event, address);
            }
            Some(last) => {
                last.is_live = false;
                let LastBlock { row: block, size, .. } = *last;
                self.end(block, size, row);
                self.timeline.totals.frees += 1;
            }
        }
    }

    fn end(&mut self, block: u32, size: u64, row: usize) {
        self.timeline.end[block as usize] = row as u32;
        self.live_blocks -= 1;
        self.live_bytes = self.live_bytes.saturating_sub(size);
    }

    fn find(&mut self, kind: HeapFindingKind, row: usize, event: HeapEvent, address: u64) {
        if self.collected.is_some() {
            return;
        }
        let findings = &mut self.timeline.findings;
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
    fn note_point(&mut self, rows: usize, time_nanos: u64) {
        // Time doesn't run backwards, but in a damaged recording.
        self.now_nanos = self.now_nanos.max(time_nanos).min(u64::MAX - 1);
        let has_room = self.timeline.series.len() < MAX_SERIES_POINTS;
        let is_new = self.now_nanos >= self.stretch_end_nanos && has_room;
        if is_new {
            let stretch = self.now_nanos / self.stretch_nanos;
            self.stretch_end_nanos = (stretch + 1).saturating_mul(self.stretch_nanos);
        }
        let (time_nanos, live_bytes, live_blocks) = (self.now_nanos, self.live_bytes, self.live_blocks);
        let totals = &mut self.timeline.totals;
        if live_bytes > totals.peak_bytes {
            (totals.peak_bytes, totals.peak_nanos, totals.peak_rows) = (live_bytes, time_nanos, rows);
        }
        let series = &mut self.timeline.series;
        let same = series.last_mut().filter(|_| !is_new);
        let peak_bytes = same.as_ref().map_or(0, |point| point.peak_bytes).max(live_bytes);
        let point = HeapPoint { time_nanos, live_bytes, live_blocks, peak_bytes };
        match same {
            Some(last) => *last = point,
            None => series.push(point),
        }
    }

    fn note_checkpoint(&mut self, rows: usize) {
        let last = self.timeline.checkpoints.last();
        let since = rows - last.map_or(0, |checkpoint| checkpoint.rows);
        if since < MIN_SPACING || (since as f64) * self.blocks_per_row < self.live_blocks as f64 {
            return;
        }
        let (live, high_water) = (self.timeline.live_rows(rows).into(), self.high_water);
        self.timeline.checkpoints.push(Checkpoint { rows, live, high_water });
    }

    fn finish(mut self) -> HeapTimeline {
        self.begin_sums(self.timeline.end.len(), u64::MAX);
        let mut timeline = self.timeline;
        timeline.totals.end_bytes = self.live_bytes;
        timeline.totals.end_blocks = self.live_blocks;
        timeline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` blocks that are handed out and, `live` operations later, freed.
    fn window(count: u64, live: u64) -> HeapLog {
        let mut heap = HeapLog::default();
        let event = |op, block: u64| {
            let (time_nanos, address, size, old_address, context) = (0, (block + 1) * 16, 8, 0, None);
            HeapEvent { time_nanos, op, address, size, old_address, context }
        };
        for block in 0..count {
            heap.push(event(HeapOp::Alloc, block));
            if let Some(old) = block.checked_sub(live) {
                heap.push(event(HeapOp::Free, old));
            }
        }
        heap
    }

    #[test]
    fn sums_begin_behind_the_warm_up_and_blocks_before_it() {
        let mut heap = HeapLog::default();
        let timed = |(time_nanos, event)| HeapEvent { time_nanos, ..event };
        (0..).zip(window(10, 2).iter()).map(timed).for_each(|event| heap.push(event));
        let all = HeapTimeline::of(&heap, Frees::Seen, 0).totals();
        assert_eq!((all.allocations, all.frees, all.peak_bytes, all.end_blocks), (10, 8, 24, 2));
        // Rows 0 and 1 hand out, from then on each hands out, and the next frees.
        let late = HeapTimeline::of(&heap, Frees::Seen, 10).totals();
        assert_eq!((late.allocations, late.frees, late.peak_bytes, late.end_blocks), (4, 4, 24, 2));
        let never = HeapTimeline::of(&heap, Frees::Seen, u64::MAX).totals();
        assert_eq!((never.allocations, never.frees, never.peak_bytes, never.end_blocks), (0, 0, 16, 2));
    }

    #[test]
    fn a_block_whose_free_is_not_seen_ends_where_its_room_is_handed_out_again() {
        let mut heap = HeapLog::default();
        for (time_nanos, (op, address, size)) in (0..).zip([
            (HeapOp::Alloc, 64, 32),
            (HeapOp::Alloc, 128, 16),
            (HeapOp::Alloc, 80, 8),
            (HeapOp::Alloc, 128, 4),
            (HeapOp::Free, 64, 0),
        ]) {
            heap.push(HeapEvent { time_nanos, op, address, size, old_address: 0, context: None });
        }
        let timeline = HeapTimeline::of(&heap, Frees::Collected, 0);
        let ends = [0, 1, 2, 3].map(|row| timeline.freed_by(BlockRow(row)));
        assert_eq!(ends, [Some(BlockRow(2)), Some(BlockRow(3)), None, None]);
        assert_eq!((timeline.totals().end_bytes, timeline.findings().first.len()), (12, 0));
        let seen = HeapTimeline::of(&heap, Frees::Seen, 0);
        assert_eq!((seen.totals().end_bytes, seen.findings().addresses_reused), (12, 1));
    }

    #[test]
    fn checkpoints_hold_no_more_than_four_rows_an_operation() {
        for live in [10, 5_000, 50_000, u64::MAX] {
            let heap = window(100_000, live);
            let timeline = HeapTimeline::of(&heap, Frees::Seen, 0);
            let rows: usize = timeline.checkpoints.iter().map(|checkpoint| checkpoint.live.len()).sum();
            assert!(rows <= 4 * heap.len(), "{live} live: {rows} rows for {} operations", heap.len());
            let spread = timeline.checkpoints.len();
            assert!(spread >= 4, "{live} live: {spread} checkpoints");
            let live_now = timeline.live_after(&heap, heap.len()).0.len() as u64;
            assert_eq!(live_now, live.min(100_000));
        }
    }
}
