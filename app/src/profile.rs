//! A recording together with what its addresses mean: what every view is computed from.
//!
//! Stacks and calling contexts are expanded once, here, from physical frames into chains of logical ones (a
//! function and what was inlined into it), and interned: [`FrameId`], [`LineId`], [`PathId`].

mod builder;
mod executed;
mod expand;
mod frames;
mod growing;
mod lines;
mod paths;
mod source;
mod told;

pub use builder::ProfileBuilder;
pub use frames::{FrameId, FrameInfo, FrameKind, FrameTable};
pub use growing::Growing;
pub use lines::{LineId, SourceLine, SourceLines};
pub use paths::{PathId, PathTable};

use crate::analysis::{AddressSpace, HeapTimeline};
use expand::Expanded;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock, OnceLock};
use told::Told;
use wasmscope_instrument::Measure;
use wasmscope_instrument::recording::{
    Attachment, AttachmentKind, ContextId, Foreign, Outcome, Quantity, Recording, StackId,
};
use wasmscope_symbolize::{FuncIndex, MemoryIndex, ModuleIndex, SymbolFileNames, SymbolFiles, Symbols};

/// More memories of a module are not looked at.
const MOST_MEMORIES: usize = 1 << 16;

/// That of a memory that is none.
static NO_SPACE: LazyLock<AddressSpace> = LazyLock::new(AddressSpace::none);

/// A recording and the symbols of its module. Never changed once made; share it as `Arc<Profile>`.
#[derive(Debug)]
pub struct Profile {
    recording: Recording,
    symbols: Arc<Symbols>,
    told: Option<Arc<Told>>,
    expanded: Expanded,
    warnings: Vec<String>,
    duration_nanos: u64,
    /// By memory.
    spaces: Box<[OnceLock<AddressSpace>]>,
    heap: OnceLock<HeapTimeline>,
}

impl Profile {
    /// Makes a profile of a recording, as far as it can be understood. Never fails: what is broken or missing is
    /// left out and told by [`Profile::warnings`]. Takes as long as looking up each distinct code offset once.
    pub fn new(recording: Recording) -> Profile {
        let nothing = |_: &SymbolFileNames| Ok::<_, Infallible>(SymbolFiles::default());
        match Profile::with_files(recording, nothing) {
            Ok(profile) => profile,
            Err(never) => match never {},
        }
    }

