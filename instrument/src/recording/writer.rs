//! Writes a recording while the program runs.

use super::file::{ChunkHead, FORMAT_VERSION, Kind, MAGIC, MAX_RAW_BYTES};
use super::wire::{
    AccessColumns, AttachmentPiece, ContextColumns, CountColumns, GrowthRows, HeapColumns,
    InstructionColumns, ModulePiece, OutputPiece, SampleColumns, SliceRows, SpanRows, StackColumns,
};
use super::wire_memory::{ImageStretch, PageColumns, ShadowStackColumns};
use super::{
    AccessTable, Attachment, Calibration, CallSlice, CallSpan, CallTimes, ContextTable, CountTable,
    CrossingTable, GrowthEvent, HeapEvents, ImagePart, InstructionTable, Meta, Outcome, PageTable, PhaseSpan,
    Recording, RunTime, SampleTable, ShadowStack, StackTable,
};
use serde::Serialize;
use std::io::{self, Write};
use std::ops::Range;

/// A chunk holds at most this many rows: enough to pack well, few enough to lose.
const ROWS_PER_CHUNK: usize = 64 << 10;
/// A chunk holds at most this much of the module or of the output.
const PIECE_BYTES: usize = 4 << 20;
/// Larger modules are packed in the quickest way: they are to be running, not waiting for us.
const BIG_MODULE_BYTES: usize = 16 << 20;
const LEVEL: i32 = 3;
const QUICK_LEVEL: i32 = 1;

/// What is new since the last batch. Ids in it count over the whole recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The head again, where it changed.
    pub meta: Option<Meta>,
    /// New stacks.
    pub stacks: StackTable,
    /// New samples.
    pub samples: SampleTable,
    /// New contexts.
    pub contexts: ContextTable,
    /// The whole table so far, where it changed.
    pub crossings: Option<CrossingTable>,
    /// New single calls.
    pub spans: Vec<CallSpan>,
    /// New sums of calls by slices of time.
    pub slices: Vec<CallSlice>,
    /// New growth events.
    pub growth: Vec<GrowthEvent>,
    /// New first touches of memory, or that there are none so far.
    pub pages: Option<PageTable>,
    /// New heap operations.
    pub heap: HeapEvents,
    /// Counts, in the last batch.
    pub counts: CountTable,
    /// Instruction counts, in the last batch.
    pub instructions: InstructionTable,
    /// Memory accesses, in the last batch.
    pub accesses: AccessTable,
    /// What is new of the shadow stack, with the numbers so far.
    pub shadow_stack: Option<ShadowStack>,
    /// The content of memories, behind the end of the run.
    pub images: Vec<ImagePart>,
    /// The calls of the export that the run was about, in the last batch.
    pub calls: Option<CallTimes>,
    /// Where the time of the run went, in the last batch.
    pub time: Option<RunTime>,
    /// What measuring costs, in the first batch.
    pub calibration: Option<Calibration>,
    /// Phases that ended.
    pub phases: Vec<PhaseSpan>,
    /// New output of the program.
    pub output: Vec<u8>,
    /// The end, in the last batch.
    pub outcome: Option<Outcome>,
}

impl Batch {
    /// Empties it, and keeps the room of the largest table for the next time: it would be handed back to the
    /// operating system and asked for again several times a second.
    pub fn clear(&mut self) {
        let mut heap = std::mem::take(&mut self.heap);
        heap.clear();
        *self = Batch { heap, ..Batch::default() };
    }
}

/// Appends chunks to a recording. Holds one chunk at a time, a few megabytes, however long the run is.
///
/// After an error the recording is readable up to the last whole chunk; further batches may still be written, and
/// the reader says what is missing in between.
pub struct Writer<W: Write> {
    out: W,
    packer: zstd::bulk::Compressor<'static>,
    packed: Vec<u8>,
    /// See [`super::file`]: the same in all chunks.
    recording: u32,
    next: NextRows,
}

