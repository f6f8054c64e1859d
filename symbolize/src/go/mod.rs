//! What Go's linker leaves in the data of a module: the real names of functions, which the name section has with
//! underscores for most characters, how large each function's frame is on Go's own stack, and the lines of calls.

mod calls;
mod frames;
mod image;
mod pclntab;
mod short;
mod slots;

pub use frames::{GoFrames, GoFunction};
pub(crate) use short::{is_written, shorten};

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashSet;

use crate::ids::{CodeOffset, FuncIndex};
use crate::module::ModuleIndex;
use crate::symbols::Location;
use image::{Image, Segments};
use pclntab::{Pclntab, Record};
use slots::Slots;

/// The table of a module's functions.
pub(crate) struct GoTable {
    segments: Segments,
    pclntab: Pclntab,
    /// Where the table tells of each function, by function.
    records: Vec<(FuncIndex, Record)>,
    /// The calls in the code, with the program counter that each comes back to, by their offsets.
    calls: OnceLock<Vec<(CodeOffset, u64)>>,
}

impl GoTable {
    /// Finds the table in the module in `bytes`; `None` where there is none.
    pub(crate) fn find(bytes: &[u8], module: &ModuleIndex) -> Option<GoTable> {
        let segments = Segments::new(module);
        let image = segments.of(bytes);
        let pclntab = Pclntab::find(&image, module.functions().len())?;
        let slots = Slots::read(bytes, module);
        // Each function has one slot: a table in which one has a million must not have it read a million times.
        let mut known = FxHashSet::default();
        let function = |record: Record| {
            slots.get(record.slot).filter(|func| known.insert(*func)).map(|func| (func, record))
        };
        let mut records: Vec<_> = pclntab.records(&image).filter_map(function).collect();
        records.sort_by_key(|(func, _)| *func);
        (!records.is_empty()).then_some(GoTable { segments, pclntab, records, calls: OnceLock::new() })
    }

    /// The name of a function as its source has it, with the import path of its package in front.
    pub(crate) fn name(&self, bytes: &[u8], function: FuncIndex) -> Option<Arc<str>> {
        text(bytes, self.pclntab.name(&self.segments.of(bytes), self.record(function)?)?)
    }

    /// Where in the source the call at `offset` of `function` is; `None` for other instructions, of which Go tells
    /// nothing, and for calls in code that is inlined.
    pub(crate) fn location(
        &self,
        bytes: &[u8],
        module: &ModuleIndex,
        function: FuncIndex,
        offset: CodeOffset,
    ) -> Option<Location> {
        let calls = self.calls(bytes, module);
        let at = calls.binary_search_by_key(&offset, |(offset, _)| *offset).ok()?;
        let (_, pc) = calls.get(at)?;
        // What is in front of where the call comes back to is the call.
        let place = ((pc & 0xffff) as u32).checked_sub(1)?;
        location(bytes, self.pclntab.line(&self.segments.of(bytes), self.record(function)?, place)?)
    }

    /// Where a function is declared.
    pub(crate) fn declaration(&self, bytes: &[u8], function: FuncIndex) -> Option<Location> {
        location(bytes, self.pclntab.declaration(&self.segments.of(bytes), self.record(function)?)?)
    }

    /// The frames of the module in `bytes`.
    pub(crate) fn frames(&self, bytes: &[u8], module: &ModuleIndex) -> GoFrames {
        let is_resumer = |func: FuncIndex| {
            let name = self.name(bytes, func);
            name.is_some_and(|name| matches!(&*name, "wasm_pc_f_loop" | "wasm_pc_f_loop_export"))
        };
        let image = self.segments.of(bytes);
        let functions =
            self.records.iter().filter_map(|(func, record)| self.function(&image, *func, *record));
        let calls = self.calls(bytes, module).iter().map(|(offset, pc)| (*pc, *offset));
        let resumers = self.records.iter().map(|(func, _)| *func).filter(|func| is_resumer(*func));
        GoFrames::new(functions.collect(), calls.collect(), resumers.collect())
    }

    fn function(&self, image: &Image<'_>, func: FuncIndex, record: Record) -> Option<(u32, GoFunction)> {
        let frame_bytes = self.pclntab.frame_bytes(image, record)?;
        let is_outermost = record.is_outermost(image);
        Some((record.slot, GoFunction { func, frame_bytes, is_outermost }))
    }

    fn record(&self, function: FuncIndex) -> Option<Record> {
        let at = self.records.binary_search_by_key(&function, |(func, _)| *func).ok()?;
        self.records.get(at).map(|(_, record)| *record)
    }

    fn calls(&self, bytes: &[u8], module: &ModuleIndex) -> &[(CodeOffset, u64)] {
        let slots = self.records.iter().map(|(func, record)| (*func, record.slot));
        self.calls.get_or_init(|| calls::read(bytes, module, slots))
    }
}

fn location(bytes: &[u8], (file, line): (Range<usize>, u32)) -> Option<Location> {
    Some(Location { file: text(bytes, file)?, line, column: 0 })
}

fn text(bytes: &[u8], range: Range<usize>) -> Option<Arc<str>> {
    let text = std::str::from_utf8(bytes.get(range)?).ok()?;
    (!text.is_empty()).then(|| text.into())
}
