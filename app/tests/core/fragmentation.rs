//! Figures of hand-made heaps.

use wasmscope::analysis::{self, CellKind, HeapAt, HeapMap, HeapMapQuery, heap_at};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_symbolize::MemoryIndex;

const PAGE: u64 = 65_536;
/// The memory of all of them.
const MEMORY: MemoryIndex = MemoryIndex(0);

/// A memory of `pages` pages with these live blocks `(address, size)`, and one that was freed again.
fn layout(pages: u64, blocks: &[(u64, u64)], freed: Option<(u64, u64)>) -> Profile {
    let mut builder = ProfileBuilder::new().memory(pages, None).data(1_024, 512);
    for (address, size) in blocks.iter().copied().chain(freed) {
        builder = builder.alloc(1, "main;malloc", address, size);
    }
    if let Some((address, _)) = freed {
        builder = builder.free(2, "main;free", address);
    }
    builder.build()
}

fn at_end(profile: &Profile) -> HeapAt {
    heap_at(profile, MEMORY, u64::MAX)
}

fn heap_map(profile: &Profile, query: &HeapMapQuery) -> HeapMap {
    analysis::heap_map(profile, &at_end(profile), query)
}

#[test]
fn one_free_run_is_not_fragmented() {
    let free = at_end(&layout(1, &[(32_768, 32_768 - 1_000)], None)).free;
    assert_eq!((free.total_bytes, free.runs, free.largest_bytes), (1_000, 1, 1_000));
    assert_eq!((free.fragmentation, free.dispersion), (0.0, 0.0));
}

#[test]
fn runs_are_told_by_size() {
    // Free: 1,000 between the blocks, 3,000 behind them.
    let end = PAGE - 3_000;
    let free = at_end(&layout(1, &[(40_000, 1_000), (42_000, end - 42_000)], None)).free;
    assert_eq!((free.total_bytes, free.runs), (4_000, 2));
    assert_eq!((free.largest_bytes, free.largest_address), (3_000, end));
    assert_eq!(free.fragmentation, 0.25);
    assert_eq!(free.dispersion, 1.0 - (1.0 + 9.0) / 16.0);
}

#[test]
fn headers_between_blocks_are_not_free_space() {
    let blocks: Vec<_> = (0..100).map(|at| (1_000 + at * 40, 28)).collect();
    let heap = at_end(&layout(1, &blocks, None));
    assert_eq!((heap.free.overhead_bytes, heap.free.runs), (99 * 12, 1));
    assert_eq!(heap.free.total_bytes, PAGE - (1_000 + 99 * 40 + 28));
}

#[test]
fn a_full_heap_has_nothing_free() {
    let free = at_end(&layout(1, &[(32_768, 32_768)], None)).free;
    assert_eq!((free.total_bytes, free.runs, free.fragmentation, free.dispersion), (0, 0, 0.0, 0.0));
}

#[test]
fn few_bytes_pin_their_page() {
    let blocks = [(PAGE, 100), (3 * PAGE + 10, 20), (3 * PAGE + 50, 30), (4 * PAGE, PAGE)];
    let heap = at_end(&layout(6, &blocks, None));
    let used = heap.page_use;
    assert_eq!((used.pages, used.empty_pages, used.sparse_pages, used.pinning_bytes), (5, 2, 2, 150));
}

#[test]
fn an_overlap_is_counted_and_nothing_is_counted_twice() {
    let heap = at_end(&layout(1, &[(1_000, 10_000), (2_000, 100), (3_000, 50_000)], None));
    assert_eq!(heap.overlapping_blocks, 2);
    assert_eq!(heap.free.total_bytes, PAGE - 53_000);
    let map = heap_map(&layout(1, &[(1_000, 100), (1_050, 100)], None), &whole(1, 1));
    assert_eq!(map.cells[0].bytes_of(CellKind::Live), 150);
}

fn whole(pages: u64, cells: usize) -> HeapMapQuery {
    HeapMapQuery { range: 0..pages * PAGE, cells, overlay: None }
}

#[test]
fn a_map_knows_each_byte() {
    let profile = layout(2, &[(10_000, 5_000), (20_000, 1_000)], Some((30_000, 10_000)));
    let query = HeapMapQuery { range: 0..3 * PAGE, ..whole(2, 1) };
    let map = heap_map(&profile, &query);
    let bytes = CellKind::ALL.map(|kind| (kind, map.cells[0].bytes_of(kind)));
    assert_eq!(
        bytes,
        [
            (CellKind::Live, 6_000),
            (CellKind::Overhead, 0),
            (CellKind::StaticData, 512),
            (CellKind::StackInUse, 0),
            (CellKind::Stack, 0),
            (CellKind::Other, 10_000 - 512),
            (CellKind::Free, 40_000 - 10_000 - 6_000),
            (CellKind::Untouched, 2 * PAGE - 40_000),
            (CellKind::Outside, PAGE),
        ]
    );
    let dominant = map.cells[0].dominant.unwrap();
    assert_eq!((dominant.address, dominant.size, dominant.bytes_here), (10_000, 5_000, 5_000));
}

#[test]
fn cells_of_any_number_hold_each_byte_once() {
    let profile = layout(2, &[(10_000, 5_000), (20_000, 1_000), (21_000, 7)], Some((30_000, 10_000)));
    let one = heap_map(&profile, &whole(2, 1)).cells[0];
    for cells in [2, 3, 7, 100, 999, 131_072, 10_000_000] {
        let map = heap_map(&profile, &whole(2, cells));
        assert_eq!(map.cells.len(), cells.min(2 * PAGE as usize));
        let sum = |kind| map.cells.iter().map(|cell| cell.bytes_of(kind)).sum::<u64>();
        assert_eq!(CellKind::ALL.map(sum), one.bytes, "{cells}");
        for (at, cell) in map.cells.iter().enumerate() {
            let range = map.cell_range(at);
            assert_eq!(cell.bytes.iter().sum::<u64>(), range.end - range.start);
            assert_eq!(map.cell_of(range.start), Some(at));
            assert_eq!(map.cell_of(range.end - 1), Some(at));
        }
    }
    let part = HeapMapQuery { range: 12_000..20_500, ..whole(2, 1) };
    assert_eq!(heap_map(&profile, &part).cells[0].bytes_of(CellKind::Live), 3_500);
    let nothing = HeapMapQuery { range: 5..5, ..whole(2, 10) };
    assert!(heap_map(&profile, &nothing).cells.is_empty());
}

#[test]
fn without_a_measured_heap_the_map_shows_the_memory() {
    let profile = ProfileBuilder::new().memory(1, None).data(1_024, 512).build();
    let map = heap_map(&profile, &HeapMapQuery { range: 0..2 * PAGE, ..whole(1, 1) });
    let cell = map.cells[0];
    assert_eq!(cell.bytes_of(CellKind::StaticData), 512);
    assert_eq!(cell.bytes_of(CellKind::Other), PAGE - 512);
    assert_eq!(cell.bytes_of(CellKind::Outside), PAGE);
    assert_eq!(at_end(&profile).free.total_bytes, 0);
}

#[test]
fn the_heap_ends_where_the_memory_ended_then() {
    let profile = ProfileBuilder::new()
        .memory(1, None)
        .alloc(1, "main;malloc", 60_000, 100)
        .grow(5, "main;malloc;sbrk", 1, 2, true)
        .build();
    assert_eq!(heap_at(&profile, MEMORY, 4).heap, 60_000..PAGE);
    assert_eq!(heap_at(&profile, MEMORY, 5).heap, 60_000..3 * PAGE);
}
