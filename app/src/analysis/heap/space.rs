//! What the addresses of memory 0 are used for.

use crate::profile::Profile;
use std::ops::Range;
use wasmscope_symbolize::{DataKind, MemoryIndex, ModuleIndex};

const MEMORY: MemoryIndex = MemoryIndex(0);
const DEFAULT_PAGE_BYTES: u64 = 65_536;

/// The layout of memory 0: what the module put there, where the heap begins, how large it was when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSpace {
    page_bytes: u64,
    static_data: Vec<Range<u64>>,
    heap_start: Option<u64>,
    /// `(time in nanoseconds, size in bytes)`, the first at 0.
    sizes: Vec<(u64, u64)>,
}

impl AddressSpace {
    pub(crate) fn of(profile: &Profile) -> AddressSpace {
        let module = profile.symbols().module();
        let page_bytes = page_bytes(module, MEMORY);
        AddressSpace {
            page_bytes,
            static_data: static_data(module),
            heap_start: profile.heap_timeline().lowest_address(),
            sizes: sizes(profile, page_bytes),
        }
    }

    /// The size of a page, in bytes.
    pub fn page_bytes(&self) -> u64 {
        self.page_bytes
    }

    /// The address ranges that data segments fill at instantiation: sorted, joined where they touch.
    pub fn static_data(&self) -> &[Range<u64>] {
        &self.static_data
    }

    /// Where the heap begins: the lowest address that was ever handed out. `None` where nothing was.
    pub fn heap_start(&self) -> Option<u64> {
        self.heap_start
    }

    /// The size of the memory at a time, in bytes.
    pub fn size_at(&self, nanos: u64) -> u64 {
        let behind = self.sizes.partition_point(|(time, _)| *time <= nanos);
        behind.checked_sub(1).and_then(|at| self.sizes.get(at)).map_or(0, |(_, bytes)| *bytes)
    }

    /// The largest size that the memory had, in bytes.
    pub fn largest_size(&self) -> u64 {
        self.sizes.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0)
    }
}

/// The size of a memory's pages, in bytes.
pub(crate) fn page_bytes(module: &ModuleIndex, memory: MemoryIndex) -> u64 {
    let memory = module.memories().get(memory.index());
    memory.and_then(|memory| 1u64.checked_shl(memory.page_size_log2)).unwrap_or(DEFAULT_PAGE_BYTES)
}

fn static_data(module: &ModuleIndex) -> Vec<Range<u64>> {
    let active = module.data_segments().iter().filter_map(|segment| {
        let DataKind::Active { memory: MEMORY, offset: Some(start) } = segment.kind else { return None };
        let bytes = segment.bytes.end.0.saturating_sub(segment.bytes.start.0);
        (bytes > 0).then(|| start..start.saturating_add(bytes))
    });
    let mut ranges: Vec<Range<u64>> = active.collect();
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, kept| {
        let touch = next.start <= kept.end;
        if touch {
            kept.end = kept.end.max(next.end);
        }
        touch
    });
    ranges
}

fn sizes(profile: &Profile, page_bytes: u64) -> Vec<(u64, u64)> {
    let growth = || profile.recording().growth.iter().filter(|event| event.memory == MEMORY);
    let declared = profile.symbols().module().memories().first().map_or(0, |memory| memory.initial_pages);
    // An imported memory may be larger than the module asks for; the first growth tells.
    let initial = growth().next().map_or(declared, |event| event.before_pages);
    let mut sizes = vec![(0, initial.saturating_mul(page_bytes))];
    sizes.extend(growth().map(|event| (event.time_nanos, event.after_pages().saturating_mul(page_bytes))));
    sizes.sort_by_key(|(time, _)| *time);
    sizes
}
