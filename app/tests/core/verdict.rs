//! Verdicts on programs whose faults are known: recorded ones, and made-up ones for what stands at the edge.

use crate::recorded::recorded;
use wasmscope::analysis::{
    HeapVerdict, asker, heap_at, heap_sites, heap_verdict, pins, verdict_remark, verdict_sentences,
};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{AllocatorFamily, Frees};
use wasmscope_symbolize::MemoryIndex;

const PAGE: u64 = 65_536;
const FAULTS: &str = "app/tests/faults/faults.wasm";

/// Leak, fragmentation, peak.
fn kinds(verdict: &HeapVerdict) -> [bool; 3] {
    [verdict.leak.is_some(), verdict.fragmentation.is_some(), verdict.peak.is_some()]
}

fn check(profile: &Profile, expected: [bool; 3], what: &str) -> HeapVerdict {
    let verdict = heap_verdict(profile, MemoryIndex(0));
    assert_eq!(kinds(&verdict), expected, "{what}: {:?}", verdict_sentences(profile, &verdict));
    verdict
}

#[test]
fn each_fault_is_found_alone_and_mended_it_is_gone() {
    for (fault, expected) in [
        ("leak", [true, false, false]),
        ("fragmentation", [false, true, false]),
        ("peak", [false, false, true]),
        ("no-leak", [false; 3]),
        ("no-fragmentation", [false; 3]),
        ("no-peak", [false; 3]),
    ] {
        let profile = recorded(FAULTS, &[fault]);
        let HeapVerdict { leak, fragmentation, peak, .. } = check(&profile, expected, fault);
        if let Some(leak) = leak {
            let [site] = &leak.sites[..] else { panic!("{leak:?}") };
            assert_eq!((site.blocks, site.bytes, site.allocated_blocks), (100, 20_000, 1_000));
            assert_eq!(site.at_quarters, [25, 50, 75, 100]);
            assert!(asker(&profile, site.path).starts_with("open_request (faults.c:"));
        }
        if let Some(found) = fragmentation {
            // 24 rounds of 16 buffers, from 8 KiB to 31 KiB, where the last round alone would have done.
            let (buffers, last) = ((8..32).map(|kib| kib * 16_384u64).sum::<u64>(), 31 * 16_384);
            assert!(found.heap_bytes > buffers && found.grown_bytes() > buffers - last, "{found:?}");
            assert_eq!(found.in_spite_of_piece_bytes, 0);
            assert!(found.last_largest_bytes < found.last_asked_bytes, "{found:?}");
            let pin = found.pins[0];
            assert!(asker(&profile, pin.path).starts_with("keep_label (faults.c:") && pin.pages > 100);
        }
        if let Some(peak) = peak {
            assert!(peak.peak_bytes >= 8 << 20 && peak.grown_pages >= 120, "{peak:?}");
            assert!(asker(&profile, peak.sites[0].path).starts_with("load_chunk (faults.c:"));
        }
    }
}

#[test]
fn the_samples_have_the_faults_of_their_stories_and_no_others() {
    let before = recorded("samples/fragment/before.wasm", &[]);
    let verdict = check(&before, [true, true, false], "before");
    let leak = verdict.leak.unwrap();
    assert_eq!((leak.blocks, leak.bytes, leak.sites.len()), (500, 48_000, 1));
    assert_eq!(leak.sites[0].at_quarters, [125, 250, 375, 500]);
    assert_eq!(asker(&before, leak.sites[0].path), "open_session (fragment.c:99)");
    let pin = verdict.fragmentation.unwrap().pins[0];
    assert_eq!(asker(&before, pin.path), "keep_title (fragment.c:73)");
    for healthy in ["fragment/after", "words/words", "json/json", "hotloop/hotloop", "chatty/before"] {
        check(&recorded(&format!("samples/{healthy}.wasm"), &[]), [false; 3], healthy);
    }
}

/// `rounds` rounds in which `keeps` hands out a block of 100 bytes, and `works` one that is freed at once. It frees
/// those of the rounds for which `is_freed`.
fn rounds(rounds: u64, keeps: impl Fn(u64) -> bool, is_freed: impl Fn(u64) -> bool) -> Profile {
    let mut builder = ProfileBuilder::new().memory(100, None);
    for round in 0..rounds {
        let address = 100_000 + round * 112;
        if keeps(round) {
            builder = builder.alloc(round, "main;keeps;malloc", address, 100);
        }
        builder =
            builder.alloc(round, "main;works;malloc", 90_000, 50).free(round, "main;works;free", 90_000);
        if keeps(round) && is_freed(round) {
            builder = builder.free(round, "main;keeps;free", address);
        }
    }
    builder.build()
}