/// The rows with which the tables go on.
#[derive(Default)]
struct NextRows {
    stacks: u64,
    samples: u64,
    contexts: u64,
    growth: u64,
    spans: u64,
    slices: u64,
    heap: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a recording: the magic, the version, the head and the module. Flushes `out`.
    ///
    /// # Errors
    /// What `out` says.
    pub fn new(mut out: W, meta: &Meta, module: &[u8]) -> io::Result<Self> {
        out.write_all(&MAGIC)?;
        out.write_all(&FORMAT_VERSION.to_le_bytes())?;
        let level = if module.len() > BIG_MODULE_BYTES { QUICK_LEVEL } else { LEVEL };
        let packer = zstd::bulk::Compressor::new(level)?;
        let recording = crc32fast::hash(&encode(meta)?);
        let mut writer = Writer { out, packer, packed: Vec::new(), recording, next: NextRows::default() };
        writer.chunk(Kind::META, meta)?;
        writer.module(module)?;
        writer.packer.set_compression_level(LEVEL)?;
        writer.out.flush()?;
        Ok(writer)
    }

    /// Appends what is new, and hands it to the operating system: it survives our own death.
    ///
    /// # Errors
    /// What the output says, such as that the disk is full.
    pub fn write(&mut self, batch: &Batch) -> io::Result<()> {
        let Batch { meta, stacks, samples, contexts, crossings, spans, slices, growth, heap, .. } = batch;
        let Batch {
            pages,
            counts,
            instructions,
            accesses,
            shadow_stack,
            images,
            calls,
            time,
            calibration,
            phases,
            output,
            outcome,
            ..
        } = batch;
        self.chunk_of(Kind::META, meta.as_ref())?;
        let row = advance(&mut self.next.stacks, stacks.len());
        self.table(Kind::STACKS, stacks.len(), |rows| StackColumns::of(stacks, rows, row))?;
        let row = advance(&mut self.next.contexts, contexts.len());
        self.table(Kind::CONTEXTS, contexts.len(), |rows| ContextColumns::of(contexts, rows, row))?;
        let row = advance(&mut self.next.samples, samples.len());
        self.table(Kind::SAMPLES, samples.len(), |rows| SampleColumns::of(samples, rows, row))?;
        let row = advance(&mut self.next.growth, growth.len());
        self.table(Kind::GROWTH, growth.len(), |rows| GrowthRows {
            first_row: row + rows.start as u64,
            rows: growth[rows].to_vec(),
        })?;
        if let Some(pages) = pages {
            // One chunk at least: it tells that nothing was touched.
            self.table(Kind::PAGES, pages.len(), |rows| PageColumns::of(pages, rows))?;
            self.chunk_of(Kind::PAGES, pages.is_empty().then(|| PageColumns::of(pages, 0..0)).as_ref())?;
        }
        let row = advance(&mut self.next.spans, spans.len());
        self.table(Kind::SPANS, spans.len(), |rows| SpanRows {
            first_row: row + rows.start as u64,
            rows: spans[rows].to_vec(),
        })?;
        let row = advance(&mut self.next.slices, slices.len());
        self.table(Kind::SLICES, slices.len(), |rows| SliceRows {
            first_row: row + rows.start as u64,
            rows: slices[rows].to_vec(),
        })?;
        let row = advance(&mut self.next.heap, heap.len());
        self.table(Kind::HEAP, heap.len(), |rows| HeapColumns::of(heap, rows, row))?;
        self.chunk_of(Kind::CROSSINGS, crossings.as_ref())?;
        self.table(Kind::COUNTS, counts.len(), |rows| CountColumns::of(counts, rows))?;
        self.table(Kind::INSTRUCTIONS, instructions.len(), |rows| {
            InstructionColumns::of(instructions, rows)
        })?;
        self.table(Kind::ACCESSES, accesses.len(), |rows| AccessColumns::of(accesses, rows))?;
        self.chunk_of(Kind::SHADOW_STACK, shadow_stack.as_ref().map(ShadowStackColumns::of).as_ref())?;
        images.iter().try_for_each(|part| self.chunk(Kind::IMAGES, &ImageStretch::of(part)))?;
        self.chunk_of(Kind::CALLS, calls.as_ref())?;
        self.chunk_of(Kind::TIME, time.as_ref())?;
        self.chunk_of(Kind::CALIBRATION, calibration.as_ref())?;
        self.chunk_of(Kind::PHASES, (!phases.is_empty()).then_some(phases))?;
        output.chunks(PIECE_BYTES).try_for_each(|piece| self.chunk(Kind::OUTPUT, &OutputPiece(piece)))?;
        self.chunk_of(Kind::OUTCOME, outcome.as_ref())?;
        self.out.flush()
    }

