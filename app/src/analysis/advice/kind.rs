//! What a line of advice is made of.

use crate::analysis::{Metric, Unit};
use crate::profile::{FrameId, PathId, Profile, SourceLine};
use crate::units;
use std::fmt;
use wasmscope_instrument::Measure;
use wasmscope_symbolize::MemoryIndex;

/// What advice can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdviceKind {
    /// Many calls of an import that do little each.
    Chatty,
    /// A loop that copies single bytes.
    ByteCopy,
    /// Much time in `memory.copy`, `memory.fill` and `memory.init`.
    BulkCopy,
    /// Memory that grows in many small steps.
    GrowthSteps,
    /// Blocks that nobody frees.
    Leak,
    /// Memory that grew though much of it was free.
    Fragmentation,
    /// A moment for which the memory had to become far larger.
    Peak,
    /// Much time in the allocator.
    Allocator,
    /// A hot loop that could do several elements at once.
    NoSimd,
    /// Code that passes each value through a local or through memory.
    Unoptimised,
    /// Compiling that takes longer than the run.
    CompileTime,
    /// Debug information in the file.
    DebugInfo,
}

impl AdviceKind {
    /// All of them.
    pub const ALL: [AdviceKind; 12] = [
        AdviceKind::Chatty,
        AdviceKind::ByteCopy,
        AdviceKind::BulkCopy,
        AdviceKind::GrowthSteps,
        AdviceKind::Leak,
        AdviceKind::Fragmentation,
        AdviceKind::Peak,
        AdviceKind::Allocator,
        AdviceKind::NoSimd,
        AdviceKind::Unoptimised,
        AdviceKind::CompileTime,
        AdviceKind::DebugInfo,
    ];

    /// The word that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            AdviceKind::Chatty => "chatty",
            AdviceKind::ByteCopy => "byte-copy",
            AdviceKind::BulkCopy => "bulk-copy",
            AdviceKind::GrowthSteps => "growth-steps",
            AdviceKind::Leak => "leak",
            AdviceKind::Fragmentation => "fragmentation",
            AdviceKind::Peak => "peak",
            AdviceKind::Allocator => "allocator",
            AdviceKind::NoSimd => "no-simd",
            AdviceKind::Unoptimised => "unoptimised",
            AdviceKind::CompileTime => "compile-time",
            AdviceKind::DebugInfo => "debug-info",
        }
    }

    /// What is looked for, in a few words.
    pub const fn title(self) -> &'static str {
        match self {
            AdviceKind::Chatty => "chatty calls of imports",
            AdviceKind::ByteCopy => "copying byte by byte",
            AdviceKind::BulkCopy => "much time in memory.copy",
            AdviceKind::GrowthSteps => "growth in small steps",
            AdviceKind::Leak => "leaks",
            AdviceKind::Fragmentation => "fragmentation",
            AdviceKind::Peak => "short peaks of the heap",
            AdviceKind::Allocator => "much time in the allocator",
            AdviceKind::NoSimd => "hot loops without SIMD",
            AdviceKind::Unoptimised => "unoptimised code",
            AdviceKind::CompileTime => "a start that is mostly compiling",
            AdviceKind::DebugInfo => "debug information in the file",
        }
    }

    /// The measures without which it can't be looked for.
    pub const fn needs(self) -> &'static [Measure] {
        match self {
            AdviceKind::Chatty => &[Measure::Boundary],
            AdviceKind::ByteCopy | AdviceKind::NoSimd | AdviceKind::Unoptimised => &[Measure::Time],
            AdviceKind::BulkCopy => &[Measure::Time, Measure::Instructions],
            AdviceKind::GrowthSteps => &[Measure::Time, Measure::Growth],
            AdviceKind::Leak | AdviceKind::Fragmentation | AdviceKind::Peak => &[Measure::Heap],
            AdviceKind::Allocator => &[Measure::Time, Measure::Heap],
            AdviceKind::CompileTime | AdviceKind::DebugInfo => &[],
        }
    }

    /// Is all there that it needs?
    pub(super) fn is_known(self, profile: &Profile) -> bool {
        let recording = profile.recording();
        let is_there = |measure: &Measure| match measure {
            Measure::Time => has_time(profile),
            // Where nobody is known to allocate, that no block is seen means nothing.
            Measure::Heap => !recording.heap.is_empty() || !recording.meta.allocators.is_empty(),
            // A recording without an end does not tell how long the run was.
            Measure::Boundary => recording.meta.measures.has(Measure::Boundary) && recording.time.is_some(),
            measure => recording.meta.measures.has(*measure),
        };
        self.needs().iter().all(is_there)
    }
}

