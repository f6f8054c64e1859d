//! Two builds beside each other: programs made up by hand, and builds of the samples, recorded here and now.

use crate::recorded::{recorded_bytes, sample};
use std::sync::Arc;
use wasmscope::analysis::{
    BoxWidth, Certainty, Change, CompareError, CompareFrame, CompareQuery, CompareRemark, CompareRow,
    CompareTable, Comparison, DiffTree, Metric, NodeId, Pair, Side, Transform, Verdict, compare_functions,
    compare_summary, compare_tree,
};
use wasmscope::profile::{FrameInfo, FrameKind, Profile, ProfileBuilder};
use wasmscope_instrument::recording::{Outcome, Recording};
use wasmscope_instrument::{Measure, MeasureSet};
use wasmscope_symbolize::FuncIndex;

const COUNTS: MeasureSet = MeasureSet::NONE.with(Measure::Calls).with(Measure::Instructions);

fn folded(stacks: &str) -> Arc<Profile> {
    Arc::new(ProfileBuilder::new().folded(stacks).build())
}

fn compared(old: &[Arc<Profile>], new: &[Arc<Profile>]) -> Comparison {
    Comparison::new(old.to_vec(), new.to_vec()).unwrap()
}

fn row<'a>(comparison: &Comparison, table: &'a CompareTable, short: &str) -> &'a CompareRow {
    let is_it = |row: &&CompareRow| &*comparison.frames().get(row.frame).shown().unwrap().short == short;
    table.rows.iter().find(is_it).unwrap_or_else(|| panic!("no row of {short}"))
}

fn frame(comparison: &Comparison, short: &str) -> CompareFrame {
    let mut rows = comparison.frames().iter();
    rows.find(|(_, row)| row.shown().is_some_and(|info| &*info.short == short)).unwrap().0
}

/// The tree as text: depth, name, old and new total, Σ|Δ|.
fn lines(comparison: &Comparison, tree: &DiffTree) -> Vec<String> {
    let line = |node: NodeId| {
        let node = tree.get(node).unwrap();
        let name = &comparison.frames().get(node.frame).shown().unwrap().short;
        let Pair { old, new } = node.total_value;
        format!("{}{name} {old} {new} {}", " ".repeat(node.depth as usize), node.changed)
    };
    (0..tree.len() as u32).map(NodeId).map(line).collect()
}

#[test]
fn both_trees_are_one_and_changes_that_cancel_out_stay_visible() {
    let comparison =
        compared(&[folded("main;a 10\nmain;b 30\nold 5")], &[folded("new 7\nmain;b 10\nmain;a 30")]);
    let tree = compare_tree(&comparison, &CompareQuery::by(Metric::Time));
    let expected =
        ["all 45 47 52", " main 40 40 40", "  a 10 30 20", "  b 30 10 20", " new 0 7 7", " old 5 0 5"];
    let mut found = lines(&comparison, &tree);
    found[2..4].sort();
    assert_eq!(found, expected);
    let width = |width, name: &str| {
        let wanted = frame(&comparison, name);
        let (id, _) = tree.iter().find(|(_, node)| node.frame == wanted).unwrap();
        tree.layout(width).box_of(id).map(|place| place.x1 - place.x0).unwrap()
    };
    let widths = |name| [BoxWidth::Larger, BoxWidth::Old, BoxWidth::New].map(|of| width(of, name));
    assert_eq!(
        [widths("main"), widths("a"), widths("old"), widths("new")],
        [[60, 40, 40], [30, 10, 30], [5, 5, 0], [7, 0, 7]]
    );
}

#[test]
fn a_function_that_is_inlined_now_is_the_same_one() {
    let old = "main@a.c:1;work@a.c:9 30\nmain@a.c:1 10";
    let new = "main@a.c:1;+work@a.c:9 33\nmain@a.c:1 10";
    let comparison = compared(&[folded(old)], &[folded(new)]);
    let tree = compare_tree(&comparison, &CompareQuery::by(Metric::Time));
    assert_eq!(lines(&comparison, &tree), ["all 40 43 3", " main 40 43 3", "  work 30 33 3"]);
    let row = comparison.frames().get(frame(&comparison, "work"));
    assert_eq!(row.certainty, Certainty::Name);
    let folded_in = CompareQuery { inline_frames: false, ..CompareQuery::by(Metric::Time) };
    let tree = compare_tree(&comparison, &folded_in);
    assert_eq!(lines(&comparison, &tree), ["all 40 43 63", " main 40 43 63", "  work 30 0 30"]);
}

