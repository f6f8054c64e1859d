//! The shape of a `.wscope` file, as a reader in any language would have to know it.
//!
//! ```text
//! file    = MAGIC (8 bytes), version (u32), chunk*
//! chunk   = head (28 bytes), payload
//! head    = SYNC (4 bytes)        "\xF5wsc", by which a reader finds its way again after damage
//!           kind (4 bytes)        ASCII, see below
//!           recording (u32)       the same in all chunks of a file: CRC-32 of the first payload before compression.
//!                                 A module may hold a whole recording in its data; its chunks are not ours
//!           stored_bytes (u32)    length of the payload
//!           raw_bytes (u32)       length of the payload once it is decompressed, at most MAX_RAW_BYTES
//!           payload_crc (u32)     CRC-32 (IEEE) of the payload as it is stored
//!           head_crc (u32)        CRC-32 of the 24 bytes before
//! payload = one zstd frame of a postcard message (https://postcard.jamesmunns.com/wire-format)
//! ```
//!
//! Fixed-width numbers are little-endian. In the messages all numbers are postcard's: varints, signed ones in
//! zigzag. A *delta* column holds each value minus the one before it in the same chunk (the first one minus 0),
//! as a wrapping i64, so that rising times, near addresses and repeated ids all become small numbers. An *optional
//! id* is 0 for none and otherwise the id plus 1. The columns of a chunk are of equal length. Every chunk can be
//! decoded by itself; `first_row` says which row of its table it goes on with, counted over the whole file.
//!
//! | kind | message | when there are several |
//! | --- | --- | --- |
//! | `META` | [`super::Meta`], field by field | the last one counts |
//! | `MODL` | total_bytes u64, offset u64, bytes | pieces of the original module |
//! | `STAK` | first_row u64; columns: distance u64 (own row minus the parent's, 0 for none), kind u8 (0 guest, 1 host, 2 engine), function (delta), code offset (delta) | appended |
//! | `SAMP` | first_row u64; columns: time in ns (delta), stack (delta), weight in ns (delta) | appended |
//! | `CTXT` | first_row u64; columns: distance u64, function (delta), call site (delta of optional id) | appended |
//! | `CROS` | [`super::CrossingTable`] | the last one counts |
//! | `GROW` | first_row u64, rows of [`super::GrowthEvent`] | appended |
//! | `PAGE` | page_bytes u32, source (0 resident, 1 non-zero); columns: time in ns (delta), memory (delta), first page (delta), pages (delta); maybe no row | appended, with page_bytes and source of the last one |
//! | `SPAN` | first_row u64, rows of [`super::CallSpan`] | appended |
//! | `SLIC` | first_row u64, rows of [`super::CallSlice`] | appended |
//! | `HEAP` | first_row u64; columns: time in ns (delta), op u8 (0 alloc, 1 free, 2 realloc), address (delta), size u64, old address (delta), context u64 (optional id) | appended |
//! | `CNTS` | columns: context (delta), calls (delta), bytes moved in bulk (delta) | appended |
//! | `INST` | columns: context (delta), start (delta), end (delta), count (delta) | appended |
//! | `ACCS` | columns: line (delta), reads (delta), writes (delta) | appended |
//! | `SPTR` | memory u32, global u32, top u64, lowest u64; columns: time in ns (delta), pointer (delta), context u64 (optional id); other columns: time in ns (delta), pointer (delta) | appended, with the numbers of the last one |
//! | `IMAG` | memory u32, memory_bytes u64, from u64, to u64; columns: address (delta) and length u64 of the runs that are not zeros; the bytes of all runs | stretches of each memory's content at the end, each from where the one before ends |
//! | `CALL` | [`super::CallTimes`] | the last one counts |
//! | `TIME` | [`super::RunTime`] | the last one counts |
//! | `CALI` | [`super::Calibration`] | the last one counts |
//! | `PHAS` | rows of [`super::PhaseSpan`] | appended |
//! | `OUTP` | bytes | appended; readers may keep the end only |
//! | `OUTC` | [`super::Outcome`] | the last one counts |
//! | `FILE` | kind ([`super::AttachmentKind`]), name, total_bytes u64, offset u64, bytes | pieces of attached files, each file's in a row; of one kind and name the last one counts |
//!
//! A parent stands before its children, and what is pointed at before what points at it. A reader skips kinds that
//! it doesn't know, so new tables need no new version; a change to a message does.
//!
//! What it takes (the test `packing` measures it): 4.0 bytes for a heap operation of a
//! program with a thousand live blocks of mixed sizes, 3.7 for a sample at 1 kHz in hundreds of stacks at random (41
//! and 20 as columns in memory), and 28 for a chunk's head.

/// The first eight bytes of every recording.
pub const MAGIC: [u8; 8] = *b"wscope\r\n";

/// The version that this program writes. It reads this one and all below.
pub const FORMAT_VERSION: u32 = 1;

/// The length of magic and version.
pub(super) const FILE_HEAD_BYTES: usize = MAGIC.len() + 4;

/// The most that a payload may hold once it is decompressed. Writers split tables long before.
pub(super) const MAX_RAW_BYTES: usize = 64 << 20;

/// What a chunk begins with.
pub(super) const SYNC: [u8; 4] = *b"\xF5wsc";

