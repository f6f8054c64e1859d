//! Maps of memories that are made up, so that each byte's use is known: several memories, stacks, headers, overlays,
//! and addresses beyond 4 GiB.

use std::ops::Range;
use wasmscope::analysis::{
    self, Amount, BlockRow, CellKind, HeapAt, HeapBlock, HeapCell, HeapMap, HeapMapQuery, HeapUseQuery,
    Overlay, PathUse, block_life, heap_at, heap_at_peak, heap_range, heap_uses, heap_verdict, what_if,
};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{
    AllocatorFamily, GrowthEvent, PageSource, PageTable, ShadowStack, StackLow, TouchedPages,
};
use wasmscope_symbolize::MemoryIndex;

const PAGE: u64 = 65_536;
const GIB: u64 = 1 << 30;
const FIRST: MemoryIndex = MemoryIndex(0);
const SECOND: MemoryIndex = MemoryIndex(1);
const END: u64 = u64::MAX;

/// Memory 0 has the allocator `malloc` with `realloc` and `free`, memory 1 `other_malloc` and so on.
fn two_memories(first_pages: u64, second_pages: u64) -> ProfileBuilder {
    let mut builder = ProfileBuilder::new().memory(first_pages, None).another_memory(second_pages);
    for name in ["malloc", "realloc", "free"] {
        builder = builder.allocator(name, 0, AllocatorFamily::Unknown);
        builder = builder.allocator(&format!("other_{name}"), 1, AllocatorFamily::Unknown);
    }
    builder
}

fn map(profile: &Profile, heap: &HeapAt, range: Range<u64>, cells: usize) -> HeapMap {
    analysis::heap_map(profile, heap, &HeapMapQuery { range, cells, overlay: None })
}

fn overlay(profile: &Profile, memory: MemoryIndex, wanted: Overlay, query: HeapMapQuery) -> Option<Vec<u64>> {
    let query = HeapMapQuery { overlay: Some(wanted), ..query };
    let map = analysis::heap_map(profile, &heap_at(profile, memory, END), &query);
    map.overlay.map(|(found, values)| {
        assert_eq!((found, values.len()), (wanted, map.cells.len()));
        values
    })
}

/// Kinds with their bytes, those that are there.
fn kinds(cell: &HeapCell) -> Vec<(CellKind, u64)> {
    let kinds = CellKind::ALL.into_iter().map(|kind| (kind, cell.bytes_of(kind)));
    kinds.filter(|(_, bytes)| *bytes > 0).collect()
}

fn blocks(heap: &HeapAt) -> Vec<(u64, u64)> {
    heap.blocks.iter().map(|block| (block.address, block.size)).collect()
}

/// What happened in a stretch of time is told of one memory or of all.
#[test]
fn what_is_done_with_one_memory_is_told_alone() {
    let profile = two_memories(2, 3)
        .alloc(1, "main;malloc", 0x5000, 100)
        .alloc(2, "main;other_malloc", 0x5000, 300)
        .free(9, "main;free", 0x5000)
        .build();
    let told = |memory, short_nanos| {
        let uses = heap_uses(&profile, &HeapUseQuery { time: Some(0..10), memory, short_nanos });
        let sum = |part: fn(&PathUse) -> Amount| uses.paths.iter().map(|uses| part(uses).bytes).sum::<u64>();
        let (allocated, freed) = (sum(|uses| uses.allocated), sum(|uses| uses.freed));
        (allocated, freed, sum(|uses| uses.short_lived), sum(|uses| uses.at_peak), uses.peak_bytes)
    };
    assert_eq!(told(None, 5), (400, 100, 0, 400, 400));
    assert_eq!(told(Some(FIRST), 9), (100, 100, 100, 100, 100), "it lived for 8");
    assert_eq!(told(Some(SECOND), 9), (300, 0, 0, 300, 300));
}

