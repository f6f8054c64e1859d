//! Recordings with nothing in them, and ones that no recorder would write: every view works on them.

use wasmscope::analysis::{
    Area, BlockRow, CallTreeQuery, CallsQuery, HeapMapQuery, LanesQuery, Metric, ModuleSizeQuery, Overlay,
    SizeId, Subtree, Transform, TreemapStyle, WatQuery, accesses, advice, block_life, boundary, boundary_in,
    call_durations, call_tree, calls_named, flame, function_costs, functions, growth, heap_at, heap_habits,
    heap_map, heap_numbers, heap_range, heap_sites, heap_verdict, lanes, lines, live_sizes, module_size,
    pins, range_summary, repeated_exports, slack, start_up, summary, treemap, verdict_sentences, wat,
    what_if,
};
use wasmscope::export::{MapExtent, MapFormat, memory_map};
use wasmscope::profile::{FrameId, PathId, Profile, ProfileBuilder};
use wasmscope_instrument::recording::{
    ContextId, Crossing, Direction, GrowthEvent, HeapEvent, HeapOp, Recording, SiteCrossings, StackFrame,
    StackId,
};
use wasmscope_symbolize::{CodeOffset, FuncIndex, MemoryIndex};

/// The memory of all of them.
const MEMORY: MemoryIndex = MemoryIndex(0);

/// Each transform of the root, of a function, and of one that there is not.
fn all_transforms() -> Vec<Transform> {
    let of = |frame| {
        let subtree = |inverted, skips_inlined| {
            let frames = vec![frame, FrameId(1), frame];
            Transform::FocusSubtree(Subtree { frames, inverted, skips_inlined })
        };
        [
            Transform::FocusFunction(frame),
            subtree(false, true),
            subtree(true, true),
            subtree(true, false),
            Transform::MergeFunction(frame),
            Transform::DropFunction(frame),
            Transform::CollapseFunction(frame),
            Transform::CollapseRecursion(frame),
        ]
    };
    let nothing = Subtree { frames: Vec::new(), inverted: true, skips_inlined: true };
    let frames = [FrameId::ROOT, FrameId(1), FrameId(u32::MAX)];
    frames.into_iter().flat_map(of).chain([Transform::FocusSubtree(nothing)]).collect()
}

/// Asks for every view; gives the total of each metric.
fn look_at_everything(profile: &Profile) -> Vec<u64> {
    let mut totals = Vec::new();
    for metric in Metric::ALL {
        for (inverted, inline_frames) in [(false, false), (false, true), (true, false), (true, true)] {
            for time in [None, Some(0..5), Some(3..u64::MAX), Some(u64::MAX..0)] {
                let transforms = Vec::new();
                let query = CallTreeQuery { metric, time, inverted, inline_frames, transforms };
                let tree = call_tree(profile, &query);
                assert_eq!(flame(&tree).row(0).boxes.len(), 1);
                functions(profile, &query);
                lines(profile, &query);
                let size = module_size(profile, &ModuleSizeQuery { metric, time: query.time });
                let bytes = profile.recording().module.len() as u64;
                assert_eq!(size.get(SizeId::ROOT).bytes, bytes);
                let area = Area { x: 0.0, y: 0.0, width: 640.0, height: 480.0 };
                treemap(&size, SizeId::ROOT, area, TreemapStyle::default());
            }
        }
        for (transform, inverted) in
            all_transforms().into_iter().flat_map(|one| [(one.clone(), false), (one, true)])
        {
            let transforms = vec![transform.clone(), transform];
            let query = CallTreeQuery { metric, inverted, transforms, ..CallTreeQuery::default() };
            let tree = call_tree(profile, &query);
            function_costs(&tree, inverted, profile.frames().len());
        }
        let query = CallTreeQuery { metric, ..CallTreeQuery::default() };
        totals.push(call_tree(profile, &query).total());
    }
    boundary(profile);
    growth(profile);
    for time in [0..0, 0..5, 3..u64::MAX, u64::MAX..0] {
        growth(profile).within(&time);
        boundary_in(profile, &time);
        range_summary(profile, &time);
        for (func, column_nanos) in [(0, 0), (1, 7), (u32::MAX, u64::MAX)] {
            lanes(profile, &LanesQuery { time: time.clone(), column_nanos, inline_frames: true });
            for direction in [Direction::GuestToHost, Direction::HostToGuest] {
                let query = CallsQuery { direction, func: FuncIndex(func), time: Some(time.clone()) };
                let found = call_durations(profile, &query);
                assert_eq!(found.bars().is_empty(), found.calls.is_empty());
            }
        }
    }
    summary(profile);
    accesses(profile);
    start_up(profile);
    advice(profile);
    heap_views(profile);
    for function in [0, 1, u32::MAX].map(FuncIndex) {
        for time in [None, Some(0..5), Some(u64::MAX..0)] {
            let listing = wat(profile, &WatQuery { function, time });
            assert_eq!(listing.rows.is_empty(), listing.problem.is_some());
        }
    }
    totals
}

