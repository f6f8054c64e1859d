//! How a module is to be run: what it is given, what is called, what it may use up.

use crate::{Measure, MeasureSet, OwnAllocator};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Invocation, Unprovided};
use wasmscope_symbolize::SymbolFiles;

/// Samples a second, unless told otherwise.
pub const DEFAULT_RATE_HZ: u32 = 1_000;

/// What [`Limits::stack_bytes`] may be. Below, the engine's own way in finds no room; above, a backtrace would take
/// gigabytes.
pub const STACK_BYTES: RangeInclusive<u64> = 1 << 14..=1 << 26;

/// Everything that decides how a run goes.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOptions {
    /// What to measure.
    pub measures: MeasureSet,
    /// Functions that are allocators though their names don't tell.
    pub allocators: Vec<OwnAllocator>,
    /// What lies beside the module, for the names of allocators.
    pub symbols: SymbolFiles,
    /// Samples a second, 1 to 10,000.
    pub rate_hz: u32,
    /// How samples are to be taken.
    pub sampler: SamplerChoice,
    /// What the guest is given.
    pub program: Program,
    /// What becomes of imports that nobody provides.
    pub unprovided: Unprovided,
    /// What becomes of single ones, each by `module.name`, rather than that.
    pub single_imports: Vec<(String, Unprovided)>,
    /// Modules that imports come from, in this order: a later one may import from those before it.
    pub links: Vec<Link>,
    /// The export to call; `None` runs the module as a WASI command.
    pub invoke: Option<Invocation>,
    /// What the guest may use up.
    pub limits: Limits,
    /// Is what stands in memory at the end kept, where heap or growth are measured? Otherwise a recording holds none of
    /// the program's data but its output.
    pub memory_image: bool,
    /// Where machine code is kept for the next run; `None` compiles each time.
    pub cache_dir: Option<PathBuf>,
}

impl RunOptions {
    /// Is what stands in memory at the end kept?
    pub fn keeps_image(&self) -> bool {
        self.memory_image
            && [Measure::Heap, Measure::Growth].iter().any(|measure| self.measures.has(*measure))
    }
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            measures: MeasureSet::default(),
            allocators: Vec::new(),
            symbols: SymbolFiles::default(),
            rate_hz: DEFAULT_RATE_HZ,
            sampler: SamplerChoice::default(),
            program: Program::default(),
            unprovided: Unprovided::default(),
            single_imports: Vec::new(),
            links: Vec::new(),
            invoke: None,
            limits: Limits::default(),
            memory_image: true,
            cache_dir: None,
        }
    }
}

/// A module whose exports are what another imports.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The name of the module that is imported from.
    pub name: String,
    /// Where its bytes were found, for messages.
    pub path: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link({}={})", self.name, self.path)
    }
}

/// How samples are to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SamplerChoice {
    /// By signal where this machine can, by epochs elsewhere.
    #[default]
    Auto,
    /// By epochs in any case.
    Epoch,
}

/// What the guest is given. Nothing is inherited: no variable, folder or socket that is not named here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// Arguments after the program's name.
    pub args: Vec<String>,
    /// Environment variables.
    pub env: Vec<(String, String)>,
    /// Standard input.
    pub stdin: Stdin,
    /// Folders.
    pub dirs: Vec<GrantedDir>,
}

/// Where standard input comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stdin {
    /// It is at its end from the start.
    #[default]
    Empty,
    /// A file.
    File(PathBuf),
    /// Our own standard input.
    Inherit,
}

/// A folder that the guest may read and write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedDir {
    /// The folder on this machine.
    pub host: PathBuf,
    /// Its path as the guest sees it.
    pub guest: String,
}

/// What the guest may use up; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time of the run, compilation not counted.
    pub time: Option<Duration>,
    /// Bytes of each linear memory; 16 GiB without a limit, as in browsers. A `memory.grow` beyond it fails, as it
    /// would in a smaller machine.
    pub memory_bytes: Option<u64>,
    /// Entries of all tables together; ten million without a limit, as in browsers. A `table.grow` beyond it fails.
    pub table_entries: Option<u64>,
    /// Bytes of the stack of the guest's calls, [`STACK_BYTES`] of them. Where it is used up the guest traps; probes
    /// make frames larger.
    pub stack_bytes: Option<u64>,
    /// Instructions. The engine counts them at a price to every loop and call, and those of the probes with them.
    pub fuel: Option<u64>,
    /// Bytes that the guest may write to both its outputs together.
    pub output_bytes: Option<u64>,
}
