//! Name and source positions of the functions of one core module.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::items::ItemNames;
use super::name::{self, FunctionName};
use super::prefix::Prefix;
use super::{Frame, Location};
use crate::beside::{SymbolFiles, build_id};
use crate::dwarf::Debug;
use crate::go::{GoFrames, GoTable};
use crate::group::Group;
use crate::ids::{CodeOffset, FuncIndex};
use crate::known::{self, BodyHash};
use crate::module::ModuleIndex;
use crate::sourcemap::SourceMap;
use crate::symbol_map::SymbolMap;
use crate::twin::Twin;
use crate::warning::Warning;

/// [`Symbols`](super::Symbols) of one core module, in its own indices and offsets.
pub(crate) struct ModuleSymbols {
    pub(super) bytes: Arc<[u8]>,
    pub(super) module: Arc<ModuleIndex>,
    /// What stands in front of the names of its functions, in a component.
    pub(super) prefix: Option<Prefix>,
    names: Box<[OnceLock<Box<FunctionName>>]>,
    /// The first export of each function, sorted by function.
    pub(super) exports: Vec<(FuncIndex, usize)>,
    files: SymbolFiles,
    debug: OnceLock<Debug>,
    source_map: OnceLock<SourceMap>,
    /// `None` where none was given; why, where it is of no use.
    twin: OnceLock<Option<Result<Box<Twin>, Warning>>>,
    symbol_map: OnceLock<Option<SymbolMap>>,
    /// `None` where the module is not Go's.
    go: OnceLock<Option<GoTable>>,
    items: OnceLock<ItemNames>,
    warnings: OnceLock<Vec<Warning>>,
    unknown: FunctionName,
}

impl ModuleSymbols {
    /// Symbols of the module in `bytes`, of which `module` is the outline, with what lies beside it.
    pub(crate) fn with_files(
        bytes: Arc<[u8]>,
        module: Arc<ModuleIndex>,
        files: SymbolFiles,
    ) -> ModuleSymbols {
        let names = (0..module.functions().len()).map(|_| OnceLock::new()).collect();
        let exports = name::first_exports(&module);
        ModuleSymbols {
            bytes,
            module,
            prefix: None,
            names,
            exports,
            files,
            debug: OnceLock::new(),
            source_map: OnceLock::new(),
            twin: OnceLock::new(),
            symbol_map: OnceLock::new(),
            go: OnceLock::new(),
            items: OnceLock::new(),
            warnings: OnceLock::new(),
            unknown: FunctionName::unknown(),
        }
    }

    /// The module that these are the symbols of.
    pub(crate) fn module(&self) -> &ModuleIndex {
        &self.module
    }

    /// The name of a function. In this order of preference: the name section's, that in the other build, the symbol
    /// map's, Go's own table's, the debug information's, the first export's, for imports `module.field`, that of a
    /// library's function with the same code, the place in a table, and `func[7]`. A function that does not exist is
    /// `?`.
    pub(crate) fn name(&self, function: FuncIndex) -> &FunctionName {
        match self.names.get(function.index()) {
            Some(name) => name.get_or_init(|| Box::new(self.resolve(function))),
            None => &self.unknown,
        }
    }

    fn resolve(&self, function: FuncIndex) -> FunctionName {
        let name = name::resolve(self, function);
        match &self.prefix {
            Some(prefix) => FunctionName { name: Arc::new(prefix.before(&name.name)), ..name },
            None => name,
        }
    }

    /// What a function belongs to: what it is imported from, what its name tells, or else the file that it is declared
    /// in. Reads debug information only for the last.
    pub(crate) fn group(&self, function: FuncIndex) -> Option<Group> {
        let import = self.module.function(function)?.import;
        if let Some(import) = import.and_then(|import| self.module.imports().get(import)) {
            return Some(Group::of_import(&import.module));
        }
        let by_name = self.name(function).name.group.clone();
        by_name.or_else(|| Group::of_file(&self.declaration(function)?.file))
    }

