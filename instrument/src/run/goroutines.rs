//! Makes stacks of Go programs whole: the callers of what goes on stand on a stack of Go's own.

use super::guest::GuestState;
use crate::plan::Goroutines;
use crate::probes::{self, Resumed};
use crate::recording::StackFrame;
use crate::sample::walk_goroutine;
use wasmscope_symbolize::{FuncIndex, GoFrames, ModuleIndex};
use wasmtime::StoreContextMut;

/// Where the goroutine that went on last did so, and where its callers will, innermost first; empty where the module is
/// not Go's.
pub fn goroutine(store: &StoreContextMut<'_, GuestState>) -> Vec<u64> {
    let mut pcs = Vec::new();
    let watch = &store.data().watch;
    if let (Some(live), Some(memory)) =
        (watch.probes.as_ref().and_then(|probes| probes.instances().first()), watch.memory)
        && let Some(goroutines) = &live.layout.goroutines
        && let Some(resumed) = probes::resumed_words(live.events(store)).and_then(Resumed::read)
    {
        let memory = memory.data(store);
        let word = |address: u64| memory.get(usize::try_from(address).ok()?..)?.first_chunk();
        let read = |address| word(address).map(|word| u64::from_le_bytes(*word));
        walk_goroutine(&goroutines.frames, resumed, read, |pc| pcs.push(pc));
    }
    pcs
}

/// Puts the callers in `goroutine`, as [`goroutine()`] gives them, between the function that went on and the loop that
/// called it. The stack, innermost first, stays as it is where the two do not belong together: only the goroutine that
/// went on last is known.
pub fn rejoin(
    stack: &mut Vec<StackFrame>,
    goroutine: &[u64],
    goroutines: Option<&Goroutines>,
    index: &ModuleIndex,
) {
    let (Some(goroutines), Some((resumed, callers))) = (goroutines, goroutine.split_first()) else { return };
    let resumes = |frame: &StackFrame| function_of(frame).is_some_and(|func| goroutines.resumes(func));
    let Some(below) = stack.iter().position(resumes) else { return };
    let called = below.checked_sub(1).and_then(|at| stack.get(at)).and_then(function_of);
    let frames = &goroutines.frames;
    if called.is_some() && called == frames.function(*resumed).map(|function| function.func) {
        let callers: Vec<_> = callers.iter().filter_map(|pc| caller(*pc, frames, index)).collect();
        stack.splice(below..below, callers);
    }
}

fn function_of(frame: &StackFrame) -> Option<FuncIndex> {
    match frame {
        StackFrame::Wasm { func, .. } => Some(*func),
        StackFrame::Host { .. } | StackFrame::Engine => None,
    }
}

/// The frame of the call that comes back to `pc`.
fn caller(pc: u64, frames: &GoFrames, index: &ModuleIndex) -> Option<StackFrame> {
    let func = frames.function(pc)?.func;
    let entry = || Some(index.function(func)?.body.as_ref()?.start);
    Some(StackFrame::Wasm { func, offset: frames.call_site(pc).or_else(entry)? })
}
