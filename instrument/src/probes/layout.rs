//! Where things are in the two appended memories. The injected code and the host both go by these numbers.
//!
//! ```text
//! EVENTS    0 clock_nanos u64   8 write u32    12 end u32   16 dropped u64
//!          24 context u32      28 site u32     32 argument u64   (of the crossing that goes on)
//!          40 answers u32     44 stack pointer u32, 48 program counter u64   (of the goroutine that went on last)
//!          56 stack pointer u64 (of the shadow stack)
//!          64 records
//! record    0 context | kind << 27 u32, and by the module's width
//!   narrow  4 a u32    8 clock_nanos u64   16 b u32   20 c u32
//!   wide               8 clock_nanos u64   16 a u64   24 b u64   32 c u64
//!
//! CONTEXTS  0 free u32          4 overflowed u32    16 zero, read as a null node's tag
//!          32 the root node, the overflow nodes, the cache of $miss, then the nodes up to `free`
//! node      0 parent u32 | flags   4 via u32   8 next u32   12 children u32   16 calls u64   24 tag u32
//!          28 slots u32...   in front of it its counters u64... and in front of them how many bytes they take u64
//!
//! ACCESSES  16 bytes for each line of 64 bytes of the first memory, as far as 32 bits reach: reads u64, writes u64
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
    /// How many calls whose bytes are counted came back without an error. Written by the guest.
    pub(crate) const ANSWERS: u32 = 40;
    /// The stack pointer of the goroutine that Go's runtime went on with last; 0 before the first.
    pub(crate) const RESUMED_SP: u32 = 44;
    /// Where it went on, as Go has it: slot in the table of functions, and place in the function.
    pub(crate) const RESUMED_PC: u32 = 48;
    /// The pointer of the shadow stack; 0 before it was first set. Written by the guest, as wide as it is.
    pub(crate) const STACK: u32 = 56;
    /// The first record.
    pub(crate) const BASE: u32 = 64;
    /// The buffer grows up to this many pages when no host drains it: almost 64 MiB.
    pub(crate) const MAX_PAGES: u32 = super::super::PROBE_MAXIMUM_PAGES;
    /// Instead of a site: the host is called because the buffer is full.
    pub(crate) const DRAIN: u32 = 0xffff_fffe;
}

/// How many bits a record's first word has for its context. Addresses of nodes have no more.
pub(crate) const HEAD_KIND_SHIFT: u32 = 27;
const _: () = assert!((super::PROBE_MAXIMUM_PAGES as u64) << 16 <= 1 << HEAD_KIND_SHIFT);

/// How wide addresses and sizes are in the records of a module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Width {
    /// 32 bits: all its memories have 32-bit addresses.
    #[default]
    Narrow,
    /// 64 bits.
    Wide,
}

impl Width {
    pub(crate) const fn is_wide(self) -> bool {
        matches!(self, Width::Wide)
    }

    /// Bytes of a record.
    pub(crate) const fn record_bytes(self) -> u32 {
        if self.is_wide() { 40 } else { 24 }
    }

    /// Where in a record the time is.
    pub(crate) const fn clock(self) -> u32 {
        8
    }

    /// Where in a record a, b and c are.
    pub(crate) const fn values(self) -> [u32; 3] {
        if self.is_wide() { [16, 24, 32] } else { [4, 16, 20] }
    }
}

/// Kinds of records. What a kind does not say is of no meaning.
pub(crate) mod kind {
    /// a = address, b = size.
    pub(crate) const ALLOC: u32 = 1;
    /// a = address.
    pub(crate) const FREE: u32 = 2;
    /// a = new address, b = size, c = old address.
    pub(crate) const REALLOC: u32 = 3;
    /// a = pages before; b = pages asked for; c = site.
    pub(crate) const GROW: u32 = 4;
    /// The same, but the memory did not grow. The number behind that of GROW: the injected code counts on it.
    pub(crate) const REFUSED: u32 = GROW + 1;
    /// a = the stack pointer, which was never so low.
    pub(crate) const LOW: u32 = 6;
}

/// The memory of accesses.
pub(crate) mod accesses {
    /// From an address to the address of its line's words: shifted right by this, with the low bits cleared.
    pub(crate) const SHIFT: u32 = 2;
    /// See [`SHIFT`].
    pub(crate) const MASK: i32 = -16;
    /// The word that counts reads.
    pub(crate) const READS: u32 = 0;
    /// The word that counts writes.
    pub(crate) const WRITES: u32 = 8;
    /// Bytes of a line's words.
    pub(crate) const ENTRY: usize = 16;
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
    /// How often the function was entered in this context, where calls or instructions are counted.
    pub(crate) const CALLS: u32 = 16;
    /// The function, with [`TAGGED`] set. The last word in front of the slots, so that it is found from any slot.
    pub(crate) const TAG: u32 = 24;
    /// The first slot.
    pub(crate) const SLOTS: u32 = 28;
    /// Set in tags, and in no address.
    pub(crate) const TAGGED: u32 = 0x8000_0000;
    /// The tag of the root node.
    pub(crate) const ROOT_TAG: u32 = 0xffff_fffe;
    /// Flag: an allocator function.
    pub(crate) const ALLOCATOR: u32 = 1;
    /// Flag: runs inside of an allocator function.
    pub(crate) const NESTED: u32 = 2;

    /// In what `$miss` is told of a node beside its bytes: the function is an allocator.
    pub(crate) const ALLOCATOR_SHAPE: u32 = 1 << 31;
    /// The same: it is a collector, which nothing is nested in.
    pub(crate) const COLLECTOR_SHAPE: u32 = 1 << 30;

    /// Bytes of the word in front of the counters.
    pub(crate) const LENGTH: u32 = 8;

    /// Bytes of a node with so many slots, from its address on.
    pub(crate) const fn size(slots: u32) -> u32 {
        (SLOTS + 4 * slots).next_multiple_of(8)
    }
}
