//! Turns the builder's numbers into function indices and code offsets of the module that is made to fit.

use super::ModuleShape;
use super::encode::{Encoded, encode};
use super::frames::Frames;
use crate::profile::source::{self, FrameSource};
use crate::profile::{FrameInfo, FrameKind};
use rustc_hash::FxHashMap;
use wasmscope_instrument::recording::{Direction, Recording, StackFrame};
use wasmscope_symbolize::{CodeOffset, Frame, FuncIndex, Location, ModuleIndex, Symbols};

type Chains = FxHashMap<(FuncIndex, CodeOffset), Vec<Frame>>;

/// A recording of the module, and what stands for its lines.
pub(super) struct Resolved {
    pub(super) recording: Recording,
    pub(super) chains: Chains,
}

pub(super) fn resolve(frames: &Frames, shape: &ModuleShape, mut recording: Recording) -> Resolved {
    let Encoded { bytes, offsets } = encode(frames, shape);
    let imported = frames.imports.len() as u32;
    let defined = |func: &mut FuncIndex| func.0 += imported;
    let place = |offset: &mut CodeOffset| {
        *offset = offsets.get(offset.0 as usize).copied().unwrap_or(CodeOffset(u32::MAX));
    };
    for frame in &mut recording.stacks.frame {
        if let StackFrame::Wasm { func, offset } = frame {
            defined(func);
            place(offset);
        }
    }
    recording.contexts.func.iter_mut().for_each(defined);
    recording.meta.allocators.iter_mut().for_each(|allocator| defined(&mut allocator.func));
    recording.contexts.call_site.iter_mut().flatten().for_each(place);
    recording.growth.iter_mut().filter_map(|event| event.site.as_mut()).for_each(place);
    recording.crossings.sites.iter_mut().filter_map(|row| row.site.as_mut()).for_each(place);
    recording.instructions.start.iter_mut().for_each(place);
    recording.instructions.end = recording.instructions.start.iter().map(|at| CodeOffset(at.0 + 1)).collect();
    let exported = recording.crossings.functions.iter_mut();
    exported.filter(|row| row.direction == Direction::HostToGuest).for_each(|row| defined(&mut row.func));
    recording.module = bytes.into();
    let chains = frames.chains.iter().zip(&offsets).map(|(chain, offset)| {
        let func = FuncIndex(chain.func.0 + imported);
        ((func, *offset), chain.frames.clone())
    });
    Resolved { chains: chains.collect(), recording }
}

/// Names out of the module's symbols, lines out of what call paths said.
pub(super) struct MadeUp<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) chains: &'a Chains,
}

impl FrameSource for MadeUp<'_> {
    fn frames(&self, func: FuncIndex, offset: CodeOffset) -> Vec<Frame> {
        self.chains.get(&(func, offset)).cloned().unwrap_or_default()
    }

    fn module(&self) -> &ModuleIndex {
        self.symbols.module()
    }

    /// A function counts as declared at the lowest line that it was seen at.
    fn info(&self, kind: FrameKind, func: FuncIndex) -> FrameInfo {
        let own = self.chains.iter().filter(|((of, _), _)| *of == func && kind == FrameKind::Wasm(func));
        let seen = own.filter_map(|(_, frames)| frames.last()?.location.clone());
        let declared: Option<Location> = seen.min_by_key(|location| location.line);
        source::info(self.symbols, kind, func, declared)
    }
}
