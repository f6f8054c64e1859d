//! Name and source positions of the functions of a module or component.

mod items;
mod module;
mod name;
mod prefix;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

pub(crate) use items::{NameMap, Space};
pub(crate) use module::ModuleSymbols;
pub use name::{FunctionName, NameSource};

use crate::beside::SymbolFiles;
use crate::component::{CoreModule, module_at, module_of};
use crate::demangle::Name;
use crate::go::GoFrames;
use crate::group::Group;
use crate::ids::{CodeOffset, FuncIndex};
use crate::known::BodyHash;
use crate::module::ModuleIndex;
use crate::warning::Warning;
use crate::wat::{WatError, WatLine};

/// What is known of a module's functions. Immutable to look at; names are demangled, and debug information is
/// read, when they are first asked for. In a component the names of functions have that of their core module in front
/// of them, `adapter!write`; short ones behind, `write@adapter`, but for those of the largest core module.
pub struct Symbols {
    module: Arc<ModuleIndex>,
    files: SymbolFiles,
    /// One for each core module of a component; else one only.
    parts: Vec<ModuleSymbols>,
    unknown: FunctionName,
    warnings: OnceLock<Vec<Warning>>,
}

/// One level of the call stack at a code offset, as the source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The name of the function. The same one in each frame of a function.
    pub name: Arc<Name>,
    /// Where in the source: for the innermost frame the position of the code, for the others that of the inlined
    /// call.
    pub location: Option<Location>,
    /// Whether this frame is inlined into the next one.
    pub inlined: bool,
}

impl Frame {
    /// What the function belongs to: as its name says, or else the file that its code is in.
    pub fn group_or_file(&self) -> Option<Group> {
        self.name.group.clone().or_else(|| Group::of_file(&self.location.as_ref()?.file))
    }
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The path as the compiler recorded it: directory and file joined.
    pub file: Arc<str>,
    /// From 1; 0 when the compiler generated the code and no line is to blame.
    pub line: u32,
    /// From 1, in bytes, from source maps in whatever their maker counts; 0 is unknown.
    pub column: u32,
}

impl Symbols {
    /// Symbols of the module or component in `bytes`, of which `module` is the outline. Quick even for huge modules.
    pub fn new(bytes: Arc<[u8]>, module: Arc<ModuleIndex>) -> Symbols {
        Symbols::with_files(bytes, module, SymbolFiles::default())
    }

    /// As [`Symbols::new`], with what lies beside the module.
    pub fn with_files(bytes: Arc<[u8]>, module: Arc<ModuleIndex>, files: SymbolFiles) -> Symbols {
        let parts = if module.is_component() {
            prefix::parts(&bytes, &module, &files)
        } else {
            vec![ModuleSymbols::with_files(bytes, Arc::clone(&module), files.clone())]
        };
        Symbols { module, files, parts, unknown: FunctionName::unknown(), warnings: OnceLock::new() }
    }

    /// The module that these are the symbols of.
    pub fn module(&self) -> &ModuleIndex {
        &self.module
    }

    /// What lies beside the module.
    pub fn files(&self) -> &SymbolFiles {
        &self.files
    }

    /// The name of a function. In this order of preference: the name section's, that in the other build, the symbol
    /// map's, Go's own table's, the debug information's, the first export's, for imports `module.field`, that of a
    /// library's function with the same code, the place in a table, and `func[7]`. A function that does not exist is
    /// `?`.
    pub fn name(&self, function: FuncIndex) -> &FunctionName {
        self.of(function).map_or(&self.unknown, |(part, function)| part.name(function))
    }

    /// The name section's name of a data segment, by its place in [`ModuleIndex::data_segments`]: `.rodata`. Names of
    /// what is no function don't tell the core module of a component. Where the module has no name section, that of the
    /// other build with the same code counts.
    pub fn data_name(&self, segment: usize) -> Option<&str> {
        let own = self.module.data_segments().get(segment)?.name.as_deref();
        let twin = || self.only_part()?.named_build().module().data_segments().get(segment)?.name.as_deref();
        own.or_else(twin).filter(|name| !name.is_empty())
    }

