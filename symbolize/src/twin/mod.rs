//! Another build of the module, with the names or the debug information that this one lacks.
//!
//! Where the code is the same, function for function, all that is known of the one holds for the other. Where a tool
//! changed it, `pairs` finds functions again: `anchors` those that are sure, `spread` the others, by what `traits`
//! keeps of their code and by who calls whom. They get names, since no line can be trusted.

mod anchors;
mod counterparts;
mod evidence;
mod gaps;
mod inlined;
mod lists;
mod marks;
mod merged;
mod outline;
mod pairs;
mod rarity;
mod spread;
mod traits;

use std::ops::Range;
use std::sync::Arc;

pub use counterparts::{Counterpart, CounterpartBy, counterparts};

use crate::beside::SymbolFiles;
use crate::ids::{CodeOffset, FuncIndex};
use crate::module::{Function, ModuleIndex};
use crate::symbols::{FunctionName, ModuleSymbols, NameSource};
use crate::warning::Warning;
use pairs::Pairs;

/// The other build, as far as it tells of this one.
pub(crate) struct Twin {
    symbols: ModuleSymbols,
    likeness: Likeness,
}

enum Likeness {
    /// Each function has the same index and the same code. It may lie elsewhere.
    Same,
    /// Some functions were found again.
    Changed(Pairs),
}

impl Twin {
    /// The build in `theirs`, with its split debug information, next to the module in `bytes`.
    ///
    /// # Errors
    /// When it is no module, or nothing in it is found again.
    pub(crate) fn load(
        theirs: &Arc<[u8]>,
        split: &[Arc<[u8]>],
        bytes: &[u8],
        module: &ModuleIndex,
    ) -> Result<Twin, Warning> {
        let outline = ModuleIndex::parse_module(theirs)
            .map_err(|error| Warning::TwinBroken { message: error.to_string() })?;
        let (ours, other) = (Build { bytes, module }, Build { bytes: theirs, module: &outline });
        let likeness = match is_same(ours, other) {
            true => Likeness::Same,
            false => Likeness::Changed(Pairs::find(ours, other)),
        };
        if matches!(&likeness, Likeness::Changed(pairs) if pairs.defined() == 0) {
            return Err(Warning::TwinForeign);
        }
        let files = SymbolFiles { split: split.to_vec(), ..SymbolFiles::default() };
        let symbols = ModuleSymbols::with_files(Arc::clone(theirs), Arc::new(outline), files);
        Ok(Twin { symbols, likeness })
    }

    /// What the other build calls a function; `None` where it has no name for it either.
    pub(crate) fn name(&self, function: FuncIndex) -> Option<FunctionName> {
        let counterpart = match &self.likeness {
            Likeness::Same => function,
            Likeness::Changed(pairs) => pairs.get(function)?,
        };
        let name = self.symbols.name(counterpart);
        name.source.is_told().then(|| FunctionName { source: NameSource::Twin, ..name.clone() })
    }

    /// The other build, where all that it says of code holds for this one.
    pub(crate) fn same_code(&self) -> Option<&ModuleSymbols> {
        matches!(self.likeness, Likeness::Same).then_some(&self.symbols)
    }

    /// The place in the other build of an offset in `function` of `module`.
    pub(crate) fn offset(&self, offset: CodeOffset, function: &Function) -> Option<CodeOffset> {
        let theirs = self.same_code()?.module().function(function.index)?.body.as_ref()?;
        let within = offset.0.checked_sub(function.body.as_ref()?.start.0)?;
        theirs.start.0.checked_add(within).map(CodeOffset)
    }

    /// What is wrong with the other build, or how much of it was found again.
    pub(crate) fn warnings(&self, module: &ModuleIndex) -> Vec<Warning> {
        match &self.likeness {
            Likeness::Same => self.symbols.warnings().to_vec(),
            // Of its lines, which are not used, nothing is told.
            Likeness::Changed(pairs) => {
                let functions = module.functions().len() - module.imported_function_count();
                vec![Warning::TwinChanged { matched: pairs.defined(), functions }]
            }
        }
    }
}

/// A module and its outline.
#[derive(Clone, Copy)]
struct Build<'a> {
    bytes: &'a [u8],
    module: &'a ModuleIndex,
}

impl<'a> Build<'a> {
    fn defined(self) -> &'a [Function] {
        self.module.functions().get(self.module.imported_function_count()..).unwrap_or_default()
    }

    /// The locals and the code of a function, and where they lie in the file.
    fn body(self, function: &Function) -> Option<(&'a [u8], usize)> {
        let Range { start, end } = function.body.as_ref()?;
        let place = |offset| usize::try_from(self.module.file_offset(offset)?.0).ok();
        let (start, end) = (place(*start)?, place(*end)?);
        Some((self.bytes.get(start..end)?, start))
    }
}

/// Whether all functions are the same. The code section may still be another: linkers pad numbers, other tools don't.
fn is_same(ours: Build<'_>, theirs: Build<'_>) -> bool {
    let (a, b) = (ours.module.functions(), theirs.module.functions());
    let same_body = |a: &Function, b: &Function| match (ours.body(a), theirs.body(b)) {
        (Some((a, _)), Some((b, _))) => a == b,
        (a, b) => a.is_none() && b.is_none(),
    };
    let has_code = !ours.defined().is_empty();
    has_code && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.ty == b.ty && same_body(a, b))
}
