//! Puts the module into an imported recording: what the profile names becomes functions of the module, with lines.

use rustc_hash::FxHashMap;
use std::sync::Arc;
use wasmscope_instrument::recording::{
    AttachmentKind, Foreign, ForeignFunction, ForeignIndex, Recording, StackFrame, Whose,
};
use wasmscope_symbolize::{CodeOffset, FileOffset, FuncIndex, ModuleIndex, Symbols};

/// The recording with `module`, of which `outline` is the outline; `None` where none of its functions are in that. By
/// index and place, or else by name, functions that have both must agree in both.
pub(crate) fn resolve(
    mut recording: Recording,
    module: Arc<[u8]>,
    outline: ModuleIndex,
) -> Option<Recording> {
    let mut foreign = Foreign::of(&recording)?;
    let symbols = Symbols::new(Arc::clone(&module), Arc::new(outline));
    let mut targets = Finder::of(&symbols, &foreign).targets(&foreign);
    drop_other_modules(&foreign, &mut targets);
    let (found, missing) = tally(&foreign, &targets);
    if found == 0 {
        return None;
    }
    let functions = symbols.module().functions().len() as u32;
    for frame in &mut recording.stacks.frame {
        let StackFrame::Wasm { func, offset } = *frame else { continue };
        let target = targets.get(func.index()).copied().flatten();
        *frame = match target {
            Some(target) => {
                StackFrame::Wasm { func: target, offset: code(&symbols, &foreign, target, offset) }
            }
            None => StackFrame::Wasm { func: FuncIndex(func.0.saturating_add(functions)), offset },
        };
    }
    foreign.first = functions;
    recording.attachments.retain(|kept| kept.kind != AttachmentKind::Foreign);
    recording.attachments.push(foreign.to_attachment());
    recording.module = module;
    if missing > 0 {
        let all = found + missing;
        recording.meta.warnings.push(format!(
            "{missing} of the profile's {all} functions were not found in the module and keep the names they came with"
        ));
    }
    Some(recording)
}

/// Modules of one language have names in common. Of a module of which fewer than half of the functions were found, none
/// counts: it is another one.
fn drop_other_modules(foreign: &Foreign, targets: &mut [Option<FuncIndex>]) {
    let mut found_of: FxHashMap<Option<u32>, (usize, usize)> = FxHashMap::default();
    for (function, target) in foreign.functions.iter().zip(&*targets) {
        if function.whose == Whose::Guest {
            let (found, all) = found_of.entry(function.module).or_default();
            *found += usize::from(target.is_some());
            *all += 1;
        }
    }
    for (function, target) in foreign.functions.iter().zip(targets) {
        let is_another = found_of.get(&function.module).is_none_or(|(found, all)| 2 * found < *all);
        target.take_if(|_| is_another);
    }
}

/// How many functions were found, and how many of the program's were not.
fn tally(foreign: &Foreign, targets: &[Option<FuncIndex>]) -> (usize, usize) {
    let guests = foreign.functions.iter().zip(targets).filter(|(function, _)| function.whose == Whose::Guest);
    let (found, missing): (Vec<_>, Vec<_>) = guests.partition(|(_, target)| target.is_some());
    (found.len(), missing.len())
}

/// The place in the code; where the function alone is known, one that is in no function. Of a function's beginning more
/// is not known either: it is what engines tell of a whole function.
fn code(symbols: &Symbols, foreign: &Foreign, target: FuncIndex, offset: CodeOffset) -> CodeOffset {
    let module = symbols.module();
    let place = foreign.places.get(offset.0 as usize).and_then(|place| place.module_offset);
    let exact = place.and_then(|at| module.code_offset(FileOffset(u64::from(at))));
    let body = module.function(target).and_then(|function| function.body.as_ref());
    let within = |exact: &CodeOffset| body.is_some_and(|body| body.contains(exact) && *exact != body.start);
    exact.filter(within).unwrap_or(CodeOffset(u32::MAX))
}

/// Finds functions in a module.
struct Finder<'a> {
    symbols: &'a Symbols,
    /// By name; of several functions of one name none.
    names: FxHashMap<Arc<str>, Option<FuncIndex>>,
}

impl<'a> Finder<'a> {
    fn of(symbols: &'a Symbols, foreign: &Foreign) -> Finder<'a> {
        let mut names: FxHashMap<Arc<str>, Option<FuncIndex>> = FxHashMap::default();
        // To demangle them all takes a while in large modules.
        if foreign.functions.iter().any(|function| function.index.is_none()) {
            for function in symbols.module().functions().iter().filter(|function| function.body.is_some()) {
                let found = symbols.name(function.index);
                let mut add = |name: &Arc<str>| {
                    let known = names.entry(Arc::clone(name)).or_insert(Some(function.index));
                    *known = known.filter(|known| *known == function.index);
                };
                add(&found.raw);
                add(&found.name.full);
            }
        }
        Finder { symbols, names }
    }

    /// By function of `foreign`.
    fn targets(&self, foreign: &Foreign) -> Vec<Option<FuncIndex>> {
        let mut seen = vec![Seen::default(); foreign.functions.len()];
        for place in &foreign.places {
            if let Some(seen) = seen.get_mut(place.function as usize) {
                seen.module_offset = seen.module_offset.or(place.module_offset);
                seen.has_lines |= place.line > 0;
            }
        }
        let functions = foreign.functions.iter().zip(seen);
        functions.map(|(function, seen)| self.target(function, seen)).collect()
    }

    fn target(&self, function: &ForeignFunction, seen: Seen) -> Option<FuncIndex> {
        let Seen { module_offset, has_lines } = seen;
        // Where lines are known, and no place, the profile knows more than the module could tell.
        if function.whose == Whose::Host || has_lines && module_offset.is_none() {
            return None;
        }
        let module = self.symbols.module();
        let offset = module_offset.and_then(|at| module.code_offset(FileOffset(u64::from(at))));
        let placed = offset.and_then(|offset| module.function_at(offset));
        match (function.index.map(|index| self.index(index)), module_offset) {
            (Some(index), Some(_)) => placed.filter(|placed| index == Some(*placed)),
            (Some(index), None) => index,
            (None, Some(_)) => placed.filter(|placed| self.may_be_named(*placed, &function.name)),
            (None, None) => self.names.get(function.name.as_str()).copied().flatten(),
        }
    }

    fn index(&self, index: ForeignIndex) -> Option<FuncIndex> {
        let module = self.symbols.module();
        let index = match index {
            ForeignIndex::All(index) => index,
            ForeignIndex::Defined(index) => index.checked_add(module.imported_function_count() as u32)?,
        };
        module.function(FuncIndex(index))?.body.as_ref().map(|_| FuncIndex(index))
    }

    /// What has no name may have any.
    fn may_be_named(&self, func: FuncIndex, name: &str) -> bool {
        let own = self.symbols.name(func);
        !own.source.is_told() || *own.raw == *name || *own.name.full == *name || *own.name.short == *name
    }
}

/// What the places of a function tell.
#[derive(Clone, Copy, Default)]
struct Seen {
    module_offset: Option<u32>,
    has_lines: bool,
}