#[test]
fn transforms_go_by_frames_of_both() {
    let comparison =
        compared(&[folded("x;main;a 10\nmain;a;main;b 3\nx 1")], &[folded("main;a 5\ny;main;c;a 2\nmain 4")]);
    let of = |name| frame(&comparison, name);
    for (transform, total, line) in [
        (Transform::MergeFunction(of("a")), Pair { old: 14, new: 11 }, " main 3 9 "),
        (Transform::FocusFunction(of("a")), Pair { old: 13, new: 7 }, " a 13 7 "),
        (Transform::DropFunction(of("main")), Pair { old: 1, new: 0 }, " x 1 0 1"),
        (Transform::CollapseFunction(of("main")), Pair { old: 14, new: 11 }, " main 3 9 "),
    ] {
        let query = CompareQuery { transforms: vec![transform.clone()], ..CompareQuery::by(Metric::Time) };
        let tree = compare_tree(&comparison, &query);
        let found = lines(&comparison, &tree);
        assert_eq!(tree.total(), total, "{transform:?}");
        assert!(found.iter().any(|found| found.starts_with(line)), "{transform:?}: {found:?}");
    }
}

#[test]
fn inverted_trees_are_merged_too() {
    let comparison = compared(&[folded("main;a 10\nb;a 2")], &[folded("main;a 5\nc;a 2")]);
    let query = CompareQuery { inverted: true, ..CompareQuery::by(Metric::Time) };
    let tree = compare_tree(&comparison, &query);
    let mut found = lines(&comparison, &tree);
    found.sort();
    assert_eq!(found, ["  b 2 0 2", "  c 0 2 2", "  main 10 5 5", " a 12 7 9", "all 12 7 9"]);
}

fn counted(calls: u64, instructions: u64) -> Arc<Profile> {
    let builder = ProfileBuilder::new().executed("main@a.c:1", 1, 0, 5).executed(
        "main@a.c:1;work@a.c:9",
        calls,
        0,
        instructions,
    );
    Arc::new(builder.edit(|recording| recording.meta.measures = COUNTS).build())
}

#[test]
fn a_difference_is_that_of_calls_and_that_of_cost() {
    let comparison = compared(&[counted(10, 1_000)], &[counted(15, 1_200)]);
    let table = compare_functions(&comparison, &CompareQuery::by(Metric::Instructions));
    let work = row(&comparison, &table, "work");
    assert_eq!((work.self_value.difference(), work.calls), (200, Some(Pair { old: 10, new: 15 })));
    // (15 − 10) × 100, and 15 × (80 − 100).
    let cause = work.cause.unwrap();
    assert_eq!((cause.by_calls, cause.by_cost), (500, -300));
    assert_eq!(work.self_value.verdict, Verdict::Exact);
    assert_eq!(comparison.default_metric(), Metric::Instructions);
}

#[test]
fn counts_that_differ_from_run_to_run_are_not_exact() {
    let old: Vec<_> = [1_000, 1_003, 998].map(|count| counted(10, count)).into();
    let comparison = compared(&old, &[counted(10, 1_001)]);
    let table = compare_functions(&comparison, &CompareQuery::by(Metric::Instructions));
    let work = row(&comparison, &table, "work");
    assert_eq!(
        (&work.self_value.each.old[..], work.self_value.of(Side::Old)),
        (&[1_000, 1_003, 998][..], 1_000)
    );
    assert!(matches!(work.self_value.verdict, Verdict::Unclear(_)), "{:?}", work.self_value);
    assert_eq!(row(&comparison, &table, "main").self_value.verdict, Verdict::Exact);
    let tree = compare_tree(&comparison, &CompareQuery::by(Metric::Instructions));
    assert!(!tree.is_clear(NodeId(1)), "main with all below it");
    assert_eq!(&tree.change(NodeId::ROOT).each.old[..], [1_005, 1_008, 1_003]);
}

