//! The heap: each block once, at the outermost allocator.

use crate::guest::{Guest, Host};
use std::path::Path;
use std::sync::Arc;
use wasmscope_instrument::recording::{AllocatorFamily, Frees, KnownBy};
use wasmscope_instrument::{Measure, MeasureSet, OwnAllocator, Plan, ProbeOptions, instrument};
use wasmscope_symbolize::{ModuleIndex, Symbols};

const HEAP: MeasureSet = MeasureSet::NONE.with(Measure::Heap);

fn check(wat: &str, expected: &[&str]) {
    let guest = Guest::new(wat);
    for host in [Host::Absent, Host::Drains] {
        for measures in [HEAP, MeasureSet::default()] {
            let (_, recorded) = guest.record(measures, host, "run", &[]);
            assert_eq!(guest.heap_lines(&recorded), expected, "{measures}");
        }
    }
}

/// A bump allocator that never reuses anything, gives nothing for 13 bytes, and overwrites its parameters.
const BUMP: &str = r#"(memory 1) (global $top (mut i32) (i32.const 1024))
    (func $malloc (param i32) (result i32)
      (if (i32.eq (local.get 0) (i32.const 13)) (then (return (i32.const 0))))
      (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.tee 0 (i32.add (local.get 0) (i32.const 8))))))
    (func $free (param i32) (local.set 0 (i32.const 99)))
    (func $calloc (param i32 i32) (result i32) (call $malloc (i32.mul (local.get 0) (local.get 1))))
    (func $realloc (param i32 i32) (result i32) (call $free (local.get 0)) (call $malloc (local.get 1)))
    (func $posix_memalign (param i32 i32 i32) (result i32)
      (i32.store (local.get 0) (call $malloc (local.get 2))) (i32.eqz (i32.load (local.get 0))))
    (func $operator_new (export "_Znwm") (param i32) (result i32)
      (local $p i32) (if (i32.eqz (local.tee $p (call $malloc (local.get 0)))) (then (unreachable))) (local.get $p))
    (func $operator_delete (export "_ZdlPv") (param i32) (if (local.get 0) (then (call $free (local.get 0)))))"#;

fn with_bump(run: &str) -> String {
    format!(r#"(module {BUMP} {run})"#)
}

#[test]
fn blocks_are_counted_once_with_the_path_of_who_asked() {
    check(
        &with_bump(
            r#"(func $f (drop (call $malloc (i32.const 10))))
            (func $run (export "run") (call $f) (drop (call $calloc (i32.const 3) (i32.const 4)))
              (drop (call $operator_new (i32.const 20))) (call $operator_delete (i32.const 1062)) (call $f)
              (call $free (i32.const 1024)))"#,
        ),
        &[
            "run/f/malloc +1024:10",
            "run/calloc +1042:12",
            "run/operator_new +1062:20",
            "run/operator_delete -1062",
            "run/f/malloc +1090:10",
            "run/free -1024",
        ],
    );
}

#[test]
fn what_did_not_happen_is_not_recorded() {
    check(
        &with_bump(
            r#"(func $run (export "run") (drop (call $malloc (i32.const 13))) (call $free (i32.const 0))
              (drop (call $realloc (i32.const 1024) (i32.const 13)))
              (drop (call $posix_memalign (i32.const 8) (i32.const 16) (i32.const 13)))
              (call $operator_delete (i32.const 0)))"#,
        ),
        &[],
    );
}

#[test]
fn realloc_and_posix_memalign() {
    check(
        &with_bump(
            r#"(func $run (export "run") (drop (call $realloc (i32.const 0) (i32.const 5)))
              (drop (call $realloc (i32.const 1024) (i32.const 6)))
              (drop (call $posix_memalign (i32.const 8) (i32.const 16) (i32.const 40))))"#,
        ),
        &["run/realloc +1024:5", "run/realloc 1024>1037:6", "run/posix_memalign +1051:40"],
    );
    check(
        r#"(module (func $realloc (param i32 i32) (result i32) (i32.const 0))
          (func $run (export "run") (drop (call $realloc (i32.const 64) (i32.const 0)))))"#,
        &["run/realloc -64"],
    );
}

