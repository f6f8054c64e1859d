//! What another profiler told of functions and places, ready to be asked.

use super::source::{FrameSource, info};
use super::{FrameInfo, FrameKind};
use std::sync::Arc;
use wasmscope_instrument::recording::{Foreign, ForeignFunction, ForeignPlace, Quantity, Recording, Whose};
use wasmscope_symbolize::{
    CodeOffset, Frame, FuncIndex, Group, GroupKind, Location, ModuleIndex, Name, Symbols,
};

/// What another profiler told.
#[derive(Debug)]
pub(super) struct Told {
    foreign: Foreign,
    /// By function.
    names: Vec<Arc<Name>>,
    /// By file.
    files: Vec<Arc<str>>,
}

impl Told {
    /// What the recording has of it; `None` where it was recorded here.
    pub(super) fn of(recording: &Recording) -> Option<Told> {
        let foreign = Foreign::of(recording)?;
        let names = foreign.functions.iter().map(|function| Arc::new(name(function))).collect();
        let files = foreign.files.iter().map(|file| Arc::from(file.as_str())).collect();
        Some(Told { foreign, names, files })
    }

    pub(super) fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// The rows of what was counted, by the row of the stack.
    pub(super) fn sums(&self, quantity: Quantity) -> impl Iterator<Item = (u32, u64)> {
        let sums = self.foreign.sums.iter().filter(move |sums| sums.quantity == quantity);
        sums.flat_map(|sums| sums.stack.iter().map(|stack| stack.0).zip(sums.value.iter().copied()))
    }

    fn kind(&self, func: FuncIndex) -> Option<FrameKind> {
        Some(match self.foreign.function(func)?.whose {
            Whose::Guest => FrameKind::Wasm(func),
            Whose::Host => FrameKind::Host(func),
        })
    }

    fn frames(&self, func: FuncIndex, offset: CodeOffset) -> Option<Vec<Frame>> {
        let place = self.foreign.place(func, offset)?;
        Some(self.foreign.chain(place).filter_map(|place| self.frame(place)).collect())
    }

    fn frame(&self, place: &ForeignPlace) -> Option<Frame> {
        let function = self.foreign.functions.get(place.function as usize)?;
        let name = Arc::clone(self.names.get(place.function as usize)?);
        let file = self.file(function).filter(|_| place.line > 0);
        let location = file.map(|file| Location { file, line: place.line, column: 0 });
        Some(Frame { name, location, inlined: place.outer.is_some() })
    }

    fn file(&self, function: &ForeignFunction) -> Option<Arc<str>> {
        self.files.get(function.file? as usize).cloned()
    }

    fn group(&self, function: &ForeignFunction) -> Option<Group> {
        let module = function.module.and_then(|row| Group::of_file(self.files.get(row as usize)?));
        let module = module.map(|group| Group { kind: GroupKind::Module, ..group });
        module.or_else(|| Group::of_file(&self.file(function)?))
    }

    fn info(&self, kind: FrameKind, func: FuncIndex) -> Option<FrameInfo> {
        let function = self.foreign.function(func)?;
        let name = self.names.get(func.0.checked_sub(self.foreign.first)? as usize)?;
        let file = self.file(function);
        Some(FrameInfo {
            kind,
            name: Arc::clone(&name.full),
            short: Arc::clone(&name.short),
            group: name.group.clone().or_else(|| self.group(function)),
            file,
            line: Some(function.line).filter(|line| *line > 0),
        })
    }
}

/// Host functions are not mangled, and have names that are no signatures: `(garbage collector)`.
fn name(function: &ForeignFunction) -> Name {
    let raw: Arc<str> = Arc::from(function.name.as_str());
    match function.whose {
        Whose::Guest if function.index.is_none() => Name::of(&raw),
        Whose::Guest | Whose::Host => Name::same(&raw),
    }
}

/// The symbols of the recording's module, and what another profiler told of all that is not in it.
pub(super) struct Known<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) told: Option<&'a Told>,
}

impl FrameSource for Known<'_> {
    fn frames(&self, func: FuncIndex, offset: CodeOffset) -> Vec<Frame> {
        let told = self.told.and_then(|told| told.frames(func, offset));
        told.unwrap_or_else(|| FrameSource::frames(self.symbols, func, offset))
    }

    fn module(&self) -> &ModuleIndex {
        self.symbols.module()
    }

    fn kind(&self, func: FuncIndex) -> FrameKind {
        self.told.and_then(|told| told.kind(func)).unwrap_or(FrameKind::Wasm(func))
    }

    fn info(&self, kind: FrameKind, func: FuncIndex) -> FrameInfo {
        let told = self.told.and_then(|told| told.info(kind, func));
        told.unwrap_or_else(|| match kind {
            FrameKind::Wasm(_) => info(self.symbols, kind, func, self.symbols.declaration(func)),
            _ => info(self.symbols, kind, func, None),
        })
    }
}