#[test]
fn recordings_of_another_module_are_refused_and_differences_are_remarked() {
    let (one, other) = (folded("main 1"), folded("other 1"));
    let error =
        Comparison::new(vec![Arc::clone(&one), Arc::clone(&other)], vec![Arc::clone(&one)]).unwrap_err();
    assert!(matches!(error, CompareError::Mixed { side: Side::Old, number: 2, .. }), "{error}");
    assert_eq!(
        Comparison::new(vec![one], Vec::new()).unwrap_err(),
        CompareError::Nothing { side: Side::New }
    );
    let with_args = |args: &[&str]| {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Arc::new(ProfileBuilder::new().folded("main 1").edit(|recording| recording.meta.args = args).build())
    };
    let comparison = compared(&[with_args(&["3"]), with_args(&["4"])], &[with_args(&["5"])]);
    let remarks = comparison.remarks();
    for expected in [
        CompareRemark::SameModule,
        CompareRemark::Arguments(Pair { old: "3".into(), new: "5".into() }),
        CompareRemark::MixedArguments(Side::Old),
        CompareRemark::OneRecording(Side::New),
    ] {
        assert!(remarks.contains(&expected), "{expected:?} of {remarks:?}");
    }
    assert_eq!(remarks.len(), 4, "{remarks:?}");
}

#[test]
fn runs_that_ended_early_are_remarked_wherever_they_stand() {
    let ended = |outcome: Outcome| {
        let edit = |recording: &mut Recording| recording.outcome = outcome;
        Arc::new(ProfileBuilder::new().folded("main 1").edit(edit).build())
    };
    let (done, failed) = (Outcome::Exited { code: 0 }, Outcome::Exited { code: 3 });
    let [one, other, stopped] = [done.clone(), done, Outcome::Cancelled].map(ended);
    let comparison = compared(&[Arc::clone(&one), Arc::clone(&other)], &[one, other, stopped]);
    let ends = |remark: &&CompareRemark| {
        matches!(
            remark,
            CompareRemark::MixedOutcomes(_) | CompareRemark::Outcome(_) | CompareRemark::Failed(_)
        )
    };
    let told: Vec<_> = comparison.remarks().iter().filter(ends).collect();
    assert_eq!(told, [&CompareRemark::MixedOutcomes(Side::New)]);
    let comparison = compared(&[ended(failed.clone())], &[ended(failed.clone())]);
    let told: Vec<_> = comparison.remarks().iter().filter(ends).collect();
    assert_eq!(told, [&CompareRemark::Failed(failed)]);
}

#[test]
fn what_is_inlined_too_has_no_cause() {
    let inlined = |calls| {
        let builder = ProfileBuilder::new().executed("main@a.c:1", 1, 0, 5);
        let builder = builder.executed("main@a.c:1;work@a.c:9", calls, 0, 500);
        let builder = builder.executed("main@a.c:3;+work@a.c:9", 0, 0, 500);
        Arc::new(builder.edit(|recording| recording.meta.measures = COUNTS).build())
    };
    let comparison = compared(&[inlined(10)], &[inlined(5)]);
    let table = compare_functions(&comparison, &CompareQuery::by(Metric::Instructions));
    let work = row(&comparison, &table, "work");
    assert_eq!((work.self_value.difference(), work.calls), (0, Some(Pair { old: 10, new: 5 })));
    assert_eq!(work.cause, None);
}

/// A profile of a module that nobody ran.
fn unrun(module: &[u8]) -> Arc<Profile> {
    Arc::new(Profile::new(Recording { module: module.into(), ..Recording::default() }))
}

/// The module with one name for another of the same length, wherever it stands.
fn renamed(module: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = module.to_vec();
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty());
    places.iter().for_each(|at| bytes[*at..*at + to.len()].copy_from_slice(to.as_bytes()));
    bytes
}