#[test]
fn an_allocator_that_calls_itself_counts_once_and_outermost_again() {
    check(
        r#"(module (func $malloc (param i32) (result i32)
            (if (result i32) (i32.gt_u (local.get 0) (i32.const 100))
              (then (call $malloc (i32.sub (local.get 0) (i32.const 100)))) (else (i32.const 64))))
          (func $run (export "run") (drop (call $malloc (i32.const 350))) (drop (call $malloc (i32.const 7)))))"#,
        &["run/malloc +64:350", "run/malloc +64:7"],
    );
}

#[test]
fn a_trap_or_exception_inside_an_allocator_leaves_nothing_behind() {
    check(
        r#"(module (tag $e) (func $malloc (param i32) (result i32) (if (local.get 0) (then (call $fail))) (i32.const 8))
          (func $fail (drop (call $calloc (i32.const 1) (i32.const 1))) (throw $e))
          (func $calloc (param i32 i32) (result i32) (i32.const 16))
          (func $run (export "run")
            (block $caught (try_table (catch_all $caught) (drop (call $malloc (i32.const 3)))))
            (drop (call $malloc (i32.const 0))) (drop (call $calloc (i32.const 2) (i32.const 3)))))"#,
        &["run/malloc +8:0", "run/calloc +16:6"],
    );
}

#[test]
fn the_canonical_realloc_gives_no_block_for_nothing() {
    check(
        r#"(module (func $cabi_realloc (param i32 i32 i32 i32) (result i32) (i32.const 4))
          (func $run (export "run")
            (drop (call $cabi_realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)))
            (drop (call $cabi_realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 8)))))"#,
        &["run/cabi_realloc +4:8"],
    );
}

#[test]
fn allocators_are_reported_and_misfits_are_warned_of() {
    let guest = Guest::new(&with_bump(r#"(func $memalign (param f32)) (func $run (export "run"))"#));
    let plan = guest.plan(HEAP);
    let names: Vec<_> = plan.allocators().iter().map(|allocator| allocator.name.as_str()).collect();
    assert_eq!(names, ["malloc", "free", "calloc", "realloc", "posix_memalign", "_Znwm", "_ZdlPv"]);
    assert_eq!(plan.warnings().len(), 1, "{:?}", plan.warnings());
    assert!(plan.warnings()[0].contains("`memalign`"));
}

#[test]
fn a_module_without_allocators_is_warned_of_where_the_heap_is_measured() {
    let guest = Guest::new("(module (func))");
    let warnings = |measures| instrument(&guest.bytes, &guest.index, measures, &[]).unwrap().warnings;
    assert_eq!(warnings(HEAP), ["no function is known as an allocator: heap blocks can't be seen"]);
    assert_eq!(warnings(MeasureSet::NONE.with(Measure::Growth)), [""; 0]);
}

#[test]
fn the_user_can_name_allocators() {
    let guest = Guest::new(
        r#"(module (func $arena_alloc (param i32) (result i32) (i32.add (local.get 0) (i32.const 1000)))
        (func $arena_drop (param i32)) (func $odd (param f32))
        (func (export "run") (call $arena_drop (call $arena_alloc (i32.const 8)))))"#,
    );
    let of = |name: &str, like: &str| {
        let known = format!("{name}={like}").parse::<OwnAllocator>().unwrap();
        let functions = guest.index.functions().iter().map(|function| function.index);
        (functions.into_iter().find(|func| *guest.symbols.name(*func).raw == *name).unwrap(), known.kind)
    };
    let allocators = vec![of("arena_alloc", "malloc"), of("arena_drop", "free"), of("odd", "free")];
    let options = ProbeOptions { measures: HEAP, allocators, ..ProbeOptions::default() };
    let plan =
        Plan::new(&guest.bytes, &guest.index, |func| guest.symbols.name(func).raw.clone(), options).unwrap();
    let names: Vec<_> = plan.allocators().iter().map(|allocator| &*allocator.name).collect();
    assert_eq!(names, ["arena_alloc", "arena_drop"]);
    assert!(plan.warnings().iter().any(|warning| warning.contains("`odd`")), "{:?}", plan.warnings());
    let (_, recorded) = guest.record_plan(&plan, Host::Absent, "run", &[]);
    assert_eq!(guest.heap_lines(&recorded), ["run/arena_alloc +1008:8", "run/arena_drop -1008"]);
}

#[test]
fn functions_that_may_be_allocators_by_their_code_are_proposed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/fragment/before.wasm");
    let whole = std::fs::read(path).unwrap();
    let module = ModuleIndex::parse(&whole).unwrap();
    let kept = module.sections().iter().filter(|section| section.id != 0);
    let places = kept.map(|section| section.header.0 as usize..section.contents.end.0 as usize);
    let bytes = places.fold(whole[..8].to_vec(), |kept, place| [&kept, &whole[place]].concat());
    let (bytes, index) = (Arc::from(bytes), Arc::new(module));
    let symbols = Symbols::new(whole.into(), Arc::clone(&index));
    let instrumented = instrument(&bytes, &index, HEAP, &[]).unwrap();
    assert!(instrumented.allocators.is_empty());
    let [warning] = instrumented.warnings.as_slice() else { panic!("{:?}", instrumented.warnings) };
    let options = warning.split("--allocator '").skip(1).map(|option| option.split('\'').next().unwrap());
    let proposed: Vec<OwnAllocator> = options.map(|option| option.parse().unwrap()).collect();
    assert!(!proposed.is_empty(), "{warning}");
    for OwnAllocator { name, kind } in &proposed {
        let function = index.functions().iter().find(|function| function.index.to_string() == *name).unwrap();
        let like = format!("{}", OwnAllocator { name: String::new(), kind: *kind });
        let told = &symbols.name(function.index).name.full;
        assert_eq!(format!("={}", told.trim_start_matches("dl")), like);
    }
    let instrumented = instrument(&bytes, &index, HEAP, &proposed).unwrap();
    assert_eq!((instrumented.allocators.len(), instrumented.warnings), (proposed.len(), Vec::new()));
}

