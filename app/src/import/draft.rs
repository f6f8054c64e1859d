//! What all formats come to: functions, places, stacks as a prefix tree, samples and sums.

use super::wasm::{is_module, wasm_name};
use super::{Format, ImportError};
use percent_encoding::percent_decode_str;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use wasmscope_instrument::recording::{
    Foreign, ForeignFunction, ForeignPlace, ForeignSums, Meta, Outcome, Quantity, Recording, SampleTable,
    StackFrame, StackId, StackTable, Whose,
};
use wasmscope_instrument::{Measure, MeasureSet};
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// What stands for a call path without functions.
const NO_STACK: &str = "(no stack)";
/// Longer names are cut: nobody reads them, and each is laid out as text.
const MOST_NAME_BYTES: usize = 1 << 14;
/// All names together have no more; many functions may have one long name in a file that is small.
const MOST_NAMES_BYTES: usize = 1 << 28;
/// What a function takes besides its name.
const FUNCTION_BYTES: usize = 1 << 6;
/// No more call paths are made of the stacks and of what is inlined in them; each takes about a hundred bytes.
const MOST_PATHS: usize = 1 << 24;
/// All stacks' innermost frames together, with what is inlined there, are no more: each is looked up once.
const MOST_FRAMES: usize = 1 << 27;

/// No more samples are taken, of which a text may have one every two bytes; a thousand a second are so many in a day.
const MOST_SAMPLES: usize = 1 << 26;

/// A recording in the making.
pub(super) struct Draft {
    format: Format,
    foreign: Foreign,
    stacks: StackTable,
    samples: SampleTable,
    warnings: Vec<String>,
    /// When the program began, in milliseconds since 1970-01-01 UTC.
    pub(super) created_unix_millis: u64,
    files: FxHashMap<String, u32>,
    /// With where in the module they begin: several may have one name.
    functions: FxHashMap<(ForeignFunction, Option<u32>), u32>,
    places: FxHashMap<ForeignPlace, u32>,
    /// By place.
    roots: Vec<Root>,
    stack_ids: FxHashMap<(Option<StackId>, u32), StackId>,
    names_bytes: usize,
    frames: usize,
    paths: usize,
    /// Something was inlined too deep.
    is_cut: bool,
}

/// What a place is in, in the end.
#[derive(Clone, Copy)]
struct Root {
    /// The function that is not inlined.
    function: u32,
    /// How many are inlined in it there.
    depth: u32,
}

/// A function, as a format tells it.
#[derive(Clone, Copy, Default)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    /// Empty where it is not known.
    pub(super) file: &'a str,
    /// From 1; 0 where it is not known.
    pub(super) line: u32,
    /// The format knows that it is WebAssembly, whatever its name.
    pub(super) is_wasm: bool,
    /// Where it begins, in bytes from the beginning of its module.
    pub(super) module_offset: Option<u32>,
}

/// A function of the draft, whether it can have lines, and where names say that it is in its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FunctionId {
    row: u32,
    has_source: bool,
    module_offset: Option<u32>,
}

/// A place of the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PlaceId(u32);

