//! What all formats come to: functions, places, stacks as a prefix tree, samples and sums.

use super::wasm::{WasmName, is_module, wasm_name};
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
    functions: FxHashMap<ForeignFunction, u32>,
    places: FxHashMap<ForeignPlace, u32>,
    stack_ids: FxHashMap<(Option<StackId>, u32), StackId>,
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
            stack_ids: FxHashMap::default(),
        }
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Says what of it is wrong.
    pub(super) fn damaged(&self, what: String) -> ImportError {
        ImportError::Damaged { format: self.format, what }
    }

    /// The function with this name and place of declaration.
    pub(super) fn function(&mut self, function: Function<'_>) -> FunctionId {
        let Function { name, file, line, is_wasm } = function;
        let WasmName { is_wasm: is_named_so, index, module_offset } = wasm_name(name, file);
        let whose = if is_wasm || is_named_so { Whose::Guest } else { Whose::Host };
        let name = if name.is_empty() { "(anonymous)".to_owned() } else { text(name) };
        let row = (!file.is_empty()).then(|| self.file(file));
        let (module, file) = if is_module(file) { (row, None) } else { (None, row) };
        let line = if file.is_some() { line } else { 0 };
        let rows = &mut self.foreign.functions;
        let function = ForeignFunction { name, file, module, line, whose, index };
        let row = *self.functions.entry(function).or_insert_with_key(|function| {
            rows.push(function.clone());
            (rows.len() - 1) as u32
        });
        FunctionId { row, has_source: file.is_some(), module_offset }
    }

    /// A line of a function, inlined at `outer` if that is a place. `module_offset` is in bytes from the beginning of
    /// the module.
    pub(super) fn place(
        &mut self,
        function: FunctionId,
        line: u32,
        module_offset: Option<u32>,
        outer: Option<PlaceId>,
    ) -> PlaceId {
        let module_offset = module_offset.or(function.module_offset);
        let (outer, line) = (outer.map(|place| place.0), if function.has_source { line } else { 0 });
        let rows = &mut self.foreign.places;
        let place = ForeignPlace { function: function.row, line, outer, module_offset };
        PlaceId(*self.places.entry(place).or_insert_with_key(|place| {
            rows.push(*place);
            (rows.len() - 1) as u32
        }))
    }

    /// The stack that is `parent` with a frame at `place` inside.
    pub(super) fn stack(&mut self, parent: Option<StackId>, place: PlaceId) -> Result<StackId, ImportError> {
        let stacks = &mut self.stacks;
        if stacks.len() >= u32::MAX as usize {
            return Err(ImportError::TooMany { format: self.format });
        }
        // Which function a place is in is told when all are known.
        let frame = StackFrame::Wasm { func: FuncIndex(0), offset: CodeOffset(place.0) };
        Ok(*self.stack_ids.entry((parent, place.0)).or_insert_with(|| stacks.push(parent, frame)))
    }

    /// The stack that calls `stack`.
    pub(super) fn parent(&self, stack: StackId) -> Option<StackId> {
        self.stacks.parent.get(stack.0 as usize).copied().flatten()
    }

    /// A sample that stands for what passed in `weight_nanos` before it. Later ones must not come before earlier ones.
    pub(super) fn sample(
        &mut self,
        time_nanos: u64,
        stack: Option<StackId>,
        weight_nanos: u64,
    ) -> Result<(), ImportError> {
        let stack = self.some_stack(stack)?;
        self.samples.push(time_nanos, stack, weight_nanos);
        Ok(())
    }

    /// What is in no function has a frame that says so.
    fn some_stack(&mut self, stack: Option<StackId>) -> Result<StackId, ImportError> {
        if let Some(stack) = stack {
            return Ok(stack);
        }
        let function = self.function(Function { name: NO_STACK, ..Function::default() });
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
    pub(super) fn finish(self, name: &str) -> Result<Recording, ImportError> {
        let Draft { format, mut foreign, mut stacks, samples, warnings, created_unix_millis, .. } = self;
        if samples.is_empty() && foreign.sums.iter().all(|sums| sums.value.is_empty()) {
            return Err(ImportError::Empty { format });
        }
        // Where nothing is WebAssembly all of it is the program's.
        if foreign.functions.iter().all(|function| function.whose == Whose::Host) {
            foreign.functions.iter_mut().for_each(|function| function.whose = Whose::Guest);
        }
        for frame in &mut stacks.frame {
            if let StackFrame::Wasm { func, offset } = frame {
                *func = FuncIndex(outermost(&foreign, *offset));
            }
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
        *self.files.entry(text(&path_of(file))).or_insert_with_key(|file| {
            rows.push(file.clone());
            (rows.len() - 1) as u32
        })
    }
}

/// The function that is not inlined at a place.
fn outermost(foreign: &Foreign, offset: CodeOffset) -> u32 {
    let place = foreign.places.get(offset.0 as usize);
    place.and_then(|place| foreign.chain(place).last()).map_or(0, |place| place.function)
}

/// The path where it is the URL of a file here.
fn path_of(file: &str) -> Cow<'_, str> {
    match file.strip_prefix("file://").filter(|path| path.starts_with('/')) {
        Some(path) => percent_decode_str(path).decode_utf8_lossy(),
        None => Cow::Borrowed(file),
    }
}

/// A name of at most [`MOST_NAME_BYTES`].
fn text(text: &str) -> String {
    let mut end = text.len().min(MOST_NAME_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