/// What AssemblyScript's optimiser leaves: the collector frees within the allocation, which puts the rest of a free
/// block back, too.
#[test]
fn what_a_collector_frees_within_an_allocation_is_counted_and_what_is_left_of_a_block_is_not() {
    check(
        r#"(module (global $calls (mut i32) (i32.const 0))
          (func $new (@name "~lib/rt/itcms/__new") (param i32 i32) (result i32)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (if (i32.eq (global.get $calls) (i32.const 2)) (then (drop (call $step))))
            (call $insert (i32.const 64) (i32.const 500))
            (i32.add (i32.mul (global.get $calls) (i32.const 100)) (i32.const 20)))
          (func $step (@name "~lib/rt/itcms/step") (result i32) (call $let_go (i32.const 100)) (i32.const 0))
          (func $let_go (param i32) (call $insert (i32.const 64) (local.get 0)))
          (func $insert (@name "~lib/rt/tlsf/insertBlock") (param i32 i32))
          (func $prepare (@name "~lib/rt/tlsf/prepareBlock") (param i32 i32 i32))
          (func $run (export "run")
            (drop (call $new (i32.const 8) (i32.const 0))) (drop (call $new (i32.const 5) (i32.const 0)))
            (call $prepare (i32.const 64) (i32.const 200) (i32.const 48))))"#,
        &[
            "run/~lib/rt/itcms/__new +104:24",
            "run/~lib/rt/itcms/__new/~lib/rt/itcms/step/let_go/~lib/rt/tlsf/insertBlock -104",
            "run/~lib/rt/itcms/__new +204:21",
            "run/~lib/rt/tlsf/prepareBlock 204>204:48",
        ],
    );
}

#[test]
fn zigs_allocators_make_blocks_longer_where_they_lie_or_say_that_they_cannot() {
    check(
        r#"(module
          (func $alloc (@name "heap.WasmAllocator.alloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
          (func $resize (@name "heap.WasmAllocator.resize") (param i32 i32 i32 i32 i32 i32) (result i32)
            (i32.lt_u (local.get 4) (i32.const 30)))
          (func $remap (@name "heap.WasmAllocator.remap") (param i32 i32 i32 i32 i32 i32) (result i32)
            (if (result i32) (i32.lt_u (local.get 4) (i32.const 30)) (then (i32.const 96)) (else (i32.const 0))))
          (func $free (@name "heap.WasmAllocator.free") (param i32 i32 i32 i32 i32))
          (func $change (param $to i32)
            (drop (call $resize (i32.const 0) (i32.const 64) (i32.const 10) (i32.const 0) (local.get $to) (i32.const 0)))
            (drop (call $remap (i32.const 0) (i32.const 64) (i32.const 10) (i32.const 0) (local.get $to) (i32.const 0))))
          (func $run (export "run")
            (drop (call $alloc (i32.const 0) (i32.const 10) (i32.const 0) (i32.const 0)))
            (call $change (i32.const 40)) (call $change (i32.const 20))
            (call $free (i32.const 0) (i32.const 96) (i32.const 20) (i32.const 0) (i32.const 0))))"#,
        &[
            "run/heap.WasmAllocator.alloc +64:10",
            "run/change/heap.WasmAllocator.resize 64>64:20",
            "run/change/heap.WasmAllocator.remap 64>96:20",
            "run/heap.WasmAllocator.free -96",
        ],
    );
}

#[test]
fn tinygo_gives_no_block_for_nothing() {
    check(
        r#"(module (func $alloc (@name "runtime.alloc") (param i32 i32) (result i32) (i32.const 4))
          (func $run (export "run") (drop (call $alloc (i32.const 0) (i32.const 3)))
            (drop (call $alloc (i32.const 8) (i32.const 3)))))"#,
        &["run/runtime.alloc +4:8"],
    );
}