/// The same addresses are in use in both, at the same times.
#[test]
fn memories_do_not_mix() {
    let profile = two_memories(2, 3)
        .alloc(1, "main;malloc", 0x5000, 100)
        .alloc(2, "main;other_malloc", 0x5000, 300)
        .free(3, "main;free", 0x5000)
        .realloc(4, "main;other_realloc", 0x5000, 0x6000, 500)
        .alloc(5, "main;malloc", 0x6000, 40)
        .alloc(6, "main;other_malloc", 0x4000, 8)
        .free(7, "main;other_free", 0x6000)
        .build();
    let timeline = profile.heap_timeline();
    assert_eq!(timeline.memories(), [FIRST, SECOND]);
    assert!(timeline.whole().findings.first.is_empty(), "{:?}", timeline.whole().findings);
    for (memory, at, expected) in [
        (FIRST, 2, vec![(0x5000, 100)]),
        (SECOND, 2, vec![(0x5000, 300)]),
        (FIRST, 3, vec![]),
        (SECOND, 3, vec![(0x5000, 300)]),
        (FIRST, 6, vec![(0x6000, 40)]),
        (SECOND, 6, vec![(0x4000, 8), (0x6000, 500)]),
        (SECOND, 7, vec![(0x4000, 8)]),
    ] {
        assert_eq!(blocks(&heap_at(&profile, memory, at)), expected, "memory {} at {at}", memory.0);
    }
    let of = |memory| {
        let totals = timeline.of_memory(memory).totals;
        (totals.allocations, totals.frees, totals.peak_bytes, totals.peak_nanos, totals.end_bytes)
    };
    assert_eq!(of(FIRST), (2, 1, 100, 1, 40));
    assert_eq!(of(SECOND), (3, 2, 508, 6, 8));
    assert_eq!(blocks(&heap_at_peak(&profile, FIRST)), [(0x5000, 100)]);
    assert_eq!(heap_at_peak(&profile, SECOND).live_bytes, 508);
    let steps = |row| block_life(&profile, BlockRow(row)).steps.iter().map(|step| step.row.0).collect();
    let lives: [Vec<u32>; 3] = [steps(0), steps(1), steps(4)];
    assert_eq!(lives, [vec![0, 2], vec![1, 3, 6], vec![4]]);
}

#[test]
fn each_memory_has_its_own_map() {
    let profile = two_memories(2, 3)
        .data(1_024, 512)
        .alloc(1, "main;malloc", 0x5000, 100)
        .alloc(1, "main;other_malloc", 0x9000, 0x1000)
        .build();
    let (first, second) = (heap_at(&profile, FIRST, END), heap_at(&profile, SECOND, END));
    assert_eq!((first.memory_bytes, second.memory_bytes), (2 * PAGE, 3 * PAGE));
    assert_eq!((first.heap.start, second.heap.start), (0x5000, 0x9000));
    assert_eq!((first.high_water, second.high_water), (0x5064, 0xa000));
    let whole = |heap: &HeapAt| kinds(&map(&profile, heap, 0..3 * PAGE, 1).cells[0]);
    assert_eq!(
        whole(&first),
        [
            (CellKind::Live, 100),
            (CellKind::StaticData, 512),
            (CellKind::Other, 0x5000 - 512),
            (CellKind::Untouched, 2 * PAGE - 0x5064),
            (CellKind::Outside, PAGE),
        ]
    );
    let untouched = 3 * PAGE - 0xa000;
    assert_eq!(
        whole(&second),
        [(CellKind::Live, 0x1000), (CellKind::Other, 0x9000), (CellKind::Untouched, untouched)]
    );
}

