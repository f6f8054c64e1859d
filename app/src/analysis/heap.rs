//! The heap: the lives of its blocks, its state at any moment, and a map of the memory that it lies in.

mod at;
mod block;
mod history;
mod layers;
mod lives;
mod map;
mod memories;
mod overlay;
mod range;
mod sites;
mod space;
mod survey;
mod timeline;
mod uses;

pub use at::{FreeSpace, HeapAt, HeapBlock, PageUse, heap_at, heap_at_peak};
pub use block::{BlockLife, BlockStep, block_life};
pub use history::{HeapFinding, HeapFindingKind, HeapFindings, HeapHistory, HeapPoint, HeapTotals};
pub use map::{CellKind, Dominant, HeapCell, HeapMap, HeapMapQuery, heap_map};
pub use overlay::Overlay;
pub use range::{HeapRange, heap_range};
pub use sites::{HeapSite, heap_sites};
pub(super) use space::page_bytes;
pub use space::{AddressSpace, StaticData, TouchedRange};
pub use timeline::{BlockRow, HeapTimeline};
pub use uses::{Amount, HeapUseQuery, HeapUses, PathUse, SHORT_NANOS, heap_uses};