fn certainty(comparison: &Comparison, old: &str, new: &str) -> Certainty {
    let of = |info: &Option<FrameInfo>| info.as_ref().map(|info| info.short.to_string());
    let is_it = |of: &Pair<Option<String>>| of.old.as_deref() == Some(old) && of.new.as_deref() == Some(new);
    let found = comparison.frames().iter().find(|(_, row)| is_it(&row.of.as_ref().map(of)));
    found.unwrap_or_else(|| panic!("{old} is not {new}")).1.certainty
}

#[test]
fn functions_that_were_renamed_are_found_again() {
    let old = sample("chatty", "before.wasm");
    let new = renamed(&renamed(&old, "escape_time", "mandel_test"), "shade_at", "color_of");
    let comparison = compared(&[unrun(&old)], &[unrun(&new)]);
    for (old, new) in [("escape_time", "mandel_test"), ("shade_at", "color_of")] {
        let certainty = certainty(&comparison, old, new);
        assert!(matches!(certainty, Certainty::Body | Certainty::Shape), "{old}: {certainty:?}");
    }
    assert_eq!(certainty(&comparison, "draw_row", "draw_row"), Certainty::Name);
    let summary = compare_summary(&comparison);
    assert_eq!(summary.renamed.len(), 2);
    assert!(summary.functions.iter().all(|(certainty, _)| certainty.is_matched()), "{:?}", summary.functions);
}

#[test]
fn in_a_stripped_build_functions_are_found_by_their_code() {
    let old = sample("json", "json.wasm");
    let new = stripped(&old);
    let comparison = compared(&[unrun(&old)], &[unrun(&new)]);
    let summary = compare_summary(&comparison);
    let found: usize =
        summary.functions.iter().filter(|(by, _)| by.is_matched()).map(|(_, count)| count).sum();
    let all: usize = summary.functions.iter().map(|(_, count)| count).sum();
    assert!(found * 100 >= all * 95, "{:?}", summary.functions);
    // What is not told has no other name.
    assert!(summary.renamed.is_empty());
    // Each is the one with its index.
    for (_, row) in comparison.frames().iter() {
        if let Pair { old: Some(old), new: Some(new) } = &row.of {
            assert_eq!(old.kind, new.kind, "{}", old.name);
        }
    }
}

/// A component with a core module of this name, in which no function has one.
fn component(functions: &str) -> Vec<u8> {
    wat::parse_str(format!("(component (core module $work {functions}) (core instance (instantiate $work)))"))
        .unwrap()
}

#[test]
fn in_components_functions_without_names_are_found_within_their_core_module() {
    let sum =
        "(func (param i32 i32) (result i32) (i32.add (local.get 0) (i32.mul (local.get 1) (i32.const 77))))";
    let calls = |sum: u32| format!("(func (result i32) (call {sum} (i32.const 5) (i32.const 6)))");
    // In the new build there is one more function in front, so that all others have another index.
    let more = "(func (param f64) (result f64) (f64.sqrt (f64.neg (local.get 0))))";
    let old = component(&format!("{sum} {}", calls(0)));
    let new = component(&format!("{more} {sum} {}", calls(1)));
    let comparison = compared(&[unrun(&old)], &[unrun(&new)]);
    let found: Vec<_> = comparison
        .frames()
        .iter()
        .skip(1)
        .map(|(_, row)| {
            let index = |info: &Option<FrameInfo>| info.as_ref().map(|info| info.kind);
            (row.certainty, row.of.as_ref().map(index))
        })
        .collect();
    let wasm = |index| Some(FrameKind::Wasm(FuncIndex(index)));
    let pair = |old, new| Pair { old: wasm(old), new: wasm(new) };
    assert_eq!(
        found,
        [
            (Certainty::Body, pair(0, 1)),
            (Certainty::Shape, pair(1, 2)),
            (Certainty::New, Pair { old: None, new: wasm(0) }),
        ]
    );
}

/// The module without its custom sections.
fn stripped(bytes: &[u8]) -> Vec<u8> {
    let module = wasmscope_symbolize::ModuleIndex::parse(bytes).unwrap();
    let kept = module.sections().iter().filter(|section| section.id != 0);
    let places = kept.map(|section| section.header.0 as usize..section.contents.end.0 as usize);
    places.fold(bytes[..8].to_vec(), |whole, place| [&whole, &bytes[place]].concat())
}

