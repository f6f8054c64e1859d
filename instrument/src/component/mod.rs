//! Components: the core modules in one are rewritten where they stand. Everything around them is copied byte for byte,
//! since it names what is in a core module by export and by import, and both stay.

mod exports;
mod spaces;
mod views;

pub use exports::{ComponentExport, component_exports};
pub use views::Probed;
pub(crate) use views::ViewedMemory;

use crate::error::RewriteError;
use crate::plan::ProbeReader;
use crate::run::{NO_ALLOCATOR, instrument_for};
use crate::{Instrumented, MeasureSet, OwnAllocator, instrument};
use rustc_hash::FxHashMap;
use spaces::Spaces;
use std::ops::Range;
use std::sync::Arc;
use wasm_encoder::Encode;
use wasmparser::BinaryReader;
use wasmscope_symbolize::{FileOffset, ModuleIndex, Symbols};

/// A component whose core modules measure themselves.
#[derive(Clone, Debug)]
pub struct InstrumentedComponent {
    /// The rewritten component.
    pub wasm: Vec<u8>,
    /// The core modules in it, those in nested components too, in the order of the file.
    pub modules: Vec<ComponentModule>,
    /// The core instances whose probes a host can see, in the order in which their views are numbered.
    pub probed: Vec<Probed>,
}

/// A core module in a component.
#[derive(Clone, Debug)]
pub struct ComponentModule {
    /// Where it is in the file that was given.
    pub range: Range<FileOffset>,
    /// Its number among the core modules of the rewritten component, which may have some of ours among them.
    pub number: usize,
    /// Its rewritten form and what is needed to read its probes, or why it stays as it is.
    pub instrumented: Result<Instrumented, RewriteError>,
}

/// The magic number and the version.
const HEADER_BYTES: usize = 8;
/// Sections of a component that hold a module or a component of their own.
const CORE_MODULE: u8 = 1;
const COMPONENT: u8 = 4;
/// Core instances whose probes are seen: engines allow a component a thousand instances, and a view takes four or six.
const MOST_VIEWED: usize = 128;
/// How deep components may be nested. Real ones are two deep.
const MOST_LEVELS: usize = 100;

/// Is this the binary form of a component?
pub fn is_component(bytes: &[u8]) -> bool {
    wasmparser::Parser::is_component(bytes)
}

/// Plans and rewrites each core module of the component in `bytes` for `measures`, as `instrument` does.
///
/// # Errors
/// When the component is not valid or nested too deeply. A core module that can't be rewritten is no error: it stays.
pub fn instrument_component(
    bytes: &[u8],
    measures: MeasureSet,
    own: &[OwnAllocator],
) -> Result<InstrumentedComponent, RewriteError> {
    rewrite(bytes, measures, own, false)
}

/// The same for a run of ours: the probes' memories can be seen from outside, and never grow.
pub(crate) fn instrument_visibly(
    bytes: &[u8],
    measures: MeasureSet,
    own: &[OwnAllocator],
) -> Result<InstrumentedComponent, RewriteError> {
    rewrite(bytes, measures, own, true)
}

fn rewrite(
    bytes: &[u8],
    measures: MeasureSet,
    own: &[OwnAllocator],
    visible: bool,
) -> Result<InstrumentedComponent, RewriteError> {
    let spaces = spaces::spaces(bytes).map_err(|error| invalid(&error))?;
    if visible {
        refuse_views(bytes)?;
    }
    let spaces = visible.then_some(spaces);
    let mut rewriter = Rewriter {
        bytes,
        measures,
        own,
        spaces,
        modules: Vec::new(),
        written: 0,
        probed: FxHashMap::default(),
    };
    let wasm = rewriter.component(0..bytes.len(), 1)?;
    let Rewriter { mut modules, mut probed, .. } = rewriter;
    share_allocators(&mut modules);
    Ok(InstrumentedComponent { wasm, modules, probed: probed.remove(&0).unwrap_or_default() })
}

/// Nobody else's memory is to be taken for that of our probes.
fn refuse_views(bytes: &[u8]) -> Result<(), RewriteError> {
    let ours = |export: &ComponentExport| export.name.to_ascii_lowercase().starts_with("wasmscope-");
    match component_exports(bytes)?.into_iter().find(ours) {
        Some(export) => Err(RewriteError::AlreadyInstrumented { export: export.name }),
        None => Ok(()),
    }
}

/// That there is no allocator is said once, and not at all where one of the core modules has them.
fn share_allocators(modules: &mut [ComponentModule]) {
    let mut instrumented: Vec<_> = modules.iter_mut().filter_map(|m| m.instrumented.as_mut().ok()).collect();
    let any = instrumented.iter().any(|module| !module.allocators.is_empty());
    for module in instrumented.iter_mut().skip(usize::from(!any)) {
        module.warnings.retain(|warning| !warning.starts_with(NO_ALLOCATOR));
    }
}