fn heap_views(profile: &Profile) {
    repeated_exports(profile);
    calls_named(profile, "main");
    heap_numbers(profile, MEMORY);
    heap_habits(profile, MEMORY);
    what_if(profile, MEMORY);
    verdict_sentences(profile, &heap_verdict(profile, MEMORY));
    for row in [0, 1, u32::MAX].map(BlockRow) {
        block_life(profile, row);
    }
    for at_nanos in [0, 3, u64::MAX] {
        let heap = heap_at(profile, MEMORY, at_nanos);
        live_sizes(&heap);
        slack(&heap);
        heap_sites(profile, &heap.blocks);
        for page_bytes in [0, 1, 65_536] {
            pins(&heap, page_bytes);
        }
        for range in [0..0, 0..65_536, 5..7, 0..u64::MAX, u64::MAX - 3..u64::MAX, u64::MAX..0] {
            heap_range(profile, &heap, &range);
            for overlay in [None, Some(Overlay::Accesses), Some(Overlay::Grown), Some(Overlay::Touched)] {
                let range = range.clone();
                heap_map(profile, &heap, &HeapMapQuery { range, cells: 10, overlay });
            }
            let extent = MapExtent { range: Some(range), columns: 4 };
            for format in [MapFormat::Svg, MapFormat::Png] {
                assert!(!memory_map(profile, &heap, &extent, format).is_empty());
            }
        }
    }
}

#[test]
fn an_empty_recording_is_empty_in_every_view() {
    let profile = Profile::new(Recording::default());
    assert_eq!(look_at_everything(&profile), [0; Metric::ALL.len()]);
    assert!(Metric::ALL.iter().all(|metric| !metric.available_in(&profile)));
    let query = CallTreeQuery::default();
    let tree = call_tree(&profile, &query);
    assert_eq!((tree.len(), tree.is_empty(), flame(&tree).width()), (1, true, 0));
    assert!(functions(&profile, &query).rows.is_empty());
    assert!(lines(&profile, &query).rows.is_empty());
    assert!(boundary(&profile).rows.is_empty());
    assert!(growth(&profile).memories.is_empty());
    let heap = heap_at(&profile, MEMORY, u64::MAX);
    assert_eq!((heap.blocks.len(), heap.heap, heap.free.runs, heap.page_use.pages), (0, 0..0, 0, 0));
    assert_eq!(summary(&profile).heap, None);
    let listing = wat(&profile, &WatQuery { function: FuncIndex(0), time: None });
    assert_eq!(listing.problem.as_deref(), Some("there is no func[0]"));
    assert_eq!(profile.warnings(), ["the recording holds no module; functions have no names"]);
}

#[test]
fn a_module_that_is_none_is_told() {
    let profile = Profile::new(Recording { module: (*b"\x7fELF").into(), ..Recording::default() });
    assert!(
        profile.warnings()[0].starts_with("the recorded module can't be read"),
        "{:?}",
        profile.warnings()
    );
}