#[test]
fn what_stays_is_a_leak_only_if_it_comes_throughout() {
    let leaks = |profile: &Profile| heap_verdict(profile, MemoryIndex(0)).leak.is_some();
    let (all, none) = (|_| true, |_| false);
    assert!(leaks(&rounds(400, all, none)));
    assert!(leaks(&rounds(400, all, |round| round % 10 != 0)), "40 of 400");
    assert!(leaks(&rounds(400, |round| round >= 200, none)), "throughout the second half");
    assert!(!leaks(&rounds(400, |round| round < 200, none)), "set up in the first half");
    assert!(!leaks(&rounds(400, |round| round >= 380, none)), "only at the end");
    assert!(!leaks(&rounds(400, all, |round| round < 340)), "the last 60 are always kept");
    assert!(!leaks(&rounds(400, |round| round % 40 == 0, none)), "ten blocks");
    assert!(!leaks(&rounds(400, all, all)));
}

/// Where a collector frees, blocks that stay are no leak, and neither is it told that there is none.
#[test]
fn leaks_are_neither_told_nor_denied_where_frees_are_not_seen() {
    let keeps = |frees: Frees| {
        let mut builder = ProfileBuilder::new().allocator("malloc", 0, AllocatorFamily::Unknown);
        for round in 0..400 {
            builder = builder.alloc(round, "main;keeps;malloc", 100_000 + round * 112, 100);
        }
        let builder = builder.edit(|recording| recording.meta.allocators[0].frees = frees);
        heap_verdict(&builder.build(), MemoryIndex(0))
    };
    let (seen, collected) = (keeps(Frees::Seen), keeps(Frees::Collected));
    assert!(seen.leak.is_some() && seen.sees_frees && verdict_remark(&seen).is_none());
    assert!(collected.is_empty() && !collected.sees_frees);
    assert!(verdict_remark(&collected).unwrap().contains("leaks can't be told"));
    assert!(
        verdict_remark(&heap_verdict(&rounds(400, |_| true, |_| true), MemoryIndex(0)))
            .unwrap()
            .contains("no leak")
    );
}

/// Each call is one deeper than the one before, so that no two blocks have the same path.
#[test]
fn recursion_does_not_hide_a_leak() {
    let mut builder = ProfileBuilder::new();
    for depth in 0..60usize {
        let path = format!("main;{}insert;node_new;malloc", "insert;".repeat(depth));
        builder = builder.alloc(depth as u64, &path, 1_000 + depth as u64 * 128, 100);
    }
    let leak = heap_verdict(&builder.build(), MemoryIndex(0)).leak.unwrap();
    assert!(leak.sites[0].blocks >= 50, "{leak:?}");
}

/// An allocator that never uses again what was freed: free pieces are large enough, but not taken.
#[test]
fn memory_that_is_never_used_again_is_fragmentation() {
    let mut builder = ProfileBuilder::new().memory(1, None);
    let mut address = 1_024;
    for round in 0..400 {
        builder = builder.alloc(round, "main;malloc", address, 8_000);
        if address + 8_000 > (round / 8 + 1) * PAGE {
            builder = builder.grow(round, "main;malloc", round / 8 + 1, 1, true);
        }
        builder = builder.free(round, "main;free", address);
        address += 8_016;
    }
    let profile = builder.grow(400, "main;malloc", 50, 1, true).build();
    let verdict = check(&profile, [false, true, false], "bump");
    let found = verdict.fragmentation.as_ref().unwrap();
    assert_eq!(
        (found.for_want_of_piece_bytes, found.steps),
        (0, 398),
        "all but the first two, which do not fit with room to spare"
    );
    assert!(verdict_sentences(&profile, &verdict)[0].contains("did not use a free piece"));
}

/// Live bytes rise and fall evenly: the memory is as large as it must be at the top, for which there is time.
#[test]
fn a_heap_that_rises_and_falls_has_no_fault() {
    const MS: u64 = 1_000_000;
    let mut builder = ProfileBuilder::new().memory(2, None);
    for at in 0..100 {
        builder = builder.grow(at * MS, "main;malloc", 2 + at, 1, true).alloc(
            at * MS,
            "main;malloc",
            2 * PAGE + at * PAGE,
            PAGE - 16,
        );
    }
    for at in (0..100).rev() {
        builder = builder.free((200 - at) * MS, "main;free", 2 * PAGE + at * PAGE);
    }
    check(&builder.build(), [false; 3], "a triangle");
}