    /// The name section's name of a global, by its place in [`ModuleIndex::globals`]: `__stack_pointer`. As with
    /// [`Symbols::data_name`].
    pub fn global_name(&self, global: u32) -> Option<Cow<'_, str>> {
        self.module.globals().get(global as usize)?;
        let owner = |module: &CoreModule| module.local_global(global);
        let (part, local) = match self.only_part() {
            Some(part) => (part.named_build(), global),
            None => {
                let parts = self.parts.iter().zip(self.module.core_modules());
                parts.into_iter().find_map(|(part, module)| Some((part, owner(module)?)))?
            }
        };
        let span = part.items().get(Space::Global, local).filter(|span| span.len > 0)?;
        span.text(part.bytes())
    }

    /// What a function belongs to: what it is imported from, what its name tells, or else the file that it is declared
    /// in. Reads debug information only for the last.
    pub fn group(&self, function: FuncIndex) -> Option<Group> {
        self.of(function).and_then(|(part, function)| part.group(function))
    }

    /// What a function with the same code is called in a library that many programs have in them: a guess, but hardly
    /// ever a wrong one. Reads the function's code.
    pub fn known(&self, function: FuncIndex) -> Option<&'static str> {
        self.of(function).and_then(|(part, function)| part.known(function))
    }

    /// What [`Symbols::known`] finds a function by; `None` for imports and for functions that are too short to be told
    /// apart by their code.
    pub fn body_hash(&self, function: FuncIndex) -> Option<BodyHash> {
        self.of(function).and_then(|(part, function)| part.body_hash(function))
    }

    /// The frames at a code offset, innermost first: inlined functions, then the function that holds the code.
    /// At least one when the offset lies in a function, without a location when none is known; none otherwise.
    ///
    /// The offset is that of an instruction. Of a return address, which belongs to the instruction after the
    /// call, the caller takes 1 off first.
    pub fn frames(&self, offset: CodeOffset) -> Vec<Frame> {
        self.at(offset).map_or_else(Vec::new, |(part, offset)| part.frames(offset))
    }

    /// Where a function is declared, or where its first line is; `None` for imports, and where neither debug
    /// information nor a source map knows.
    pub fn declaration(&self, function: FuncIndex) -> Option<Location> {
        self.of(function).and_then(|(part, function)| part.declaration(function))
    }

    /// The code of a function as WebAssembly text: its head, its locals if it has any, each instruction in a line of
    /// its own, and the closing parenthesis, which stands for the last `end`. Names are those of the name section, as
    /// far as they are; behind the index or mangled name of a function its short name stands in a comment. In a
    /// component indices are those of the core module.
    ///
    /// Takes as long as the function is, and at most 16 MiB for repeated names.
    ///
    /// # Errors
    /// When the function doesn't exist, is imported, or has code that can't be read.
    pub fn disassemble(&self, function: FuncIndex) -> Result<Vec<WatLine>, WatError> {
        let (part, local) = self.of(function).ok_or(WatError::Missing(function))?;
        let mut lines = part.disassemble(local).map_err(|error| error.of(function))?;
        if let Some(module) = self.core_module_of(function) {
            for line in &mut lines {
                line.offset = line.offset.and_then(|offset| module.code_offset(offset));
            }
        }
        Ok(lines)
    }

    /// Whether any line of the source can be told. Reads the debug information's outline on first use, and the source
    /// map where that has no lines.
    pub fn has_lines(&self) -> bool {
        self.parts.iter().any(ModuleSymbols::has_lines)
    }

    /// Whether functions have neither names nor lines, but for those of exports and imports. In a component this is
    /// asked of the core module with the most functions.
    pub fn is_stripped(&self) -> bool {
        let largest = self.parts.iter().max_by_key(|part| part.module().functions().len());
        largest.is_some_and(ModuleSymbols::is_stripped)
    }

    /// The text of a source file that the source map carries, as it was when it was compiled. `path` is that of a
    /// [`Location`].
    pub fn source(&self, path: &str) -> Option<&str> {
        self.parts.iter().find_map(|part| part.source(path))
    }

    /// What was wrong with names, debug information, source map and the other build. Reads outlines, and all of the
    /// source map, on first use.
    pub fn warnings(&self) -> &[Warning] {
        self.warnings.get_or_init(|| {
            let mut warnings = Vec::new();
            for warning in self.parts.iter().flat_map(ModuleSymbols::warnings) {
                if !warnings.contains(warning) {
                    warnings.push(warning.clone());
                }
            }
            warnings
        })
    }

    /// Whether Go's linker made the module.
    pub fn is_go(&self) -> bool {
        self.only_part().is_some_and(ModuleSymbols::is_go)
    }

    /// What a Go program's own table tells of its functions' frames; `None` where the module is not Go's. Reads all
    /// code each time.
    pub fn go_frames(&self) -> Option<GoFrames> {
        self.only_part()?.go_frames()
    }

    /// What is no component has one part. No Go compiler makes components.
    fn only_part(&self) -> Option<&ModuleSymbols> {
        self.parts.first().filter(|_| !self.module.is_component())
    }

    /// The core module that a function of a component is in.
    fn core_module_of(&self, function: FuncIndex) -> Option<&CoreModule> {
        let (at, _) = module_of(self.module.core_modules(), function)?;
        self.module.core_modules().get(at)
    }

    /// The part that a function is in, and its index there.
    fn of(&self, function: FuncIndex) -> Option<(&ModuleSymbols, FuncIndex)> {
        if let Some(part) = self.only_part() {
            return self.module.function(function).is_some().then_some((part, function));
        }
        let (at, local) = module_of(self.module.core_modules(), function)?;
        Some((self.parts.get(at)?, local))
    }

    /// The part that a code offset is in, and the offset there.
    fn at(&self, offset: CodeOffset) -> Option<(&ModuleSymbols, CodeOffset)> {
        if let Some(part) = self.only_part() {
            return Some((part, offset));
        }
        let (at, local) = module_at(self.module.core_modules(), offset)?;
        Some((self.parts.get(at)?, local))
    }
}

impl std::fmt::Debug for Symbols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Symbols").field("functions", &self.module.functions().len()).finish_non_exhaustive()
    }
}
