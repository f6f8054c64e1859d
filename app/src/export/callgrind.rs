//! Costs by line and by call for KCachegrind, QCachegrind and `callgrind_annotate`. The format is that of Valgrind's
//! manual, "Callgrind Format Specification".

use super::heap_frame::one_line;
use super::known_name;
use super::numbers::Numbers;
use crate::analysis::{CallTreeQuery, MergeBy, Metric, NodeId, Stacks, stacks};
use crate::profile::{FrameId, FrameKind, LineId, Profile};
use std::fmt::Write;

/// What things are called that have no name.
const UNKNOWN: &str = "???";

/// Costs in all metrics that can be told of the same time, `query`'s first. What is inlined counts where it was
/// inlined, at its own lines.
pub(super) fn callgrind(profile: &Profile, query: &CallTreeQuery) -> String {
    let stacks = stacks(profile, query, MergeBy::Line);
    let costs = Costs::of(profile, &stacks);
    let mut file =
        File { profile, text: String::new(), files: Numbers::default(), functions: Numbers::default() };
    file.head(&stacks);
    file.blocks(&costs);
    file.text
}

/// A function of the module, the host or the engine; and a line of it or of what is inlined into it.
type Spot = (FrameId, LineId);
/// A call from there of another function.
type Call = (Spot, FrameId);

/// Sums by number in each metric, one behind the other.
struct Sums {
    of: Vec<u64>,
    width: usize,
}

impl Sums {
    fn row(&mut self, number: u32) -> &mut [u64] {
        let begin = number as usize * self.width;
        if self.of.len() < begin + self.width {
            self.of.resize(begin + self.width, 0);
        }
        &mut self.of[begin..begin + self.width]
    }

    fn add(&mut self, number: u32, values: impl Iterator<Item = u64>) {
        self.row(number).iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.saturating_add(value));
    }

    fn take(&mut self, number: u32, values: impl Iterator<Item = u64>) {
        self.row(number).iter_mut().zip(values).for_each(|(sum, value)| *sum = sum.saturating_sub(value));
    }

    fn get(&self, number: usize) -> &[u64] {
        self.of.get(number * self.width..(number + 1) * self.width).unwrap_or_default()
    }
}

/// What spots cost by themselves and what calls cost with all that was called from there.
struct Costs {
    spots: Numbers<Spot>,
    own: Sums,
    calls: Numbers<Call>,
    inclusive: Sums,
    /// By call: how often, where that was counted.
    times: Vec<u64>,
}

impl Costs {
    fn of(profile: &Profile, stacks: &Stacks) -> Costs {
        let width = stacks.weights().len();
        let sums = || Sums { of: Vec::new(), width };
        let (spots, calls, times) = Default::default();
        let mut costs = Costs { spots, own: sums(), calls, inclusive: sums(), times };
        let spots = spots_of(profile, stacks);
        for node in stacks.nodes() {
            let spot = costs.spots.of(spots[node.index()]);
            costs.own.add(spot, stacks.weights().iter().map(|(_, weights)| weights[node.index()]));
        }
        costs.add_calls(profile, stacks, &spots);
        costs
    }

    /// Readers add up what a function costs by itself and what its calls cost. With recursion it stands several times in
    /// one path, which must count once: a call costs what lies below it until its caller is found again, which then
    /// has the rest.
    fn add_calls(&mut self, profile: &Profile, stacks: &Stacks, spots: &[Spot]) {
        let totals = totals(stacks);
        let total = |node: NodeId| totals.iter().map(move |totals| totals[node.index()]);
        // On the way through the tree: by function, where it was found last; by such a node, where it was found
        // before, and the call that was made there.
        let mut found = vec![NodeId::ROOT; profile.frames().len()];
        let mut before = vec![NodeId::ROOT; stacks.len()];
        let mut call_of = vec![0; stacks.len()];
        for (node, begins) in depth_first(stacks) {
            let caller = stacks.parent(node);
            let callee = stacks.frame(node);
            let is_inlined = spots[node.index()].0 != callee;
            if is_inlined {
                continue;
            }
            if !begins {
                found[callee.index()] = before[node.index()];
                continue;
            }
            if caller != NodeId::ROOT {
                let spot = spots[caller.index()];
                let call = self.calls.of((spot, callee));
                self.inclusive.add(call, total(node));
                call_of[found[spot.0.index()].index()] = call;
                self.times.resize(self.times.len().max(call as usize + 1), 0);
                let times = &mut self.times[call as usize];
                *times = times.saturating_add(counted(profile, stacks, node));
            }
            let outer = std::mem::replace(&mut found[callee.index()], node);
            before[node.index()] = outer;
            if outer != NodeId::ROOT {
                self.inclusive.take(call_of[outer.index()], total(node));
            }
        }
    }
}

