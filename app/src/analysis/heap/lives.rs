//! The pass over all heap operations that finds the lives of blocks.

use super::collected::LiveRanges;
use super::history::Tally;
use super::memories::HeapMemories;
use super::order::{Numbering, Ranks};
use super::timeline::{Checkpoint, NEVER, NO_BLOCK};
use super::{HeapFindingKind, HeapHistory, HeapTimeline};
use rustc_hash::FxHashMap;
use wasmscope_instrument::recording::{HeapEvent, HeapLog, HeapOp};

/// Fewest operations between two checkpoints.
const MIN_SPACING: usize = 4_096;
/// Most rows in all checkpoints together: 64 MiB.
const MAX_CHECKPOINT_ROWS: usize = 16 << 20;

/// The lives of all blocks. Sums begin at `measured_from_nanos`.
pub(super) fn timeline(heap: &HeapLog, memories: HeapMemories, measured_from_nanos: u64) -> HeapTimeline {
    let rows = heap.len().min(NEVER as usize - 1);
    let mut pass = Pass::new(rows, heap.last_nanos().unwrap_or(0), memories, measured_from_nanos);
    for (first_row, events) in heap.chunks(0..rows) {
        (first_row..rows).zip(events.iter()).for_each(|(row, event)| pass.step(row, event));
    }
    pass.finish()
}

/// In [`LastBlock::row`]: the block is not live any more.
const GONE: u32 = NEVER;

/// The last block that was handed out at an address. Its size and its state stand in other columns too, but each look
/// at those is a trip to main memory.
struct LastBlock {
    row: u32,
    /// The number of the address.
    number: u32,
    size: u64,
}

impl LastBlock {
    /// Its row and size if it was live until now.
    fn take(&mut self) -> Option<(u32, u64)> {
        let row = std::mem::replace(&mut self.row, GONE);
        (row != GONE).then_some((row, self.size))
    }
}

/// The heap of one memory.
#[derive(Default)]
struct Heap {
    last_at: FxHashMap<u64, LastBlock>,
    /// The room of live blocks where frees are not seen. Nothing is found wrong in them then.
    collected: Option<LiveRanges>,
}

struct Pass {
    timeline: HeapTimeline,
    numbering: Numbering,
    /// By the place of the memory.
    heaps: Vec<Heap>,
    whole: Tally,
    /// By the place of the memory, where there are several.
    parts: Vec<Tally>,
    /// How many live blocks each operation since the last checkpoint allows the next one to have.
    blocks_per_row: f64,
    /// When sums begin, until they did.
    sums_from_nanos: Option<u64>,
}

impl Pass {
    fn new(rows: usize, last_nanos: u64, memories: HeapMemories, measured_from_nanos: u64) -> Self {
        let budget = rows.saturating_mul(4).min(MAX_CHECKPOINT_ROWS);
        let count = memories.all().len();
        let collected = |place| memories.is_collected(place).then(LiveRanges::default);
        let heap = |place| Heap { collected: collected(place), ..Heap::default() };
        let heaps: Vec<_> = (0..count).map(heap).collect();
        let parts = if count > 1 { count } else { 0 };
        Pass {
            timeline: HeapTimeline {
                memories,
                end: vec![NO_BLOCK; rows],
                ranks: Ranks::default(),
                checkpoints: Vec::new(),
                whole: HeapHistory::default(),
                parts: Vec::new(),
            },
            numbering: Numbering::new(rows),
            heaps,
            whole: Tally::new(last_nanos),
            parts: (0..parts).map(|_| Tally::new(last_nanos)).collect(),
            blocks_per_row: budget as f64 / rows.max(1) as f64,
            sums_from_nanos: Some(measured_from_nanos),
        }
    }

    /// What was counted so far was a warm-up.
    fn begin_sums(&mut self, row: usize, now_nanos: u64) {
        if self.sums_from_nanos.take_if(|from| now_nanos >= *from).is_some() {
            self.whole.begin_sums(row);
            self.parts.iter_mut().for_each(|tally| tally.begin_sums(row));
        }
    }

    /// Tells the history of the memory at `place`, and that of the whole.
    #[inline]
    fn tell(&mut self, place: usize, what: impl Fn(&mut Tally)) {
        what(&mut self.whole);
        if let Some(part) = self.parts.get_mut(place) {
            what(part);
        }
    }

    fn step(&mut self, row: usize, event: HeapEvent) {
        self.begin_sums(row, event.time_nanos);
        let place = self.timeline.memories.place(event.context);
        match event.op {
            HeapOp::Alloc => self.begin(place, row, event),
            HeapOp::Free => self.free(place, row, event, event.address),
            HeapOp::Realloc if event.address != 0 => {
                self.free(place, row, event, event.old_address);
                self.begin(place, row, event);
            }
            HeapOp::Realloc if event.size == 0 => self.free(place, row, event, event.old_address),
            HeapOp::Realloc => self.tell(place, Tally::refuse),
        }
        self.tell(place, |tally| tally.note_point(row + 1, event.time_nanos));
        self.note_checkpoint(row + 1);
    }