    /// Goes on with the recording whose chunks are marked with `recording`, where `out` is at its end. Its tables are
    /// finished; only what stands by itself may be added.
    pub(super) fn resume(out: W, recording: u32) -> io::Result<Self> {
        let packer = zstd::bulk::Compressor::new(LEVEL)?;
        Ok(Writer { out, packer, packed: Vec::new(), recording, next: NextRows::default() })
    }

    /// Appends a file in as many pieces as it needs, at least one.
    pub(super) fn attachment(&mut self, attachment: &Attachment) -> io::Result<()> {
        let Attachment { kind, name, bytes } = attachment;
        let total_bytes = bytes.len() as u64;
        let mut piece = |offset, bytes| {
            self.chunk(Kind::ATTACHMENT, &AttachmentPiece { kind: *kind, name, total_bytes, offset, bytes })
        };
        if bytes.is_empty() {
            return piece(0, bytes);
        }
        let offsets = (0..total_bytes).step_by(PIECE_BYTES);
        offsets.zip(bytes.chunks(PIECE_BYTES)).try_for_each(|(offset, bytes)| piece(offset, bytes))
    }

    /// Hands all of it to the operating system.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn module(&mut self, module: &[u8]) -> io::Result<()> {
        let total_bytes = module.len() as u64;
        let offsets = (0..total_bytes).step_by(PIECE_BYTES);
        offsets.zip(module.chunks(PIECE_BYTES)).try_for_each(|(offset, bytes)| {
            self.chunk(Kind::MODULE, &ModulePiece { total_bytes, offset, bytes })
        })
    }

    /// Appends the rows of a table in as many chunks as they need.
    fn table<M: Serialize>(
        &mut self,
        kind: Kind,
        len: usize,
        message: impl Fn(Range<usize>) -> M,
    ) -> io::Result<()> {
        let starts = (0..len).step_by(ROWS_PER_CHUNK);
        starts
            .map(|start| start..len.min(start + ROWS_PER_CHUNK))
            .try_for_each(|rows| self.chunk(kind, &message(rows)))
    }

    fn chunk_of<M: Serialize>(&mut self, kind: Kind, message: Option<&M>) -> io::Result<()> {
        message.map_or(Ok(()), |message| self.chunk(kind, message))
    }

    fn chunk<M: Serialize>(&mut self, kind: Kind, message: &M) -> io::Result<()> {
        let raw = encode(message)?;
        if raw.len() > MAX_RAW_BYTES {
            return Err(io::Error::other(format!("the table of {} is too large to be written", kind.noun())));
        }
        self.packed.clear();
        self.packed.reserve(zstd::zstd_safe::compress_bound(raw.len()));
        self.packer.compress_to_buffer(&raw, &mut self.packed)?;
        let payload = &self.packed;
        let head = ChunkHead {
            kind,
            recording: self.recording,
            stored_bytes: payload.len() as u32,
            raw_bytes: raw.len() as u32,
            payload_crc: crc32fast::hash(payload),
        };
        self.out.write_all(&head.to_bytes())?;
        self.out.write_all(payload)
    }
}

/// Writes a recording that was made of another tool's profile: its head, module, stacks, samples and attachments, and
/// how it ended.
///
/// # Errors
/// What the output says.
pub fn write_imported(recording: &Recording, out: impl Write) -> io::Result<()> {
    let Recording { meta, module, stacks, samples, outcome, attachments, .. } = recording;
    let mut writer = Writer::new(out, meta, module)?;
    let (stacks, samples) = (stacks.clone(), samples.clone());
    writer.write(&Batch { stacks, samples, outcome: Some(outcome.clone()), ..Batch::default() })?;
    attachments.iter().try_for_each(|attachment| writer.attachment(attachment))?;
    writer.flush()
}

/// Counts the rows even where they can't be written, so that a reader sees the gap.
fn advance(next: &mut u64, rows: usize) -> u64 {
    std::mem::replace(next, *next + rows as u64)
}

fn encode<M: Serialize>(message: &M) -> io::Result<Vec<u8>> {
    postcard::to_stdvec(message).map_err(io::Error::other)
}
