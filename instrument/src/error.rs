//! Why a module could not be rewritten or recorded.

use crate::STACK_BYTES;
use std::path::PathBuf;
use wasmscope_symbolize::{CodeOffset, FileOffset, ModuleError};

/// Why there is no rewritten module. It can still be run with sampling alone, which needs no rewriting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// A function body is not valid.
    #[error("at {at}: {message}; no engine takes such a module")]
    Body {
        /// Where.
        at: CodeOffset,
        /// What is wrong, or which proposal would be needed.
        message: String,
    },
    /// Another section can't be read.
    #[error("at offset {at}: {message}; the module can still be measured by sampling alone")]
    Section {
        /// Where in the file.
        at: FileOffset,
        /// What is wrong, or which proposal would be needed.
        message: String,
    },
    /// Another part of the module is not valid.
    #[error("at offset {at}: {message}; no engine takes such a module")]
    Invalid {
        /// Where in the file.
        at: FileOffset,
        /// What is wrong.
        message: String,
    },
    /// What we add would go past a limit that all engines share.
    #[error(
        "with probes the module would have {count} {what}, more than the {limit} that engines allow; it can still be \
         measured by sampling alone"
    )]
    Limit {
        /// Of what there would be too many.
        what: &'static str,
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The module has our exports already.
    #[error("the module already exports `{export}`: it was instrumented before; open the original")]
    AlreadyInstrumented {
        /// The export.
        export: String,
    },
}

/// Why there was no run, or no recording of it. Each says what the user can do.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The bytes are no module that we can read.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The engine refuses the module.
    #[error("the module can't be compiled: {message}")]
    Compile {
        /// The engine's words, with the offset.
        message: String,
    },
    /// The module imports what nobody provides.
    #[error(
        "nobody provides what the module imports: {}; with stubs in their place (`--imports stub`) it runs anyway",
        shortened(names)
    )]
    UnknownImports {
        /// `module.name: type` of each.
        names: Vec<String>,
    },
    /// The module needs the JavaScript that Go brings along for browsers.
    #[error(
        "the module was compiled for a browser, with Go's own JavaScript around it; compile it with `GOOS=wasip1 \
         GOARCH=wasm`, and it runs"
    )]
    GoForBrowsers,
    /// A module that imports come from can't be used.
    #[error("{link}: {message}")]
    Link {
        /// The name of the module that is imported from, and where the one was found that is to be it: `NAME=FILE`.
        link: String,
        /// What is wrong with it.
        message: String,
    },
    /// The module imports something as what it is not.
    #[error("an import does not fit what is provided: {message}")]
    ImportMismatch {
        /// The engine's words: which one, and both types.
        message: String,
    },
    /// The module starts threads.
    #[error(
        "the module starts threads (it imports `wasi.thread-spawn`), and only programs of one thread can be recorded: \
         build it for a target without threads, such as wasm32-wasip1; with `--imports stub` it runs, and is told \
         that no thread can be started"
    )]
    Threads,
    /// There is no such export.
    #[error("the module has no exported function `{name}`; it exports: {}", shortened(exported))]
    NoSuchExport {
        /// The name that was asked for.
        name: String,
        /// What there is.
        exported: Vec<String>,
    },
    /// The module is a library and nobody said what to call.
    #[error(
        "the module is no command: it exports no `_start`. Name an export to call; there are: {}",
        shortened(exported)
    )]
    NotACommand {
        /// What there is.
        exported: Vec<String>,
    },
    /// The component is a library and nobody said what to call.
    #[error(
        "the component is no command: it exports no `wasi:cli/run@0.2`. Name an export to call; there are: {}",
        shortened(exported)
    )]
    NotACommandComponent {
        /// What there is.
        exported: Vec<String>,
    },
    /// Links are for core modules.
    #[error("`--link` is for core modules; what a component imports can't come from another file")]
    LinkedComponent,
    /// Arguments of a component's export stand behind its name.
    #[error(
        "a component's export is called with its arguments in parentheses, such as --invoke 'count(\"a text\", 3)'"
    )]
    ArgumentsApart,
    /// Several exports of a component have the name.
    #[error("several exports are named `{name}`; put the interface in front: {}", shortened(exported))]
    AmbiguousExport {
        /// The name that was asked for.
        name: String,
        /// Those that have it.
        exported: Vec<String>,
    },
    /// The arguments don't fit the export.
    #[error("`{export}` takes {expected}, but was given {given}")]
    ArgumentMismatch {
        /// The export.
        export: String,
        /// Its parameter types.
        expected: String,
        /// The types of the arguments.
        given: String,
    },
    /// A file was to be an argument, and nobody knows where to put it.
    #[error(
        "a file as an argument needs room from the module's allocator, and it exports none that is known: {}",
        names.join(", ")
    )]
    NoAllocator {
        /// What was looked for.
        names: Vec<String>,
    },
    /// A file was to be an argument, and there is no memory to put it into.
    #[error("a file as an argument needs a memory, and the module exports none by the name `memory`")]
    NoMemory,
    /// The module's memories are larger from the start than they may be.
    #[error("the module asks for {asked_bytes} bytes of memory at its start, and may have {limit_bytes}")]
    MemoryLimit {
        /// What its largest memory begins with.
        asked_bytes: u64,
        /// What it may have.
        limit_bytes: u64,
    },
    /// The module's tables are larger from the start than they may be.
    #[error("the module asks for tables of {asked} entries at its start, and may have {limit}")]
    TableLimit {
        /// What its tables begin with, together.
        asked: u64,
        /// What it may have.
        limit: u64,
    },
    /// No stack can be as small or as large.
    #[error(
        "a stack of {bytes} bytes can't be had; from {} to {} are possible",
        STACK_BYTES.start(),
        STACK_BYTES.end()
    )]
    StackLimit {
        /// What was asked for.
        bytes: u64,
    },
    /// A folder or file that the guest was to be given can't be opened.
    #[error("{}: {source}", path.display())]
    Grant {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The recording can't be written.
    #[error("the recording can't be written: {0}")]
    Write(#[from] std::io::Error),
    /// The engine failed for a reason of its own.
    #[error("the engine failed: {message}")]
    Engine {
        /// Its words.
        message: String,
    },
}

/// Names that are told in one sentence.
const MOST_NAMES: usize = 12;

/// The first of `names`, and how many there are besides.
fn shortened(names: &[String]) -> String {
    let told = names[..names.len().min(MOST_NAMES)].join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 if names.is_empty() => "nothing".to_owned(),
        0 => told,
        more => format!("{told} and {more} more, which `wasmscope info` lists"),
    }
}
