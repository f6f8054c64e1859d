//! What the module's file is made of, byte for byte, and what of it the run made use of.

mod evidence;
mod file;
mod part;
mod start_up;
mod treemap;

pub use evidence::RunEvidence;
pub use start_up::{StartPhase, Whose, start_up};
pub use treemap::{Area, TreemapBox, TreemapStyle, squarified, treemap};

use super::Metric;
use crate::profile::Profile;
use crate::units;
use evidence::Evidence;
use std::ops::Range;
use std::sync::Arc;
use wasmscope_symbolize::FuncIndex;

/// What is asked about the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ModuleSizeQuery {
    /// What functions are heated by: time, calls or instructions. Where it is another one or was not measured, the
    /// first of these that was.
    pub metric: Metric,
    /// Only what happened in this range, in nanoseconds since the recording began, for metrics that are timed.
    pub time: Option<Range<u64>>,
}

/// A row of [`ModuleSize`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SizeId(pub u32);

impl SizeId {
    /// The whole file.
    pub const ROOT: SizeId = SizeId(0);
}

/// What a section is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SectionClass {
    /// The bodies of functions.
    Code,
    /// What is put into memories.
    Data,
    /// Debug information: `.debug_*`.
    Debug,
    /// The name section.
    Names,
    /// Any other custom section.
    Custom,
    /// What the module declares: types, imports, tables, exports and the like.
    Declarations,
}

impl SectionClass {
    /// All of them.
    pub const ALL: [SectionClass; 6] = [
        SectionClass::Code,
        SectionClass::Data,
        SectionClass::Debug,
        SectionClass::Names,
        SectionClass::Custom,
        SectionClass::Declarations,
    ];

    /// A word or two.
    pub const fn name(self) -> &'static str {
        match self {
            SectionClass::Code => "code",
            SectionClass::Data => "data",
            SectionClass::Debug => "debug information",
            SectionClass::Names => "names",
            SectionClass::Custom => "other custom sections",
            SectionClass::Declarations => "declarations",
        }
    }

    /// Does the program run the same without it? Custom sections are ignored by engines, but tools and loaders may need
    /// those that are neither names nor debug information.
    pub const fn is_stripped(self) -> bool {
        matches!(self, SectionClass::Debug | SectionClass::Names)
    }
}

/// What a part of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SizeKind {
    /// All of it.
    File,
    /// A component within a component.
    Component,
    /// A core module of a component.
    CoreModule,
    /// A section, from its id to its last byte.
    Section(SectionClass),
    /// The functions of a crate, namespace, package or file, or those without any.
    Group,
    /// A function: its code, with the field that says how long it is.
    Function(FuncIndex),
    /// A data segment with what says where it goes, by its place in the module.
    Segment(u32),
    /// What holds the other parts together: the file's head, ids, lengths and counts.
    Frame,
}

impl SizeKind {
    /// A word for it.
    pub const fn name(self) -> &'static str {
        match self {
            SizeKind::File => "file",
            SizeKind::Component => "nested component",
            SizeKind::CoreModule => "core module",
            SizeKind::Section(_) => "section",
            SizeKind::Group => "group",
            SizeKind::Function(_) => "function",
            SizeKind::Segment(_) => "data segment",
            SizeKind::Frame => "headers",
        }
    }
}

/// A part of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeNode {
    /// What it is.
    pub kind: SizeKind,
    /// Its name: of functions the short one.
    pub name: Arc<str>,
    /// Its bytes: the sum of those of the parts within it, where there are any.
    pub bytes: u64,
    /// The weight of its functions by themselves, in the metric's unit.
    pub heat: u64,
    /// Of how many of its bytes the recording tells whether they were made use of.
    pub judged_bytes: u64,
    /// How many of these were not: functions that were not run, lines of 64 bytes of data that were not read.
    pub idle_bytes: u64,
    /// Where it is in the file, for sections; empty for what may be scattered.
    pub range: Range<u64>,
    /// The part that it is in; the root is in itself.
    pub parent: SizeId,
    children: Range<u32>,
}

impl SizeNode {
    /// Does the recording tell that nothing of it was made use of?
    pub fn is_idle(&self) -> bool {
        self.judged_bytes > 0 && self.idle_bytes == self.judged_bytes
    }

    /// Are there parts within it?
    pub fn has_children(&self) -> bool {
        !self.children.is_empty()
    }
}

/// What the module's file is made of. The root's bytes are those of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleSize {
    /// What the heat is; `None` where nothing of it was measured.
    pub metric: Option<Metric>,
    /// How well it is known which functions ran.
    pub run: RunEvidence,
    /// Whether reads of data were measured.
    pub reads_known: bool,
    /// The heat of the hottest function; at least 1.
    hottest: u64,
    /// The parts, those within the same one side by side and by falling size. The first is the file.
    nodes: Vec<SizeNode>,
}

impl ModuleSize {
    /// The part with this id; the file for an id that is none of this one's.
    pub fn get(&self, id: SizeId) -> &SizeNode {
        self.nodes.get(id.0 as usize).unwrap_or(&self.nodes[0])
    }

    /// The parts within `id`, the largest first.
    pub fn children(&self, id: SizeId) -> impl DoubleEndedIterator<Item = SizeId> + use<> {
        self.get(id).children.clone().map(SizeId)
    }

