//! Makes profiles up, for tests, benches and screenshots: from folded text and single events.

mod encode;
mod frames;
mod resolve;

use super::expand::{Expanded, Ids};
use super::{Profile, outline};
use frames::{Frames, GuestFrame, Path};
use resolve::{MadeUp, Resolved};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use wasmscope_instrument::recording::{
    Allocator, AllocatorFamily, ContextId, Crossing, Direction, Frees, GrowthEvent, HeapEvent, HeapOp,
    KnownBy, Recording, SiteCrossings, StackFrame, StackId,
};
use wasmscope_symbolize::{CodeOffset, FuncIndex, MemoryIndex, Symbols};

/// More durations than this are not put into a made-up histogram.
const MAX_DURATIONS: u64 = 10_000;

/// Makes a profile of a module that never was.
///
/// Call paths are written as in folded text, the outermost function first: `main@app.c:3;+push@vec.h:8;leaf`.
/// - `name` is a function of the module; `name@file:line` is at that line.
/// - `+name@file:line` is inlined into the frame before it.
/// - `[module.name]` is an import, `[engine]` is the engine.
///
/// The module is made to fit: it has the functions with their names, a memory and data segments.
///
/// ```
/// use wasmscope::analysis::{CallTreeQuery, call_tree};
/// use wasmscope::profile::ProfileBuilder;
///
/// let profile = ProfileBuilder::new().folded("main;work 30\nmain;rest 10").build();
/// assert_eq!(call_tree(&profile, &CallTreeQuery::default()).total(), 40);
/// ```
#[derive(Debug, Default)]
pub struct ProfileBuilder {
    frames: Frames,
    /// Functions and code offsets in it are numbers of `frames`, until the module is made.
    recording: Recording,
    stacks: FxHashMap<(Option<StackId>, StackFrame), StackId>,
    contexts: FxHashMap<(Option<ContextId>, FuncIndex, Option<CodeOffset>), ContextId>,
    sample_nanos: u64,
    module: ModuleShape,
}

/// What the module is made with, besides its functions.
#[derive(Debug)]
struct ModuleShape {
    initial_pages: u64,
    maximum_pages: Option<u64>,
    /// The sizes of the memories behind the first.
    more_memories: Vec<u64>,
    /// The address that the stack pointer starts at; without it there is no such global.
    stack_pointer: Option<u32>,
    /// `(address, bytes)`.
    data: Vec<(u32, Vec<u8>)>,
    /// Functions that are exported by their names.
    exports: Vec<FuncIndex>,
}

impl Default for ModuleShape {
    fn default() -> Self {
        ModuleShape {
            initial_pages: 1,
            maximum_pages: None,
            more_memories: Vec::new(),
            stack_pointer: None,
            data: Vec::new(),
            exports: Vec::new(),
        }
    }
}

impl ProfileBuilder {
    /// Nothing yet: a memory of one page.
    pub fn new() -> ProfileBuilder {
        ProfileBuilder::default()
    }

