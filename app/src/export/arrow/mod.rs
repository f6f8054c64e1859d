//! Call paths as a table for data frames: a file in Arrow's IPC format, which pyarrow, pandas, Polars, DuckDB and R read.

mod file;

use super::json::kind_word;
use super::known_name;
use super::numbers::Numbers;
use crate::analysis::{CallTreeQuery, MergeBy, Metric, NodeId, Stacks, Unit, stacks};
use crate::profile::Profile;
use file::{Column, Texts};

/// A row for each call path that weighs anything, with its functions and what it weighs by itself in each metric.
pub(super) fn arrow(profile: &Profile, query: &CallTreeQuery) -> Vec<u8> {
    let stacks = stacks(profile, query, MergeBy::Line);
    let weighs = |node: &NodeId| stacks.weights().iter().any(|(_, weights)| weights[node.index()] > 0);
    let nodes: Vec<NodeId> = stacks.nodes().filter(weighs).collect();
    let mut names = Numbers::default();
    let of_node = names_of(profile, &stacks, &mut names);
    let name = |node: &NodeId| of_node[node.index()];
    let (mut files, mut kinds) = (Numbers::default(), Numbers::default());
    let place = |node: &NodeId| profile.lines().get(stacks.line(*node));
    let kind = |node: &NodeId| kind_word(profile.frames().get(stacks.frame(*node)).kind);
    let stack = |node: &NodeId| {
        let mut stack: Vec<u32> = stacks.up(*node).map(|node| name(&node)).collect();
        stack.reverse();
        stack
    };
    let mut columns = vec![
        ("function".to_owned(), Column::text(Texts::Functions, nodes.iter().map(|node| Some(name(node))))),
        ("kind".to_owned(), Column::text(Texts::Kinds, nodes.iter().map(|node| Some(kinds.of(kind(node)))))),
        (
            "file".to_owned(),
            Column::text(Texts::Files, nodes.iter().map(|node| Some(files.of(&*place(node)?.file)))),
        ),
        ("line".to_owned(), Column::number(nodes.iter().map(|node| Some(place(node)?.line)))),
        ("stack".to_owned(), Column::texts(Texts::Functions, nodes.iter().map(stack))),
    ];
    columns.extend(stacks.weights().iter().map(|(metric, weights)| {
        (heading(*metric), Column::weights(nodes.iter().map(|node| weights[node.index()])))
    }));
    file::file(nodes.len(), columns, &[names.values(), kinds.values(), files.values()])
}

/// By node: the number of its function's name.
fn names_of<'a>(profile: &'a Profile, stacks: &Stacks, names: &mut Numbers<&'a str>) -> Vec<u32> {
    let of = |node: NodeId| names.of(known_name(profile, stacks.frame(node)));
    [0].into_iter().chain(stacks.nodes().map(of)).collect()
}

/// The metric's word, with its unit where it doesn't say what is counted.
fn heading(metric: Metric) -> String {
    let unit = match metric.unit() {
        Unit::Nanos => "_nanos",
        Unit::Bytes => "_bytes",
        Unit::Pages | Unit::Calls | Unit::Blocks | Unit::Instructions => "",
    };
    format!("{}{unit}", metric.name().replace('-', "_"))
}