/// By node: the function that its code is in, and the line of its innermost frame.
fn spots_of(profile: &Profile, stacks: &Stacks) -> Vec<Spot> {
    let mut spots = vec![(FrameId::ROOT, LineId::NONE)];
    for node in stacks.nodes() {
        let (caller, frame, line) = (stacks.parent(node), stacks.frame(node), stacks.line(node));
        let is_inlined = caller != NodeId::ROOT && profile.frames().get(frame).kind == FrameKind::Inlined;
        let outer = spots[caller.index()];
        spots.push(match is_inlined {
            true if line == LineId::NONE => outer,
            true => (outer.0, line),
            false => (frame, line),
        });
    }
    spots
}

/// How often the function of `node` was called there: the module's own as calls, those of the host as crossings.
fn counted(profile: &Profile, stacks: &Stacks, node: NodeId) -> u64 {
    let metric = match profile.frames().get(stacks.frame(node)).kind {
        FrameKind::Host(_) => Metric::Crossings,
        _ => Metric::Calls,
    };
    stacks.weights_in(metric).map_or(0, |weights| weights[node.index()])
}

/// By metric and node: what it weighs with all below.
fn totals(stacks: &Stacks) -> Vec<Vec<u64>> {
    let sum = |(_, weights): &(Metric, Vec<u64>)| {
        let mut totals = weights.clone();
        for node in (1..totals.len() as u32).rev().map(NodeId) {
            let total = totals[node.index()];
            let above = &mut totals[stacks.parent(node).index()];
            *above = above.saturating_add(total);
        }
        totals
    };
    stacks.weights().iter().map(sum).collect()
}

/// Each node before and behind those below it.
fn depth_first(stacks: &Stacks) -> impl Iterator<Item = (NodeId, bool)> {
    let (mut first, mut next) = (vec![NodeId::ROOT; stacks.len()], vec![NodeId::ROOT; stacks.len()]);
    for node in stacks.nodes() {
        let child = &mut first[stacks.parent(node).index()];
        next[node.index()] = std::mem::replace(child, node);
    }
    let mut open = vec![(NodeId::ROOT, true)];
    std::iter::from_fn(move || {
        let (node, begins) = open.pop()?;
        if begins {
            open.push((node, false));
            let below = |node: NodeId| Some(node).filter(|node| *node != NodeId::ROOT);
            let children =
                std::iter::successors(below(first[node.index()]), |node| below(next[node.index()]));
            open.extend(children.map(|child| (child, true)));
        }
        Some((node, begins))
    })
    .filter(|(node, _)| *node != NodeId::ROOT)
}

struct File<'a> {
    profile: &'a Profile,
    text: String,
    files: Numbers<&'a str>,
    functions: Numbers<FrameId>,
}

impl<'a> File<'a> {
    fn head(&mut self, stacks: &Stacks) {
        let meta = &self.profile.recording().meta;
        let command: Vec<_> =
            std::iter::once(&meta.module_name).chain(&meta.args).map(|word| one_line(word)).collect();
        self.text = format!(
            "# callgrind format\nversion: 1\ncreator: wasmscope {}\ncmd: {}\npositions: line\n",
            env!("CARGO_PKG_VERSION"),
            command.join(" "),
        );
        // Writing to a string can't fail.
        for (metric, _) in stacks.weights() {
            let unit = super::unit_word(metric.unit());
            let _ = writeln!(self.text, "event: {} : {} ({unit})", event(*metric), metric.title());
        }
        let events: Vec<_> = stacks.weights().iter().map(|(metric, _)| event(*metric)).collect();
        let sum = |weights: &Vec<u64>| weights.iter().fold(0u64, |sum, weight| sum.saturating_add(*weight));
        let sums: Vec<_> = stacks.weights().iter().map(|(_, weights)| sum(weights).to_string()).collect();
        let _ = writeln!(self.text, "events: {}\nsummary: {}", events.join(" "), sums.join(" "));
    }