    fn begin(&mut self, place: usize, row: usize, event: HeapEvent) {
        let HeapEvent { address, size, .. } = event;
        if address == 0 {
            return self.tell(place, Tally::refuse);
        }
        self.end_overlapped(place, row, address, size);
        let Some(heap) = self.heaps.get_mut(place) else { return };
        let numbering = &mut self.numbering;
        let new = || LastBlock { row: GONE, number: numbering.meet(), size };
        let last = heap.last_at.entry(address).or_insert_with(new);
        let before = last.take();
        (last.row, last.size) = (row as u32, size);
        self.numbering.note(row, last.number);
        if let Some((before, size)) = before {
            self.end(place, before, size, row);
            self.find(place, HeapFindingKind::AddressReused, row, event, address);
        }
        self.timeline.end[row] = NEVER;
        self.tell(place, |tally| tally.begin(address, size));
    }

    fn free(&mut self, place: usize, row: usize, event: HeapEvent, address: u64) {
        if address == 0 {
            return;
        }
        let Some(heap) = self.heaps.get_mut(place) else { return };
        heap.collected.iter_mut().for_each(|live| live.end(address));
        match heap.last_at.get_mut(&address).map(LastBlock::take) {
            None => self.find(place, HeapFindingKind::UnknownFree, row, event, address),
            Some(None) => self.find(place, HeapFindingKind::DoubleFree, row, event, address),
            Some(Some((block, size))) => {
                self.end(place, block, size, row);
                self.tell(place, Tally::count_free);
            }
        }
    }

    /// Where frees are not seen, ends the blocks in whose room there is a new one.
    fn end_overlapped(&mut self, place: usize, row: usize, address: u64, size: u64) {
        let Some(heap) = self.heaps.get_mut(place) else { return };
        let Some(live) = &mut heap.collected else { return };
        let mut ended = Vec::new();
        for older in live.begin(address, size) {
            ended.extend(heap.last_at.get_mut(&older).and_then(LastBlock::take));
        }
        ended.into_iter().for_each(|(block, size)| self.end(place, block, size, row));
    }

    fn find(&mut self, place: usize, kind: HeapFindingKind, row: usize, event: HeapEvent, address: u64) {
        if self.heaps.get(place).is_none_or(|heap| heap.collected.is_none()) {
            self.tell(place, |tally| tally.find(kind, row, event, address));
        }
    }

    fn end(&mut self, place: usize, block: u32, size: u64, row: usize) {
        self.timeline.end[block as usize] = row as u32;
        self.tell(place, |tally| tally.end(size));
    }

    fn note_checkpoint(&mut self, rows: usize) {
        let last = self.timeline.checkpoints.last();
        let since = rows - last.map_or(0, |checkpoint| checkpoint.rows);
        if since < MIN_SPACING || (since as f64) * self.blocks_per_row < self.whole.live_blocks as f64 {
            return;
        }
        let one = [&self.whole];
        let each = if self.parts.is_empty() { one.to_vec() } else { self.parts.iter().collect() };
        let high_water = each.iter().map(|tally| tally.high_water).collect();
        let live = self.timeline.live_after(rows).into();
        self.timeline.checkpoints.push(Checkpoint { rows, live, high_water });
    }

    fn finish(mut self) -> HeapTimeline {
        self.begin_sums(self.timeline.end.len(), u64::MAX);
        let mut timeline = self.timeline;
        timeline.whole = self.whole.finish();
        timeline.parts = self.parts.into_iter().map(Tally::finish).collect();
        let numbered = |heap: Heap| heap.last_at.iter().map(|(at, last)| (*at, last.number)).collect();
        timeline.ranks = self.numbering.finish(self.heaps.into_iter().map(numbered));
        timeline
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmscope_instrument::recording::Recording;

    fn of(heap: &HeapLog, measured_from_nanos: u64) -> HeapTimeline {
        timeline(heap, HeapMemories::of(&Recording::default()), measured_from_nanos)
    }

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
        let all = of(&heap, 0).whole.totals;
        assert_eq!((all.allocations, all.frees, all.peak_bytes, all.end_blocks), (10, 8, 24, 2));
        // Rows 0 and 1 hand out, from then on each hands out, and the next frees.
        let late = of(&heap, 10).whole.totals;
        assert_eq!((late.allocations, late.frees, late.peak_bytes, late.end_blocks), (4, 4, 24, 2));
        let never = of(&heap, u64::MAX).whole.totals;
        assert_eq!((never.allocations, never.frees, never.peak_bytes, never.end_blocks), (0, 0, 16, 2));
    }

    #[test]
    fn checkpoints_hold_no_more_than_four_rows_an_operation() {
        for live in [10, 5_000, 50_000, u64::MAX] {
            let heap = window(100_000, live);
            let timeline = of(&heap, 0);
            let rows: usize = timeline.checkpoints.iter().map(|checkpoint| checkpoint.live.len()).sum();
            assert!(rows <= 4 * heap.len(), "{live} live: {rows} rows for {} operations", heap.len());
            let spread = timeline.checkpoints.len();
            assert!(spread >= 4, "{live} live: {spread} checkpoints");
            let live_now = timeline.live_after(heap.len()).len() as u64;
            assert_eq!(live_now, live.min(100_000));
        }
    }
}