/// What leaks in the one memory lies where the other one hands out and takes back.
#[test]
fn verdict_and_models_are_of_one_memory() {
    let mut builder = two_memories(4, 4);
    for round in 0..400 {
        let address = 0x8000 + round * 112;
        builder = builder
            .alloc(round, "main;works;malloc", address, 5_000)
            .alloc(round, "main;keeps;other_malloc", address, 100)
            .free(round, "main;works;free", address);
    }
    let profile = builder.build();
    assert!(heap_verdict(&profile, FIRST).is_empty());
    let leak = heap_verdict(&profile, SECOND).leak.unwrap();
    let verdicts = analysis::summary(&profile).heap.unwrap().verdicts;
    let leaks: Vec<_> = verdicts.iter().map(|(memory, verdict)| (*memory, verdict.leak.as_ref())).collect();
    assert_eq!(leaks, [(FIRST, None), (SECOND, Some(&leak))]);
    assert_eq!((leak.blocks, leak.bytes, leak.sites.len()), (400, 40_000, 1));
    let (first, second) = (what_if(&profile, FIRST), what_if(&profile, SECOND));
    assert_eq!((first.heap_start, first.least_bytes), (0x8000, 5_000));
    assert_eq!((second.heap_start, second.least_bytes), (0x8000, 40_000));
    assert_eq!((first.recorded_bytes, second.recorded_bytes), (399 * 112 + 5_000, 399 * 112 + 100));
}

/// A memory without an allocator, and one that the module doesn't have.
#[test]
fn a_memory_without_a_heap_is_empty() {
    let profile = two_memories(1, 1).another_memory(5).alloc(1, "main;malloc", 0x5000, 100).build();
    let third = heap_at(&profile, MemoryIndex(2), END);
    assert_eq!((third.memory_bytes, third.blocks.len(), third.free.total_bytes), (5 * PAGE, 0, 0));
    assert_eq!(kinds(&map(&profile, &third, 0..PAGE, 1).cells[0]), [(CellKind::Other, PAGE)]);
    assert!(heap_verdict(&profile, MemoryIndex(2)).is_empty());
    let none = heap_at(&profile, MemoryIndex(9), END);
    assert_eq!((none.memory_bytes, none.blocks.len()), (0, 0));
    assert_eq!(kinds(&map(&profile, &none, 0..PAGE, 1).cells[0]), [(CellKind::Outside, PAGE)]);
}

#[test]
fn accesses_go_to_cells_by_bytes() {
    let profile = two_memories(1, 1)
        .edit(|recording| {
            recording.accesses.push(16, 10, 6);
            recording.accesses.push(18, 0, 64);
        })
        .build();
    let values = |memory, cells| {
        let query = HeapMapQuery { range: 960..1_216, cells, overlay: None };
        overlay(&profile, memory, Overlay::Accesses, query)
    };
    assert_eq!(values(FIRST, 4).unwrap(), [0, 16, 0, 64]);
    assert_eq!(values(FIRST, 8).unwrap(), [0, 0, 8, 8, 0, 0, 32, 32]);
    assert_eq!(values(FIRST, 1).unwrap(), [80]);
    assert_eq!(values(SECOND, 4), None, "they are counted in the first memory alone");
}

#[test]
fn growth_and_touches_are_those_of_the_memory() {
    let grow = |memory, time_nanos| GrowthEvent {
        time_nanos,
        memory,
        before_pages: 1,
        asked_pages: 1,
        granted: true,
        context: None,
        site: None,
    };
    let profile = two_memories(1, 1)
        .edit(|recording| {
            recording.growth.extend([grow(FIRST, 50), grow(SECOND, 70)]);
            let mut pages = PageTable::new(4_096, PageSource::Resident);
            let mut touch = |time_nanos, memory, first_page, count| {
                pages.push(TouchedPages { time_nanos, memory, first_page, pages: count });
            };
            touch(0, FIRST, 0, 1);
            touch(60, FIRST, 17, 2);
            touch(90, SECOND, 0, 16);
            recording.pages = Some(pages);
        })
        .build();
    let query = HeapMapQuery { range: 0..3 * PAGE, cells: 3, overlay: None };
    let grown = |memory| overlay(&profile, memory, Overlay::Grown, query.clone()).unwrap();
    assert_eq!((grown(FIRST), grown(SECOND)), (vec![1, 51, 0], vec![1, 71, 0]));
    let touched = |memory| overlay(&profile, memory, Overlay::Touched, query.clone()).unwrap();
    assert_eq!((touched(FIRST), touched(SECOND)), (vec![1, 61, 0], vec![91, 0, 0]));
    let bytes = |memory, at| heap_at(&profile, memory, at).touched_bytes.unwrap();
    assert_eq!([0, 60].map(|at| bytes(FIRST, at)), [4_096, 3 * 4_096]);
    assert_eq!([89, 90].map(|at| bytes(SECOND, at)), [0, PAGE]);
    let page = HeapMapQuery { range: 17 * 4_096..20 * 4_096, cells: 3, overlay: None };
    assert_eq!(overlay(&profile, FIRST, Overlay::Touched, page).unwrap(), [61, 61, 0]);
}

