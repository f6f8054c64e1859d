//! Where things are in the two appended memories. The injected code and the host both go by these numbers.
//!
//! ```text
//! EVENTS    0 clock_nanos u64   8 write u32    12 end u32   16 dropped u64
//!          24 context u32      28 site u32     32 argument u64   (of the crossing that goes on)
//!          64 records of 40 bytes: kind u32, context u32, clock_nanos u64, a u64, b u64, c u64
//!
//! CONTEXTS  0 free u32          4 overflowed u32    16 zero, read through a null node
//!          32 the root node, the overflow nodes, the cache of $miss, then the nodes up to `free`
//! node      0 parent u32 | flags   4 via u32   8 next u32   12 children u32   16 tag u32   20 slots u32...
//! ```
//! All words are zero until the first function is entered, or the first record written: nothing is initialised
//! from data segments, so that a run that records nothing touches no page.

/// Words of the EVENTS memory.
pub(crate) mod events {
    /// The time that each record copies, in nanoseconds. Written by the host.
    pub(crate) const CLOCK: u32 = 0;
    /// Where the next record goes.
    pub(crate) const WRITE: u32 = 8;
    /// Where the buffer ends; 0 before the first record.
    pub(crate) const END: u32 = 12;
    /// Records for which there was no room.
    pub(crate) const DROPPED: u32 = 16;
    /// The node of the function that crosses into the host.
    pub(crate) const CONTEXT: u32 = 24;
    /// The crossing's site, or [`DRAIN`]; 0 when it was read.
    pub(crate) const SITE: u32 = 28;
    /// The crossing's last argument, if its site has a rule for bytes.
    pub(crate) const ARGUMENT: u32 = 32;
    /// The first record.
    pub(crate) const BASE: u32 = 64;
    /// Bytes of a record.
    pub(crate) const RECORD: u32 = 40;
    /// The buffer grows up to this many pages when no host drains it: almost 64 MiB.
    pub(crate) const MAX_PAGES: u32 = super::super::PROBE_MAXIMUM_PAGES;
    /// Instead of a site: the host is called because the buffer is full.
    pub(crate) const DRAIN: u32 = 0xffff_fffe;

    /// The end of a buffer of so many bytes: a whole number of records.
    pub(crate) const fn end_of(bytes: u32) -> u32 {
        BASE + (bytes - BASE) / RECORD * RECORD
    }
}

/// Kinds of records.
pub(crate) mod kind {
    /// a = address, b = size.
    pub(crate) const ALLOC: u32 = 1;
    /// a = address.
    pub(crate) const FREE: u32 = 2;
    /// a = new address, b = size, c = old address.
    pub(crate) const REALLOC: u32 = 3;
    /// a = pages before, or -1 when refused; b = pages asked for; c = site.
    pub(crate) const GROW: u32 = 4;
}

/// Words of the CONTEXTS memory.
pub(crate) mod contexts {
    /// Where the next node goes; 0 before the first function was entered.
    pub(crate) const FREE: u32 = 0;
    /// How often a function was entered for which there was no room.
    pub(crate) const OVERFLOWED: u32 = 4;
    /// The root node, in whose slots the host's calls are.
    pub(crate) const ROOT: u32 = 32;
    /// Nodes are allocated up to this many pages: almost 64 MiB.
    pub(crate) const MAX_PAGES: u32 = super::super::PROBE_MAXIMUM_PAGES;
    /// Entries of the cache of recent misses; a power of two.
    pub(crate) const CACHE_ENTRIES: u32 = 1024;
    /// Bytes of an entry: slot, tag, node, nothing.
    pub(crate) const CACHE_ENTRY: u32 = 16;
    /// Nodes for what is entered past the budget: normal ones, allocators, and what runs inside of allocators.
    pub(crate) const OVERFLOW_NODES: u32 = 3;
}

/// A calling-context node.
pub(crate) mod node {
    /// The parent's address; its low bits are the node's flags.
    pub(crate) const PARENT: u32 = 0;
    /// The slot in the parent through which the node was first reached.
    pub(crate) const VIA: u32 = 4;
    /// The next child of the same parent.
    pub(crate) const NEXT: u32 = 8;
    /// The first child.
    pub(crate) const CHILDREN: u32 = 12;
    /// The function, with [`TAGGED`] set. The last word in front of the slots, so that it is found from any slot.
    pub(crate) const TAG: u32 = 16;
    /// The first slot.
    pub(crate) const SLOTS: u32 = 20;
    /// Set in tags, and in no address.
    pub(crate) const TAGGED: u32 = 0x8000_0000;
    /// The tag of the root node.
    pub(crate) const ROOT_TAG: u32 = 0xffff_fffe;
    /// Flag: an allocator function.
    pub(crate) const ALLOCATOR: u32 = 1;
    /// Flag: runs inside of an allocator function.
    pub(crate) const NESTED: u32 = 2;

    /// Bytes of a node with so many slots.
    pub(crate) const fn size(slots: u32) -> u32 {
        SLOTS + 4 * slots
    }
}
