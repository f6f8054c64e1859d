//! Puts the module into an imported recording: what the profile names becomes functions of the module, with lines.

use super::wasm::wasm_name;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use wasmscope_instrument::recording::{
    AttachmentKind, Foreign, ForeignFunction, ForeignIndex, Recording, StackFrame, StackTable, Whose,
};
use wasmscope_symbolize::{CodeOffset, FileOffset, FuncIndex, ModuleIndex, Symbols};

/// Of the profile's functions too few are in the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// So many are.
    pub(crate) found: usize,
    /// So many could be.
    pub(crate) all: usize,
}

/// The recording with `module`, of which `outline` is the outline. Functions are found by index and place, or else by
/// name; those that have both must agree in both.
///
/// # Errors
/// When none of the profile's functions are in the module, or so few that these are there by chance.
pub(crate) fn resolve(
    mut recording: Recording,
    module: Arc<[u8]>,
    outline: ModuleIndex,
) -> Result<Recording, Mismatch> {
    let mut foreign = Foreign::of(&recording).ok_or(Mismatch { found: 0, all: 0 })?;
    let symbols = Symbols::new(Arc::clone(&module), Arc::new(outline));
    let called = Called::of(&recording.stacks, &foreign);
    let mut targets = Finder::of(&symbols, &foreign).targets(&foreign, &called);
    let (some, _) = called.tally(&foreign, &targets);
    called.drop_other_modules(&foreign, &mut targets);
    let (found, all) = called.tally(&foreign, &targets);
    if found == 0 {
        return Err(Mismatch { found: some, all });
    }
    let functions = symbols.module().functions().len() as u32;
    for frame in &mut recording.stacks.frame {
        let StackFrame::Wasm { func, offset } = *frame else { continue };
        let target = targets.get(offset.0 as usize).copied().flatten();
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
    if found < all {
        let missing = all - found;
        recording.meta.warnings.push(format!(
            "{missing} of the profile's {all} functions were not found in the module and keep the names they came with"
        ));
    }
    Ok(recording)
}

/// By place: the function that is called there, a row of [`Foreign::functions`]. What is inlined is none: its code is
/// that of another one.
struct Called(Vec<Option<usize>>);

impl Called {
    fn of(stacks: &StackTable, foreign: &Foreign) -> Called {
        let mut called = Called(vec![None; foreign.places.len()]);
        for frame in &stacks.frame {
            if let StackFrame::Wasm { func, offset } = frame
                && foreign.function(*func).is_some()
                && let Some(place) = called.0.get_mut(offset.0 as usize)
            {
                *place = Some(func.0.saturating_sub(foreign.first) as usize);
            }
        }
        called
    }

    /// By function: `None` where it is never called, or else whether it was found at some place.
    fn found(&self, foreign: &Foreign, targets: &[Option<FuncIndex>]) -> Vec<Option<bool>> {
        let mut found = vec![None; foreign.functions.len()];
        for (function, target) in self.0.iter().zip(targets) {
            if let Some(found) = function.and_then(|function| found.get_mut(function)) {
                *found = Some(found.unwrap_or(false) || target.is_some());
            }
        }
        found
    }

    /// How many of the program's functions were found, and how many there are.
    fn tally(&self, foreign: &Foreign, targets: &[Option<FuncIndex>]) -> (usize, usize) {
        let functions = foreign.functions.iter().zip(self.found(foreign, targets));
        let guests = functions.filter(|(function, _)| function.whose == Whose::Guest);
        let guests: Vec<bool> = guests.filter_map(|(_, found)| found).collect();
        (guests.iter().filter(|found| **found).count(), guests.len())
    }

    /// Modules of one language have names in common. Of a module of which fewer than half of the functions were found,
    /// none counts: it is another one.
    fn drop_other_modules(&self, foreign: &Foreign, targets: &mut [Option<FuncIndex>]) {
        let mut found_of: FxHashMap<Option<u32>, (usize, usize)> = FxHashMap::default();
        for (function, is_found) in foreign.functions.iter().zip(self.found(foreign, targets)) {
            if let Some(is_found) = is_found
                && function.whose == Whose::Guest
            {
                let (found, all) = found_of.entry(function.module).or_default();
                *found += usize::from(is_found);
                *all += 1;
            }
        }
        let is_this = |(found, all): &(usize, usize)| 2 * found >= *all;
        let is_any = found_of.values().any(is_this);
        for (function, target) in self.0.iter().zip(targets) {
            let function = function.and_then(|function| foreign.functions.get(function));
            target.take_if(|_| match function {
                Some(function) if function.whose == Whose::Guest => {
                    !found_of.get(&function.module).is_some_and(is_this)
                }
                // By its name alone it may be in any.
                _ => !is_any,
            });
        }
    }
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

    /// By place.
    fn targets(&self, foreign: &Foreign, called: &Called) -> Vec<Option<FuncIndex>> {
        let mut seen = vec![Seen::default(); foreign.functions.len()];
        for place in &foreign.places {
            if let Some(seen) = seen.get_mut(place.function as usize) {
                seen.has_offset |= place.module_offset.is_some();
                seen.has_lines |= place.line > 0;
            }
        }
        // Those that have no offset are asked once.
        let functions = foreign.functions.iter().zip(&seen);
        let whole: Vec<_> = functions.map(|(function, seen)| self.whole(function, *seen)).collect();
        let places = foreign.places.iter().zip(&called.0);
        let targets = places.map(|(place, called)| {
            let row = (*called)?;
            let function = foreign.functions.get(row)?;
            match place.module_offset {
                Some(at) if function.whose == Whose::Guest => self.at(function, at),
                _ => whole.get(row).copied().flatten(),
            }
        });
        targets.collect()
    }

    /// The function at an offset in the module.
    fn at(&self, function: &ForeignFunction, module_offset: u32) -> Option<FuncIndex> {
        let module = self.symbols.module();
        let offset = module.code_offset(FileOffset(u64::from(module_offset)))?;
        let placed = module.function_at(offset)?;
        let agrees = match function.index {
            Some(index) => self.index(index) == Some(placed),
            None => self.may_be_named(placed, &function.name),
        };
        agrees.then_some(placed)
    }

    /// The function without a place in it.
    fn whole(&self, function: &ForeignFunction, seen: Seen) -> Option<FuncIndex> {
        // Where lines are known, and no place, the profile knows more than the module could tell.
        if seen.has_lines && !seen.has_offset {
            return None;
        }
        let by_name = || self.names.get(function.name.as_str()).copied().flatten();
        match (function.whose, function.index) {
            (Whose::Guest, Some(index)) => {
                self.index(index).filter(|index| self.agrees(*index, &function.name))
            }
            (Whose::Guest, None) => by_name(),
            // Few formats tell whose code a function is that has a name.
            (Whose::Host, None) if function.file.is_none() && !seen.has_offset => by_name(),
            (Whose::Host, _) => None,
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

    /// Besides an index Wasmtime tells a name that may be cut, and has `?` for what perf can't print.
    fn agrees(&self, func: FuncIndex, name: &str) -> bool {
        let start = name.split('?').next().unwrap_or(name);
        let is_index = || wasm_name(name, "").index.is_some();
        is_index() || self.may_be_named(func, name) || self.symbols.name(func).raw.starts_with(start)
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
    has_offset: bool,
    has_lines: bool,
}