/// What nobody uses below the heap is two things: pages that were touched, and those that were not until the moment.
#[test]
fn what_was_never_touched_is_not_other() {
    let touched = |source, pages: &[(u64, MemoryIndex, u64, u64)]| {
        let mut table = PageTable::new(4_096, source);
        for (time_nanos, memory, first_page, pages) in pages.iter().copied() {
            table.push(TouchedPages { time_nanos, memory, first_page, pages });
        }
        let heap = two_memories(2, 1).data(0x800, 0x100).alloc(1, "main;malloc", 0x8000, 0x800);
        heap.edit(|recording| recording.pages = Some(table)).build()
    };
    let letters = |profile: &Profile, memory, at| {
        let cells = map(profile, &heap_at(profile, memory, at), 0..PAGE, 32).cells;
        let letter = |cell: &HeapCell| match kinds(cell)[..] {
            [(CellKind::Other, _)] => 'o',
            [(CellKind::Untouched, _)] => '-',
            [(CellKind::StaticData, _), (CellKind::Other, _)] => 'd',
            [(CellKind::StaticData, _), (CellKind::Untouched, _)] => 'D',
            [(CellKind::Live, _)] => 'L',
            _ => '?',
        };
        cells.iter().map(letter).collect::<String>()
    };
    // Pages of two cells, of which the heap has all from the ninth on: what is touched there is not told.
    let pages = [(0, FIRST, 0, 1), (60, FIRST, 2, 2), (70, FIRST, 7, 4), (0, SECOND, 3, 1)];
    let seen = touched(PageSource::Resident, &pages);
    let (heap, rest) = ("L---------------", "-".repeat(24));
    assert_eq!(letters(&seen, FIRST, 59), format!("od--------------{heap}"));
    assert_eq!(letters(&seen, FIRST, 60), format!("od--oooo--------{heap}"));
    assert_eq!(letters(&seen, FIRST, END), format!("od--oooo------oo{heap}"));
    assert_eq!(letters(&seen, SECOND, 0), format!("------oo{rest}"), "a memory without a heap");
    let part = map(&seen, &heap_at(&seen, FIRST, 60), 0x1ffe..0x4002, 0x2004).cells;
    let other = part.iter().map(|cell| cell.main_kind() == CellKind::Other);
    let (begins, ends) = (other.clone().position(|is_other| is_other), other.rev().position(|other| other));
    assert_eq!((begins, ends), (Some(2), Some(2)), "to the byte");
    // Who looks once, at the end, finds what is not zero; and where nobody looked, nothing is called untouched.
    let once = touched(PageSource::NonZero, &[(90, FIRST, 2, 1)]);
    for at in [89, 90] {
        assert_eq!(letters(&once, FIRST, at), format!("od{}{heap}", "o".repeat(14)));
    }
    let unseen = two_memories(1, 1).alloc(1, "main;malloc", 0x8000, 0x800).build();
    assert_eq!(letters(&unseen, FIRST, END), format!("{}{heap}", "o".repeat(16)));
}