/// Fewer samples tell no shares: a tenth of them would be one or two.
const LEAST_SAMPLES: u64 = 16;

/// Are there samples enough to tell where the time went? A sample may stand for many ticks: all those in a call of the
/// host or the engine.
pub(super) fn has_time(profile: &Profile) -> bool {
    let recording = profile.recording();
    let ticks = recording.time.map_or(0, |time| time.ticks).max(recording.samples.len() as u64);
    Metric::Time.available_in(profile) && ticks >= LEAST_SAMPLES
}

/// What a gain is a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GainOf {
    /// The time of the run.
    Time,
    /// The time from the start of the program to its end.
    StartAndRun,
    /// The bytes of a memory.
    Memory,
    /// The bytes of the blocks that are live at the end.
    Live,
    /// The bytes of the module's file.
    File,
}

impl GainOf {
    /// What is gained, for people.
    pub const fn words(self) -> &'static str {
        match self {
            GainOf::Time => "of the run's time",
            GainOf::StartAndRun => "of start and run",
            GainOf::Memory => "of the memory",
            GainOf::Live => "of what is live at the end",
            GainOf::File => "of the file",
        }
    }
}

/// What following the advice gains at most, by what was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// From 0 to 1.
    pub share: f64,
    /// Of what.
    pub of: GainOf,
}

/// `up to 12.3 % of the run's time`.
impl fmt::Display for Gain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "up to {} {}", units::percent(self.share), self.of.words())
    }
}

/// A measured number behind a line of advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it is, as a word for programs.
    pub name: &'static str,
    /// The number.
    pub value: u64,
    /// What it counts.
    pub unit: Unit,
}

impl Figure {
    pub(super) const fn new(name: &'static str, unit: Unit, value: u64) -> Figure {
        Figure { name, value, unit }
    }
}

/// A view that shows the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "their names say it")]
pub enum AdviceView {
    Flame,
    Boundary,
    Growth,
    HeapMap,
    Sites,
    Instructions,
    Module,
}

impl AdviceView {
    /// The word that the command line has for it.
    pub const fn name(self) -> &'static str {
        match self {
            AdviceView::Flame => "functions",
            AdviceView::Boundary => "boundary",
            AdviceView::Growth => "growth",
            AdviceView::HeapMap | AdviceView::Sites => "heap",
            AdviceView::Instructions => "wat",
            AdviceView::Module => "module",
        }
    }
}

/// Where to look: a view, and what is to be selected in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The view.
    pub view: AdviceView,
    /// The function.
    pub function: Option<FrameId>,
    /// The line of its source.
    pub line: Option<SourceLine>,
    /// What functions are weighed by.
    pub metric: Option<Metric>,
    /// The call path of blocks.
    pub site: Option<PathId>,
    /// The memory.
    pub memory: Option<MemoryIndex>,
    /// The moment, in nanoseconds since the recording began.
    pub moment_nanos: Option<u64>,
}

impl Place {
    /// A view with nothing selected.
    pub(super) const fn view(view: AdviceView) -> Place {
        let (function, line, metric, site) = (None, None, None, None);
        Place { view, function, line, metric, site, memory: None, moment_nanos: None }
    }
}

/// A line of advice.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// What it is about.
    pub kind: AdviceKind,
    /// What was found, as a line.
    pub what: String,
    /// The numbers that tell it, as a sentence.
    pub why: String,
    /// The numbers.
    pub figures: Vec<Figure>,
    /// What to do, as a sentence.
    pub remedy: String,
    /// What that gains.
    pub gain: Gain,
    /// Where it shows.
    pub place: Place,
}
