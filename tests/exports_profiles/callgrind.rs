//! callgrind's files, by Valgrind's `callgrind_annotate`.

use super::{RECORDED, folded_total, hostile, read_by, totals, written};
use std::collections::BTreeMap;
use std::path::Path;
use wasmscope::analysis::{CallTreeQuery, Metric, NodeId, call_tree};
use wasmscope::export::Format;
use wasmscope::profile::{Profile, ProfileBuilder};

/// What `callgrind_annotate` prints; `None` where there is none.
fn annotated(profile: &Profile, query: &CallTreeQuery, words: &[&str]) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("callgrind.out");
    std::fs::write(&path, written(profile, query, Format::Callgrind)).unwrap();
    let output = read_by("callgrind_annotate", &[words, &[text(&path)]].concat())?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.is_empty(), "{told}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The numbers of a line, without their shares.
fn numbers(line: &str) -> Vec<u64> {
    let number = |word: &str| word.replace(',', "").parse().ok();
    line.split_whitespace().filter(|word| !word.starts_with('(')).map_while(number).collect()
}

#[test]
fn each_metric_has_the_weight_of_the_folded_stacks() {
    let query = CallTreeQuery { metric: Metric::Instructions, ..CallTreeQuery::default() };
    let Some(printed) = annotated(&RECORDED, &query, &[]) else { return };
    let line = |head: &str| printed.lines().find(|line| line.contains(head)).unwrap();
    let events: Vec<_> = line("Events recorded:").split_whitespace().skip(2).collect();
    let found: BTreeMap<_, _> = events.iter().copied().zip(numbers(line("PROGRAM TOTALS"))).collect();
    let expected = totals(&RECORDED);
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(metric, total)| (metric.name().replace('-', ""), *total)).collect();
    assert_eq!(
        found.into_iter().map(|(event, sum)| (event.to_owned(), sum)).collect::<BTreeMap<_, _>>(),
        expected
    );
    assert_eq!(events[0], "instructions");
}

/// What the outermost function calls costs as much as the whole, and lines of inlined code are those of other files.
#[test]
fn calls_have_the_cost_of_what_was_called() {
    let printed = annotated(&RECORDED, &CallTreeQuery::default(), &["--inclusive=yes", "--show=time"]);
    let Some(printed) = printed else { return };
    let tree = call_tree(&RECORDED, &CallTreeQuery::default());
    // The engine is at work outside of it, too.
    let outermost = tree.children(NodeId::ROOT).next().and_then(|node| tree.get(node)).unwrap();
    let function = |name: &str| printed.lines().find(|line| line.contains(name)).map(numbers);
    assert_eq!(function(":_start.command_export"), Some(vec![outermost.total_value]));
    let text = String::from_utf8(written(&RECORDED, &CallTreeQuery::default(), Format::Callgrind)).unwrap();
    assert!(text.contains("\nfi=(") && text.contains("\nfe=("), "inlined code has its own file");
    // As often as `words.cpp` says.
    let calls: u64 = calls_of(&text, "make_word").iter().sum();
    assert_eq!(calls, 80_000);
}

/// How often each of the callers called the function whose name has `name` in it.
fn calls_of(text: &str, name: &str) -> Vec<u64> {
    let mut number = None;
    let mut calls = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(callee) = line.strip_prefix("cfn=").or(line.strip_prefix("fn=")) else { continue };
        let (id, rest) = callee.split_once(')').unwrap();
        number = if rest.contains(name) { Some(id.to_owned()) } else { number };
        let times = lines
            .peek()
            .and_then(|line| line.strip_prefix("calls="))
            .filter(|_| number.as_deref() == Some(id));
        calls.extend(times.map(|times| times.split_once(' ').unwrap().0.parse::<u64>().unwrap()));
    }
    calls
}

/// However often a function stands in a path, it costs no more than the path.
#[test]
fn recursion_costs_once() {
    let folded = "main;fib;fib;fib;get 30\nmain;fib 10\nmain;fib;fib 20\nmain;get;fib 40\n\
                  main;even;odd;even;odd;get 3\nmain;odd;even 5\nfib;main;fib 7\n";
    let profile = ProfileBuilder::new().folded(folded).build();
    let words = ["--inclusive=yes", "--threshold=100"];
    let Some(printed) = annotated(&profile, &CallTreeQuery::default(), &words) else { return };
    let cost = |name: &str| {
        let is_it = |line: &&str| line.contains(&format!(":{name} [")) || line.ends_with(&format!(":{name}"));
        numbers(printed.lines().find(is_it).unwrap())[0]
    };
    let expected = |name: &str| {
        let lines = folded.lines().map(|line| line.rsplit_once(' ').unwrap());
        let through = lines.filter(|(path, _)| path.split(';').any(|frame| frame == name));
        through.map(|(_, cost)| cost.parse::<u64>().unwrap()).sum::<u64>()
    };
    for name in ["main", "fib", "get", "even", "odd"] {
        assert_eq!(cost(name), expected(name), "{name}: {printed}");
    }
}

/// A number with nothing behind it refers to what was named before.
#[test]
fn names_that_cannot_be_seen_are_names() {
    let profile = ProfileBuilder::new().folded("main;\u{1};\u{2} 10\n").build();
    let text = String::from_utf8(written(&profile, &CallTreeQuery::default(), Format::Callgrind)).unwrap();
    assert!(!text.contains(") \n"), "{text}");
    assert_eq!(text.matches("fn=(2) ???\n").count(), 1, "{text}");
}

#[test]
fn names_are_no_lines_of_their_own() {
    let profile = hostile();
    let all = folded_total(&profile, Metric::Time, &CallTreeQuery::default());
    let Some(printed) = annotated(&profile, &CallTreeQuery::default(), &["--threshold=100"]) else { return };
    let totals = printed.lines().find(|line| line.contains("PROGRAM TOTALS")).unwrap();
    assert_eq!(numbers(totals), [all]);
    for name in ["a fn=(9) b", "calls=7 3", "(1) c"] {
        assert!(printed.lines().any(|line| line.contains(name)), "{name}: {printed}");
    }
}