/// Who looks only at the end doesn't know what was touched before.
#[test]
fn touches_that_were_looked_for_once_are_not_told_before() {
    let profile = two_memories(1, 1)
        .edit(|recording| {
            let mut pages = PageTable::new(4_096, PageSource::NonZero);
            pages.push(TouchedPages { time_nanos: 90, memory: FIRST, first_page: 3, pages: 2 });
            recording.pages = Some(pages);
        })
        .build();
    let bytes = |memory, at| heap_at(&profile, memory, at).touched_bytes;
    assert_eq!([0, 89, 90, END].map(|at| bytes(FIRST, at)), [None, None, Some(8_192), Some(8_192)]);
    assert_eq!([89, 90].map(|at| bytes(SECOND, at)), [None, Some(0)]);
}

#[test]
fn a_stack_that_is_only_named_is_room() {
    let below_data = two_memories(1, 1).stack_pointer(4_096).data(4_096, 64).build();
    let of = |profile: &Profile, memory, at| {
        let heap = heap_at(profile, memory, at);
        (heap.stack, kinds(&map(profile, &heap, 0..8_192, 1).cells[0]))
    };
    let room = vec![(CellKind::StaticData, 64), (CellKind::Stack, 4_096), (CellKind::Other, 4_032)];
    assert_eq!(of(&below_data, FIRST, END), (None, room));
    assert_eq!(of(&below_data, SECOND, END), (None, vec![(CellKind::Other, 8_192)]), "it is in the first");
    let behind_data = two_memories(1, 1).stack_pointer(4_096).data(64, 64).build();
    let unknown = vec![(CellKind::StaticData, 64), (CellKind::Other, 8_128)];
    assert_eq!(of(&behind_data, FIRST, END), (None, unknown), "where it begins is not known");
    let other = vec![(CellKind::Other, 8_192)];
    let no_data = two_memories(1, 1).stack_pointer(4_096).build();
    assert_eq!(of(&no_data, FIRST, END), (None, other), "what is below it is not known");
}

/// The stack of memory 1 is 1,000 deep at 10 and 2,000 at 20, and comes back to 24.
#[test]
fn a_measured_stack_is_as_deep_as_it_is() {
    let measured = |builder: ProfileBuilder| {
        let low = |time_nanos, pointer| StackLow { time_nanos, pointer, context: None };
        let lows = vec![low(10, 3_096), low(20, 2_096)];
        let depths = vec![(10, 3_096), (20, 2_096), (30, 4_072)];
        let stack = ShadowStack { lowest: 2_090, lows, depths, ..ShadowStack::new(SECOND, 0, 4_096) };
        builder.edit(|recording| recording.shadow_stack = Some(stack)).build()
    };
    let profile = measured(two_memories(1, 1));
    let in_use = |at| {
        let heap = heap_at(&profile, SECOND, at);
        let depth = heap.stack.unwrap();
        let cell = map(&profile, &heap, 0..4_096, 1).cells[0];
        assert_eq!(cell.bytes_of(CellKind::StackInUse), depth.bytes, "at {at}");
        assert_eq!(
            cell.bytes_of(CellKind::Stack),
            2_006 - depth.bytes,
            "what it is known to have used, at {at}"
        );
        let bottom = map(&profile, &heap, 4_095 - depth.bytes..4_097 - depth.bytes, 2);
        let above = if depth.bytes == 0 { CellKind::Other } else { CellKind::StackInUse };
        assert_eq!((bottom.cells[0].main_kind(), bottom.cells[1].main_kind()), (CellKind::Stack, above));
        (depth.bytes, depth.most_bytes)
    };
    assert_eq!([5, 10, 25, 30].map(in_use), [(0, 0), (1_000, 1_000), (2_000, 2_006), (24, 2_006)]);
    assert_eq!(heap_at(&profile, FIRST, 20).stack, None);
}

