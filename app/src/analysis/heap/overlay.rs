//! What is drawn over the map: numbers of other measures for each of its cells.

use super::map::Grid;
use super::{AddressSpace, HeapAt};
use crate::profile::Profile;
use wasmscope_instrument::probes::LINE_BYTES;
use wasmscope_symbolize::MemoryIndex;

/// Numbers for each cell of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Overlay {
    /// Reads and writes in the whole run, where they were counted: in the first memory. A line of 64 bytes gives each
    /// cell that it reaches into a part of its own by bytes.
    Accesses,
    /// One more than the moment, in nanoseconds since the recording began, at which the memory came to have the cell's
    /// first byte; 0 for never.
    Grown,
    /// One more than the moment, in nanoseconds since the recording began, at which a page of the operating system in
    /// the cell was first found touched; 0 for never. Where the recording tells that.
    Touched,
}

/// The numbers for each cell; `None` where they were not measured.
pub(super) fn overlay(
    profile: &Profile,
    heap: &HeapAt,
    wanted: Overlay,
    grid: &Grid<'_>,
) -> Option<Vec<u64>> {
    match wanted {
        Overlay::Accesses => {
            let counted = heap.memory == MemoryIndex(0) && !profile.recording().accesses.is_empty();
            counted.then(|| accesses(profile, grid))
        }
        Overlay::Touched => touched(profile.address_space(heap.memory), grid),
        Overlay::Grown => Some(grown(profile.address_space(heap.memory), grid)),
    }
}

fn accesses(profile: &Profile, grid: &Grid<'_>) -> Vec<u64> {
    let table = &profile.recording().accesses;
    let line_bytes = u64::from(LINE_BYTES);
    let mut sums = vec![0u64; grid.cells];
    let first = table.line.partition_point(|line| (u64::from(*line) + 1) * line_bytes <= grid.range.start);
    for (line, reads, writes) in table.iter().skip(first) {
        let start = u64::from(line) * line_bytes;
        let inside = start.max(grid.range.start)..(start + line_bytes).min(grid.range.end);
        if inside.is_empty() {
            break;
        }
        let all = u128::from(reads) + u128::from(writes);
        for cell in grid.cell_of(inside.start)..=grid.cell_of(inside.end - 1) {
            let from = inside.start.max(grid.start_of(cell));
            let bytes = inside.end.min(grid.start_of(cell + 1)).saturating_sub(from);
            let part = u64::try_from(all * u128::from(bytes) / u128::from(line_bytes)).unwrap_or(u64::MAX);
            if let Some(sum) = sums.get_mut(cell) {
                *sum = sum.saturating_add(part);
            }
        }
    }
    sums
}

fn touched(space: &AddressSpace, grid: &Grid<'_>) -> Option<Vec<u64>> {
    let touched = space.touched()?;
    let mut first = vec![0u64; grid.cells];
    let behind = touched.partition_point(|touched| touched.range.end <= grid.range.start);
    for touched in touched.iter().skip(behind).take_while(|touched| touched.range.start < grid.range.end) {
        let (start, end) = (touched.range.start.max(grid.range.start), touched.range.end.min(grid.range.end));
        if start >= end || grid.cells == 0 {
            continue;
        }
        let nanos = touched.time_nanos.saturating_add(1);
        for cell in first.get_mut(grid.cell_of(start)..=grid.cell_of(end - 1)).into_iter().flatten() {
            *cell = if *cell == 0 { nanos } else { nanos.min(*cell) };
        }
    }
    Some(first)
}

fn grown(space: &AddressSpace, grid: &Grid<'_>) -> Vec<u64> {
    (0..grid.cells)
        .map(|cell| space.grown_at(grid.start_of(cell)).map_or(0, |nanos| nanos.saturating_add(1)))
        .collect()
}