    /// What a function with the same code is called in a library that many programs have in them: a guess, but hardly
    /// ever a wrong one. Reads the function's code.
    pub(crate) fn known(&self, function: FuncIndex) -> Option<&'static str> {
        known::name(&self.bytes, &self.module, function)
    }

    /// What [`ModuleSymbols::known`] finds a function by; `None` for imports and for functions that are too short to be
    /// told apart by their code.
    pub(crate) fn body_hash(&self, function: FuncIndex) -> Option<BodyHash> {
        BodyHash::of(&self.bytes, &self.module, function)
    }

    /// The frames at a code offset, innermost first: inlined functions, then the function that holds the code.
    /// At least one when the offset lies in a function, without a location when none is known; none otherwise.
    ///
    /// The offset is that of an instruction. Of a return address, which belongs to the instruction after the
    /// call, the caller takes 1 off first.
    pub(crate) fn frames(&self, offset: CodeOffset) -> Vec<Frame> {
        let Some(function) = self.module.function_at(offset) else { return Vec::new() };
        self.twin_frames(offset, function).unwrap_or_else(|| self.own_frames(offset, function))
    }

    /// The frames as the other build tells them, if it tells any lines of the function.
    fn twin_frames(&self, offset: CodeOffset, function: FuncIndex) -> Option<Vec<Frame>> {
        let moved = self.twin()?.offset(offset, self.module.function(function)?)?;
        let mut frames = self.twin_with_lines(function)?.frames(moved);
        let outermost = frames.last_mut()?;
        outermost.name = Arc::clone(&self.name(function).name);
        Some(frames)
    }

    fn own_frames(&self, offset: CodeOffset, function: FuncIndex) -> Vec<Frame> {
        let mut frames = self.debug().frames(offset, function);
        let location = match frames.pop() {
            Some(frame) if frame.location.is_some() || !frames.is_empty() => frame.location,
            _ => self
                .mapped(function, |map, body| map.location(offset, body))
                .or_else(|| self.go()?.location(&self.bytes, &self.module, function, offset)),
        };
        frames.push(Frame { name: Arc::clone(&self.name(function).name), location, inlined: false });
        frames
    }

    /// Where a function is declared, or where its first line is; `None` for imports, and where neither debug
    /// information nor a source map knows.
    pub(crate) fn declaration(&self, function: FuncIndex) -> Option<Location> {
        let body = self.module.function(function)?.body.as_ref()?;
        if let Some(twin) = self.twin_with_lines(function) {
            return twin.declaration(function);
        }
        let debug = self.debug();
        let declared = debug.declaration(function).or_else(|| debug.first_location(body));
        let mapped = declared.or_else(|| self.mapped(function, SourceMap::first_location));
        mapped.or_else(|| self.go()?.declaration(&self.bytes, function))
    }

    /// Whether any line of the source can be told. Reads the debug information's outline on first use, and the source
    /// map where that has no lines.
    pub(crate) fn has_lines(&self) -> bool {
        self.debug().has_lines() || self.source_map().has_lines() || self.is_go() || self.twin_has_lines()
    }

    /// Whether functions have neither names nor lines, but for those of exports and imports.
    pub(crate) fn is_stripped(&self) -> bool {
        let has_names = || {
            self.module.custom_section("name").is_some()
                || self.symbol_map().is_some_and(SymbolMap::has_names)
        };
        !has_names() && self.go().is_none() && self.twin().is_none() && !self.has_lines()
    }

    /// The text of a source file that the source map carries, as it was when it was compiled. `path` is that of a
    /// [`Location`].
    pub(crate) fn source(&self, path: &str) -> Option<&str> {
        let of_twin = || self.twin()?.same_code()?.source(path);
        self.source_map().contents(path).or_else(of_twin)
    }

    /// What was wrong with names, debug information, source map and the other build. Reads outlines, and all of the
    /// source map, on first use.
    pub(crate) fn warnings(&self) -> &[Warning] {
        self.warnings.get_or_init(|| {
            // With lines from elsewhere nobody misses a map that is not there.
            let told = |warning: &&Warning| match warning {
                Warning::SourceMapElsewhere { .. } => !self.debug().has_lines() && !self.twin_has_lines(),
                Warning::DwarfElsewhere { .. } => !self.twin_has_lines(),
                _ => true,
            };
            let mut warnings = self.module.name_warnings().to_vec();
            warnings.extend_from_slice(self.items().warnings());
            warnings.extend(self.symbol_map().into_iter().flat_map(SymbolMap::warnings).cloned());
            let lines = self.debug().warnings().iter().chain(self.source_map().warnings());
            warnings.extend(lines.filter(told).cloned());
            match self.twin.get_or_init(|| self.load_twin()) {
                Some(Ok(twin)) => warnings.extend(twin.warnings(&self.module)),
                Some(Err(warning)) => warnings.push(warning.clone()),
                None => {}
            }
            warnings
        })
    }

    /// What the source map answers for a function of which the debug information tells no lines. Within one function
    /// the two are never mixed.
    fn mapped<T>(
        &self,
        function: FuncIndex,
        answer: impl FnOnce(&SourceMap, &Range<CodeOffset>) -> Option<T>,
    ) -> Option<T> {
        let body = self.module.function(function)?.body.as_ref()?;
        if self.debug().has_lines_of(function) { None } else { answer(self.source_map(), body) }
    }

    /// The other build, if that and not the debug information here tells the lines of a function.
    fn twin_with_lines(&self, function: FuncIndex) -> Option<&ModuleSymbols> {
        let twin = self.twin()?.same_code()?;
        let tells = |symbols: &ModuleSymbols| {
            let mapped = || symbols.mapped(function, SourceMap::first_location).is_some();
            symbols.debug().has_lines_of(function) || mapped()
        };
        (!self.debug().has_lines_of(function) && tells(twin)).then_some(twin)
    }

    fn twin_has_lines(&self) -> bool {
        self.twin().and_then(Twin::same_code).is_some_and(ModuleSymbols::has_lines)
    }

    /// The other build, if one was given and it is of use.
    pub(super) fn twin(&self) -> Option<&Twin> {
        self.twin.get_or_init(|| self.load_twin()).as_ref()?.as_deref().ok()
    }

    fn load_twin(&self) -> Option<Result<Box<Twin>, Warning>> {
        let file = self.files.twin.as_ref()?;
        Some(Twin::load(file, &self.files.split, &self.bytes, &self.module).map(Box::new))
    }

    /// The symbol map, if one was given.
    pub(super) fn symbol_map(&self) -> Option<&SymbolMap> {
        let read = |text: &Arc<[u8]>| SymbolMap::read(Arc::clone(text), &self.module);
        self.symbol_map.get_or_init(|| self.files.symbol_map.as_ref().map(read)).as_ref()
    }

    /// Whether Go's linker made the module.
    pub(crate) fn is_go(&self) -> bool {
        self.go().is_some()
    }

    /// What a Go program's own table tells of its functions' frames; `None` where the module is not Go's. Reads all
    /// code each time.
    pub(crate) fn go_frames(&self) -> Option<GoFrames> {
        self.go().map(|table| table.frames(&self.bytes, &self.module))
    }

    /// The table of functions that Go's linker left, if it made the module.
    pub(super) fn go(&self) -> Option<&GoTable> {
        self.go.get_or_init(|| GoTable::find(&self.bytes, &self.module)).as_ref()
    }

    /// The build whose name section tells the names of locals, labels and the like.
    pub(crate) fn named_build(&self) -> &ModuleSymbols {
        let has_names = self.module.custom_section("name").is_some();
        let twin = || self.twin().and_then(Twin::same_code);
        if has_names { self } else { twin().unwrap_or(self) }
    }

    fn source_map(&self) -> &SourceMap {
        self.source_map
            .get_or_init(|| SourceMap::load(&self.bytes, &self.module, self.files.source_map.as_deref()))
    }

    /// The bytes of the module.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The names of what is no function.
    pub(crate) fn items(&self) -> &ItemNames {
        self.items.get_or_init(|| ItemNames::read(&self.bytes, &self.module))
    }

    pub(super) fn debug(&self) -> &Debug {
        self.debug.get_or_init(|| {
            let split = &self.files.split;
            let own = || Debug::load(&self.bytes, &self.module, &self.module, split);
            let Some(file) = &self.files.debug_file else { return own() };
            match self.beside(file) {
                Ok(given) if given.is_sound() => given,
                Ok(given) => match own() {
                    own if own.is_useful() || !given.is_useful() => own.instead_of(given.warnings().to_vec()),
                    _ => given,
                },
                Err(warning) => own().instead_of(vec![warning]),
            }
        })
    }

    /// The debug information in a file that was given.
    fn beside(&self, file: &Arc<[u8]>) -> Result<Debug, Warning> {
        let outline = ModuleIndex::parse_module(file)
            .map_err(|error| Warning::DebugFileBroken { message: error.to_string() })?;
        let (ours, theirs) = (build_id(&self.bytes, &self.module), build_id(file, &outline));
        if ours.zip(theirs).is_some_and(|(ours, theirs)| ours != theirs) {
            return Err(Warning::DebugFileForeign);
        }
        Ok(Debug::load(file, &outline, &self.module, &self.files.split))
    }
}

impl std::fmt::Debug for ModuleSymbols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModuleSymbols").field("functions", &self.names.len()).finish_non_exhaustive()
    }
}
