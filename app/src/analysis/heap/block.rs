//! The life of one block: where it was asked for, resized and freed.

use super::BlockRow;
use crate::profile::{PathId, Profile};
use wasmscope_instrument::recording::{HeapEvent, HeapOp};

/// Resizes further away than this are left out, on either side.
const MOST_STEPS: usize = 1_000;
/// So many blocks are looked at for them on the way back. A resize ends two at most, but where frees are not seen.
const MOST_LOOKS: usize = 2 * MOST_STEPS;

/// One heap operation in a block's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockStep {
    /// The operation's row.
    pub row: BlockRow,
    /// What was done.
    pub op: HeapOp,
    /// When, in nanoseconds since the recording began.
    pub time_nanos: u64,
    /// Where the block was behind it; for a free, where it had been.
    pub address: u64,
    /// The size asked for, in bytes; 0 for a free.
    pub size: u64,
    /// Who did it: the allocator's function innermost.
    pub path: PathId,
}

/// A block from the operation that handed it out to the one that freed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockLife {
    /// The operations, in order: the block was handed out, resized, freed. The first one is a resize where what was
    /// before is not known; the last one is no free where there was none.
    pub steps: Vec<BlockStep>,
    /// Which of the steps made the block that was asked about.
    pub asked: usize,
}

impl BlockLife {
    /// The operation that freed the block, if it was freed.
    pub fn freed(&self) -> Option<&BlockStep> {
        self.steps.last().filter(|step| step.op == HeapOp::Free)
    }
}

/// The life of the block that the operation in `row` handed out.
pub fn block_life(profile: &Profile, row: BlockRow) -> BlockLife {
    let before = predecessors(profile, row);
    let mut steps: Vec<BlockStep> = before.into_iter().rev().filter_map(|row| step(profile, row)).collect();
    let asked = steps.len();
    let mut next = Some(row);
    while let Some(row) = next.filter(|_| steps.len() <= asked + MOST_STEPS) {
        if steps.get(asked..).and_then(<[_]>::last).is_some_and(|last| !goes_on(profile, last, row)) {
            break;
        }
        steps.extend(step(profile, row));
        next = profile.heap_timeline().freed_by(row);
    }
    BlockLife { asked: asked.min(steps.len().saturating_sub(1)), steps }
}

fn event(profile: &Profile, row: BlockRow) -> Option<HeapEvent> {
    profile.recording().heap.pick([row.index()]).next().map(|(_, event)| event)
}

fn step(profile: &Profile, row: BlockRow) -> Option<BlockStep> {
    let HeapEvent { time_nanos, op, address, size, old_address, context } = event(profile, row)?;
    // A resize to nothing frees.
    let frees = op == HeapOp::Realloc && address == 0;
    let (op, address) = if frees { (HeapOp::Free, old_address) } else { (op, address) };
    Some(BlockStep { row, op, time_nanos, address, size, path: profile.heap_path(context) })
}

/// Does the operation in `row` resize or free the block of `last`? Where a free was not seen, another block's beginning
/// ends it.
fn goes_on(profile: &Profile, last: &BlockStep, row: BlockRow) -> bool {
    event(profile, row).is_some_and(|event| match event.op {
        HeapOp::Alloc => false,
        HeapOp::Free => event.address == last.address,
        HeapOp::Realloc => event.old_address == last.address,
    })
}

/// The blocks of which the operation in `row` made one, the last one first: one way back over the operations for all.
fn predecessors(profile: &Profile, row: BlockRow) -> Vec<BlockRow> {
    let timeline = profile.heap_timeline();
    let (mut found, mut looks) = (Vec::new(), 0);
    let mut sought = resized_from(profile, row).map(|address| (row, address));
    for before in (0..row.0).rev().map(BlockRow) {
        let Some((resize, address)) = sought.filter(|_| found.len() < MOST_STEPS && looks < MOST_LOOKS)
        else {
            break;
        };
        if timeline.freed_by(before) != Some(resize) {
            continue;
        }
        looks += 1;
        // Where a free was not seen the resize ended another block, too.
        if event(profile, before).is_some_and(|event| event.address == address) {
            found.push(before);
            sought = resized_from(profile, before).map(|address| (before, address));
        }
    }
    found
}

/// Where the block was that the operation in `row` resized.
fn resized_from(profile: &Profile, row: BlockRow) -> Option<u64> {
    let event = event(profile, row).filter(|event| event.op == HeapOp::Realloc && event.old_address != 0)?;
    Some(event.old_address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProfileBuilder;

    #[test]
    fn a_life_goes_from_the_first_to_the_last_operation() {
        let profile = ProfileBuilder::new()
            .alloc(1, "a;malloc", 0x100, 10)
            .alloc(2, "other;malloc", 0x200, 10)
            .realloc(3, "b;realloc", 0x100, 0x300, 20)
            .realloc(4, "c;realloc", 0x300, 0x300, 30)
            .free(5, "d;free", 0x300)
            .build();
        for (row, asked) in [(0, 0), (2, 1), (3, 2)] {
            let life = block_life(&profile, BlockRow(row));
            let steps: Vec<_> = life.steps.iter().map(|step| (step.row.0, step.address, step.size)).collect();
            assert_eq!(steps, [(0, 0x100, 10), (2, 0x300, 20), (3, 0x300, 30), (4, 0x300, 0)]);
            assert_eq!((life.asked, life.freed().map(|step| step.time_nanos)), (asked, Some(5)));
        }
        let other = block_life(&profile, BlockRow(1));
        assert_eq!((other.steps.len(), other.freed()), (1, None));
    }

    #[test]
    fn a_long_life_is_told_around_what_was_asked() {
        let resizes = 2_500u64;
        let mut builder = ProfileBuilder::new().alloc(0, "a;malloc", 0x100, 10);
        for time in 1..=resizes {
            let place = |time: u64| 0x100 + time % 2 * 0x100;
            builder = builder.realloc(time, "b;realloc", place(time - 1), place(time), 10);
        }
        let profile = builder.build();
        for (row, first, asked, last) in
            [(999, 0, 999, 1_999), (1_500, 500, 1_000, 2_500), (2_500, 1_500, 1_000, 2_500)]
        {
            let BlockLife { steps, asked: found } = block_life(&profile, BlockRow(row));
            assert!(steps.windows(2).all(|pair| pair[1].row.0 == pair[0].row.0 + 1));
            let ends = [steps.first(), steps.last()].map(|step| step.unwrap().row.0);
            assert_eq!((ends, found), ([first, last], asked));
        }
    }
}
