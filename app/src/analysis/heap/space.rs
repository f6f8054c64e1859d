//! What the addresses of a memory are used for.

use super::StackRoom;
use crate::profile::Profile;
use std::ops::Range;
use wasmscope_instrument::recording::{BlockLayout, PageSource};
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
    /// By address.
    touched: Vec<TouchedRange>,
    /// From when on it is known what is touched, in nanoseconds; `None` where the recording doesn't tell.
    touches_from_nanos: Option<u64>,
    stack: Option<StackRoom>,
    layout: Option<BlockLayout>,
}

/// Pages of the operating system that were touched first at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedRange {
    /// Their addresses.
    pub range: Range<u64>,
    /// When they were found touched, in nanoseconds since the recording began.
    pub time_nanos: u64,
}

impl AddressSpace {
    pub(crate) fn of(profile: &Profile, memory: MemoryIndex) -> AddressSpace {
        let module = profile.symbols().module();
        let page_bytes = page_bytes(module, memory);
        let static_data = static_data(module, memory);
        AddressSpace {
            memory,
            page_bytes,
            stack: StackRoom::of(profile, memory, &static_data),
            layout: layout(profile, memory),
            static_data,
            heap_start: profile.heap_timeline().of_memory(memory).lowest_address,
            sizes: sizes(profile, memory, page_bytes),
            touched: touched(profile, memory),
            touches_from_nanos: touches_from_nanos(profile),
        }
    }

    /// That of a memory which is none.
    pub(crate) fn none() -> AddressSpace {
        AddressSpace {
            memory: MemoryIndex(0),
            page_bytes: DEFAULT_PAGE_BYTES,
            static_data: Vec::new(),
            heap_start: None,
            sizes: Vec::new(),
            touched: Vec::new(),
            touches_from_nanos: None,
            stack: None,
            layout: None,
        }
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

    /// Where the shadow stack lies; `None` where that is not known.
    pub fn stack(&self) -> Option<&StackRoom> {
        self.stack.as_ref()
    }

    /// How the allocator lays out its blocks; `None` where that is not known.
    pub fn block_layout(&self) -> Option<BlockLayout> {
        self.layout
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

    /// What was touched, by address, and when first; `None` where the recording doesn't tell.
    pub fn touched(&self) -> Option<&[TouchedRange]> {
        self.touches_from_nanos.map(|_| &*self.touched)
    }

    /// What of `part` was touched until and at a time, by address; `None` where the recording doesn't tell. A look at the
    /// end alone does not: a page that was touched may hold zeros.
    pub(super) fn touched_until(
        &self,
        nanos: u64,
        part: &Range<u64>,
    ) -> Option<impl Iterator<Item = Range<u64>>> {
        self.touches_from_nanos.filter(|from| *from == 0)?;
        let Range { start, end } = *part;
        let first = self.touched.partition_point(|touched| touched.range.end <= start);
        let inside = self.touched.iter().skip(first).take_while(move |touched| touched.range.start < end);
        let until = inside.filter(move |touched| touched.time_nanos <= nanos);
        Some(until.map(move |touched| touched.range.start.max(start)..touched.range.end.min(end)))
    }

    /// How many bytes lie on pages that were touched until and at a time; `None` where the recording doesn't tell, as
    /// before the end where the memory was looked at only then.
    pub fn touched_bytes(&self, nanos: u64) -> Option<u64> {
        self.touches_from_nanos.filter(|from| *from <= nanos)?;
        let until = self.touched.iter().filter(|touched| touched.time_nanos <= nanos);
        Some(until.map(|touched| touched.range.end - touched.range.start).sum())
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

/// That of the only family whose allocators hand out blocks in the memory.
fn layout(profile: &Profile, memory: MemoryIndex) -> Option<BlockLayout> {
    let module = profile.symbols().module();
    let word_bytes = if module.memories().get(memory.index())?.memory64 { 8 } else { 4 };
    let own = profile.recording().meta.allocators.iter().filter(|allocator| allocator.memory == memory);
    let mut families: Vec<_> = own.map(|allocator| allocator.family).collect();
    families.sort_unstable();
    families.dedup();
    let [family] = families[..] else { return None };
    family.layout(word_bytes)
}

fn touches_from_nanos(profile: &Profile) -> Option<u64> {
    let pages = profile.recording().pages.as_ref()?;
    match pages.source {
        PageSource::Resident => Some(0),
        // Every row has the time of the one look, at the end.
        PageSource::NonZero => Some(pages.time_nanos.iter().copied().max().unwrap_or(0)),
    }
}

fn touched(profile: &Profile, memory: MemoryIndex) -> Vec<TouchedRange> {
    let Some(pages) = &profile.recording().pages else { return Vec::new() };
    let page_bytes = u64::from(pages.page_bytes);
    let own = pages.iter().filter(|row| row.memory == memory && row.pages > 0);
    let mut touched: Vec<_> = own
        .map(|row| {
            let start = row.first_page.saturating_mul(page_bytes);
            let end = start.saturating_add(row.pages.saturating_mul(page_bytes));
            TouchedRange { range: start..end, time_nanos: row.time_nanos }
        })
        .collect();
    touched.sort_unstable_by_key(|touched| touched.range.start);
    // No page is in two rows, but in a damaged recording.
    let mut behind = 0;
    touched.retain(|touched| {
        let is_new = touched.range.start >= behind && !touched.range.is_empty();
        behind = behind.max(touched.range.end);
        is_new
    });
    touched
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
