//! The heap: the lives of its blocks, its state at any moment, and a map of the memory that it lies in.

mod at;
mod habits;
mod layout;
mod lives;
mod map;
mod numbers;
mod space;
mod timeline;
mod uses;
mod verdict;
mod what_if;

pub use at::{FreeSpace, HeapAt, HeapBlock, HeapSite, PageUse, heap_at, heap_at_peak};
pub use habits::{HeapHabits, HistogramBar, ReallocSite, Slack, heap_habits, live_sizes, slack};
pub use map::{CellKind, Dominant, HeapCell, HeapMap, HeapMapQuery, heap_map, heap_map_of};
pub use numbers::{HeapNumbers, heap_numbers};
pub use space::AddressSpace;
pub(super) use space::page_bytes;
pub use timeline::{
    BlockRow, HeapFinding, HeapFindingKind, HeapFindings, HeapPoint, HeapTimeline, HeapTotals,
};
pub use uses::{Amount, HeapUseQuery, HeapUses, PathUse, SHORT_NANOS, heap_uses};
pub use verdict::{
    Fragmentation, HeapVerdict, Leak, LeakSite, Peak, Pin, asker, heap_verdict, pins, verdict_sentences,
};
pub use what_if::{AllocatorModel, WhatIf, WhatIfRow, what_if};
