//! What was left out because it is broken.

use crate::ids::FuncIndex;

/// Something that was wrong with names or debug information. The rest works.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// A part of the name section ends too early or is otherwise unreadable.
    #[error("name section: {part} is broken at offset {at:#x}; names behind that are missing")]
    NamesBroken {
        /// What was being read.
        part: &'static str,
        /// Bytes from the start of the module file.
        at: u64,
    },
    /// Functions that are named more than once; the first name counts.
    #[error("name section: {count} functions have several names, the first of {first} and so on is shown")]
    NamesDuplicate {
        /// How many names were ignored.
        count: usize,
        /// The first of these functions.
        first: FuncIndex,
    },
    /// Names of functions that don't exist.
    #[error("name section: {count} names are for functions that do not exist, the first is {first}")]
    NamesOutOfRange {
        /// How many.
        count: usize,
        /// The lowest such index.
        first: FuncIndex,
    },
    /// Names that aren't UTF-8; the bad bytes are replaced.
    #[error("name section: {count} names are not UTF-8, the first is that of {first}")]
    NamesNotUtf8 {
        /// How many.
        count: usize,
        /// The first such function.
        first: FuncIndex,
    },
    /// More than one name section; the first name of each function counts.
    #[error("the module has several name sections; they were merged")]
    SeveralNameSections,
    /// The debug information is there and describes no code of this module.
    #[error(
        "the DWARF debug information is unusable: all its {functions} functions have no address in this module; \
         a tool such as wasm-opt changed the module without updating it. Names are shown, its lines are not"
    )]
    DwarfDead {
        /// Functions with an address attribute.
        functions: usize,
    },
    /// The debug information is that of other code.
    #[error(
        "the DWARF debug information is of another build, or a tool changed the code without updating it: {stray} of \
         its functions begin where none of this module does, {matched} fit; no others have lines, and none at all \
         where few fit"
    )]
    DwarfStale {
        /// Functions that begin where one of the module's does.
        matched: usize,
        /// Functions in the code that begin elsewhere.
        stray: usize,
    },
    /// The file that was given as holding the debug information has another build id.
    #[error("the file with debug information is of another build, as its build id tells; it is not used")]
    DebugFileForeign,
    /// The debug information lies in another file, which is not opened here.
    #[error("the DWARF debug information is in another file, {file}; its lines are missing")]
    DwarfElsewhere {
        /// The file's name or URL, as the module tells it.
        file: String,
    },
    /// The file that was given as holding the debug information is no module.
    #[error("the file with debug information can't be read: {message}")]
    DebugFileBroken {
        /// What is wrong.
        message: String,
    },
    /// The other build that was given is no module.
    #[error("the other build of the module can't be read: {message}")]
    TwinBroken {
        /// What is wrong.
        message: String,
    },
    /// The other build that was given has other code.
    #[error(
        "the symbols are those of a build with other code: {matched} of {functions} functions were found in it by \
         their exports, code and calls; they have its names, and none has its lines"
    )]
    TwinChanged {
        /// How many functions were found.
        matched: usize,
        /// How many functions the module defines.
        functions: usize,
    },
    /// The other build that was given has nothing in common with the module.
    #[error("the symbols are those of another module: none of its functions is one of this module's")]
    TwinForeign,
    /// Some compilation units keep their debug information in other files, which are not there.
    #[error(
        "{units} compilation units have their DWARF in split files such as {file}; they have no inlined frames"
    )]
    DwarfSplit {
        /// How many.
        units: usize,
        /// The first file's name.
        file: String,
    },
    /// Split files were given, and units lack theirs, which these are not.
    #[error("split DWARF: {files} files are of another build and were not used, such as {first}")]
    DwarfSplitForeign {
        /// How many.
        files: usize,
        /// What the first one calls itself.
        first: String,
    },
    /// Files that were given as having split debug information and can't be read.
    #[error("split DWARF: {files} files can't be read: {message}")]
    DwarfSplitBroken {
        /// How many.
        files: usize,
        /// What is wrong with the first.
        message: String,
    },
    /// A part of the debug information that could not be read.
    #[error(
        "DWARF debug information is broken: {message} (unit at .debug_info+{unit:#x}); its lines are missing"
    )]
    DwarfBroken {
        /// Bytes from the start of `.debug_info`.
        unit: u64,
        /// What is wrong.
        message: String,
    },
    /// Debug information that is left alone because it would take unbounded time or memory.
    #[error("DWARF debug information exceeds a limit ({what}); lines are missing")]
    DwarfLimit {
        /// Which limit.
        what: &'static str,
    },
    /// The symbol map is not that of this module.
    #[error(
        "the symbol map is that of another build: of {compared} of its names that the module tells, too, {wrong} are \
         others, and it is of {named} functions, the module has {functions}; {}",
        if *used { "its names may be wrong" } else { "it is not used" }
    )]
    SymbolMapForeign {
        /// Names of imports and exports that differ.
        wrong: usize,
        /// Names that imports and exports tell.
        compared: usize,
        /// Functions that the map has names for, the module's or not.
        named: usize,
        /// Functions of the module, imports counted.
        functions: usize,
        /// Whether the names are shown all the same.
        used: bool,
    },
    /// Lines of the symbol map that name no function.
    #[error(
        "symbol map: {count} lines were ignored, they name no function of this module; the first is line {first}"
    )]
    SymbolMapStray {
        /// How many.
        count: usize,
        /// The first such line, from 1.
        first: usize,
    },
    /// The source map lies in another file, which is not opened here.
    #[error("the source map is in another file, {url}; its lines are missing")]
    SourceMapElsewhere {
        /// The file's name or URL, as the module tells it.
        url: String,
    },
    /// The source map, or a part of it, could not be read.
    #[error("source map: {message}; its lines are missing")]
    SourceMapBroken {
        /// What is wrong.
        message: String,
    },
    /// The source map tells nothing of any code.
    #[error("the source map is empty; lines are missing")]
    SourceMapEmpty,
    /// The source map is not that of this module.
    #[error(
        "the source map is unusable: of {mappings} of its mappings {stray} are for no instruction of this module; it \
         is that of another build"
    )]
    SourceMapForeign {
        /// How many lie outside of functions, or in the middle of an instruction.
        stray: usize,
        /// How many were looked at.
        mappings: usize,
    },
    /// Mappings that were left out.
    #[error("source map: {count} mappings were ignored, they are for no function or lead to no source")]
    SourceMapStray {
        /// How many.
        count: usize,
    },
}
