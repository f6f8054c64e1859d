//! Heap operations in little room, for reading.

use super::ContextId;
use super::heap::{HeapEvent, HeapOp};

/// Heap operations in the order in which they happened, some 14 bytes each: addresses and sizes have 32 bits until one
/// needs more, times are kept where they change, and old addresses for resizes only.
#[derive(Clone, Debug, Default)]
pub struct HeapRows {
    op: Vec<HeapOp>,
    address: Words,
    size: Words,
    /// One more than the context; 0 for none.
    context: Vec<u32>,
    /// By ascending row.
    old_address: Vec<(u32, u64)>,
    /// The first row of each time, and the time.
    times: Vec<(u32, u64)>,
}

/// Numbers, as wide as the widest.
#[derive(Clone, Debug)]
enum Words {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

impl Default for Words {
    fn default() -> Self {
        Words::Narrow(Vec::new())
    }
}

impl Words {
    fn push(&mut self, value: u64) {
        match (&mut *self, u32::try_from(value)) {
            (Words::Narrow(words), Ok(value)) => words.push(value),
            (Words::Wide(words), _) => words.push(value),
            (Words::Narrow(words), Err(_)) => {
                let wide = words.iter().map(|word| u64::from(*word)).chain([value]);
                *self = Words::Wide(wide.collect());
            }
        }
    }

    /// Those in `rows`; 0 where there is none.
    fn gather(&self, rows: &[usize]) -> Vec<u64> {
        match self {
            Words::Narrow(words) => {
                rows.iter().map(|row| words.get(*row).map_or(0, |word| u64::from(*word))).collect()
            }
            Words::Wide(words) => rows.iter().map(|row| words.get(*row).copied().unwrap_or(0)).collect(),
        }
    }

    #[inline]
    fn get(&self, row: usize) -> Option<u64> {
        match self {
            Words::Narrow(words) => words.get(row).map(|word| u64::from(*word)),
            Words::Wide(words) => words.get(row).copied(),
        }
    }
}

/// More rows than this have no number of 32 bits.
const MAX_ROWS: usize = u32::MAX as usize;

impl HeapRows {
    /// Nothing, with room for so many.
    pub(super) fn with_capacity(rows: usize) -> Self {
        HeapRows {
            op: Vec::with_capacity(rows),
            address: Words::Narrow(Vec::with_capacity(rows)),
            size: Words::Narrow(Vec::with_capacity(rows)),
            context: Vec::with_capacity(rows),
            ..HeapRows::default()
        }
    }

    /// How many operations there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.op.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.op.is_empty()
    }

    /// Appends one operation; four thousand million of them are enough.
    pub(super) fn push(&mut self, event: HeapEvent) {
        let HeapEvent { time_nanos, op, address, size, old_address, context } = event;
        let Some(row) = u32::try_from(self.len()).ok().filter(|row| (*row as usize) < MAX_ROWS) else {
            return;
        };
        if self.times.last().is_none_or(|(_, last)| *last != time_nanos) {
            self.times.push((row, time_nanos));
        }
        if old_address != 0 {
            self.old_address.push((row, old_address));
        }
        self.op.push(op);
        self.address.push(address);
        self.size.push(size);
        self.context.push(context.map_or(0, |context| context.0.saturating_add(1)));
    }

    /// When the first operation was; 0 where there is none.
    pub(super) fn first_nanos(&self) -> u64 {
        self.times.first().map_or(0, |(_, nanos)| *nanos)
    }

    /// When the last operation was.
    pub(super) fn last_nanos(&self) -> Option<u64> {
        self.times.last().map(|(_, nanos)| *nanos)
    }

    /// How many operations there are in front of the first one whose time does not fulfil `is_before`.
    pub(super) fn rows_before(&self, is_before: impl Fn(u64) -> bool) -> usize {
        let behind = self.times.partition_point(|(_, nanos)| is_before(*nanos));
        self.times.get(behind).map_or(self.len(), |(row, _)| *row as usize)
    }

    /// All operations, in order.
    pub fn iter(&self) -> impl Iterator<Item = HeapEvent> {
        let mut cursor = Cursor::default();
        (0..self.len()).map_while(move |row| cursor.event(self, row))
    }
}

/// Where in the columns that don't have each row it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    time: usize,
    old: usize,
}

