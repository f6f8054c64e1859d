//! The line table of one unit, laid flat.

use std::ops::Range;

use gimli::{ColumnType, Reader, UnitRef};

/// From which address on which place of the source the code belongs to. Ascending.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    address: u32,
    /// An index into the files of the unit's line program.
    pub(super) file: u32,
    /// From 1; 0 where no line is to blame.
    pub(super) line: u32,
    /// From 1; 0 is unknown.
    pub(super) column: u32,
}

/// The file of code that no row tells of.
const GAP: u32 = u32::MAX;

impl Rows {
    /// Reads the line program of a unit; what was read before an error is good.
    pub(super) fn read<R: Reader>(unit: UnitRef<'_, R>) -> Rows {
        let mut sequences: Vec<Vec<Row>> = Vec::new();
        let Some(program) = unit.line_program.clone() else { return Rows::default() };
        let mut rows = program.rows();
        let mut sequence: Vec<Row> = Vec::new();
        while let Ok(Some((_, row))) = rows.next_row() {
            let Ok(address) = u32::try_from(row.address()) else {
                // A tombstone: what follows belongs to no code.
                sequence.clear();
                continue;
            };
            if row.end_sequence() {
                let mut ended = std::mem::take(&mut sequence);
                if ended.first().is_some_and(|first| first.address < address) {
                    ended.push(Row { address, file: GAP, line: 0, column: 0 });
                    sequences.push(ended);
                }
                continue;
            }
            let line = row.line().map_or(0, |line| line.get() as u32);
            let column = match row.column() {
                ColumnType::Column(column) if line != 0 => column.get() as u32,
                _ => 0,
            };
            let file = u32::try_from(row.file_index()).unwrap_or(GAP);
            let row = Row { address, file, line, column };
            match sequence.last_mut() {
                // Of several rows at one address the last one counts.
                Some(last) if last.address == address => *last = row,
                _ => sequence.push(row),
            }
        }
        Rows::joined(sequences)
    }

    fn joined(mut sequences: Vec<Vec<Row>>) -> Rows {
        sequences.sort_by_key(|sequence| sequence.first().map_or(0, |row| row.address));
        let mut rows: Vec<Row> = Vec::with_capacity(sequences.iter().map(Vec::len).sum());
        for sequence in sequences {
            // Sequences that overlap describe two programs; the one that begins first is believed.
            let end = rows.last().map_or(0, |row| row.address);
            if rows.last().is_some_and(|row| row.address == sequence[0].address) {
                rows.pop();
            }
            rows.extend(sequence.into_iter().filter(|row| row.address >= end));
        }
        rows.dedup_by(|next, row| (next.file, next.line, next.column) == (row.file, row.line, row.column));
        rows.shrink_to_fit();
        Rows { rows }
    }

    /// Which rows tell of the code between two addresses.
    pub(super) fn within(&self, code: Range<u64>) -> Range<usize> {
        let after = |address| self.rows.partition_point(|row| u64::from(row.address) <= address);
        after(code.start).saturating_sub(1)..after(code.end)
    }

    /// The row that an address belongs to, one of those `within`: a whole unit's are too many to look through each
    /// time.
    pub(super) fn at(&self, within: Range<usize>, address: u32) -> Option<Row> {
        let rows = self.rows.get(within)?;
        let after = rows.partition_point(|row| row.address <= address);
        rows.get(after.checked_sub(1)?).copied().filter(|row| row.file != GAP)
    }
}