impl Draft {
    pub(super) fn new(format: Format) -> Draft {
        Draft {
            format,
            foreign: Foreign { origin: format.to_string(), ..Foreign::default() },
            stacks: StackTable::default(),
            samples: SampleTable::default(),
            warnings: Vec::new(),
            created_unix_millis: 0,
            files: FxHashMap::default(),
            functions: FxHashMap::default(),
            places: FxHashMap::default(),
            roots: Vec::new(),
            stack_ids: FxHashMap::default(),
            names_bytes: 0,
            frames: 0,
            paths: 0,
            is_cut: false,
        }
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Says what of it is wrong.
    pub(super) fn damaged(&self, what: String) -> ImportError {
        ImportError::Damaged { format: self.format, what }
    }

    fn too_many(&self) -> ImportError {
        ImportError::TooMany { format: self.format }
    }

    /// The function with this name, place of declaration and place in its module.
    pub(super) fn function(&mut self, function: Function<'_>) -> Result<FunctionId, ImportError> {
        let Function { name, file, line, is_wasm, module_offset } = function;
        let (name, file) = (cut(name), cut(file));
        let told = wasm_name(name, file);
        let whose = if is_wasm || told.is_wasm { Whose::Guest } else { Whose::Host };
        let row = (!file.is_empty()).then(|| self.file(file));
        let (module, file) = if is_module(file) { (row, None) } else { (None, row) };
        let module = module.or_else(|| told.module.map(|module| self.file(module)));
        let line = if file.is_some() { line } else { 0 };
        let name = told.shown(name);
        let function = ForeignFunction { name, file, module, line, whose, index: told.index };
        let bytes = function.name.len() + FUNCTION_BYTES;
        let rows = &mut self.foreign.functions;
        let row = *self.functions.entry((function, module_offset)).or_insert_with_key(|(function, _)| {
            self.names_bytes += bytes;
            rows.push(function.clone());
            (rows.len() - 1) as u32
        });
        if self.names_bytes > MOST_NAMES_BYTES {
            return Err(self.too_many());
        }
        let module_offset = module_offset.or(told.module_offset);
        Ok(FunctionId { row, has_source: file.is_some(), module_offset })
    }

    /// A line of a function, inlined at `outer` if that is a place; where too much is inlined, `outer` itself.
    /// `module_offset` is in bytes from the beginning of the module.
    pub(super) fn place(
        &mut self,
        function: FunctionId,
        line: u32,
        module_offset: Option<u32>,
        outer: Option<PlaceId>,
    ) -> PlaceId {
        let above = outer.and_then(|outer| Some((outer, *self.roots.get(outer.0 as usize)?)));
        let root = match above {
            None => Root { function: function.row, depth: 0 },
            Some((_, root)) if root.depth < Foreign::MOST_INLINED => Root { depth: root.depth + 1, ..root },
            Some((outer, _)) => {
                self.is_cut = true;
                return outer;
            }
        };
        let module_offset = module_offset.or(function.module_offset);
        let (outer, line) = (outer.map(|place| place.0), if function.has_source { line } else { 0 });
        let (rows, roots) = (&mut self.foreign.places, &mut self.roots);
        let place = ForeignPlace { function: function.row, line, outer, module_offset };
        PlaceId(*self.places.entry(place).or_insert_with_key(|place| {
            rows.push(*place);
            roots.push(root);
            (rows.len() - 1) as u32
        }))
    }

    /// The stack that is `parent` with a frame at `place` inside.
    pub(super) fn stack(&mut self, parent: Option<StackId>, place: PlaceId) -> Result<StackId, ImportError> {
        let key = (parent, place.0);
        if let Some(known) = self.stack_ids.get(&key) {
            return Ok(*known);
        }
        let root = self.roots.get(place.0 as usize).copied();
        let Root { function, depth } = root.unwrap_or(Root { function: 0, depth: 0 });
        self.frames += 1 + depth as usize;
        self.paths += self.new_paths(parent, place);
        if self.frames > MOST_FRAMES || self.paths > MOST_PATHS {
            return Err(self.too_many());
        }
        let frame = StackFrame::Wasm { func: FuncIndex(function), offset: CodeOffset(place.0) };
        let stack = self.stacks.push(parent, frame);
        self.stack_ids.insert(key, stack);
        Ok(stack)
    }

    /// How many call paths lead from `parent` to a place through what it is inlined into, without those that are known.
    fn new_paths(&self, parent: Option<StackId>, place: PlaceId) -> usize {
        let outer = |row: &u32| self.foreign.places.get(*row as usize)?.outer;
        let way = std::iter::successors(Some(place.0), outer);
        way.take_while(|row| !self.stack_ids.contains_key(&(parent, *row))).count()
    }

    /// `outer`, a stack and its innermost place, with a line of `function` inside: inlined there, or called from there.
    pub(super) fn inside(
        &mut self,
        outer: Option<(StackId, PlaceId)>,
        function: FunctionId,
        line: u32,
        is_inlined: bool,
    ) -> Result<(StackId, PlaceId), ImportError> {
        let inlined_at = outer.filter(|_| is_inlined);
        let parent = match inlined_at {
            Some((stack, _)) => self.stacks.parent.get(stack.0 as usize).copied().flatten(),
            None => outer.map(|(stack, _)| stack),
        };
        let place = self.place(function, line, None, inlined_at.map(|(_, place)| place));
        Ok((self.stack(parent, place)?, place))
    }

    /// A sample that stands for what passed in `weight_nanos` before it. Later ones must not come before earlier ones.
    pub(super) fn sample(
        &mut self,
        time_nanos: u64,
        stack: Option<StackId>,
        weight_nanos: u64,
    ) -> Result<(), ImportError> {
        let stack = self.some_stack(stack)?;
        if self.samples.len() >= MOST_SAMPLES {
            return Err(self.too_many());
        }
        self.samples.push(time_nanos, stack, weight_nanos);
        Ok(())
    }

    /// What is in no function has a frame that says so.
    fn some_stack(&mut self, stack: Option<StackId>) -> Result<StackId, ImportError> {
        if let Some(stack) = stack {
            return Ok(stack);
        }
        let function = self.function(Function { name: NO_STACK, ..Function::default() })?;
        let place = self.place(function, 0, None, None);
        self.stack(None, place)
    }

    /// A sample that comes when the one before is over.
    pub(super) fn next_sample(
        &mut self,
        stack: Option<StackId>,
        weight_nanos: u64,
    ) -> Result<(), ImportError> {
        let last_nanos = self.samples.time_nanos.last().copied().unwrap_or(0);
        self.sample(last_nanos.saturating_add(weight_nanos), stack, weight_nanos)
    }

    /// `value` of something that was counted.
    pub(super) fn sum(
        &mut self,
        quantity: Quantity,
        stack: Option<StackId>,
        value: u64,
    ) -> Result<(), ImportError> {
        let stack = self.some_stack(stack)?;
        let sums = &mut self.foreign.sums;
        let at = sums.iter().position(|sums| sums.quantity == quantity).unwrap_or_else(|| {
            sums.push(ForeignSums { quantity, stack: Vec::new(), value: Vec::new() });
            sums.len() - 1
        });
        sums[at].stack.push(stack);
        sums[at].value.push(value);
        Ok(())
    }

    /// The recording of it, named `name`.
    pub(super) fn finish(mut self, name: &str) -> Result<Recording, ImportError> {
        if self.is_cut {
            let most = Foreign::MOST_INLINED;
            self.warn(format!("what is inlined more than {most} deep is shown as what it is inlined into"));
        }
        let Draft { format, mut foreign, stacks, samples, warnings, created_unix_millis, .. } = self;
        if samples.is_empty() && foreign.sums.iter().all(|sums| sums.value.is_empty()) {
            return Err(ImportError::Empty { format });
        }
        // Where nothing is WebAssembly all of it is the program's.
        if foreign.functions.iter().all(|function| function.whose == Whose::Host) {
            foreign.functions.iter_mut().for_each(|function| function.whose = Whose::Guest);
        }
        let measures =
            if samples.is_empty() { MeasureSet::NONE } else { MeasureSet::NONE.with(Measure::Time) };
        let meta =
            Meta { module_name: name.to_owned(), created_unix_millis, measures, warnings, ..Meta::default() };
        let attachments = vec![foreign.to_attachment()];
        Ok(Recording {
            meta,
            stacks,
            samples,
            attachments,
            outcome: Outcome::Unknown,
            ..Recording::default()
        })
    }

    fn file(&mut self, file: &str) -> u32 {
        let rows = &mut self.foreign.files;
        *self.files.entry(cut(&path_of(file)).to_owned()).or_insert_with_key(|file| {
            rows.push(file.clone());
            (rows.len() - 1) as u32
        })
    }
}

/// The path where it is the URL of a file here.
fn path_of(file: &str) -> Cow<'_, str> {
    match file.strip_prefix("file://").filter(|path| path.starts_with('/')) {
        Some(path) => percent_decode_str(path).decode_utf8_lossy(),
        None => Cow::Borrowed(file),
    }
}

/// At most [`MOST_NAME_BYTES`] of a name.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(MOST_NAME_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    #[test]
    fn paths_are_counted_as_they_will_be_made() {
        let mut draft = Draft::new(Format::Folded);
        let functions = ["a", "b", "c"].map(|name| draft.function(Function { name, ..Function::default() }));
        let [a, b, c] = functions.map(Result::unwrap);
        let outer = draft.inside(None, a, 0, false).unwrap();
        let inlined = draft.inside(Some(outer), b, 0, true).unwrap();
        draft.inside(Some(inlined), c, 0, true).unwrap();
        draft.inside(Some(inlined), c, 0, false).unwrap();
        // All at once, as pprof has it.
        let called = draft.place(a, 0, None, None);
        let inlined = draft.place(b, 0, None, Some(called));
        let stack = draft.stack(Some(outer.0), inlined).unwrap();
        draft.sample(1, Some(stack), 1).unwrap();
        let paths = draft.paths;
        let profile = Profile::new(draft.finish("a").unwrap());
        assert_eq!((paths, profile.paths().len() - 1), (6, 6));
    }
}
