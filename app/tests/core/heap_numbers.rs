//! The figures over time against the heap at each of their moments.

use crate::heap_model::operations;
use wasmscope::analysis::{HeapNumbers, heap_at, heap_numbers};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{GrowthEvent, Recording};
use wasmscope_symbolize::MemoryIndex;

fn check(profile: &Profile) -> Vec<HeapNumbers> {
    let numbers = heap_numbers(profile, MemoryIndex(0));
    assert_eq!(numbers.len(), 200);
    for found in &numbers {
        let heap = heap_at(profile, MemoryIndex(0), found.at_nanos);
        let expected = HeapNumbers {
            at_nanos: found.at_nanos,
            live_blocks: heap.blocks.len() as u64,
            live_bytes: heap.live_bytes,
            memory_bytes: heap.memory_bytes,
            free_bytes: heap.free.total_bytes,
            free_runs: heap.free.runs,
            largest_free_bytes: heap.free.largest_bytes,
            overhead_bytes: heap.free.overhead_bytes,
            fragmentation: heap.free.fragmentation,
            dispersion: found.dispersion,
            pages: heap.page_use.pages,
            empty_pages: heap.page_use.empty_pages,
            sparse_pages: heap.page_use.sparse_pages,
        };
        assert_eq!(*found, expected, "at {}", found.at_nanos);
        let (dispersion, exact) = (found.dispersion, heap.free.dispersion);
        assert!((dispersion - exact).abs() < 1e-9, "{dispersion} at {} is {exact}", found.at_nanos);
    }
    numbers
}

/// Blocks that overlap, are freed twice, have no bytes or lie at addresses that were never freed.
#[test]
fn figures_over_time_are_those_of_the_moments() {
    for seed in 1..4 {
        let heap = operations(seed, 20_000);
        let end = heap.time_nanos.last().copied().unwrap();
        let growth = [1, 2, 3, 5].map(|part| GrowthEvent {
            time_nanos: end / 7 * part,
            memory: MemoryIndex(0),
            before_pages: part,
            asked_pages: 1,
            granted: part != 5,
            context: None,
            site: None,
        });
        let growth = growth.to_vec();
        check(&Profile::new(Recording { heap: heap.into(), growth, ..Recording::default() }));
    }
}

/// Random addresses to the byte, so that blocks lie across each other in all ways.
#[test]
fn overlaps_of_all_kinds_are_counted_once() {
    let mut state = 7u64;
    let mut below = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let mut builder = ProfileBuilder::new().memory(4, None);
    for time in 0..4_000 {
        let address = 100_000 + below(900);
        builder = match below(2) {
            0 => builder.alloc(time, "main;malloc", address, [0, 1, 40, 200][below(4) as usize]),
            _ => builder.free(time, "main;free", address),
        };
    }
    let numbers = check(&builder.build());
    assert!(numbers.iter().any(|point| point.free_runs > 1));
}

#[test]
fn a_heap_that_was_not_measured_has_no_figures() {
    assert!(heap_numbers(&ProfileBuilder::new().memory(4, None).build(), MemoryIndex(0)).is_empty());
}
