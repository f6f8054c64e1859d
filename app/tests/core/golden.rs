//! Each view of one small made-up program, as text in `golden/`. `BLESS=1` writes the files anew.

use crate::render;
use std::path::Path;
use wasmscope::analysis::{
    CallTreeQuery, Metric, ModuleSizeQuery, WatQuery, boundary, call_tree, functions, heap_at, lines,
    lines_beside, metrics_beside, module_size, wat,
};
use wasmscope::profile::{FrameKind, Profile, ProfileBuilder};
use wasmscope_instrument::recording::{Recording, StackFrame};
use wasmscope_symbolize::{CodeOffset, FuncIndex, MemoryIndex, ModuleIndex};

/// The memory of all of them.
const MEMORY: MemoryIndex = MemoryIndex(0);

/// A program with inlining, recursion, a host call, an engine call, two lines in one function, and a little heap.
fn program() -> Profile {
    ProfileBuilder::new()
        .folded(
            "main@app.c:3;parse@app.c:10 5
             main@app.c:3;parse@app.c:12 7
             main@app.c:4;parse@app.c:12 1
             main@app.c:3;parse@app.c:11;+push@vec.h:8;+grow@vec.h:20 4
             main@app.c:3;parse@app.c:11;+push@vec.h:9;[env.log] 6
             main@app.c:5;walk@app.c:20;walk@app.c:20;+push@vec.h:8;+grow@vec.h:21 3
             main@app.c:5;walk@app.c:20;walk@app.c:20;walk@app.c:22 2
             main@app.c:5;walk@app.c:20;[engine] 1
             main@app.c:5 2
             bare 9",
        )
        .memory(2, Some(16))
        .data(1_024, 100)
        .grow(5, "main@app.c:3;parse@app.c:11;+push@vec.h:8", 2, 1, true)
        .grow(6, "main@app.c:3;parse@app.c:13", 3, 100, false)
        .alloc(1, "main@app.c:3;parse@app.c:11;+push@vec.h:8;malloc", 70_000, 100)
        .alloc(2, "main@app.c:3;parse@app.c:11;+push@vec.h:8;malloc", 70_200, 50)
        .alloc(3, "main@app.c:5;walk@app.c:20;malloc", 70_400, 400)
        .realloc(4, "main@app.c:5;walk@app.c:21;realloc", 70_400, 71_000, 600)
        .free(8, "main@app.c:6;free", 70_000)
        .crossings("main@app.c:3;parse@app.c:11;+push@vec.h:9;[env.log]", 12, 6_000, Some(240))
        .crossings("main@app.c:5;[env.log]", 1, 100, Some(5))
        .crossings("main@app.c:5;[env.now]", 40, 400, None)
        .export_calls("main", 1, 9_000)
        .executed("main@app.c:3", 1, 0, 3)
        .executed("main@app.c:3;parse@app.c:11;+push@vec.h:8", 20, 320, 60)
        .executed("main@app.c:5;walk@app.c:20;walk@app.c:20", 7, 0, 14)
        .build()
}

fn check(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(expected, found, "{name} differs; BLESS=1 writes it anew");
}

fn query(metric: Metric) -> CallTreeQuery {
    CallTreeQuery { metric, ..CallTreeQuery::default() }
}

#[test]
fn call_trees() {
    let profile = program();
    for metric in Metric::ALL {
        let tree = call_tree(&profile, &query(metric));
        check(&format!("tree_{metric}.txt"), &render::call_tree(&profile, &tree));
    }
    let folded = CallTreeQuery { inline_frames: false, ..query(Metric::Time) };
    check("tree_time_folded.txt", &render::call_tree(&profile, &call_tree(&profile, &folded)));
    let inverted = CallTreeQuery { inverted: true, ..query(Metric::Time) };
    check("tree_time_inverted.txt", &render::call_tree(&profile, &call_tree(&profile, &inverted)));
    let both = CallTreeQuery { inline_frames: false, ..inverted };
    check("tree_time_inverted_folded.txt", &render::call_tree(&profile, &call_tree(&profile, &both)));
}

#[test]
fn function_tables() {
    let profile = program();
    for metric in [Metric::Time, Metric::LiveBytes] {
        check(&format!("functions_{metric}.txt"), &render::functions(&functions(&profile, &query(metric))));
    }
}