/// Two blocks with 3,996 bytes between them, and bare ground in front and behind.
#[test]
fn headers_are_as_the_allocator_lays_them() {
    let around = |family, pages: u64| {
        let builder = ProfileBuilder::new().memory(pages, None).allocator("malloc", 0, family);
        let builder = builder.alloc(1, "main;malloc", 0x1000, 100).alloc(2, "main;malloc", 0x2000, 100);
        let profile = builder.build();
        let heap = heap_at(&profile, FIRST, END);
        let runs = [(0x1000 - 16, 16), (0x1064, 16), (0x2000 - 16, 16), (0x2064, 16)];
        runs.map(|(start, length): (u64, u64)| {
            let cells = map(&profile, &heap, start..start + length, length as usize).cells;
            let own = cells.iter().map(|cell| cell.main_kind() == CellKind::Overhead);
            own.map(|is_own| if is_own { '#' } else { '.' }).collect::<String>()
        })
    };
    let (none, word, two) = ("................", "............####", "........########");
    assert_eq!(around(AllocatorFamily::Dlmalloc, 1), [word, none, word, none]);
    assert_eq!(around(AllocatorFamily::Dlmalloc, 65_537), [two, none, two, none], "in a memory64");
    assert_eq!(around(AllocatorFamily::Emmalloc, 1), [word, "####............", word, "####............"]);
    assert_eq!(around(AllocatorFamily::Unknown, 1), [none; 4]);
}

/// The cells of a range against sums that don't look at the map.
#[test]
fn sums_over_a_range_are_those_of_its_bytes() {
    let mut builder = two_memories(1, 1).data(1_024, 512);
    let lengths = [64, 1_000, 4_000];
    let blocks: Vec<(u64, u64)> = (0..9).map(|at| (10_000 + at * 5_000, lengths[at as usize % 3])).collect();
    for (address, size) in &blocks {
        builder = builder.alloc(1, &format!("main;f{};malloc", size % 3), *address, *size);
    }
    let profile = builder.build();
    let heap = heap_at(&profile, FIRST, END);
    for range in [0..PAGE, 0..10_000, 10_000..10_001, 10_063..15_001, 15_500..45_000, 50_999..70_000, 7..7] {
        let found = heap_range(&profile, &heap, &range);
        let inside = |(address, size): &(u64, u64)| {
            (address + size).min(range.end).saturating_sub((*address).max(range.start))
        };
        let reaching: Vec<_> = blocks.iter().filter(|block| inside(block) > 0).collect();
        assert_eq!(found.bytes[CellKind::Live as usize], blocks.iter().map(inside).sum::<u64>(), "{range:?}");
        assert_eq!(found.blocks, reaching.len() as u64, "{range:?}");
        assert_eq!(found.block_bytes, reaching.iter().map(|(_, size)| size).sum::<u64>());
        assert_eq!(found.sites.iter().map(|site| site.blocks).sum::<u64>(), found.blocks);
        assert_eq!(found.bytes.iter().sum::<u64>(), range.end - range.start);
        let cells = map(&profile, &heap, range.clone(), 977).cells;
        let sum = |kind| cells.iter().map(|cell| cell.bytes_of(kind)).sum::<u64>();
        assert_eq!(CellKind::ALL.map(sum), found.bytes, "{range:?}");
    }
}

/// The last block of a memory of 4 GiB ends with it.
#[test]
fn four_gib_are_shown_to_the_last_byte() {
    let profile = ProfileBuilder::new()
        .memory(65_536, None)
        .alloc(1, "main;malloc", GIB, 2 * GIB)
        .alloc(2, "main;malloc", 4 * GIB - 16, 16)
        .build();
    let heap = heap_at(&profile, FIRST, END);
    assert_eq!((heap.memory_bytes, heap.high_water, heap.live_bytes), (4 * GIB, 4 * GIB, 2 * GIB + 16));
    let whole = map(&profile, &heap, 0..4 * GIB, 4);
    let kinds_of: Vec<_> = whole.cells.iter().map(kinds).collect();
    let last = vec![(CellKind::Live, 16), (CellKind::Free, GIB - 16)];
    let live = vec![(CellKind::Live, GIB)];
    assert_eq!(kinds_of, [vec![(CellKind::Other, GIB)], live.clone(), live, last]);
    let bytes = map(&profile, &heap, 4 * GIB - 18..4 * GIB + 2, 20);
    let kinds_of: Vec<_> = bytes.cells.iter().map(HeapCell::main_kind).collect();
    let expected = [vec![CellKind::Free; 2], vec![CellKind::Live; 16], vec![CellKind::Outside; 2]];
    assert_eq!(kinds_of, expected.concat());
}

