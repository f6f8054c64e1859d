//! What the addresses of a memory are used for.

use crate::profile::Profile;
use std::ops::Range;
use wasmscope_symbolize::{DataKind, MemoryIndex, ModuleIndex};

const DEFAULT_PAGE_BYTES: u64 = 65_536;

/// What a data segment fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticData {
    /// The addresses, without those that another segment fills.
    pub range: Range<u64>,
    /// The segment's number in the module.
    pub segment: usize,
}

/// The layout of a memory: what the module put there, where the heap begins, how large it was when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSpace {
    memory: MemoryIndex,
    page_bytes: u64,
    static_data: Vec<StaticData>,
    heap_start: Option<u64>,
    /// `(time in nanoseconds, size in bytes)`, the first at 0.
    sizes: Vec<(u64, u64)>,
}

impl AddressSpace {
    pub(crate) fn of(profile: &Profile, memory: MemoryIndex) -> AddressSpace {
        let module = profile.symbols().module();
        let page_bytes = page_bytes(module, memory);
        AddressSpace {
            memory,
            page_bytes,
            static_data: static_data(module, memory),
            heap_start: profile.heap_timeline().of_memory(memory).lowest_address,
            sizes: sizes(profile, memory, page_bytes),
        }
    }

    /// That of a memory which is none.
    pub(crate) fn none() -> AddressSpace {
        let (page_bytes, static_data, sizes) = (DEFAULT_PAGE_BYTES, Vec::new(), Vec::new());
        AddressSpace { memory: MemoryIndex(0), page_bytes, static_data, heap_start: None, sizes }
    }

    /// Which memory it is.
    pub fn memory(&self) -> MemoryIndex {
        self.memory
    }

    /// The size of a page, in bytes.
    pub fn page_bytes(&self) -> u64 {
        self.page_bytes
    }

    /// What data segments fill at instantiation, by address, each byte once.
    pub fn static_data(&self) -> &[StaticData] {
        &self.static_data
    }

    /// The segment that fills the byte at `address`.
    pub fn data_at(&self, address: u64) -> Option<&StaticData> {
        let first = self.static_data.partition_point(|data| data.range.end <= address);
        self.static_data.get(first).filter(|data| data.range.contains(&address))
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

    /// When the memory came to have the byte at `address`, in nanoseconds since the recording began; `None` for never.
    pub fn grown_at(&self, address: u64) -> Option<u64> {
        // A memory only grows.
        let first = self.sizes.partition_point(|(_, bytes)| *bytes <= address);
        self.sizes.get(first).map(|(nanos, _)| *nanos)
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

/// Where segments overlap, as is allowed, the bytes are told to be those of the one that begins first.
fn static_data(module: &ModuleIndex, memory: MemoryIndex) -> Vec<StaticData> {
    let active = module.data_segments().iter().enumerate().filter_map(|(segment, data)| {
        let DataKind::Active { memory: own, offset: Some(start) } = data.kind else { return None };
        let bytes = data.bytes.end.0.saturating_sub(data.bytes.start.0);
        (own == memory).then_some(StaticData { range: start..start.saturating_add(bytes), segment })
    });
    let mut data: Vec<StaticData> = active.collect();
    data.sort_unstable_by_key(|data| data.range.start);
    let mut behind = 0;
    for data in &mut data {
        data.range.start = data.range.start.max(behind);
        behind = behind.max(data.range.end);
    }
    data.retain(|data| !data.range.is_empty());
    data
}

fn sizes(profile: &Profile, memory: MemoryIndex, page_bytes: u64) -> Vec<(u64, u64)> {
    let growth = || profile.recording().growth.iter().filter(|event| event.memory == memory);
    let declared =
        profile.symbols().module().memories().get(memory.index()).map_or(0, |memory| memory.initial_pages);
    // An imported memory may be larger than the module asks for; the first growth tells.
    let initial = growth().next().map_or(declared, |event| event.before_pages);
    let mut sizes = vec![(0, initial.saturating_mul(page_bytes))];
    sizes.extend(growth().map(|event| (event.time_nanos, event.after_pages().saturating_mul(page_bytes))));
    sizes.sort_by_key(|(time, _)| *time);
    sizes
}