    /// As [`Profile::new`], with names and lines out of the files that `find` makes of the names of those that the
    /// module says it has.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn with_files<E>(
        recording: Recording,
        find: impl FnOnce(&SymbolFileNames) -> Result<SymbolFiles, E>,
    ) -> Result<Profile, E> {
        let mut growing = Growing::of(&recording, find)?;
        Ok(growing.profile(recording))
    }

    /// A profile in which nothing was recorded, of these functions: the first one is the root.
    pub fn of_functions(functions: Vec<FrameInfo>) -> Profile {
        let mut nothing = Profile::new(Recording::default());
        nothing.expanded.frames = FrameTable::of(functions);
        nothing
    }

    /// A profile of a recording whose call paths are worked out.
    fn assemble(recording: Recording, symbols: Arc<Symbols>, expanded: Expanded) -> Profile {
        let warnings = warnings(&recording, &symbols, &expanded);
        let duration_nanos = duration(&recording);
        // A recording without its module has heap operations all the same.
        let memories = symbols.module().memories().len().clamp(1, MOST_MEMORIES);
        let spaces = (0..memories).map(|_| OnceLock::new()).collect();
        let heap = OnceLock::new();
        Profile { recording, symbols, told: None, expanded, warnings, duration_nanos, spaces, heap }
    }

    /// What was recorded.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Names and source positions of the recorded module.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// What another profiler told, where the recording was imported.
    pub fn foreign(&self) -> Option<&Foreign> {
        self.told.as_deref().map(Told::foreign)
    }

    /// The recording, where it was imported: its file may be another tool's, or have no module.
    pub fn imported(&self) -> Option<&Recording> {
        self.told.as_ref().map(|_| &self.recording)
    }

    /// The name that another profiler told of a function, as it told it; `None` for functions of the module.
    pub fn told_name(&self, func: FuncIndex) -> Option<&str> {
        Some(&self.foreign()?.function(func)?.name)
    }

    /// What another profiler counted of `quantity` in each call path by itself; a path may come more than once.
    pub fn told_sums(&self, quantity: Quantity) -> impl Iterator<Item = (PathId, u64)> {
        let sums = self.told.iter().flat_map(move |told| told.sums(quantity));
        sums.map(|(stack, value)| (self.stack_path(StackId(stack)), value))
    }

    /// Was it imported, and has it not yet the module that ran?
    pub fn needs_module(&self) -> bool {
        self.imported().is_some_and(|recording| recording.module.is_empty())
    }

    /// Do functions lack names and lines that symbols could give them?
    pub fn is_stripped(&self) -> bool {
        match self.foreign().filter(|_| self.needs_module()) {
            Some(foreign) => foreign.functions.iter().any(|function| function.index.is_some()),
            None => self.symbols.is_stripped(),
        }
    }

    /// The text of a source file as it was compiled, where the recording or the source map carries it. `path` is that
    /// of a location.
    pub fn source(&self, path: &str) -> Option<Vec<u8>> {
        let is_it = |kept: &&Attachment| kept.kind == AttachmentKind::Source && kept.name == path;
        let kept = self.recording.attachments.iter().find(is_it).map(|kept| kept.bytes.to_vec());
        kept.or_else(|| self.symbols.source(path).map(|text| text.as_bytes().to_vec()))
    }

    /// What is broken, missing or was not measured, one sentence each: of the recording, of the module, and of its
    /// symbols.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The functions that the profile speaks of.
    pub fn frames(&self) -> &FrameTable {
        &self.expanded.frames
    }

    /// The source lines that the profile speaks of.
    pub fn lines(&self) -> &SourceLines {
        &self.expanded.lines
    }

    /// The call paths that the profile speaks of.
    pub fn paths(&self) -> &PathTable {
        &self.expanded.paths
    }

    /// When the last thing in the recording happened, in nanoseconds since the recording began.
    pub fn duration_nanos(&self) -> u64 {
        self.duration_nanos
    }

    /// The call path of a sampled stack; the root for an id that the recording doesn't have.
    pub fn stack_path(&self, stack: StackId) -> PathId {
        self.expanded.of_stack.get(stack.0 as usize).copied().unwrap_or(PathId::ROOT)
    }

    /// The call path of heap operations in a context, the allocator function innermost.
    pub fn heap_path(&self, context: Option<ContextId>) -> PathId {
        let path = context.and_then(|context| self.expanded.of_heap_context.get(context.0 as usize));
        path.copied().unwrap_or(PathId::ROOT)
    }

    /// The call path of the growth event in row `row` of the recording.
    pub fn growth_path(&self, row: usize) -> PathId {
        self.expanded.of_growth.get(row).copied().unwrap_or(PathId::ROOT)
    }

    /// The call path of the shadow stack's low in row `row` of the recording, the function that is so deep innermost.
    pub fn stack_low_path(&self, row: usize) -> PathId {
        self.expanded.of_stack_low.get(row).copied().unwrap_or(PathId::ROOT)
    }

    /// The call path of the crossings in row `row` of the recording's call sites, the import innermost.
    pub fn crossing_path(&self, row: usize) -> PathId {
        self.expanded.of_crossing_site.get(row).copied().unwrap_or(PathId::ROOT)
    }

    /// The call path of the counts in row `row` of the recording.
    pub fn count_path(&self, row: usize) -> PathId {
        self.expanded.of_count.get(row).copied().unwrap_or(PathId::ROOT)
    }

    /// The instructions that were executed in each call path by itself.
    pub fn executed(&self) -> &[(PathId, u64)] {
        &self.expanded.executed
    }

    /// The memory that is shown where nobody asks for another: the first that has a heap, or else the first.
    pub fn main_memory(&self) -> MemoryIndex {
        let memories = self.recording.meta.allocators.iter().map(|allocator| allocator.memory);
        memories.min().unwrap_or(MemoryIndex(0))
    }

    /// What the addresses of a memory are used for; of one that the module does not have nothing is.
    pub fn address_space(&self, memory: MemoryIndex) -> &AddressSpace {
        let space = self.spaces.get(memory.index());
        space.map_or(&NO_SPACE, |space| space.get_or_init(|| AddressSpace::of(self, memory)))
    }

    /// The lives of all heap blocks. Worked out when it is first asked for.
    pub fn heap_timeline(&self) -> &HeapTimeline {
        self.heap.get_or_init(|| HeapTimeline::of(&self.recording))
    }
}

fn outline(recording: &Recording) -> (ModuleIndex, Option<String>) {
    if recording.module.is_empty() {
        let problem = "the recording holds no module; functions have no names";
        return (ModuleIndex::default(), Some(problem.to_owned()));
    }
    match ModuleIndex::parse(&recording.module) {
        Ok(module) => (module, None),
        Err(error) => (ModuleIndex::default(), Some(format!("the recorded module can't be read: {error}"))),
    }
}

fn warnings(recording: &Recording, symbols: &Symbols, expanded: &Expanded) -> Vec<String> {
    let damage = recording.damage.iter().map(|damage| format!("the recording is {damage}"));
    let measured = recording.meta.warnings.iter().cloned();
    let named = symbols.warnings().iter().map(ToString::to_string);
    damage.chain(measured).chain(named).chain(expanded.fault()).chain(uncounted(recording)).collect()
}

const UNCOUNTED: &str = "what was to be counted exactly is missing: it is written when a run is over";

/// Counts are written when a run is over. A sentence where they are not there.
fn uncounted(recording: &Recording) -> Option<String> {
    let measured = |measure| recording.meta.measures.has(measure);
    let is_missing = measured(Measure::Calls) && recording.counts.is_empty()
        || measured(Measure::Instructions) && recording.instructions.is_empty()
        || measured(Measure::Access)
            && recording.accesses.is_empty()
            && recording.outcome == Outcome::Unknown;
    is_missing.then(|| UNCOUNTED.to_owned())
}

fn duration(recording: &Recording) -> u64 {
    let phases = recording.phases.iter().map(|phase| phase.end_nanos);
    let growth = recording.growth.iter().map(|event| event.time_nanos);
    let crossings = recording.crossings.functions.iter().map(|crossing| crossing.last_nanos);
    let samples = recording.samples.time_nanos.last().copied();
    let heap = recording.heap.last_nanos();
    phases.chain(growth).chain(crossings).chain(samples).chain(heap).max().unwrap_or(0)
}
