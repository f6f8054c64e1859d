//! Expands what was recorded, physical frames by code offset, into call paths of logical frames.

use super::executed::executed;
use super::frames::FrameInterner;
use super::lines::LineInterner;
use super::paths::PathInterner;
use super::source::FrameSource;
use super::{FrameId, FrameInfo, FrameKind, FrameTable, LineId, PathId, PathTable, SourceLines};
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;
use std::sync::Arc;
use wasmscope_instrument::recording::{ContextId, ContextTable, Recording, StackFrame, StackTable};
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex};

/// The tables of frames, lines and paths, and the path of each recorded thing.
#[derive(Debug)]
pub(super) struct Expanded {
    pub(super) frames: FrameTable,
    pub(super) lines: SourceLines,
    pub(super) paths: PathTable,
    /// By row of the stack table.
    pub(super) of_stack: Vec<PathId>,
    /// By row of the context table; the root for contexts of functions that are no allocators.
    pub(super) of_heap_context: Vec<PathId>,
    /// By growth event.
    pub(super) of_growth: Vec<PathId>,
    /// By row of the shadow stack's lows.
    pub(super) of_stack_low: Vec<PathId>,
    /// By row of the crossings' call sites.
    pub(super) of_crossing_site: Vec<PathId>,
    /// By row of the counts.
    pub(super) of_count: Vec<PathId>,
    /// The instructions that were executed in each path by itself.
    pub(super) executed: Vec<(PathId, u64)>,
    bad_parents: usize,
}

impl Expanded {
    /// `ids` has those that are known from before and must stay, as while a recording goes on; it gets the new ones.
    pub(super) fn of<S: FrameSource + ?Sized>(recording: &Recording, source: &S, ids: &mut Ids) -> Expanded {
        let mut expander = Expander { source, ids, bad_parents: 0 };
        let of_stack = expander.stacks(&recording.stacks);
        let callers = expander.callers(&recording.contexts);
        let events = ContextEvents { contexts: &recording.contexts, callers };
        let of_heap_context = events.heap(&mut expander, recording);
        let of_growth = events.growth(&mut expander, recording);
        let of_stack_low = events.stack_lows(&mut expander, recording);
        let of_crossing_site = events.crossing_sites(&mut expander, recording);
        let of_count = events.counts(&mut expander, recording);
        let executed = executed(&mut expander, recording, &events.callers);
        let Expander { ids, bad_parents, .. } = expander;
        Expanded {
            frames: ids.frames.table().clone(),
            lines: ids.lines.table().clone(),
            paths: ids.paths.table().clone(),
            of_stack,
            of_heap_context,
            of_growth,
            of_stack_low,
            of_crossing_site,
            of_count,
            executed,
            bad_parents,
        }
    }

    /// What was wrong with the tables, as a sentence.
    pub(super) fn fault(&self) -> Option<String> {
        let rows = self.bad_parents;
        (rows > 0)
            .then(|| format!("{rows} call paths of the recording are broken; their callers are missing"))
    }
}

/// Which ids were given to what.
#[derive(Default)]
pub(super) struct Ids {
    frames: FrameInterner,
    lines: LineInterner,
    paths: PathInterner,
    /// The logical frames of each distinct code offset, outermost first, in `chain_rows`.
    chains: FxHashMap<(FuncIndex, Option<CodeOffset>), Range<usize>>,
    chain_rows: Vec<(FrameId, LineId)>,
}

pub(super) struct Expander<'a, S: ?Sized> {
    source: &'a S,
    ids: &'a mut Ids,
    bad_parents: usize,
}

impl<'a, S: FrameSource + ?Sized> Expander<'a, S> {
    /// The path of each stack.
    fn stacks(&mut self, stacks: &StackTable) -> Vec<PathId> {
        let mut paths: Vec<PathId> = Vec::with_capacity(stacks.len());
        for (row, frame) in stacks.frame.iter().enumerate() {
            let parent = stacks.parent.get(row).copied().flatten().map(|id| id.0);
            let outer = self.parent_of(&paths, parent);
            let path = match *frame {
                StackFrame::Wasm { func, offset } => self.guest(outer, func, Some(offset)),
                StackFrame::Host { import } => self.host(outer, import),
                StackFrame::Engine => self.engine(outer),
            };
            paths.push(path);
        }
        paths
    }

    /// For each context the path down to the call of its function, that function itself left out.
    fn callers(&mut self, contexts: &ContextTable) -> Vec<PathId> {
        let mut callers: Vec<PathId> = Vec::with_capacity(contexts.len());
        for row in 0..contexts.len() {
            let parent = contexts.parent.get(row).copied().flatten().map(|id| id.0);
            let outer = self.parent_of(&callers, parent);
            let caller = parent.filter(|parent| (*parent as usize) < row);
            let func = caller.and_then(|caller| contexts.func.get(caller as usize));
            let site = contexts.call_site.get(row).copied().flatten();
            callers.push(func.map_or(outer, |func| self.guest(outer, *func, site)));
        }
        callers
    }

    /// The path of an earlier row. A row that isn't earlier is only in a damaged file, and might be a cycle.
    fn parent_of(&mut self, paths: &[PathId], parent: Option<u32>) -> PathId {
        let Some(parent) = parent else { return PathId::ROOT };
        let found = paths.get(parent as usize).copied();
        self.bad_parents += usize::from(found.is_none());
        found.unwrap_or(PathId::ROOT)
    }

    /// `outer` with the function at `offset`, and what is inlined there, inside.
    fn guest(&mut self, outer: PathId, func: FuncIndex, offset: Option<CodeOffset>) -> PathId {
        let chain = self.chain(func, offset);
        self.inside(outer, chain)
    }