impl Cursor {
    /// The operations in `rows`, which ascend, exist, and don't come before the last one that was asked for. They are
    /// read column by column: rows that lie far apart are waited for together.
    pub(super) fn events<'a>(
        &'a mut self,
        columns: &'a HeapRows,
        rows: &'a [usize],
    ) -> impl Iterator<Item = HeapEvent> + 'a {
        let HeapRows { op, address, size, context, .. } = columns;
        let ops: Vec<_> = rows.iter().map(|row| op.get(*row).copied().unwrap_or(HeapOp::Free)).collect();
        let contexts: Vec<_> = rows.iter().map(|row| context.get(*row).copied().unwrap_or(0)).collect();
        let blocks = address.gather(rows).into_iter().zip(size.gather(rows));
        ops.into_iter().zip(contexts).zip(blocks).zip(rows).map(
            move |(((op, context), (address, size)), row)| HeapEvent {
                time_nanos: self.time(columns, *row),
                op,
                address,
                size,
                old_address: self.old_address(columns, op, *row),
                context: context.checked_sub(1).map(ContextId),
            },
        )
    }

    #[inline]
    fn time(&mut self, rows: &HeapRows, row: usize) -> u64 {
        rows.times.get(advance(&rows.times, &mut self.time, row)).map_or(0, |(_, nanos)| *nanos)
    }

    #[inline]
    fn old_address(&mut self, rows: &HeapRows, op: HeapOp, row: usize) -> u64 {
        let old = match op {
            HeapOp::Realloc => rows.old_address.get(advance(&rows.old_address, &mut self.old, row)),
            HeapOp::Alloc | HeapOp::Free => None,
        };
        old.filter(|(of, _)| *of as usize == row).map_or(0, |(_, address)| *address)
    }

    /// The operation in `row`, which must not come before the last one that was asked for.
    #[inline]
    pub(super) fn event(&mut self, rows: &HeapRows, row: usize) -> Option<HeapEvent> {
        let op = *rows.op.get(row)?;
        Some(HeapEvent {
            time_nanos: self.time(rows, row),
            op,
            address: rows.address.get(row)?,
            size: rows.size.get(row)?,
            old_address: self.old_address(rows, op, row),
            context: rows.context.get(row)?.checked_sub(1).map(ContextId),
        })
    }
}

/// Moves to the last entry at or before `row`: mostly none, or one.
#[inline]
fn advance(entries: &[(u32, u64)], at: &mut usize, row: usize) -> usize {
    let is_behind = |entry: &(u32, u64)| entry.0 as usize > row;
    if entries.get(*at + 1).is_some_and(|next| !is_behind(next)) {
        let rest = entries.get(*at + 1..).unwrap_or_default();
        *at += rest.partition_point(|entry| !is_behind(entry));
    }
    *at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(row: u64) -> HeapEvent {
        let op = [HeapOp::Alloc, HeapOp::Realloc, HeapOp::Free, HeapOp::Alloc][row as usize % 4];
        // One address and one size need more than 32 bits.
        let address = if row == 77 { 1 << 40 } else { row * 16 };
        let size = if row == 501 { u64::MAX } else { row % 5 };
        let old_address = if op == HeapOp::Realloc && !row.is_multiple_of(3) { row * 16 - 16 } else { 0 };
        let context = (!row.is_multiple_of(7)).then_some(ContextId(row as u32));
        HeapEvent { time_nanos: row / 10 * 1_000, op, address, size, old_address, context }
    }

    #[test]
    fn what_is_put_in_comes_out() {
        let mut rows = HeapRows::with_capacity(10);
        (0..1_000).for_each(|row| rows.push(event(row)));
        assert!(rows.iter().eq((0..1_000).map(event)));
        for step in [1, 3, 10, 250] {
            let mut cursor = Cursor::default();
            for row in (0..1_000).step_by(step) {
                assert_eq!(cursor.event(&rows, row), Some(event(row as u64)), "row {row} in steps of {step}");
            }
            assert_eq!(cursor.event(&rows, 1_000), None);
        }
        assert_eq!(rows.rows_before(|nanos| nanos < 50_000), 500);
        assert_eq!((rows.first_nanos(), rows.last_nanos()), (0, Some(99_000)));
    }
}
