//! The heap: the lives of its blocks, its state at any moment, and a map of the memory that it lies in.

mod at;
mod collected;
mod map;
mod space;
mod timeline;
mod uses;

pub use at::{FreeSpace, HeapAt, HeapBlock, HeapSite, PageUse, heap_at, heap_at_peak};
pub use map::{CellKind, Dominant, HeapCell, HeapMap, HeapMapQuery, heap_map, heap_map_of};
pub use space::AddressSpace;
pub(super) use space::page_bytes;
pub use timeline::{
    BlockRow, HeapFinding, HeapFindingKind, HeapFindings, HeapPoint, HeapTimeline, HeapTotals,
};
pub use uses::{Amount, HeapUseQuery, HeapUses, PathUse, SHORT_NANOS, heap_uses};