#[test]
fn a_spike_is_a_peak_with_its_pages() {
    const MS: u64 = 1_000_000;
    let mut builder = ProfileBuilder::new()
        .memory(3, None)
        .alloc(0, "main;base;malloc", 2 * PAGE, 1_000)
        .grow(50 * MS, "main;spike;malloc", 3, 20, true)
        .alloc(50 * MS, "main;spike;malloc", 3 * PAGE, 20 * PAGE)
        .free(55 * MS, "main;spike;free", 3 * PAGE);
    for at in 60..160 {
        builder = builder.alloc(at * MS, "main;malloc", 3 * PAGE, 500).free(at * MS, "main;free", 3 * PAGE);
    }
    let profile = builder.build();
    let peak = check(&profile, [false, false, true], "a spike").peak.unwrap();
    assert_eq!((peak.peak_bytes, peak.peak_nanos), (20 * PAGE + 1_000, 50 * MS));
    assert_eq!((peak.high_nanos, peak.usual_bytes, peak.grown_pages), (5 * MS, 1_000, 20));
    assert_eq!(asker(&profile, peak.sites[0].path), "spike");
}

#[test]
fn pinned_pages_are_the_sparse_ones() {
    let profile = ProfileBuilder::new()
        .memory(12, None)
        .alloc(1, "main;a;malloc", PAGE, 100)
        .alloc(1, "main;a;malloc", 3 * PAGE + 10, 20)
        .alloc(1, "main;b;malloc", 3 * PAGE + 50, 30)
        // From the last bytes of a page over one that it fills to the first of another.
        .alloc(1, "main;c;malloc", 5 * PAGE - 200, PAGE + 300)
        .alloc(1, "main;b;malloc", 6 * PAGE + 500, 150)
        .alloc(1, "main;a;malloc", 7 * PAGE, PAGE / 16)
        .build();
    let heap = heap_at(&profile, MemoryIndex(0), 1);
    let found = pins(&heap, PAGE);
    let of =
        |pin: &wasmscope::analysis::Pin| (asker(&profile, pin.path), pin.pages, pin.single_pages, pin.bytes);
    let [b, c, a] = &found[..] else { panic!("{found:?}") };
    assert_eq!(of(b), ("b".into(), 2, 0, 180));
    assert_eq!(of(c), ("c".into(), 1, 1, 200));
    assert_eq!(of(a), ("a".into(), 1, 1, 100));
    let pages: u64 = found.iter().map(|pin| pin.pages).sum();
    assert_eq!(pages, heap.page_use.sparse_pages);
    let sampled = recorded("samples/fragment/before.wasm", &[]);
    let heap = heap_at(&sampled, MemoryIndex(0), u64::MAX);
    let pages: u64 = pins(&heap, PAGE).iter().map(|pin| pin.pages).sum();
    assert_eq!(pages, heap.page_use.sparse_pages);
}

#[test]
fn libraries_between_program_and_allocator_are_passed_over() {
    for (path, expected) in [
        ("main;open@a.c:3;malloc", "open (a.c:3)"),
        ("main;open@a.c:3;strdup@strdup.c:7;malloc", "open (a.c:3)"),
        (
            "main;push@v.cc:8;+std::vector::push_back@vector:9;operator new(unsigned long);malloc",
            "push (v.cc:8)",
        ),
        ("std::run;alloc::alloc::alloc;__rust_alloc", "alloc::alloc::alloc"),
        ("malloc", "malloc"),
    ] {
        let profile = ProfileBuilder::new().alloc(1, path, 1_000, 8).build();
        let site = heap_sites(&profile, &heap_at(&profile, MemoryIndex(0), 1).blocks)[0];
        assert_eq!(asker(&profile, site.path), expected, "{path}");
    }
}

/// Twenty times half of the memory is needed for a moment: that is what the program needs.
#[test]
fn what_comes_again_and_again_is_no_peak() {
    const MS: u64 = 1_000_000;
    let mut builder = ProfileBuilder::new().memory(2, None).alloc(0, "main;base;malloc", PAGE, 1_000);
    builder = builder.grow(10 * MS, "main;malloc", 2, 20, true);
    for at in 1..21 {
        let address = 2 * PAGE;
        builder = builder
            .alloc(at * 10 * MS, "main;malloc", address, 20 * PAGE)
            .free(at * 10 * MS + MS / 10, "main;free", address)
            .alloc(at * 10 * MS + MS, "main;malloc", address, 100)
            .free(at * 10 * MS + MS, "main;free", address);
    }
    check(&builder.build(), [false; 3], "again and again");
}