    /// The logical frames of `func` at `offset`, outermost first, as rows of a table.
    pub(super) fn chain(&mut self, func: FuncIndex, offset: Option<CodeOffset>) -> Range<usize> {
        match self.ids.chains.get(&(func, offset)) {
            Some(chain) => chain.clone(),
            None => self.add_chain(func, offset),
        }
    }

    /// `outer` with the frames of `chain` inside.
    pub(super) fn inside(&mut self, outer: PathId, chain: Range<usize>) -> PathId {
        let mut path = outer;
        for (frame, line) in &self.ids.chain_rows[chain] {
            path = self.ids.paths.child(path, *frame, *line);
        }
        path
    }

    /// Are two chains the same frames at the same lines?
    pub(super) fn are_equal(&self, a: &Range<usize>, b: &Range<usize>) -> bool {
        self.ids.chain_rows[a.clone()] == self.ids.chain_rows[b.clone()]
    }

    /// The module that the code offsets belong to.
    pub(super) fn module(&self) -> &'a ModuleIndex {
        self.source.module()
    }

    fn host(&mut self, outer: PathId, import: FuncIndex) -> PathId {
        let kind = FrameKind::Host(import);
        let frame = self.ids.frames.physical(kind, || self.source.info(kind, import));
        self.ids.paths.child(outer, frame, LineId::NONE)
    }

    fn engine(&mut self, outer: PathId) -> PathId {
        let frame = self.ids.frames.physical(FrameKind::Engine, || {
            let name: Arc<str> = Arc::from("(engine)");
            let short = Arc::clone(&name);
            FrameInfo { kind: FrameKind::Engine, name, short, group: None, file: None, line: None }
        });
        self.ids.paths.child(outer, frame, LineId::NONE)
    }

    fn add_chain(&mut self, func: FuncIndex, offset: Option<CodeOffset>) -> Range<usize> {
        let start = self.ids.chain_rows.len();
        let mut frames = offset.map(|offset| self.source.frames(func, offset)).unwrap_or_default();
        let kind = self.source.kind(func);
        let frame = self.ids.frames.physical(kind, || self.source.info(kind, func));
        let outermost = frames.pop();
        let line = self.ids.lines.intern(outermost.as_ref().and_then(|frame| frame.location.as_ref()));
        self.ids.chain_rows.push((frame, line));
        for frame in frames.iter().rev() {
            let id = self.ids.frames.inlined(frame);
            let line = self.ids.lines.intern(frame.location.as_ref());
            self.ids.chain_rows.push((id, line));
        }
        let chain = start..self.ids.chain_rows.len();
        self.ids.chains.insert((func, offset), chain.clone());
        chain
    }
}

/// Finds the paths of what happened in calling contexts.
struct ContextEvents<'a> {
    contexts: &'a ContextTable,
    /// By context: see [`Expander::callers`].
    callers: Vec<PathId>,
}

impl ContextEvents<'_> {
    /// The path of the function that runs in `context`, at `site`.
    fn path<S: FrameSource + ?Sized>(
        &self,
        expander: &mut Expander<'_, S>,
        context: Option<ContextId>,
        site: Option<CodeOffset>,
    ) -> PathId {
        let row = context.map(|context| context.0 as usize);
        let caller = row.and_then(|row| self.callers.get(row));
        let func = row.and_then(|row| self.contexts.func.get(row));
        match (caller, func) {
            (Some(caller), Some(func)) => expander.guest(*caller, *func, site),
            _ => PathId::ROOT,
        }
    }

    fn heap<S: FrameSource + ?Sized>(
        &self,
        expander: &mut Expander<'_, S>,
        recording: &Recording,
    ) -> Vec<PathId> {
        let allocators: FxHashSet<FuncIndex> = recording.meta.allocators.iter().map(|at| at.func).collect();
        // They are not known where the recorder was killed before it could say so.
        let can_be = |func: &FuncIndex| allocators.is_empty() || allocators.contains(func);
        let is_allocator = |row: usize| self.contexts.func.get(row).is_some_and(can_be);
        let mut path_of = |row: usize| {
            let context = is_allocator(row).then_some(ContextId(row as u32));
            self.path(expander, context, None)
        };
        (0..self.callers.len()).map(&mut path_of).collect()
    }

    fn growth<S: FrameSource + ?Sized>(
        &self,
        expander: &mut Expander<'_, S>,
        recording: &Recording,
    ) -> Vec<PathId> {
        recording.growth.iter().map(|event| self.path(expander, event.context, event.site)).collect()
    }

    fn stack_lows<S: FrameSource + ?Sized>(
        &self,
        expander: &mut Expander<'_, S>,
        recording: &Recording,
    ) -> Vec<PathId> {
        let lows = recording.shadow_stack.iter().flat_map(|stack| &stack.lows);
        lows.map(|low| self.path(expander, low.context, None)).collect()
    }

    fn counts<S: FrameSource + ?Sized>(
        &self,
        expander: &mut Expander<'_, S>,
        recording: &Recording,
    ) -> Vec<PathId> {
        let contexts = recording.counts.context.iter();
        contexts.map(|context| self.path(expander, Some(*context), None)).collect()
    }

    fn crossing_sites<S: FrameSource + ?Sized>(
        &self,
        expander: &mut Expander<'_, S>,
        recording: &Recording,
    ) -> Vec<PathId> {
        let path_of = |site: &wasmscope_instrument::recording::SiteCrossings| {
            let caller = self.path(expander, site.context, site.site);
            expander.host(caller, site.import)
        };
        recording.crossings.sites.iter().map(path_of).collect()
    }
}