/// Which table a chunk goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(pub [u8; 4]);

impl Kind {
    pub const META: Kind = Kind(*b"META");
    pub const MODULE: Kind = Kind(*b"MODL");
    pub const STACKS: Kind = Kind(*b"STAK");
    pub const SAMPLES: Kind = Kind(*b"SAMP");
    pub const CONTEXTS: Kind = Kind(*b"CTXT");
    pub const CROSSINGS: Kind = Kind(*b"CROS");
    pub const GROWTH: Kind = Kind(*b"GROW");
    pub const PAGES: Kind = Kind(*b"PAGE");
    pub const SPANS: Kind = Kind(*b"SPAN");
    pub const SLICES: Kind = Kind(*b"SLIC");
    pub const HEAP: Kind = Kind(*b"HEAP");
    pub const COUNTS: Kind = Kind(*b"CNTS");
    pub const INSTRUCTIONS: Kind = Kind(*b"INST");
    pub const ACCESSES: Kind = Kind(*b"ACCS");
    pub const SHADOW_STACK: Kind = Kind(*b"SPTR");
    pub const IMAGES: Kind = Kind(*b"IMAG");
    pub const CALLS: Kind = Kind(*b"CALL");
    pub const TIME: Kind = Kind(*b"TIME");
    pub const CALIBRATION: Kind = Kind(*b"CALI");
    pub const PHASES: Kind = Kind(*b"PHAS");
    pub const OUTPUT: Kind = Kind(*b"OUTP");
    pub const OUTCOME: Kind = Kind(*b"OUTC");
    pub const ATTACHMENT: Kind = Kind(*b"FILE");

    /// What is in it, for people.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::META => "description",
            Kind::MODULE => "module",
            Kind::STACKS => "stacks",
            Kind::SAMPLES => "samples",
            Kind::CONTEXTS => "call paths",
            Kind::CROSSINGS => "boundary",
            Kind::GROWTH => "memory growth",
            Kind::PAGES => "touched pages",
            Kind::SPANS => "single calls",
            Kind::SLICES => "calls in time",
            Kind::HEAP => "heap operations",
            Kind::COUNTS => "counts",
            Kind::INSTRUCTIONS => "instruction counts",
            Kind::ACCESSES => "memory accesses",
            Kind::SHADOW_STACK => "shadow stack",
            Kind::IMAGES => "memory content",
            Kind::CALLS => "call times",
            Kind::TIME => "time of the run",
            Kind::CALIBRATION => "calibration",
            Kind::PHASES => "phases",
            Kind::OUTPUT => "output",
            Kind::OUTCOME => "outcome",
            Kind::ATTACHMENT => "attached files",
            _ => "unknown data",
        }
    }
}

/// The head of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkHead {
    pub kind: Kind,
    pub recording: u32,
    pub stored_bytes: u32,
    pub raw_bytes: u32,
    pub payload_crc: u32,
}

impl ChunkHead {
    pub const BYTES: usize = 28;

    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let Self { kind, recording, stored_bytes, raw_bytes, payload_crc } = self;
        let mut head = [0; Self::BYTES];
        head[..4].copy_from_slice(&SYNC);
        head[4..8].copy_from_slice(&kind.0);
        let numbers = [recording, stored_bytes, raw_bytes, payload_crc];
        for (slot, number) in head[8..24].chunks_exact_mut(4).zip(numbers) {
            slot.copy_from_slice(&number.to_le_bytes());
        }
        let crc = crc32fast::hash(&head[..24]);
        head[24..].copy_from_slice(&crc.to_le_bytes());
        head
    }

    /// The head that `bytes` begin with, if it is whole and unharmed.
    pub fn parse(bytes: &[u8]) -> Option<ChunkHead> {
        let head = bytes.get(..Self::BYTES)?;
        let word = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
        let sound = head.starts_with(&SYNC) && word(24)? == crc32fast::hash(head.get(..24)?);
        sound.then_some(())?;
        Some(ChunkHead {
            kind: Kind(head.get(4..8)?.try_into().ok()?),
            recording: word(8)?,
            stored_bytes: word(12)?,
            raw_bytes: word(16)?,
            payload_crc: word(20)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_these_bytes() {
        let head = ChunkHead {
            kind: Kind::HEAP,
            recording: 0x0403_0201,
            stored_bytes: 0x10,
            raw_bytes: 0x1_0000,
            payload_crc: 0xdead_beef,
        };
        let expected = b"\xF5wscHEAP\x01\x02\x03\x04\x10\0\0\0\0\0\x01\0\xef\xbe\xad\xde\x6c\xcb\xb2\x99";
        assert_eq!(head.to_bytes(), *expected);
        assert_eq!(ChunkHead::parse(expected), Some(head));
    }

    #[test]
    fn a_harmed_head_is_none() {
        let head =
            ChunkHead { kind: Kind::META, recording: 1, stored_bytes: 2, raw_bytes: 3, payload_crc: 4 };
        for at in 0..ChunkHead::BYTES {
            let mut bytes = head.to_bytes();
            bytes[at] ^= 0x40;
            assert_eq!(ChunkHead::parse(&bytes), None, "byte {at}");
        }
        assert_eq!(ChunkHead::parse(&head.to_bytes()[..27]), None);
    }
}