    /// A block for each function.
    fn blocks(&mut self, costs: &Costs) {
        let mut lines: Vec<Line> = Vec::new();
        let spots = costs.spots.values().iter().enumerate();
        lines.extend(spots.map(|(number, spot)| Line { spot: *spot, call: None, number }));
        let calls = costs.calls.values().iter().enumerate();
        lines.extend(calls.map(|(number, (spot, callee))| Line { spot: *spot, call: Some(*callee), number }));
        lines.sort_unstable_by_key(|line| (line.spot, line.call));
        for block in lines.chunk_by(|a, b| a.spot.0 == b.spot.0) {
            self.block(costs, block);
        }
    }

    fn block(&mut self, costs: &Costs, lines: &[Line]) {
        let function = lines[0].spot.0;
        let home = self.declared(function).0;
        let _ = write!(self.text, "\n{}", self.object("ob", function));
        self.file("fl", home);
        self.function("fn", function);
        let mut current = home;
        for line in lines {
            let (file, number) = self.place(line.spot);
            let cost = if line.call.is_some() { &costs.inclusive } else { &costs.own }.get(line.number);
            if line.call.is_none() && cost.iter().all(|value| *value == 0) {
                continue;
            }
            if file != current {
                self.file(if file == home { "fe" } else { "fi" }, file);
                current = file;
            }
            if let Some(callee) = line.call {
                self.call(callee, costs.times[line.number]);
            }
            self.cost(number, cost);
        }
    }

    fn call(&mut self, callee: FrameId, times: u64) {
        let (file, line) = self.declared(callee);
        self.text.push_str(&self.object("cob", callee));
        self.file("cfi", file);
        self.function("cfn", callee);
        let _ = writeln!(self.text, "calls={times} {line}");
    }

    fn cost(&mut self, line: u32, cost: &[u64]) {
        // Zeros at the end need not be told.
        let told = cost.iter().rposition(|value| *value > 0).map_or(1, |last| last + 1);
        let _ = write!(self.text, "{line}");
        for value in &cost[..told.min(cost.len())] {
            let _ = write!(self.text, " {value}");
        }
        self.text.push('\n');
    }

    /// The module, or what stands in for it where the host or the engine is at work.
    fn object(&self, key: &str, frame: FrameId) -> String {
        let meta = &self.profile.recording().meta;
        match self.profile.frames().get(frame).kind {
            FrameKind::Wasm(_) | FrameKind::Inlined => format!("{key}={}\n", named(&meta.module_name)),
            FrameKind::Host(_) => format!("{key}=host\n"),
            FrameKind::Engine | FrameKind::Root => format!("{key}=engine\n"),
        }
    }

    /// A file by its number, with its name the first time.
    fn file(&mut self, key: &str, file: &'a str) {
        let known = self.files.values().len();
        let number = self.files.of(file);
        let name = if number as usize == known { format!(" {}", named(file)) } else { String::new() };
        let _ = writeln!(self.text, "{key}=({}){name}", number + 1);
    }

    /// A function, likewise.
    fn function(&mut self, key: &str, frame: FrameId) {
        let known = self.functions.values().len();
        let number = self.functions.of(frame);
        let is_new = number as usize == known;
        let name =
            if is_new { format!(" {}", named(known_name(self.profile, frame))) } else { String::new() };
        let _ = writeln!(self.text, "{key}=({}){name}", number + 1);
    }

    /// The file and line of a function's declaration; 0 is no line.
    fn declared(&self, frame: FrameId) -> (&'a str, u32) {
        let info = self.profile.frames().get(frame);
        (info.file.as_deref().unwrap_or(UNKNOWN), info.line.unwrap_or(0))
    }

    fn place(&self, (frame, line): Spot) -> (&'a str, u32) {
        match self.profile.lines().get(line) {
            Some(place) => (&place.file, place.line),
            None => (self.declared(frame).0, 0),
        }
    }
}

/// A name that readers take for one: a number without a name refers to what was named before.
fn named(name: &str) -> String {
    let name = one_line(name);
    if name.trim().is_empty() { UNKNOWN.to_owned() } else { name }
}

/// A line of a block: what a spot costs by itself, or a call from there.
struct Line {
    spot: Spot,
    call: Option<FrameId>,
    /// Of the sums.
    number: usize,
}

/// The metric's word: names of events have nothing but letters.
fn event(metric: Metric) -> String {
    metric.name().replace('-', "")
}