#[test]
fn samples_without_a_stack_count_in_the_total() {
    let profile = ProfileBuilder::new().folded("a 5").sample(9, "", 7).build();
    let tree = call_tree(&profile, &CallTreeQuery::default());
    let root = tree.iter().next().unwrap().1;
    assert_eq!((root.self_value, root.total_value), (7, 12));
    let inverted = call_tree(&profile, &CallTreeQuery { inverted: true, ..CallTreeQuery::default() });
    assert_eq!(inverted.iter().next().unwrap().1, root);
}

#[test]
fn cycles_and_ids_out_of_range_are_cut() {
    let far = 1_000_000;
    let recording = ProfileBuilder::new().folded("a;b 5").alloc(1, "a;malloc", 64, 8).edit(|recording| {
        let frame = StackFrame::Wasm { func: FuncIndex(far), offset: CodeOffset(far) };
        let stacks = &mut recording.stacks;
        // Row 2 and 3 call each other, row 4 calls itself, row 5 calls nobody there is, row 6 has no parent column.
        for parent in [3, 2, 4, far] {
            stacks.parent.push(Some(StackId(parent)));
            stacks.frame.push(frame);
        }
        stacks.frame.push(StackFrame::Host { import: FuncIndex(far) });
        for stack in [2, 3, 4, 5, 6, far] {
            recording.samples.push(10, StackId(stack), 1);
        }
        recording.samples.time_nanos.push(11);
        let contexts = &mut recording.contexts;
        let rows = contexts.len() as u32;
        for parent in [rows + 1, rows, rows + 2, far] {
            contexts.parent.push(Some(ContextId(parent)));
            contexts.func.push(FuncIndex(far));
            contexts.call_site.push(Some(CodeOffset(far)));
        }
        contexts.func.push(FuncIndex(0));
        for context in (rows..rows + 6).chain([far]).map(|row| Some(ContextId(row))) {
            let (time_nanos, op) = (2, HeapOp::Alloc);
            let event = HeapEvent { time_nanos, op, address: 640, size: 1, old_address: 0, context };
            recording.heap.push(event);
            let memory = MemoryIndex(far);
            let (before_pages, asked_pages, site) = (1, 2, Some(CodeOffset(far)));
            let event =
                GrowthEvent { time_nanos, memory, before_pages, asked_pages, granted: true, context, site };
            recording.growth.push(event);
            let (import, calls, total_nanos) = (FuncIndex(far), 1, 2);
            recording.crossings.sites.push(SiteCrossings {
                import,
                context,
                site,
                calls,
                total_nanos,
                bytes: None,
            });
        }
        for (context, end) in [(0, 2), (900, 2), (1, 0)] {
            recording.counts.push(ContextId(context), 2, 3);
            recording.instructions.push(ContextId(context), CodeOffset(1), CodeOffset(end), 4);
        }
        recording.counts.calls.push(3);
    });
    let profile = Profile::new(recording.recording());
    let totals = look_at_everything(&profile);
    assert_eq!(totals, [5 + 6, 7, 14, 14, 8, 8 + 7, 8 + 1, 8 + 1, 6, 3 * 2, 0, 3 * 3]);
    let broken = profile.warnings().iter().filter(|warning| warning.contains("call paths")).count();
    assert_eq!(broken, 1, "{:?}", profile.warnings());
}

