//! What holds between views, and what each does with ranges of time.

use wasmscope::analysis::{
    CallTree, CallTreeQuery, Metric, NodeId, SourceProvider, call_tree, flame, functions, growth, lines,
    source_listing, summary,
};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{Outcome, Phase, PhaseSpan, Recording};

fn time() -> CallTreeQuery {
    CallTreeQuery::default()
}

fn names(profile: &Profile, tree: &CallTree, nodes: impl Iterator<Item = NodeId>) -> Vec<String> {
    nodes.map(|node| profile.frames().get(tree.get(node).unwrap().frame).name.to_string()).collect()
}

#[test]
fn the_heavier_child_comes_first() {
    let profile = ProfileBuilder::new().folded("a;light 1\na;heavy 5\na;middle 3\nb 2").build();
    let tree = call_tree(&profile, &time());
    assert_eq!(names(&profile, &tree, tree.children(NodeId::ROOT)), ["a", "b"]);
    assert_eq!(names(&profile, &tree, tree.children(NodeId(1))), ["heavy", "middle", "light"]);
    assert_eq!(names(&profile, &tree, tree.up(NodeId(2))), ["heavy", "a", "all"]);
    assert_eq!(tree.end(NodeId(1)), NodeId(5));
}

#[test]
fn a_node_keeps_the_line_with_the_most_weight() {
    // Line 1 has the heaviest single stack, line 2 has more in sum, below two different lines of the caller.
    let profile = ProfileBuilder::new().folded("m@f:9;a@f:1 5\nm@f:8;a@f:2 3\nm@f:9;a@f:2 3").build();
    let line_of = |inverted: bool| {
        let tree = call_tree(&profile, &CallTreeQuery { inverted, ..time() });
        let a = profile.frames().find("a").unwrap();
        let node = tree.iter().find(|(_, node)| node.frame == a).unwrap().1;
        profile.lines().get(node.line).unwrap().line
    };
    assert_eq!((line_of(false), line_of(true)), (2, 2));
}

#[test]
fn recursion_counts_once_in_a_total() {
    let profile = ProfileBuilder::new().folded("f;g;f;g;f 10\nf;g 1").build();
    let table = functions(&profile, &time());
    let row = |name: &str| {
        let row = table.rows.iter().find(|row| &*row.name == name).unwrap();
        (row.self_value, row.total_value)
    };
    assert_eq!((row("f"), row("g")), ((10, 11), (1, 11)));
}

#[test]
fn the_same_function_inlined_in_two_places_is_one() {
    let folded = "a@x.c:1;+get@lib.h:5 2\nb@x.c:9;+get@lib.h:6 3\nb@x.c:9;+get@other.h:1 4";
    let table = functions(&ProfileBuilder::new().folded(folded).build(), &time());
    let gets: Vec<u64> =
        table.rows.iter().filter(|row| &*row.name == "get").map(|row| row.self_value).collect();
    assert_eq!(gets, [5, 4], "one by file");
}

#[test]
fn a_range_of_time_filters_samples_growth_and_heap_but_not_crossings() {
    let profile = ProfileBuilder::new()
        .sample(10, "a", 1)
        .sample(20, "a", 2)
        .sample(30, "a", 4)
        .grow(10, "a", 1, 1, true)
        .grow(20, "a", 2, 2, true)
        .alloc(10, "a;malloc", 1_000, 16)
        .alloc(20, "a;malloc", 2_000, 32)
        .free(25, "a;free", 1_000)
        .free(30, "a;free", 2_000)
        .crossings("a;[env.f]", 7, 70, None)
        .build();
    let total = |metric: Metric, time| {
        call_tree(&profile, &CallTreeQuery { metric, time: Some(time), ..CallTreeQuery::default() }).total()
    };
    for (metric, range, expected) in [
        (Metric::Time, 10..30, 3),
        (Metric::Time, 11..20, 0),
        (Metric::PagesGrown, 20..21, 2),
        (Metric::Allocations, 0..20, 1),
        (Metric::AllocatedBytes, 0..21, 48),
        (Metric::LiveBytes, 0..21, 48),
        (Metric::LiveBytes, 15..26, 32),
        (Metric::LiveBytes, 0..26, 32),
        (Metric::LiveBytes, 0..31, 0),
        (Metric::PeakBytes, 0..31, 48),
        (Metric::PeakBytes, 26..29, 32),
        (Metric::ShortLivedBytes, 0..31, 48),
        (Metric::ShortLivedBytes, 15..31, 32),
        (Metric::ShortLivedBytes, 15..29, 0),
        (Metric::Crossings, 0..1, 7),
        (Metric::HostTime, 0..1, 70),
    ] {
        assert_eq!(total(metric, range.clone()), expected, "{metric} in {range:?}");
    }
    // A range that runs backwards holds nothing.
    for metric in [Metric::Time, Metric::LiveBytes, Metric::PeakBytes, Metric::PagesGrown] {
        assert_eq!(total(metric, 30..10), 0, "{metric}");
    }
}