struct Rewriter<'a> {
    bytes: &'a [u8],
    measures: MeasureSet,
    own: &'a [OwnAllocator],
    /// Where the probes are to be seen: the index spaces of each component, by where it begins.
    spaces: Option<FxHashMap<usize, Spaces>>,
    modules: Vec<ComponentModule>,
    /// How many core modules the rewritten component has so far.
    written: usize,
    /// By where a component begins, what can be seen of it.
    probed: FxHashMap<usize, Vec<Probed>>,
}

impl Rewriter<'_> {
    /// The component in `range`, which is at this level of nesting.
    fn component(&mut self, range: Range<usize>, level: usize) -> Result<Vec<u8>, RewriteError> {
        if level > MOST_LEVELS {
            let what = "components in each other";
            return Err(RewriteError::Limit { what, count: level, limit: MOST_LEVELS });
        }
        let mut at = range.start + HEADER_BYTES;
        let mut out = self.slice(range.start..at).to_vec();
        while at < range.end {
            let (id, contents) = section(self.slice(at..range.end), at).map_err(|error| invalid(&error))?;
            let rewritten = match id {
                CORE_MODULE => self.module(contents.clone()),
                COMPONENT => Some(self.component(contents.clone(), level + 1)?),
                _ => None,
            };
            match rewritten {
                Some(rewritten) => {
                    out.push(id);
                    rewritten.as_slice().encode(&mut out);
                }
                None => out.extend_from_slice(self.slice(at..contents.end)),
            }
            at = contents.end;
        }
        self.append_views(range.start, &mut out);
        Ok(out)
    }

    /// Ends the component that begins at `start` with what shows its probes.
    fn append_views(&mut self, start: usize, out: &mut Vec<u8>) {
        let Some(spaces) = self.spaces.as_mut().and_then(|spaces| spaces.remove(&start)) else { return };
        let own: Vec<_> = spaces
            .instantiated
            .iter()
            .filter_map(|(instance, module)| Some((*instance, self.probed_module(*module)?)))
            .take(MOST_VIEWED)
            .collect();
        let mut room = MOST_VIEWED.saturating_sub(own.len());
        let mut nested = Vec::new();
        for (instance, component) in &spaces.nested {
            let probed = self.probed.get(component).filter(|probed| probed.len() <= room);
            if let Some(probed) = probed.filter(|probed| !probed.is_empty()) {
                room -= probed.len();
                nested.push((*instance, probed.clone()));
            }
        }
        out.extend(views::views(&spaces, &own, &nested));
        // The module that looks at memories.
        self.written += 1;
        let own = own.into_iter().map(|(_, probed)| probed);
        let all = own.chain(nested.into_iter().flat_map(|(_, probed)| probed)).collect();
        self.probed.insert(start, all);
    }

    /// The core module that begins at `start`, if it has probes.
    fn probed_module(&self, start: usize) -> Option<Probed> {
        let module = self.modules.iter().position(|module| module.range.start.0 == start as u64)?;
        let instrumented = self.modules.get(module)?.instrumented.as_ref().ok()?;
        let with_accesses = instrumented.probes.counts_accesses;
        (!instrumented.probes.is_empty()).then_some(Probed { module, with_accesses })
    }

    /// The core module in `range`; `None` where it stays as it is.
    fn module(&mut self, range: Range<usize>) -> Option<Vec<u8>> {
        let module: Arc<[u8]> = self.slice(range.clone()).into();
        let index = ModuleIndex::parse_module(&module).map(Arc::new);
        let instrumented = match index {
            Ok(index) => self.instrument(&module, &index),
            Err(error) => {
                let at = FileOffset(range.start as u64);
                Err(RewriteError::Section { at, message: error.to_string() })
            }
        };
        let rewritten = instrumented.as_ref().ok().map(|instrumented| instrumented.wasm.clone());
        let range = FileOffset(range.start as u64)..FileOffset(range.end as u64);
        self.modules.push(ComponentModule { range, number: self.written, instrumented });
        self.written += 1;
        rewritten
    }

    fn instrument(&self, module: &Arc<[u8]>, index: &Arc<ModuleIndex>) -> Result<Instrumented, RewriteError> {
        match self.spaces {
            Some(_) => {
                let symbols = Symbols::new(Arc::clone(module), Arc::clone(index));
                instrument_for(ProbeReader::Component, module, &symbols, index, self.measures, self.own)
            }
            None => instrument(module, index, self.measures, self.own),
        }
    }

    fn slice(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }
}

/// The id of the section that `bytes` begin with, and where in the file its contents are; `at` is where `bytes` are.
fn section(bytes: &[u8], at: usize) -> wasmparser::Result<(u8, Range<usize>)> {
    let mut reader = BinaryReader::new(bytes, at);
    let (id, size) = (reader.read_u8()?, reader.read_var_u32()?);
    let start = reader.original_position();
    reader.read_bytes(size as usize)?;
    Ok((id, start..reader.original_position()))
}

fn invalid(error: &wasmparser::Error) -> RewriteError {
    RewriteError::Invalid { at: FileOffset(error.offset() as u64), message: error.message().to_owned() }
}
