//! Components: the core modules in one are rewritten where they stand. Everything around them is copied byte for byte,
//! since it names what is in a core module by export and by import, and both stay.

use crate::error::RewriteError;
use crate::run::NO_ALLOCATOR;
use crate::{Instrumented, MeasureSet, OwnAllocator, instrument};
use std::ops::Range;
use std::sync::Arc;
use wasm_encoder::Encode;
use wasmparser::{BinaryReader, Validator, WasmFeatures};
use wasmscope_symbolize::{FileOffset, ModuleIndex};

/// A component whose core modules measure themselves.
#[derive(Clone, Debug)]
pub struct InstrumentedComponent {
    /// The rewritten component.
    pub wasm: Vec<u8>,
    /// The core modules in it, those in nested components too, in the order of the file.
    pub modules: Vec<ComponentModule>,
}

/// A core module in a component.
#[derive(Clone, Debug)]
pub struct ComponentModule {
    /// Where it is in the file that was given.
    pub range: Range<FileOffset>,
    /// Its rewritten form and what is needed to read its probes, or why it stays as it is.
    pub instrumented: Result<Instrumented, RewriteError>,
}

/// The magic number and the version.
const HEADER_BYTES: usize = 8;
/// Sections of a component that hold a module or a component of their own.
const CORE_MODULE: u8 = 1;
const COMPONENT: u8 = 4;
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
    let validated = Validator::new_with_features(WasmFeatures::all()).validate_all(bytes);
    validated.map_err(|error| invalid(&error))?;
    let mut rewriter = Rewriter { bytes, measures, own, modules: Vec::new() };
    let wasm = rewriter.component(0..bytes.len(), 1)?;
    let mut modules = rewriter.modules;
    share_allocators(&mut modules);
    Ok(InstrumentedComponent { wasm, modules })
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
    modules: Vec<ComponentModule>,
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
        Ok(out)
    }

    /// The core module in `range`; `None` where it stays as it is.
    fn module(&mut self, range: Range<usize>) -> Option<Vec<u8>> {
        let module: Arc<[u8]> = self.slice(range.clone()).into();
        let index = ModuleIndex::parse(&module).map(Arc::new);
        let instrumented = match index {
            Ok(index) => instrument(&module, &index, self.measures, self.own),
            Err(error) => {
                let at = FileOffset(range.start as u64);
                Err(RewriteError::Section { at, message: error.to_string() })
            }
        };
        let rewritten = instrumented.as_ref().ok().map(|instrumented| instrumented.wasm.clone());
        let range = FileOffset(range.start as u64)..FileOffset(range.end as u64);
        self.modules.push(ComponentModule { range, instrumented });
        rewritten
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