/// A block across the 32-bit limit of addresses, and one near the end of 16 GiB, in the second memory.
#[test]
fn a_memory64_is_zoomed_from_16_gib_to_a_byte() {
    let far = 15 * GIB + 0x1234;
    let profile = two_memories(1, 16 * 16_384)
        .alloc(1, "main;other_malloc", 3 * GIB, 2 * GIB)
        .alloc(2, "main;other_malloc", far, 40)
        .build();
    let heap = heap_at(&profile, SECOND, END);
    assert_eq!((heap.memory_bytes, heap.high_water), (16 * GIB, far + 40));
    assert_eq!((heap.free.runs, heap.free.largest_address), (2, 5 * GIB));
    let whole = map(&profile, &heap, 0..16 * GIB, 16);
    let main: Vec<_> = whole.cells.iter().map(HeapCell::main_kind).collect();
    let expected = [
        vec![CellKind::Other; 3],
        vec![CellKind::Live; 2],
        vec![CellKind::Free; 10],
        vec![CellKind::Untouched],
    ];
    assert_eq!(main, expected.concat());
    // Each step is into the cell that has the far block, down to cells of a byte.
    let (mut range, mut steps) = (0..16 * GIB, 0);
    while range.end - range.start > 1_024 {
        let zoomed = map(&profile, &heap, range.clone(), 1_024);
        let cell = zoomed.cell_of(far).unwrap();
        let dominant = zoomed.cells[cell].dominant.unwrap();
        assert_eq!((dominant.address, dominant.size), (far, 40));
        (range, steps) = (zoomed.cell_range(cell), steps + 1);
    }
    assert_eq!((range.contains(&far), steps), (true, 3));
    let bytes = map(&profile, &heap, far - 1..far + 41, 42);
    let main: Vec<_> = bytes.cells.iter().map(HeapCell::main_kind).collect();
    assert_eq!(main, [vec![CellKind::Free], vec![CellKind::Live; 40], vec![CellKind::Untouched]].concat());
    assert_eq!(bytes.cell_range(7), far + 6..far + 7);
}

/// Blocks inside others, as of an arena in a block of the allocator's, and ones that reach across each other.
#[test]
fn a_part_shows_what_the_whole_does() {
    let mut state = 11u64;
    let mut below = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let mut builder = ProfileBuilder::new().memory(1, None).allocator("malloc", 0, AllocatorFamily::Emmalloc);
    for _ in 0..40 {
        let (address, size) = (1_000 + below(6_000), [0, 8, 100, 1_500][below(4) as usize]);
        builder = builder.alloc(1, "main;malloc", address, size);
    }
    let profile = builder.build();
    let heap = heap_at(&profile, FIRST, END);
    assert!(heap.overlapping_blocks > 5);
    let whole = map(&profile, &heap, 0..10_000, 10_000);
    for _ in 0..300 {
        let start = below(9_000);
        let range = start..start + 1 + below(600);
        let part = map(&profile, &heap, range.clone(), 1_000);
        assert_eq!(part.cells[..], whole.cells[range.start as usize..range.end as usize], "{range:?}");
        let found = heap_range(&profile, &heap, &range);
        let reaches = |block: &&HeapBlock| {
            range.contains(&block.address) || block.address < range.start && block.end() > range.start
        };
        let reaching = heap.blocks.iter().filter(reaches);
        assert_eq!(found.blocks, reaching.count() as u64, "{range:?}");
    }
}