#[test]
fn numbers_that_overflow_stay_at_the_top() {
    let builder = ProfileBuilder::new().folded("a;b 1\na;c 1\nd 1").alloc(1, "a;malloc", 64, 8);
    let profile = builder
        .crossings("a;[env.f]", 1, 1, Some(1))
        .grow(1, "a", 1, 1, true)
        .executed("a;b", 1, 1, 1)
        .executed("a", 1, 1, 1)
        .edit(|recording| {
            recording.samples.weight_nanos.fill(u64::MAX);
            recording.samples.time_nanos.fill(u64::MAX);
            for (address, size) in [(u64::MAX, u64::MAX), (u64::MAX - 5, 3), (1, u64::MAX)] {
                let (time_nanos, op, old_address, context) = (u64::MAX, HeapOp::Alloc, 0, None);
                recording.heap.push(HeapEvent { time_nanos, op, address, size, old_address, context });
            }
            let grown = recording.growth[0];
            recording.growth.push(GrowthEvent {
                time_nanos: u64::MAX,
                before_pages: u64::MAX,
                asked_pages: u64::MAX,
                ..grown
            });
            let site = recording.crossings.sites[0];
            let (calls, total_nanos, bytes) = (u64::MAX, u64::MAX, Some(u64::MAX));
            recording.crossings.sites.push(SiteCrossings { calls, total_nanos, bytes, ..site });
            let row = recording.crossings.functions[0].clone();
            recording.crossings.functions.push(Crossing { calls, total_nanos, ..row });
            for numbers in [&mut recording.counts.calls, &mut recording.counts.bulk_bytes] {
                numbers.fill(u64::MAX);
            }
            recording.instructions.count.fill(u64::MAX);
        })
        .build();
    let totals = look_at_everything(&profile);
    assert_eq!(
        totals,
        [u64::MAX, u64::MAX, u64::MAX, 1, 4, u64::MAX, u64::MAX, u64::MAX, 0, u64::MAX, u64::MAX, u64::MAX]
    );
}

/// Each block lies across tens of thousands of others: in all they cover each other billions of times.
#[test]
fn blocks_across_each_other_end_the_figures_and_not_the_patience() {
    let blocks = 60_000;
    for (size, pages) in [(40_000, 65_536), (3 << 30, 65_536)] {
        let mut builder = ProfileBuilder::new().memory(pages, None);
        for block in 0..blocks {
            builder = builder.alloc(block, "main;malloc", 200_000 - block, size);
        }
        let profile = builder.build();
        let numbers = heap_numbers(&profile, MEMORY);
        assert!((1..200).contains(&numbers.len()), "{} moments", numbers.len());
        assert_eq!(numbers[0].live_blocks, numbers[0].at_nanos + 1);
        assert_eq!(heap_verdict(&profile, MEMORY).fragmentation, None);
    }
}

#[test]
fn a_time_that_runs_backwards_hurts_nobody() {
    let mut builder = ProfileBuilder::new();
    for time_nanos in [9, 3, 7, 1] {
        builder = builder
            .alloc(time_nanos, "a;malloc", time_nanos * 64, 8)
            .grow(time_nanos, "a", time_nanos, 1, true);
    }
    look_at_everything(&builder.build());
}

#[test]
fn a_deep_stack_needs_no_deep_recursion() {
    let deep = 200_000;
    let profile = ProfileBuilder::new()
        .folded("f 1")
        .edit(|recording| {
            let frame = recording.stacks.frame[0];
            let mut parent = StackId(0);
            for _ in 0..deep {
                parent = recording.stacks.push(Some(parent), frame);
            }
            recording.samples.push(1, parent, 1);
        })
        .build();
    for inverted in [false, true] {
        let tree = call_tree(&profile, &CallTreeQuery { inverted, ..CallTreeQuery::default() });
        assert_eq!(tree.depths().iter().max(), Some(&(deep + 1)));
        assert_eq!(flame(&tree).row_count(), deep as usize + 2);
    }
    let row = &functions(&profile, &CallTreeQuery::default()).rows[0];
    assert_eq!((row.self_value, row.total_value), (2, 2));
}

#[test]
fn unknown_rows_have_the_root_for_a_path() {
    let profile = ProfileBuilder::new().folded("a 1").build();
    assert_eq!(profile.growth_path(9), PathId::ROOT);
    assert_eq!(profile.crossing_path(9), PathId::ROOT);
    assert_eq!(profile.stack_path(StackId(9)), PathId::ROOT);
    assert_eq!(profile.heap_path(Some(ContextId(9))), PathId::ROOT);
    let crossing = |row: &Crossing| row.direction == Direction::GuestToHost;
    assert!(!profile.recording().crossings.functions.iter().any(crossing));
}