#[test]
fn the_parts_of_a_file() {
    let query = ModuleSizeQuery { metric: Metric::Instructions, time: None };
    check("module_size.txt", &render::module_size(&module_size(&program(), &query)));
    // Of a module that a compiler made, of which two functions were sampled.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/library/library.wasm");
    let module: std::sync::Arc<[u8]> = std::fs::read(path).unwrap().into();
    let mut recording = Recording { module, ..Recording::default() };
    for (function, weight) in [(3, 30), (5, 10)] {
        let frame = StackFrame::Wasm { func: FuncIndex(function), offset: CodeOffset(0) };
        let stack = recording.stacks.push(None, frame);
        recording.samples.push(0, stack, weight);
    }
    let size = module_size(&Profile::new(recording), &ModuleSizeQuery::default());
    check("module_size_library.txt", &render::module_size(&size));
}

#[test]
fn line_tables() {
    let profile = program();
    let table = lines(&profile, &query(Metric::Time));
    check("lines_time.txt", &render::lines(&profile, &table));
    let folded = CallTreeQuery { inline_frames: false, ..query(Metric::Time) };
    check("lines_time_folded.txt", &render::lines(&profile, &lines(&profile, &folded)));
    check("lines_allocated.txt", &render::lines(&profile, &lines(&profile, &query(Metric::AllocatedBytes))));
    let beside = metrics_beside(&profile, Metric::Time);
    assert_eq!(beside, [Metric::Instructions, Metric::Calls]);
    let table = lines_beside(&profile, &query(Metric::Time), &beside);
    check("lines_beside.txt", &render::lines(&profile, &table));
}

#[test]
fn boundary_tables() {
    let profile = program();
    check("boundary.txt", &render::boundary(&profile, &boundary(&profile)));
}

#[test]
fn heaps() {
    let profile = program();
    let moments = [0, 2, 3, 4, u64::MAX].map(|at| render::heap(&profile, &heap_at(&profile, MEMORY, at)));
    check("heap.txt", &moments.concat());
}

fn function(profile: &Profile, name: &str) -> FuncIndex {
    let frame = profile.frames().iter().find(|(_, frame)| &*frame.name == name).unwrap().1;
    let FrameKind::Wasm(index) = frame.kind else { panic!("{name} is {:?}", frame.kind) };
    index
}

#[test]
fn functions_as_text() {
    let profile = program();
    let whole = |name| WatQuery { function: function(&profile, name), time: None };
    let walk = wat(&profile, &whole("walk"));
    let early = wat(&profile, &WatQuery { time: Some(0..24), ..whole("walk") });
    let parse = wat(&profile, &whole("parse"));
    check("wat.txt", &[walk, early, parse].map(|listing| render::wat(&listing)).concat());
}

/// The real code of a sample, with a sample at every fifth byte of one function and the lines that it comes from.
#[test]
fn code_and_source_are_linked_both_ways() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/hotloop/hotloop.wasm");
    let module = std::fs::read(file).unwrap();
    let index = ModuleIndex::parse(&module).unwrap();
    let mut recording = Recording { module: module.into(), ..Recording::default() };
    let profile = Profile::new(recording.clone());
    let functions = index.functions().iter().map(|function| function.index);
    let named =
        |name| functions.clone().find(|index| &*profile.symbols().name(*index).name.short == name).unwrap();
    let (main, hot) = (named("__original_main"), named("short_loop"));
    let body = |index: FuncIndex| body_of(&profile, index);
    let at = |func: FuncIndex, offset| StackFrame::Wasm { func, offset: CodeOffset(offset) };
    let caller = recording.stacks.push(None, at(main, body(main).start));
    for offset in body(hot).step_by(5) {
        let stack = recording.stacks.push(Some(caller), at(hot, offset));
        recording.samples.push(u64::from(offset), stack, 1);
    }
    let profile = Profile::new(recording);
    let listing = wat(&profile, &WatQuery { function: hot, time: None });
    check("wat_hotloop.txt", &render::wat(&listing));
    let rows = listing.rows.iter().enumerate().filter(|(_, row)| !row.frames.is_empty());
    for (at, row) in rows {
        for place in row.frames.iter().filter_map(|frame| frame.location.as_ref()) {
            assert!(listing.rows_of(&place.file, place.line).any(|found| found == at), "{row:?}");
        }
    }
    assert_eq!(listing.rows_of("hotloop.c", 1_000_000).count(), 0);
}

fn body_of(profile: &Profile, index: FuncIndex) -> std::ops::Range<u32> {
    let body = profile.symbols().module().function(index).unwrap().body.clone().unwrap();
    body.start.0..body.end.0
}
