//! Lines and inlined functions: the only place that knows gimli and addr2line.
//!
//! `scan` goes over everything once and decides what can be trusted; `lookup` then answers questions lazily. `split`
//! finds the units of which the module has only skeletons.

mod attributes;
mod inlined;
mod lookup;
mod rows;
mod scan;
mod sections;
mod skeletons;
mod split;
mod tombstone;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use gimli::SectionId;

use crate::beside::SymbolFileNames;
use crate::ids::{CodeOffset, FuncIndex};
use crate::module::ModuleIndex;
use crate::symbols::{Frame, Location};
use crate::warning::Warning;
use lookup::Lookup;
use scan::Outline;
use sections::SplitBytes;
pub(crate) use skeletons::split_paths;

/// Deeper chains of inlined calls lose their middle.
const MAX_INLINE_DEPTH: usize = 256;

/// The debug information of a module; empty when there is none that can be used.
#[derive(Default)]
pub(crate) struct Debug {
    outline: Outline,
    /// addr2line's context caches as it reads and can't be shared between threads.
    lookup: Option<Mutex<Lookup>>,
    warnings: Vec<Warning>,
}

impl Debug {
    /// Reads the outline of the debug information about `module` in a file. `file` is the outline of that file, the
    /// module itself unless that has none; `split` are the `.dwo` and `.dwp` files that go with it.
    pub(crate) fn load(
        bytes: &Arc<[u8]>,
        file: &ModuleIndex,
        module: &ModuleIndex,
        split: &[Arc<[u8]>],
    ) -> Debug {
        if !sections::has(file, SectionId::DebugInfo) {
            let named = SymbolFileNames::of(bytes, file).debug_file;
            let warnings = named.map(|file| Warning::DwarfElsewhere { file }).into_iter().collect();
            return Debug { warnings, ..Debug::default() };
        }
        let (split, mut warnings) = open_all(split);
        let mut outline = match scan::scan(&sections::borrowed(bytes, file), &split, module) {
            Ok(outline) => outline,
            Err(what) => return Debug { warnings: vec![Warning::DwarfLimit { what }], ..Debug::default() },
        };
        warnings.append(&mut outline.warnings);
        warnings.extend(doubt(&outline));
        let is_dead = outline.subprograms.is_empty() && outline.dead > 0;
        if is_dead || outline.is_foreign() {
            return Debug { warnings, ..Debug::default() };
        }
        let lookup = match Lookup::new(bytes, file, module, &outline, &split) {
            Ok(lookup) => Some(Mutex::new(lookup)),
            Err(error) => {
                warnings.push(Warning::DwarfBroken { unit: 0, message: error.to_string() });
                None
            }
        };
        Debug { outline, lookup, warnings }
    }

    /// The same, with what is wrong with the file that was to be read instead.
    pub(crate) fn instead_of(mut self, warnings: Vec<Warning>) -> Debug {
        self.warnings.splice(0..0, warnings);
        self
    }

    /// Whether all of it that is alive describes the module's code.
    pub(crate) fn is_sound(&self) -> bool {
        self.lookup.is_some() && self.outline.stray == 0
    }

    /// Whether anything can be told.
    pub(crate) fn is_useful(&self) -> bool {
        self.lookup.is_some()
    }

    /// Whether there are lines and one of the functions that they are for is this one.
    pub(crate) fn has_lines_of(&self, function: FuncIndex) -> bool {
        self.has_lines() && !self.outline.of(function).is_empty()
    }

    /// The frames at `offset`, which lies in `function`, innermost first; empty when nothing is known. The last one is
    /// the function itself, whose name others know better.
    pub(crate) fn frames(&self, offset: CodeOffset, function: FuncIndex) -> Vec<Frame> {
        let known = self.outline.of(function);
        if known.is_empty() && self.outline.stray > 0 {
            return Vec::new();
        }
        self.ask(|lookup| Some(lookup.frames(offset, known))).unwrap_or_default()
    }

    /// The mangled name of a function.
    pub(crate) fn name(&self, function: FuncIndex) -> Option<Arc<str>> {
        self.ask(|lookup| self.outline.of(function).iter().find_map(|subprogram| lookup.name(subprogram)))
    }

    /// Where a function is declared.
    pub(crate) fn declaration(&self, function: FuncIndex) -> Option<Location> {
        self.ask(|lookup| {
            self.outline.of(function).iter().find_map(|subprogram| lookup.declaration(subprogram))
        })
    }

    /// The first line of the source in a range of code.
    pub(crate) fn first_location(&self, body: &Range<CodeOffset>) -> Option<Location> {
        // Lines have no function that tells whether they are of this build.
        if self.outline.stray > 0 {
            return None;
        }
        self.ask(|lookup| lookup.first_location(body))
    }

    /// Whether any lines are known.
    pub(crate) fn has_lines(&self) -> bool {
        self.lookup.is_some() && self.outline.has_line_programs
    }

    /// What was wrong.
    pub(crate) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn ask<T>(&self, question: impl FnOnce(&mut Lookup) -> Option<T>) -> Option<T> {
        let mut lookup = self.lookup.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        question(&mut lookup)
    }
}

/// What is wrong where the debug information describes other code, or none.
fn doubt(outline: &Outline) -> Option<Warning> {
    let Outline { subprograms, dead, stray, .. } = outline;
    match (subprograms.len(), *stray) {
        (0, 0) if *dead > 0 => Some(Warning::DwarfDead { functions: *dead }),
        (_, 0) => None,
        (matched, stray) => Some(Warning::DwarfStale { matched, stray }),
    }
}

/// The files with split units, and a warning where some can't be read.
fn open_all(files: &[Arc<[u8]>]) -> (Vec<SplitBytes>, Vec<Warning>) {
    let (mut opened, mut broken) = (Vec::new(), Vec::new());
    for file in files {
        match SplitBytes::open(file) {
            Ok(split) => opened.push(split),
            Err(message) => broken.push(message),
        }
    }
    let files = broken.len();
    let warning = broken.into_iter().next().map(|message| Warning::DwarfSplitBroken { files, message });
    (opened, warning.into_iter().collect())
}
