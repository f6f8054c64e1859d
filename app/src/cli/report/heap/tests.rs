//! What the heap's text says of a memory.

use super::*;
use crate::analysis::{heap_at, heap_at_peak};
use crate::profile::ProfileBuilder;
use wasmscope_instrument::recording::{AllocatorFamily, ShadowStack, StackLow};

const ALL: Limit = Limit { rows: usize::MAX };
const FIRST: MemoryIndex = MemoryIndex(0);
const SECOND: MemoryIndex = MemoryIndex(1);

/// One block inside another, in memory 1, whose shadow stack is deepest at the end.
fn profile() -> Profile {
    let low = |time_nanos, pointer| StackLow { time_nanos, pointer, context: None };
    let (lows, depths) = (vec![low(10, 3_996), low(30, 96)], vec![(10, 3_996), (30, 96)]);
    let stack = ShadowStack { lowest: 96, lows, depths, ..ShadowStack::new(SECOND, 0, 4_096) };
    ProfileBuilder::new()
        .memory(1, None)
        .another_memory(1)
        .allocator("malloc", 0, AllocatorFamily::Unknown)
        .allocator("other_malloc", 1, AllocatorFamily::Unknown)
        .alloc(10, "main;other_malloc", 0x5000, 1_000)
        .alloc(20, "main;other_malloc", 0x5100, 8)
        .edit(|recording| recording.shadow_stack = Some(stack))
        .build()
}

#[test]
fn a_memory_without_a_heap_says_which_has_one() {
    let profile = profile();
    let text = text(&profile, &heap_at(&profile, FIRST, u64::MAX), ALL);
    assert_eq!(text, "No heap operations were recorded in this memory; memory 1 has some.\n");
    let json = serde_json::to_value(json(&profile, &heap_at(&profile, FIRST, u64::MAX))).unwrap();
    assert!(json["shadow_stack"].is_null() && json["overlapping_blocks"] == 0, "{json}");
}

#[test]
fn the_shadow_stack_is_that_of_the_moment() {
    let profile = profile();
    let of = |heap: &HeapAt| {
        let json = serde_json::to_value(json(&profile, heap)).unwrap();
        let stack = &json["shadow_stack"];
        ["bytes", "deepest_bytes", "deepest_nanos"].map(|name| stack[name].as_u64().unwrap())
    };
    assert_eq!(of(&heap_at(&profile, SECOND, 15)), [100, 100, 10]);
    assert_eq!(of(&heap_at_peak(&profile, SECOND)), [100, 100, 10]);
    assert_eq!(of(&heap_at(&profile, SECOND, u64::MAX)), [4_000, 4_000, 30]);
    let text = text(&profile, &heap_at(&profile, SECOND, 15), ALL);
    assert!(
        text.contains("the stack is 100 B deep, down from 0x1000, and was at most 100 B, at 10 ns"),
        "{text}"
    );
}

#[test]
fn blocks_inside_others_and_pages_are_told() {
    let profile = profile();
    let heap = heap_at(&profile, SECOND, u64::MAX);
    let text = text(&profile, &heap, ALL);
    assert!(text.contains("\nwarning: 1 block begins inside another live one\n"), "{text}");
    assert!(text.contains("\n1 page of the heap: 0 empty, 1 sparse with 1000 B live on them\n"), "{text}");
    assert!(text.contains("2 allocations of 1008 B together, 0 frees"), "{text}");
    let json = serde_json::to_value(json(&profile, &heap)).unwrap();
    assert_eq!((&json["overlapping_blocks"], &json["pages"]["pinning_bytes"]), (&1.into(), &1_000.into()));
    assert!(json["touched_bytes"].is_null() && json["never_touched_bytes"].is_null());
}

#[test]
fn one_of_a_kind_is_told_in_the_singular() {
    let profile =
        ProfileBuilder::new().alloc(1, "main;malloc", 0x5000, 8).free(2, "main;free", 0x6000).build();
    let text = text(&profile, &heap_at(&profile, FIRST, u64::MAX), ALL);
    for told in ["1 allocation of 8 B together, 0 frees;", "never freed: 1 block, 8 B\n", "in 1 piece, "] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(text.contains("warning: 1 free was of an address that was never handed out\n"), "{text}");
}