#[test]
fn what_a_wrapper_hands_on_in_another_order_is_an_allocator_like_it() {
    check(
        r#"(module (func $alloc (@name "__rust_alloc") (param i32 i32) (result i32)
            (call $behind (i32.const 5000) (local.get 1) (local.get 0)))
          (func $behind (param i32 i32 i32) (result i32) (i32.const 64))
          (func $run (export "run") (drop (call $alloc (i32.const 10) (i32.const 4)))
            (drop (call $behind (i32.const 5000) (i32.const 8) (i32.const 11)))))"#,
        &["run/__rust_alloc +64:10", "run/behind +64:11"],
    );
}

#[test]
fn each_allocator_has_its_memory() {
    let guest = Guest::new(
        r#"(module (memory $a 1) (memory $b 1)
          (func $malloc (param i32) (result i32) (call $take (i32.load $a (i32.const 0))))
          (func $take (param i32) (result i32) (i32.store $b (i32.const 0) (local.get 0))
            (i32.store $b (i32.const 4) (local.get 0)) (i32.const 64))
          (func $free (param i32) (i32.store $b (i32.const 8) (local.get 0)))
          (func $emmalloc_malloc (param i32) (result i32) (memory.grow $a (i32.const 1)))
          (func $emmalloc_free (param i32) (i32.store8 $a (i32.const 8) (local.get 0)))
          (func $realloc (param i32 i32) (result i32) (i32.const 0))
          (func (export "run") (call $free (call $malloc (i32.const 1)))))"#,
    );
    let plan = guest.plan(HEAP);
    let memories = plan.allocators().iter().map(|allocator| (&*allocator.name, allocator.memory.0));
    let expected = [("malloc", 1), ("free", 1), ("emmalloc_malloc", 0), ("emmalloc_free", 0), ("realloc", 0)];
    assert_eq!(memories.collect::<Vec<_>>(), expected);
}

#[test]
fn families_are_told_by_what_is_called() {
    let of = |functions: &str| {
        let plan = Guest::new(&format!("(module {functions})")).plan(HEAP);
        plan.allocators().iter().map(|one| (one.family, one.known_by, one.frees)).collect::<Vec<_>>()
    };
    let dlmalloc = (AllocatorFamily::Dlmalloc, KnownBy::Name, Frees::Seen);
    let malloc = "(func $malloc (param i32) (result i32) (call $dlmalloc (local.get 0)))
        (func $dlmalloc (param i32) (result i32) (i32.const 8))";
    assert_eq!(of(malloc), [dlmalloc, dlmalloc]);
    assert_eq!(of(&format!("{malloc} (func $free (param i32))")), [dlmalloc, dlmalloc, dlmalloc]);
    let unknown = (AllocatorFamily::Unknown, KnownBy::Export, Frees::Seen);
    assert_eq!(of(r#"(func (export "malloc") (param i32) (result i32) (i32.const 8))"#), [unknown]);
    let new = r#"(func (export "__new") (param i32 i32) (result i32) (i32.const 8))"#;
    assert_eq!(of(new), []);
    let runtime = r#"(func (export "__pin") (param i32)) (func (export "__unpin") (param i32)) (func (export "__collect"))"#;
    let collected = (AllocatorFamily::Unknown, KnownBy::Export, Frees::Collected);
    assert_eq!(of(&format!("{new} {runtime}")), [collected]);
}
