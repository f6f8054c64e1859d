//! The heap: the lives of its blocks, its state at any moment, and a map of the memory that it lies in.

mod at;
mod block;
mod collected;
mod free;
mod habits;
mod history;
mod layers;
mod layout;
mod lives;
mod map;
mod memories;
mod mix;
mod numbers;
mod operations;
mod order;
mod overlay;
mod range;
mod sites;
mod space;
mod stack;
mod survey;
mod timeline;
mod uses;
mod verdict;
mod what_if;

pub use at::{HeapAt, HeapBlock, PageUse, heap_at, heap_at_peak};
pub use block::{BlockLife, BlockStep, block_life};
pub use free::FreeSpace;
pub use habits::{HeapHabits, HistogramBar, ReallocSite, Slack, heap_habits, live_sizes, slack};
pub use history::{HeapFinding, HeapFindingKind, HeapFindings, HeapHistory, HeapPoint, HeapTotals};
pub use map::{CellKind, Dominant, HeapCell, HeapMap, HeapMapQuery, heap_map};
pub use numbers::{HeapNumbers, heap_numbers};
pub use overlay::Overlay;
pub use range::{HeapRange, heap_range};
pub use sites::{HeapSite, heap_sites};
pub(super) use space::page_bytes;
pub use space::{AddressSpace, StaticData, TouchedRange};
pub use stack::{StackDepth, StackRoom};
pub use timeline::{BlockRow, HeapTimeline};
pub use uses::{Amount, HeapUseQuery, HeapUses, PathUse, SHORT_NANOS, heap_uses};
pub use verdict::{
    Fragmentation, HeapVerdict, Leak, LeakSite, Peak, Pin, asker, asker_path, heap_verdict, pins,
    verdict_remark, verdict_sentences,
};
pub use what_if::{AllocatorModel, WhatIf, WhatIfRow, what_if};
