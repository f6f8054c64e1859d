//! Finds the whole chunks of a file, whatever lies between them.

use super::damage::DamageLog;
use super::file::{ChunkHead, Kind, MAX_RAW_BYTES, SYNC};
use std::io::{self, Read};
use zstd::stream::raw::{self, Operation};

/// Payloads that ask for more memory are nobody's.
const MAX_WINDOW_LOG: u32 = 24;

/// A payload whose checksum is right.
pub(super) struct Chunk<'a> {
    /// Where its head begins.
    pub at: usize,
    pub kind: Kind,
    /// The length that the payload claims to have once it is decompressed.
    pub raw_bytes: usize,
    pub stored: &'a [u8],
}

/// The payload `stored`, decompressed; `None` where it has not `raw_bytes`. Takes no more memory than the payload
/// really has.
pub(super) fn unpack(stored: &[u8], raw_bytes: usize) -> Option<Vec<u8>> {
    const FIRST_STEP_BYTES: usize = 1 << 20;
    if raw_bytes > MAX_RAW_BYTES {
        return None;
    }
    let mut raw = Vec::with_capacity(raw_bytes.min(FIRST_STEP_BYTES));
    unpacker(stored)?.take(raw_bytes as u64 + 1).read_to_end(&mut raw).ok()?;
    (raw.len() == raw_bytes).then_some(raw)
}

/// Unpacks the first bytes of one payload after the other.
pub(super) struct BeginUnpacker(raw::Decoder<'static>);

impl BeginUnpacker {
    pub fn new() -> io::Result<Self> {
        let mut decoder = raw::Decoder::new()?;
        decoder.set_parameter(raw::DParameter::WindowLogMax(MAX_WINDOW_LOG))?;
        Ok(BeginUnpacker(decoder))
    }

    /// The first bytes of the payload `stored`, at most `N`; the rest are zeros.
    pub fn unpack<const N: usize>(&mut self, stored: &[u8]) -> io::Result<[u8; N]> {
        let mut begin = [0; N];
        self.0.reinit()?;
        self.0.run_on_buffers(stored, &mut begin)?;
        Ok(begin)
    }
}

fn unpacker(stored: &[u8]) -> Option<impl Read> {
    let mut unpacker = zstd::Decoder::with_buffer(stored).ok()?.single_frame();
    unpacker.window_log_max(MAX_WINDOW_LOG).ok()?;
    Some(unpacker)
}

/// Goes through the chunks of a file.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The mark of this file's chunks, known from the first one on.
    recording: Option<u32>,
    /// How many more bytes of payloads may be summed. Heads that overlap would otherwise take quadratic time.
    sum_budget: usize,
}

impl<'a> Scanner<'a> {
    /// Begins at the chunk at `start`.
    pub fn new(bytes: &'a [u8], start: usize) -> Self {
        Scanner { bytes, at: start, recording: None, sum_budget: bytes.len().saturating_mul(4) }
    }

    /// The next whole chunk. What is skipped on the way goes to `damage`.
    pub fn next(&mut self, damage: &mut DamageLog) -> Option<Chunk<'a>> {
        while self.at < self.bytes.len() {
            let Some(head) = self.head_at(self.at) else {
                let what = self.skipped_words();
                damage.add(self.at, what);
                self.seek_head(self.at + 1);
                continue;
            };
            match self.payload(&head) {
                Ok(stored) => return Some(self.take(head, stored)),
                Err(what) => {
                    damage.add(self.at, what);
                    self.seek_head(self.at + ChunkHead::BYTES);
                }
            }
        }
        None
    }

    fn take(&mut self, head: ChunkHead, stored: &'a [u8]) -> Chunk<'a> {
        self.recording = Some(head.recording);
        let at = self.at;
        self.at = at + ChunkHead::BYTES + stored.len();
        Chunk { at, kind: head.kind, raw_bytes: head.raw_bytes as usize, stored }
    }

    fn head_at(&self, at: usize) -> Option<ChunkHead> {
        let head = ChunkHead::parse(self.bytes.get(at..)?)?;
        self.recording.is_none_or(|ours| ours == head.recording).then_some(head)
    }

    fn payload(&mut self, head: &ChunkHead) -> Result<&'a [u8], String> {
        let noun = head.kind.noun();
        let start = self.at + ChunkHead::BYTES;
        let end = start.checked_add(head.stored_bytes as usize);
        let stored = end.and_then(|end| self.bytes.get(start..end));
        let stored = stored.ok_or_else(|| format!("the file ends inside a chunk of {noun}"))?;
        self.sum_budget = self.sum_budget.checked_sub(stored.len()).ok_or("too many chunks are broken")?;
        let sound = crc32fast::hash(stored) == head.payload_crc;
        sound.then_some(stored).ok_or_else(|| format!("a chunk of {noun} is broken and was left out"))
    }

    /// Goes to the next sound head at or after `from`, or to the end.
    fn seek_head(&mut self, from: usize) {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let found = rest.windows(SYNC.len()).enumerate().filter(|(_, window)| **window == SYNC);
        let mut heads = found.map(|(skip, _)| from + skip).filter(|at| self.head_at(*at).is_some());
        self.at = heads.next().unwrap_or(self.bytes.len());
    }

    fn skipped_words(&self) -> &'static str {
        let cut = self.bytes.len() - self.at < ChunkHead::BYTES;
        if cut { "the file ends inside the head of a chunk" } else { "there are bytes that are no chunk" }
    }
}