#[test]
fn boxes_of_a_flame_graph_lie_inside_their_parents() {
    let profile =
        ProfileBuilder::new().folded("a;b;c 5\na;b 2\na;d;c 3\ne;b 4\na 1\ne;b;f;g 2\na;b;c;h 1").build();
    for inverted in [false, true] {
        let tree = call_tree(&profile, &CallTreeQuery { inverted, ..time() });
        let layout = flame(&tree);
        assert_eq!(layout.width(), 18);
        let mut seen = 0;
        for depth in 0..layout.row_count() {
            let row = layout.row(depth).boxes;
            assert!(row.windows(2).all(|pair| pair[0].x1 <= pair[1].x0), "row {depth} is sorted");
            for place in row {
                let node = tree.get(place.node).unwrap();
                let above = layout.box_of(node.parent).unwrap();
                assert_eq!((place.x1 - place.x0, node.depth as usize), (node.total_value, depth));
                assert!(above.x0 <= place.x0 && place.x1 <= above.x1);
                assert_eq!(layout.node_at(depth, place.x0), Some(place.node));
                assert_eq!(layout.node_at(depth, place.x1 - 1), Some(place.node));
                seen += 1;
            }
        }
        assert_eq!(seen, tree.len());
        assert_eq!(layout.node_at(0, 18), None);
        assert_eq!(layout.visible(1, 0, 18).boxes.len(), layout.row(1).boxes.len());
        assert_eq!(layout.row(layout.row_count()).boxes, []);
    }
}

#[test]
fn growth_has_a_step_for_each_grant() {
    let profile = ProfileBuilder::new()
        .memory(2, Some(9))
        .grow(100, "f@a.c:3", 2, 3, true)
        .grow(200, "f@a.c:4", 5, 50, false)
        .build();
    let view = growth(&profile);
    let memory = &view.memories[0];
    let steps: Vec<_> = memory.steps.iter().map(|step| (step.time_nanos, step.pages)).collect();
    assert_eq!(steps, [(0, 2), (100, 5)]);
    assert_eq!((memory.initial_pages, memory.final_pages, memory.maximum_pages), (2, 5, Some(9)));
    assert_eq!((memory.granted, memory.refused, memory.page_bytes), (1, 1, 65_536));
    assert_eq!(memory.name.as_deref(), Some("memory"));
    let paths: Vec<_> = view.events.iter().map(|row| crate::render::path(&profile, row.path)).collect();
    assert_eq!(paths, ["f@a.c:3", "f@a.c:4"]);
}

struct OneFile(&'static str);

impl SourceProvider for OneFile {
    fn source(&self, path: &str) -> Option<Vec<u8>> {
        (path == "a.c").then(|| self.0.into())
    }
}

#[test]
fn a_listing_puts_costs_beside_the_text() {
    let profile = ProfileBuilder::new().folded("f@a.c:2 5\nf@a.c:4 1\nf@a.c:0 3\ng@b.c:1 1").build();
    let table = lines(&profile, &time());
    let costs = |text: &'static str| {
        let listing = source_listing(&table, "a.c", &OneFile(text)).unwrap();
        let cost = |row: Option<usize>| row.map_or(0, |row| table.rows[row].self_value);
        let rows = listing.rows.iter().map(|row| (row.text.clone(), cost(row.row))).collect::<Vec<_>>();
        (rows, listing.beyond_end)
    };
    let row = |text: &str, cost| (text.to_owned(), cost);
    assert_eq!(
        costs("one\ntwo\r\n\nfour"),
        (vec![row("one", 0), row("two", 5), row("", 0), row("four", 1)], None)
    );
    assert_eq!(costs("one\ntwo"), (vec![row("one", 0), row("two", 5)], Some(4)));
    assert_eq!(source_listing(&table, "b.c", &OneFile("")), None);
}

#[test]
fn a_summary_sums_up() {
    let profile = ProfileBuilder::new()
        .folded("a;b 30\na 10")
        .alloc(1, "a;malloc", 100, 10)
        .free(2, "a;free", 100)
        .free(3, "a;free", 100)
        .crossings("a;[env.f]", 7, 70, None)
        .export_calls("a", 1, 100)
        .build();
    let summary = summary(&profile);
    assert_eq!((summary.samples, summary.sampled_nanos, summary.run_nanos), (2, 40, 100));
    assert_eq!((summary.guest_to_host_calls, summary.host_nanos, summary.host_to_guest_calls), (7, 70, 1));
    let heap = summary.heap.unwrap();
    assert_eq!((heap.totals.allocations, heap.totals.frees, heap.findings.double_frees), (1, 1, 1));
    assert_eq!(&*summary.top_functions[0].name, "b");
}

#[test]
fn a_run_that_never_began_took_no_time() {
    let phases = vec![PhaseSpan { phase: Phase::Compile, start_nanos: 5, end_nanos: 50 }];
    let run_nanos = |outcome: Outcome| {
        let phases = phases.clone();
        summary(&Profile::new(Recording { outcome, phases, ..Recording::default() })).run_nanos
    };
    assert_eq!(run_nanos(Outcome::Cancelled), 0);
    assert_eq!(run_nanos(Outcome::Unknown), 50, "the recorder was killed: who knows how far it was");
}
