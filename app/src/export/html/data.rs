//! The call trees and functions as JSON within the page.
//!
//! Columns rather than objects: a tree of 100,000 nodes takes 2 MB. Functions and places are numbered as they come.

use super::elements::cut;
use crate::analysis::{CallTree, CallTreeQuery, FunctionTable, Metric, NodeId, call_tree, functions};
use crate::export::json::kind_word;
use crate::export::numbers::Numbers;
use crate::export::svg::fill;
use crate::export::xml::plain;
use crate::export::{json_text, unit_word};
use crate::profile::{FrameId, LineId, Profile};
use crate::units;
use serde::Serialize;
use std::cmp::Reverse;

/// What is narrower than this part of the whole is left out: on 2,000 pixels, a tenth of one.
const NARROWEST: u64 = 20_000;
/// Of a tree that has more nodes these are kept, the heaviest.
const MOST_NODES: usize = 100_000;

#[derive(Serialize)]
struct DataJson {
    /// The metric that is shown first.
    metric: &'static str,
    functions: Vec<FunctionJson>,
    /// Files and lines; the first one stands for none.
    places: Vec<PlaceJson>,
    flames: Vec<FlameJson>,
}

#[derive(Serialize)]
struct FunctionJson {
    name: String,
    short: String,
    kind: &'static str,
    group: String,
    fill: String,
    /// Where it is declared.
    place: u32,
}

#[derive(Serialize)]
struct PlaceJson(String, u32);

/// A call tree and the functions in it, by one metric.
#[derive(Serialize)]
struct FlameJson {
    metric: &'static str,
    title: &'static str,
    about: &'static str,
    unit: &'static str,
    total: u64,
    /// Nodes, in depth-first order: the first is all.
    parent: Vec<u32>,
    function: Vec<u32>,
    place: Vec<u32>,
    value: Vec<u64>,
    own: Vec<u64>,
    /// What is not there, as a sentence.
    left_out: String,
    table: TableJson,
}

#[derive(Serialize)]
struct TableJson {
    function: Vec<u32>,
    own: Vec<u64>,
    total: Vec<u64>,
}

/// The content of a script element: no character in it ends that, or means anything to HTML.
pub(super) fn json(profile: &Profile, query: &CallTreeQuery) -> String {
    let mut names = Names { profile, functions: Numbers::default(), places: Numbers::default() };
    names.places.of((String::new(), 0));
    let there = Metric::ALL.into_iter().filter(|metric| metric.available_in(profile));
    let flames: Vec<FlameJson> = there.map(|metric| names.flame(query, metric)).collect();
    let functions =
        names.functions.values().to_vec().into_iter().map(|frame| names.function(frame)).collect();
    let places = names.places.into_values().into_iter().map(|(file, line)| PlaceJson(file, line)).collect();
    let data = DataJson { metric: query.metric.name(), functions, places, flames };
    json_text(&data).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

struct Names<'a> {
    profile: &'a Profile,
    functions: Numbers<FrameId>,
    places: Numbers<(String, u32)>,
}

impl Names<'_> {
    fn function(&mut self, frame: FrameId) -> FunctionJson {
        let info = self.profile.frames().get(frame);
        let place = info.file.as_ref().map(|file| (plain(&cut(file)), info.line.unwrap_or(0)));
        FunctionJson {
            name: plain(&cut(&info.name)),
            short: plain(&cut(&info.short)),
            kind: kind_word(info.kind),
            group: info.group.as_ref().map_or(String::new(), |group| plain(&cut(&group.name))),
            fill: fill(info),
            place: place.map_or(0, |place| self.places.of(place)),
        }
    }

    fn place(&mut self, line: LineId) -> u32 {
        let place = self.profile.lines().get(line);
        place.map_or(0, |place| self.places.of((plain(&cut(&place.file)), place.line)))
    }

    fn flame(&mut self, query: &CallTreeQuery, metric: Metric) -> FlameJson {
        let query = CallTreeQuery { metric, ..query.clone() };
        let tree = call_tree(self.profile, &query);
        let kept = kept(&tree);
        let functions = functions(self.profile, &query);
        let table = self.table(&functions);
        let fewer = functions.rows.len() - table.function.len();
        let mut flame = FlameJson {
            metric: metric.name(),
            title: metric.title(),
            about: metric.description(),
            unit: unit_word(metric.unit()),
            total: tree.total(),
            parent: Vec::with_capacity(kept.len()),
            function: Vec::with_capacity(kept.len()),
            place: Vec::with_capacity(kept.len()),
            value: Vec::with_capacity(kept.len()),
            own: Vec::with_capacity(kept.len()),
            left_out: left_out(tree.len() - kept.len(), fewer),
            table,
        };
        for id in &kept {
            let Some(node) = tree.get(*id) else { continue };
            // Whoever is kept has its caller kept before it.
            flame.parent.push(kept.binary_search(&node.parent).unwrap_or(0) as u32);
            flame.function.push(self.functions.of(node.frame));
            flame.place.push(self.place(node.line));
            flame.value.push(node.total_value);
            flame.own.push(node.self_value);
        }
        flame
    }

    /// Functions that are seen, by falling own weight.
    fn table(&mut self, functions: &FunctionTable) -> TableJson {
        let least = functions.total / NARROWEST;
        let rows = || functions.rows.iter().filter(|row| row.total_value >= least).take(MOST_NODES);
        TableJson {
            function: rows().map(|row| self.functions.of(row.frame)).collect(),
            own: rows().map(|row| row.self_value).collect(),
            total: rows().map(|row| row.total_value).collect(),
        }
    }
}

/// The nodes that are wide enough to be seen; with a node all above it.
fn kept(tree: &CallTree) -> Vec<NodeId> {
    let least = tree.total() / NARROWEST;
    let value = |node: &NodeId| tree.totals().get(node.index()).copied().unwrap_or(0);
    let all = (0..tree.len() as u32).map(NodeId);
    let mut kept: Vec<_> = all.filter(|node| *node == NodeId::ROOT || value(node) >= least).collect();
    if kept.len() > MOST_NODES {
        // None is heavier than the one above it, nor does it stand before it.
        kept.sort_unstable_by_key(|node| (Reverse(value(node)), *node));
        kept.truncate(MOST_NODES);
        kept.sort_unstable();
    }
    kept
}

/// What is not there, so many boxes and functions.
fn left_out(boxes: usize, functions: usize) -> String {
    if boxes + functions == 0 {
        return String::new();
    }
    let boxes = if boxes == 1 { "1 box".to_owned() } else { format!("{} boxes", units::exact(boxes as u64)) };
    let functions = units::things(functions as u64, "function");
    let (whole, most) = (units::exact(NARROWEST), units::exact(MOST_NODES as u64));
    format!(
        "{boxes} and {functions} left out: less than 1/{whole} of the whole, or not among the heaviest {most}. Search \
         does not see them."
    )
}
