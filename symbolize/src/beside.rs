//! The files beside a module that say more about it: which ones it names, and what the caller found of them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::bytes::Cursor;
use crate::dwarf;
use crate::module::ModuleIndex;

/// The section with the name of a source map, by the tool conventions.
pub(crate) const SOURCE_MAP_SECTION: &str = "sourceMappingURL";
const NAME_SECTION: &str = "name";
const DEBUG_FILE_SECTION: &str = "external_debug_info";
const BUILD_ID_SECTION: &str = "build_id";

/// What lies beside a module, as far as the caller has it. Nothing is opened here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SymbolFiles {
    /// A module with the debug information: the file of [`SymbolFileNames::debug_file`]. Where it is that of
    /// another build a [`crate::Warning`] tells, and what the module has itself is used.
    pub debug_file: Option<Arc<[u8]>>,
    /// The files with split debug information, `.dwo` or `.dwp`, of the module, the debug file or the twin. What is in
    /// them tells which unit they belong to.
    pub split: Vec<Arc<[u8]>>,
    /// Another build of the module, with names or debug information: as it was before it was stripped. Where its code
    /// is another, functions get names only; a [`crate::Warning`] tells how many.
    pub twin: Option<Arc<[u8]>>,
    /// The names of functions by index, a line `12:name` for each, as Emscripten writes them.
    pub symbol_map: Option<Arc<[u8]>>,
    /// The source map, in JSON. It takes the place of one within the module.
    pub source_map: Option<Arc<[u8]>>,
}

impl SymbolFiles {
    /// The same, with those of `others` of which there are none here.
    #[must_use]
    pub fn or(self, others: SymbolFiles) -> SymbolFiles {
        let SymbolFiles { debug_file, split, twin, symbol_map, source_map } = self;
        let mut both = SymbolFiles {
            debug_file: debug_file.or(others.debug_file),
            split,
            twin: twin.or(others.twin),
            symbol_map: symbol_map.or(others.symbol_map),
            source_map: source_map.or(others.source_map),
        };
        others.split.into_iter().for_each(|file| both.add_split(file));
        both
    }

    /// Adds a file of split debug information unless it is there already.
    pub fn add_split(&mut self, file: Arc<[u8]>) {
        if !self.split.contains(&file) {
            self.split.push(file);
        }
    }
}

/// The files that a module names as saying more about it, and what it names itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SymbolFileNames {
    /// What the section `external_debug_info` has: a path or URL; `None` where the module has debug information of its
    /// own.
    pub debug_file: Option<String>,
    /// The `.dwo` files that have the debug information of the module's units, as paths where it was built, each once.
    pub split: Vec<String>,
    /// What the section `sourceMappingURL` has: a path or URL; `None` where the map is in the URL itself.
    pub source_map: Option<String>,
    /// What the section `build_id` has, which two files of one build have in common.
    pub build_id: Option<Box<[u8]>>,
    /// Whether the module has names and lines, or names files that have them.
    pub is_whole: bool,
}

impl SymbolFileNames {
    /// The files that the module in `bytes` names, of which `module` is the outline. Quick even for huge modules.
    pub fn of(bytes: &[u8], module: &ModuleIndex) -> SymbolFileNames {
        let text = |section| section_text(bytes, module, section).map(|text| text.into_owned());
        let source_map = text(SOURCE_MAP_SECTION).filter(|url| !is_inline(url));
        let own = module.custom_section(".debug_info").is_some_and(|section| !section.data.is_empty());
        let debug_file = text(DEBUG_FILE_SECTION).filter(|_| !own);
        let split = dwarf::split_paths(bytes, module);
        let build_id = build_id(bytes, module).map(Box::from);
        let tells_lines = own || debug_file.is_some() || module.custom_section(SOURCE_MAP_SECTION).is_some();
        let is_whole = tells_lines && module.custom_section(NAME_SECTION).is_some();
        SymbolFileNames { debug_file, split, source_map, build_id, is_whole }
    }
}

/// What the section `build_id` has.
pub(crate) fn build_id<'a>(bytes: &'a [u8], module: &ModuleIndex) -> Option<&'a [u8]> {
    section_bytes(bytes, module, BUILD_ID_SECTION)
}

/// Whether the URL is not that of a file, but holds what it stands for.
pub(crate) fn is_inline(url: &str) -> bool {
    url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

/// The string that a custom section consists of.
pub(crate) fn section_text<'a>(bytes: &'a [u8], module: &ModuleIndex, section: &str) -> Option<Cow<'a, str>> {
    section_bytes(bytes, module, section).map(String::from_utf8_lossy)
}

/// The bytes, after their number, that a custom section consists of.
fn section_bytes<'a>(bytes: &'a [u8], module: &ModuleIndex, section: &str) -> Option<&'a [u8]> {
    let data = &module.custom_section(section)?.data;
    let data = usize::try_from(data.start.0).ok()?..usize::try_from(data.end.0).ok()?;
    let mut cursor = Cursor::new(bytes, data);
    let len = cursor.leb_u32()?;
    bytes.get(cursor.skip(len)?).filter(|contents| !contents.is_empty())
}