#[test]
fn one_changed_constant_is_the_first_thing_that_is_told_and_exactly() {
    let old = sample("hotloop", "hotloop.wasm");
    // LONG_STEPS, 2,850,000, becomes 3,135,000: 10 % more.
    let new = with_constant(&old, 2_850_000, 3_135_000);
    let profile = |module: &[u8]| Arc::new(recorded_bytes(module, COUNTS));
    let comparison = compared(&[profile(&old)], &[profile(&new)]);
    let table = compare_functions(&comparison, &CompareQuery::by(Metric::Instructions));
    let long = row(&comparison, &table, "long_loop");
    // 100 rounds of 285,000 more steps; those are of the inlined functions too, which long_loop calls.
    let steps = 100 * 285_000;
    let Change { verdict, .. } = long.total_value;
    assert_eq!((long.total_value.difference() % steps, verdict), (0, Verdict::Exact));
    assert_eq!(row(&comparison, &table, "short_loop").total_value.difference(), 0);
    let whole = compare_summary(&comparison).total(Metric::Instructions).unwrap().clone();
    assert_eq!((whole.difference(), whole.verdict), (long.total_value.difference(), Verdict::Exact));
    assert!(long.total_value.difference() > 0);
    assert!(
        long.total_value.is_worse_by(0.09) && !long.total_value.is_worse_by(0.11),
        "{:?}",
        long.total_value.mean
    );
    // All that changed is in long_loop.
    let mut largest = table.rows.iter().max_by_key(|row| row.total_value.difference()).into_iter();
    assert!(largest.all(|row| row.total_value.difference() == whole.difference()));
    let tree = compare_tree(&comparison, &CompareQuery::by(Metric::Instructions));
    let (id, _) = tree.iter().find(|(_, node)| node.frame == long.frame).unwrap();
    assert!(tree.is_clear(id) && tree.change(id).difference() == whole.difference());
}

/// The module with another `i32.const`, which takes as many bytes and stands once in it.
fn with_constant(module: &[u8], from: i64, to: i64) -> Vec<u8> {
    let code = |mut value: i64| {
        let mut bytes = vec![0x41];
        loop {
            let byte = (value & 0x7f) as u8;
            value >>= 7;
            if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
                bytes.push(byte);
                return bytes;
            }
            bytes.push(byte | 0x80);
        }
    };
    let (from, to) = (code(from), code(to));
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> =
        (0..module.len() - from.len()).filter(|at| module[*at..].starts_with(&from)).collect();
    assert_eq!(places.len(), 1, "{places:?}");
    let mut bytes = module.to_vec();
    bytes[places[0]..places[0] + to.len()].copy_from_slice(&to);
    bytes
}

#[test]
fn fewer_crossings_are_told_exactly() {
    let measures = MeasureSet::NONE.with(Measure::Boundary).with(Measure::Calls);
    let profile = |file| Arc::new(recorded_bytes(&sample("chatty", file), measures));
    let comparison = compared(&[profile("before.wasm")], &[profile("after.wasm")]);
    let summary = compare_summary(&comparison);
    let write = &summary.boundary[0];
    assert_eq!((&*write.name, &write.calls), ("fd_write", &Change::exact(16_100, 100)));
    assert_eq!(summary.total(Metric::Crossings), Some(&Change::exact(16_300, 300)));
    let table = compare_functions(&comparison, &CompareQuery::by(Metric::Calls));
    let put = row(&comparison, &table, "put");
    assert_eq!((put.certainty, put.self_value.mean), (Certainty::Gone, Pair { old: 16_100, new: 0 }));
    assert!(put.code_bytes.old > 0 && put.code_bytes.new == 0);
    assert_eq!(row(&comparison, &table, "escape_time").self_value.difference(), 0);
    let remark =
        comparison.remarks().iter().map(ToString::to_string).find(|remark| remark.contains("one recording"));
    assert!(remark.is_some());
}