    /// All parts with their ids, the file first, parents before what is in them.
    pub fn iter(&self) -> impl Iterator<Item = (SizeId, &SizeNode)> {
        self.nodes.iter().enumerate().map(|(at, node)| (SizeId(at as u32), node))
    }

    /// How many parts there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Is the file empty, as where the recording holds no module?
    pub fn is_empty(&self) -> bool {
        self.get(SizeId::ROOT).bytes == 0
    }

    /// `id` and what it is in, up to the file.
    pub fn up(&self, id: SizeId) -> impl Iterator<Item = SizeId> {
        let above = |id: &SizeId| (*id != SizeId::ROOT).then(|| self.get(*id).parent);
        std::iter::successors(Some(id), above)
    }

    /// The sections, in the order of the file.
    pub fn sections(&self) -> Vec<SizeId> {
        let is_section = |node: &SizeNode| matches!(node.kind, SizeKind::Section(_));
        let mut sections: Vec<_> = self.iter().filter(|(_, node)| is_section(node)).collect();
        sections.sort_by_key(|(_, node)| node.range.start);
        sections.into_iter().map(|(id, _)| id).collect()
    }

    /// The name of a section, with its core module's in front in a component: `main › code`.
    pub fn section_name(&self, id: SizeId) -> String {
        let node = self.get(id);
        let above = self.get(node.parent);
        match above.kind {
            SizeKind::CoreModule => format!("{} › {}", above.name, node.name),
            _ => node.name.to_string(),
        }
    }

    /// The bytes of all sections of a class.
    pub fn class_bytes(&self, class: SectionClass) -> u64 {
        let of_class = self.nodes.iter().filter(|node| node.kind == SizeKind::Section(class));
        of_class.map(|node| node.bytes).sum()
    }

    /// The file without what is stripped: see [`SectionClass::is_stripped`]. That sections which hold others get
    /// shorter length fields is left out.
    pub fn kept_ranges(&self) -> Vec<Range<u64>> {
        let is_stripped =
            |node: &SizeNode| matches!(node.kind, SizeKind::Section(class) if class.is_stripped());
        let mut kept = Vec::new();
        let mut start = 0;
        for node in self.sections().into_iter().map(|id| self.get(id)).filter(|node| is_stripped(node)) {
            kept.push(start..node.range.start);
            start = node.range.end;
        }
        kept.push(start..self.get(SizeId::ROOT).bytes);
        kept
    }

    /// How hot a part is, from 0 to 1: 1 is the hottest function, 0 a thousandth of it and less. `None` where it has no
    /// heat at all.
    pub fn warmth(&self, id: SizeId) -> Option<f64> {
        let heat = self.get(id).heat;
        (heat > 0).then(|| ((heat as f64 / self.hottest as f64).log10() / 3.0 + 1.0).clamp(0.0, 1.0))
    }

    /// Functions: how many there are, and how many of them are idle.
    pub fn function_counts(&self) -> (u64, u64) {
        let functions = self.nodes.iter().filter(|node| matches!(node.kind, SizeKind::Function(_)));
        functions.fold((0, 0), |(all, idle), node| (all + 1, idle + u64::from(node.is_idle())))
    }

    /// How many bytes of it stripping would take away.
    pub fn strippable_bytes(&self) -> u64 {
        let stripped = SectionClass::ALL.into_iter().filter(|class| class.is_stripped());
        stripped.map(|class| self.class_bytes(class)).sum()
    }

    /// What stripping would take away, for people: `490 KiB of debug information and 19.6 KiB of names`. `None` where
    /// there is nothing of it.
    pub fn strippable(&self) -> Option<String> {
        let stripped = SectionClass::ALL.into_iter().filter(|class| class.is_stripped());
        let sizes = stripped.map(|class| (class, self.class_bytes(class)));
        let texts = sizes.filter(|(_, bytes)| *bytes > 0);
        let texts: Vec<_> =
            texts.map(|(class, bytes)| format!("{} of {}", units::bytes(bytes), class.name())).collect();
        (!texts.is_empty()).then(|| texts.join(" and "))
    }

    /// The functions that were not run, or not seen to, by falling size; none where nothing is known.
    pub fn idle_functions(&self) -> Vec<SizeId> {
        self.idle(|node| matches!(node.kind, SizeKind::Function(_)) && node.is_idle())
    }

    /// The data segments of which some lines were never read, by falling number of these bytes.
    pub fn idle_segments(&self) -> Vec<SizeId> {
        self.idle(|node| matches!(node.kind, SizeKind::Segment(_)) && node.idle_bytes > 0)
    }

    fn idle(&self, is_wanted: impl Fn(&SizeNode) -> bool) -> Vec<SizeId> {
        let mut wanted: Vec<_> = self.iter().filter(|(_, node)| is_wanted(node)).collect();
        wanted.sort_by_key(|(id, node)| (std::cmp::Reverse(node.idle_bytes), *id));
        wanted.into_iter().map(|(id, _)| id).collect()
    }
}

/// What the module's file is made of.
pub fn module_size(profile: &Profile, query: &ModuleSizeQuery) -> ModuleSize {
    let evidence = Evidence::of(profile, query);
    let nodes = part::flattened(file::file(profile, &evidence));
    let functions = nodes.iter().filter(|node| matches!(node.kind, SizeKind::Function(_)));
    let hottest = functions.map(|node| node.heat).fold(1, u64::max);
    let Evidence { metric, run, .. } = evidence;
    ModuleSize { metric, run, reads_known: evidence.reads_known(), hottest, nodes }
}