    /// One sample a line, `path weight`, the weight in nanoseconds (1 where there is none); each comes when the one
    /// before is over.
    #[must_use]
    pub fn folded(mut self, text: &str) -> Self {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let weighted =
                line.rsplit_once(' ').and_then(|(path, weight)| Some((path, weight.parse().ok()?)));
            let (path, weight_nanos) = weighted.unwrap_or((line, 1));
            let time_nanos = self.sample_nanos;
            self = self.sample(time_nanos, path, weight_nanos);
        }
        self
    }

    /// One sample. Later ones must not come before earlier ones.
    #[must_use]
    pub fn sample(mut self, time_nanos: u64, path: &str, weight_nanos: u64) -> Self {
        let path = self.frames.path(path);
        let guest =
            path.guest.iter().map(|frame| StackFrame::Wasm { func: frame.func, offset: frame.offset });
        let mut stack = None;
        for frame in guest.chain(path.outside) {
            let stacks = &mut self.recording.stacks;
            let pushed = self.stacks.entry((stack, frame)).or_insert_with(|| stacks.push(stack, frame));
            stack = Some(*pushed);
        }
        // A path without a frame has no stack; an id that no row has says so.
        let stack = stack.unwrap_or(StackId(u32::MAX));
        self.recording.samples.push(time_nanos, stack, weight_nanos);
        self.sample_nanos = time_nanos.saturating_add(weight_nanos);
        self
    }

    /// The size of memory 0 at the start and its declared limit, in pages. It is a memory64 if it is larger than 4 GiB.
    #[must_use]
    pub fn memory(mut self, initial_pages: u64, maximum_pages: Option<u64>) -> Self {
        self.module.initial_pages = initial_pages;
        self.module.maximum_pages = maximum_pages;
        self
    }

    /// One more memory, of so many pages; a memory64 if it is larger than 4 GiB.
    #[must_use]
    pub fn another_memory(mut self, initial_pages: u64) -> Self {
        self.module.more_memories.push(initial_pages);
        self
    }

    /// The function `name` is an allocator whose blocks lie in the memory with that index. Without any, all blocks lie
    /// in memory 0.
    #[must_use]
    pub fn allocator(mut self, name: &str, memory: u32, family: AllocatorFamily) -> Self {
        if let Some(GuestFrame { func, .. }) = self.frames.path(name).guest.first().copied() {
            let (name, memory) = (name.to_owned(), MemoryIndex(memory));
            let (op, known_by, frees) = (HeapOp::Alloc, KnownBy::Name, Frees::Seen);
            let allocator = Allocator { func, name, op, memory, family, known_by, frees };
            self.recording.meta.allocators.push(allocator);
        }
        self
    }

    /// A global `__stack_pointer` that starts at `address`.
    #[must_use]
    pub fn stack_pointer(mut self, address: u32) -> Self {
        self.module.stack_pointer = Some(address);
        self
    }

    /// A data segment of `len` bytes at `address` in memory 0.
    #[must_use]
    pub fn data(mut self, address: u32, len: usize) -> Self {
        self.module.data.push((address, vec![b'x'; len]));
        self
    }

    /// A `memory.grow` of memory 0 from `before_pages` by `asked_pages`, granted or refused.
    #[must_use]
    pub fn grow(
        mut self,
        time_nanos: u64,
        path: &str,
        before_pages: u64,
        asked_pages: u64,
        granted: bool,
    ) -> Self {
        let path = self.frames.path(path);
        let (context, site) = (self.context(&path.guest), path.guest.last().map(|frame| frame.offset));
        let memory = MemoryIndex(0);
        let event = GrowthEvent { time_nanos, memory, before_pages, asked_pages, granted, context, site };
        self.recording.growth.push(event);
        self
    }

    /// A block of `size` bytes handed out at `address`; the allocator is the innermost function of `path`.
    #[must_use]
    pub fn alloc(self, time_nanos: u64, path: &str, address: u64, size: u64) -> Self {
        self.heap(time_nanos, path, HeapOp::Alloc, address, size, 0)
    }

    /// The block at `address` freed.
    #[must_use]
    pub fn free(self, time_nanos: u64, path: &str, address: u64) -> Self {
        self.heap(time_nanos, path, HeapOp::Free, address, 0, 0)
    }

    /// The block at `old_address` made one of `size` bytes at `address`.
    #[must_use]
    pub fn realloc(self, time_nanos: u64, path: &str, old_address: u64, address: u64, size: u64) -> Self {
        self.heap(time_nanos, path, HeapOp::Realloc, address, size, old_address)
    }

    fn heap(
        mut self,
        time_nanos: u64,
        path: &str,
        op: HeapOp,
        address: u64,
        size: u64,
        old_address: u64,
    ) -> Self {
        let path = self.frames.path(path);
        let context = self.context(&path.guest);
        self.recording.heap.push(HeapEvent { time_nanos, op, address, size, old_address, context });
        self
    }

    /// `calls` calls of the import that is innermost in `path`, taking `total_nanos` together and handing `bytes` over.
    #[must_use]
    pub fn crossings(mut self, path: &str, calls: u64, total_nanos: u64, bytes: Option<u64>) -> Self {
        let path = self.frames.path(path);
        let Some(StackFrame::Host { import }) = path.outside else { return self };
        let (context, site) = (self.context(&path.guest), path.guest.last().map(|frame| frame.offset));
        let site = SiteCrossings { import, context, site, calls, total_nanos, bytes };
        self.recording.crossings.sites.push(site);
        self.count_crossings(Direction::GuestToHost, import, calls, total_nanos, bytes);
        self
    }

    /// `calls` calls of the function `name` by the host, taking `total_nanos` together. It is exported.
    #[must_use]
    pub fn export_calls(mut self, name: &str, calls: u64, total_nanos: u64) -> Self {
        let Path { guest, .. } = self.frames.path(name);
        if let Some(GuestFrame { func, .. }) = guest.first() {
            self.module.exports.push(*func);
            self.count_crossings(Direction::HostToGuest, *func, calls, total_nanos, None);
        }
        self
    }

    /// `calls` calls of the innermost function of `path` in that calling context, which moved `bulk_bytes` in bulk and
    /// executed `count` times the instruction that it is at.
    #[must_use]
    pub fn executed(mut self, path: &str, calls: u64, bulk_bytes: u64, count: u64) -> Self {
        let path = self.frames.path(path);
        if let (Some(context), Some(frame)) = (self.context(&path.guest), path.guest.last()) {
            self.recording.counts.push(context, calls, bulk_bytes);
            self.recording.instructions.push(context, frame.offset, frame.offset, count);
        }
        self
    }

    fn count_crossings(
        &mut self,
        direction: Direction,
        func: FuncIndex,
        calls: u64,
        total_nanos: u64,
        bytes: Option<u64>,
    ) {
        let rows = &mut self.recording.crossings.functions;
        let known = rows.iter().position(|row| (row.direction, row.func) == (direction, func));
        let place = known.unwrap_or_else(|| {
            rows.push(Crossing::none(direction, func, 0));
            rows.len() - 1
        });
        let row = &mut rows[place];
        row.calls += calls;
        row.total_nanos += total_nanos;
        row.self_nanos += total_nanos;
        row.last_nanos += total_nanos;
        row.bytes_out = bytes.map(|bytes| bytes + row.bytes_out.unwrap_or(0)).or(row.bytes_out);
        let mean_nanos = total_nanos.checked_div(calls).unwrap_or(0);
        (0..calls.min(MAX_DURATIONS)).for_each(|_| row.durations.add(mean_nanos));
    }

    /// The calling context of the innermost of `frames`.
    fn context(&mut self, frames: &[GuestFrame]) -> Option<ContextId> {
        let (mut context, mut site) = (None, None);
        for frame in frames {
            let contexts = &mut self.recording.contexts;
            let entry = self.contexts.entry((context, frame.func, site));
            context = Some(*entry.or_insert_with(|| contexts.push(context, frame.func, site)));
            site = Some(frame.offset);
        }
        context
    }

    /// Changes anything else of the recording, such as its head or its end. Functions and code offsets that are put
    /// in here are the builder's own numbers: leave them to the other methods.
    #[must_use]
    pub fn edit(mut self, change: impl FnOnce(&mut Recording)) -> Self {
        change(&mut self.recording);
        self
    }

    /// The recording with its module. Read back, it has the names but not the lines, which the module can't hold.
    pub fn recording(self) -> Recording {
        self.resolve().recording
    }

    /// The profile, with lines and inlined frames.
    pub fn build(self) -> Profile {
        let Resolved { recording, chains } = self.resolve();
        let module = Arc::new(outline(&recording).0);
        let symbols = Arc::new(Symbols::new(Arc::clone(&recording.module), module));
        let source = MadeUp { symbols: &symbols, chains: &chains };
        let expanded = Expanded::of(&recording, &source, &mut Ids::default());
        Profile::assemble(recording, symbols, expanded)
    }

    fn resolve(self) -> Resolved {
        let ProfileBuilder { frames, recording, module, stacks: _, contexts: _, sample_nanos: _ } = self;
        resolve::resolve(&frames, &module, recording)
    }
}
