//! Reads a recording back, as much of it as is whole.

use super::Recording;
use super::attachment::{AttachmentKind, Attachments};
use super::damage::DamageLog;
use super::file::{FILE_HEAD_BYTES, FORMAT_VERSION, Kind, MAGIC, MAX_RAW_BYTES};
use super::heap_log::{MAX_COLUMN_ROWS, PackedHeap};
use super::scan::{BeginUnpacker, Chunk, Scanner, unpack};
use super::wire::{self, HeapBegin, HeapColumns, Malformed, ModulePiece, OutputPiece};
use super::wire_memory;
use serde::Deserialize;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// This much of the program's output is kept: its end.
const MAX_OUTPUT_BYTES: usize = 1 << 20;
/// No engine takes a larger module.
const MAX_MODULE_BYTES: u64 = 1 << 30;
/// All messages together may be this large; as columns in memory they take about five times that.
const MAX_UNPACKED_BYTES: usize = 2 << 30;
/// Heap operations that stay packed may be this large once they are unpacked: some four hundred million.
const MAX_PACKED_HEAP_BYTES: usize = 4 << 30;

/// Why a file can't be read as a recording at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file can't be opened or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The first bytes are not a recording's.
    #[error("not a recording: it does not begin as a .wscope file does")]
    NotARecording,
    /// A newer wasmscope wrote it.
    #[error(
        "this recording has format version {found}; this program reads up to {FORMAT_VERSION}. A newer wasmscope opens \
         it"
    )]
    NewerVersion {
        /// The file's version.
        found: u32,
    },
}

/// Reads a recording from memory. Damaged parts are left out and told in [`Recording::damage`].
///
/// # Errors
/// When the bytes are no recording, or one of a newer version.
pub fn read(bytes: &[u8]) -> Result<Recording, ReadError> {
    read_unpacking(bytes, MAX_COLUMN_ROWS)
}

/// As [`read`], where the heap operations behind the first `column_rows` stay packed.
pub(super) fn read_unpacking(bytes: &[u8], column_rows: usize) -> Result<Recording, ReadError> {
    check_head(bytes)?;
    let mut assembly = Assembly::keeping(column_rows);
    assembly.add_all(Scanner::new(bytes, FILE_HEAD_BYTES));
    Ok(assembly.finish(bytes.len()))
}

/// Reads a recording from a file. A file that is none is not read further than its first bytes.
///
/// # Errors
/// As [`read`], or when the file can't be read.
pub fn read_file(path: &Path) -> Result<Recording, ReadError> {
    let io_error = |source| ReadError::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(io_error)?;
    let mut bytes = Vec::new();
    file.by_ref().take(FILE_HEAD_BYTES as u64).read_to_end(&mut bytes).map_err(io_error)?;
    check_head(&bytes)?;
    file.read_to_end(&mut bytes).map_err(io_error)?;
    read(&bytes)
}

pub(super) fn check_head(bytes: &[u8]) -> Result<(), ReadError> {
    let version = bytes.strip_prefix(&MAGIC).and_then(|rest| rest.first_chunk());
    match version.map(|bytes| u32::from_le_bytes(*bytes)) {
        None => Err(ReadError::NotARecording),
        Some(found) if found > FORMAT_VERSION => Err(ReadError::NewerVersion { found }),
        Some(_) => Ok(()),
    }
}

/// The recording so far, and what is missing of it.
#[derive(Default)]
pub(super) struct Assembly {
    recording: Recording,
    damage: DamageLog,
    module: ModuleSoFar,
    attachments: Attachments,
    /// Rows of the file seen or known to be missing; the tables of the recording may hold fewer.
    stacks_end: u64,
    contexts_end: u64,
    samples_seen: u64,
    growth_seen: u64,
    spans_seen: u64,
    slices_seen: u64,
    heap_seen: u64,
    missing: Missing,
    unpacked_bytes: usize,
    packed_heap_bytes: usize,
    begin_unpacker: Option<BeginUnpacker>,
    /// Heap operations behind these stay packed.
    column_rows: usize,
}

#[derive(Default)]
struct ModuleSoFar {
    bytes: Vec<u8>,
    total_bytes: u64,
}

/// How much is missing.
#[derive(Default)]
struct Missing {
    samples: u64,
    growth: u64,
    spans: u64,
    slices: u64,
    heap: u64,
    lost_stretches: u64,
    orphaned_samples: u64,
    orphaned_events: u64,
}

impl Assembly {
    /// Nothing yet. Heap operations behind the first `column_rows` are going to stay packed.
    pub fn keeping(column_rows: usize) -> Assembly {
        Assembly { column_rows, ..Assembly::default() }
    }

    /// Takes the chunks of `scanner`, to its end.
    pub fn add_all(&mut self, mut scanner: Scanner<'_>) {
        while let Some(chunk) = scanner.next(&mut self.damage) {
            self.add(&chunk);
        }
    }

    fn add(&mut self, chunk: &Chunk) {
        let noun = chunk.kind.noun();
        let malformed = || format!("a chunk of {noun} is malformed and was left out");
        if chunk.kind == Kind::HEAP && self.recording.heap.len() >= self.column_rows {
            let kept = self.keep_packed(chunk);
            return kept.unwrap_or_else(|_| self.damage.add(chunk.at, malformed()));
        }
        let Some(raw) = unpack(chunk.stored, chunk.raw_bytes) else {
            return self.damage.add(chunk.at, format!("a chunk of {noun} can't be unpacked"));
        };
        // What is replaced, or there once, takes no room; the end of a run must be known however long it was.
        if !matches!(
            chunk.kind,
            Kind::META
                | Kind::CROSSINGS
                | Kind::CALLS
                | Kind::TIME
                | Kind::CALIBRATION
                | Kind::PHASES
                | Kind::OUTPUT
                | Kind::OUTCOME
        ) {
            self.unpacked_bytes += raw.len();
            if self.unpacked_bytes > MAX_UNPACKED_BYTES {
                return self.damage.add(chunk.at, too_large(noun));
            }
        }
        if self.take(chunk.kind, &raw).is_err() {
            self.damage.add(chunk.at, malformed());
        }
    }

    fn take(&mut self, kind: Kind, raw: &[u8]) -> Result<(), Malformed> {
        match kind {
            Kind::META => self.recording.meta = decode(raw)?,
            Kind::MODULE => self.take_module(&decode(raw)?)?,
            Kind::STACKS => self.take_stacks(decode(raw)?)?,
            Kind::SAMPLES => self.take_samples(decode(raw)?)?,
            Kind::CONTEXTS => self.take_contexts(decode(raw)?)?,
            Kind::CROSSINGS => self.recording.crossings = decode(raw)?,
            Kind::GROWTH => self.take_growth(decode(raw)?)?,
            Kind::SPANS => self.take_spans(decode(raw)?)?,
            Kind::SLICES => self.take_slices(decode(raw)?)?,
            Kind::HEAP => self.take_heap(decode(raw)?)?,
            Kind::COUNTS => decode::<wire::CountColumns>(raw)?.append_to(&mut self.recording.counts)?,
            Kind::INSTRUCTIONS => {
                decode::<wire::InstructionColumns>(raw)?.append_to(&mut self.recording.instructions)?;
            }
            Kind::PAGES => {
                let pages = self.recording.pages.get_or_insert_default();
                decode::<wire_memory::PageColumns>(raw)?.append_to(pages)?;
            }
            Kind::ACCESSES => decode::<wire::AccessColumns>(raw)?.append_to(&mut self.recording.accesses)?,
            Kind::SHADOW_STACK => {
                let (stack, contexts) = (&mut self.recording.shadow_stack, self.recording.contexts.len());
                self.missing.orphaned_events +=
                    decode::<wire_memory::ShadowStackColumns>(raw)?.append_to(stack, contexts)?;
            }
            Kind::IMAGES => {
                let is_next =
                    decode::<wire_memory::ImageStretch<'_>>(raw)?.append_to(&mut self.recording.images)?;
                self.missing.lost_stretches += u64::from(!is_next);
            }
            Kind::CALLS => self.recording.calls = Some(decode(raw)?),
            Kind::TIME => self.recording.time = Some(decode(raw)?),
            Kind::CALIBRATION => self.recording.calibration = Some(decode(raw)?),
            Kind::PHASES => self.recording.phases.append(&mut decode(raw)?),
            Kind::OUTPUT => self.take_output(decode(raw)?),
            Kind::OUTCOME => self.recording.outcome = decode(raw)?,
            Kind::ATTACHMENT => self.attachments.take(&decode(raw)?)?,
            _ => {}
        }
        Ok(())
    }

    fn take_module(&mut self, piece: &ModulePiece) -> Result<(), Malformed> {
        self.recording.module.is_empty().then_some(()).ok_or(Malformed)?;
        self.module.take(piece)?;
        if let Some(whole) = self.module.whole() {
            self.recording.module = whole;
        }
        Ok(())
    }

    /// Later rows point at earlier ones by number, so nothing can be appended behind a gap.
    fn take_stacks(&mut self, columns: wire::StackColumns) -> Result<(), Malformed> {
        self.stacks_end = self.stacks_end.max(columns.first_row.saturating_add(columns.rows()));
        match gap(columns.first_row, self.recording.stacks.len() as u64)? {
            0 => columns.append_to(&mut self.recording.stacks),
            _ => Ok(()),
        }
    }

    fn take_contexts(&mut self, columns: wire::ContextColumns) -> Result<(), Malformed> {
        self.contexts_end = self.contexts_end.max(columns.first_row.saturating_add(columns.rows()));
        match gap(columns.first_row, self.recording.contexts.len() as u64)? {
            0 => columns.append_to(&mut self.recording.contexts),
            _ => Ok(()),
        }
    }

    fn take_samples(&mut self, columns: wire::SampleColumns) -> Result<(), Malformed> {
        let (rows, missing) = (columns.rows(), gap(columns.first_row, self.samples_seen)?);
        let stacks = self.recording.stacks.len();
        self.missing.orphaned_samples += columns.append_to(&mut self.recording.samples, stacks)?;
        self.missing.samples += missing;
        self.samples_seen += missing + rows;
        Ok(())
    }

    fn take_growth(&mut self, mut part: wire::GrowthRows) -> Result<(), Malformed> {
        let (rows, missing) = (part.rows.len() as u64, gap(part.first_row, self.growth_seen)?);
        let contexts = self.recording.contexts.len();
        for event in &mut part.rows {
            event.context = wire::known_context(event.context, contexts, &mut self.missing.orphaned_events);
        }
        self.recording.growth.append(&mut part.rows);
        self.missing.growth += missing;
        self.growth_seen += missing + rows;
        Ok(())
    }

    fn take_spans(&mut self, mut part: wire::SpanRows) -> Result<(), Malformed> {
        let (rows, missing) = (part.rows.len() as u64, gap(part.first_row, self.spans_seen)?);
        self.recording.spans.append(&mut part.rows);
        self.missing.spans += missing;
        self.spans_seen += missing + rows;
        Ok(())
    }

    fn take_slices(&mut self, mut part: wire::SliceRows) -> Result<(), Malformed> {
        let (rows, missing) = (part.rows.len() as u64, gap(part.first_row, self.slices_seen)?);
        self.recording.slices.append(&mut part.rows);
        self.missing.slices += missing;
        self.slices_seen += missing + rows;
        Ok(())
    }

    fn take_heap(&mut self, columns: HeapColumns) -> Result<(), Malformed> {
        let (first_row, rows) = (columns.first_row, columns.rows());
        let missing = gap(first_row, self.heap_seen)?;
        let (events, orphans) = columns.events(self.recording.contexts.len())?;
        self.recording.heap.push_columns(events);
        self.missing.orphaned_events += orphans;
        self.missing.heap += missing;
        self.heap_seen += missing + rows;
        Ok(())
    }

    /// Of the many operations of a long run only the beginning of each chunk is read.
    fn keep_packed(&mut self, chunk: &Chunk) -> Result<(), Malformed> {
        let Chunk { raw_bytes, stored, .. } = *chunk;
        if raw_bytes > MAX_RAW_BYTES {
            return Err(Malformed);
        }
        let unpacker = match &mut self.begin_unpacker {
            Some(unpacker) => unpacker,
            none => none.insert(BeginUnpacker::new().map_err(|_| Malformed)?),
        };
        let begin = unpacker.unpack::<{ HeapBegin::MAX_BYTES }>(stored).map_err(|_| Malformed)?;
        let (begin, _) = postcard::take_from_bytes::<HeapBegin>(&begin).map_err(|_| Malformed)?;
        let missing = gap(begin.first_row, self.heap_seen)?;
        // Each row takes a byte of each column.
        let rows = usize::try_from(begin.rows).ok().filter(|rows| *rows <= raw_bytes / HeapColumns::COUNT);
        let rows = rows.ok_or(Malformed)?;
        self.packed_heap_bytes += raw_bytes;
        if self.packed_heap_bytes > MAX_PACKED_HEAP_BYTES {
            self.damage.add(chunk.at, too_large(chunk.kind.noun()));
            return Ok(());
        }
        let (first_nanos, contexts) = (begin.first_nanos(), self.recording.contexts.len());
        self.recording.heap.push_packed(PackedHeap {
            rows,
            first_nanos,
            contexts,
            raw_bytes,
            stored: stored.into(),
        });
        self.missing.heap += missing;
        self.heap_seen += missing + rows as u64;
        Ok(())
    }

    fn take_output(&mut self, OutputPiece(bytes): OutputPiece) {
        let output = &mut self.recording.output;
        output.extend_from_slice(bytes);
        let surplus = output.len().saturating_sub(MAX_OUTPUT_BYTES);
        output.drain(..surplus);
    }

    /// How many heap operations there are.
    pub fn heap_operations(&self) -> usize {
        self.recording.heap.len()
    }

    /// What there is while more is to come.
    pub fn so_far(&self) -> Recording {
        let mut recording = self.recording.clone();
        know_sites(&mut recording);
        recording
    }

    /// All there is; what is missing of it is told.
    pub fn finish(self, file_bytes: usize) -> Recording {
        let Self { mut recording, mut damage, attachments, missing, stacks_end, contexts_end, .. } = self;
        let contexts = recording.contexts.len();
        let orphaned_sites = know_sites(&mut recording);
        let orphaned_events = missing.orphaned_events + orphaned_sites;
        damage.add_missing(file_bytes, missing.samples, "samples are missing");
        damage.add_missing(
            file_bytes,
            stacks_end.saturating_sub(recording.stacks.len() as u64),
            "stacks are missing",
        );
        damage.add_missing(
            file_bytes,
            missing.orphaned_samples,
            "samples were left out, as their stacks are missing",
        );
        damage.add_missing(file_bytes, missing.heap, "heap operations are missing");
        damage.add_missing(file_bytes, missing.spans, "single calls are missing");
        damage.add_missing(file_bytes, missing.slices, "sums of calls in time are missing");
        damage.add_missing(file_bytes, missing.growth, "memory growths are missing");
        damage.add_missing(
            file_bytes,
            contexts_end.saturating_sub(contexts as u64),
            "call paths are missing",
        );
        let what = "stretches of memory content were left out, as those before them are missing";
        damage.add_missing(file_bytes, missing.lost_stretches, what);
        damage.add_missing(file_bytes, orphaned_events, "events have lost their call path");
        let (attachments, cut) = attachments.finish();
        recording.attachments = attachments;
        let is_imported = recording.attachments.iter().any(|kept| kept.kind == AttachmentKind::Foreign);
        // Half a module would be read as one that is broken by itself.
        if recording.module.is_empty() && !is_imported {
            damage.add(file_bytes, "the module is missing, and with it all names and lines");
        }
        let what = if cut == 1 { "attached file is missing" } else { "attached files are missing" };
        damage.add_missing(file_bytes, cut, what);
        recording.damage = damage.finish();
        recording
    }
}

impl ModuleSoFar {
    fn take(&mut self, piece: &ModulePiece) -> Result<(), Malformed> {
        let ModulePiece { total_bytes, offset, bytes } = *piece;
        let fits = total_bytes <= MAX_MODULE_BYTES && offset == self.bytes.len() as u64;
        fits.then_some(()).ok_or(Malformed)?;
        self.total_bytes = total_bytes;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// The module, once its last piece is there.
    fn whole(&mut self) -> Option<Arc<[u8]>> {
        let is_whole = self.bytes.len() as u64 == self.total_bytes && self.total_bytes > 0;
        is_whole.then(|| std::mem::take(&mut self.bytes).into())
    }
}

/// Takes contexts that are missing out of the call sites, and says of how many. Contexts may be written after the table
/// of crossings that names them, so that it can't be told when that is read.
fn know_sites(recording: &mut Recording) -> u64 {
    let (contexts, mut orphaned) = (recording.contexts.len(), 0);
    for site in &mut recording.crossings.sites {
        site.context = wire::known_context(site.context, contexts, &mut orphaned);
    }
    orphaned
}

fn too_large(noun: &str) -> String {
    format!("the recording is too large: {noun} from here on were left out")
}

/// How many rows are missing in front of `first_row`, if `expected` should come next.
fn gap(first_row: u64, expected: u64) -> Result<u64, Malformed> {
    /// More rows than any file has; a number beyond it is a lie.
    const MAX_ROWS: u64 = 1 << 40;
    first_row.checked_sub(expected).filter(|_| first_row < MAX_ROWS).ok_or(Malformed)
}

fn decode<'a, M: Deserialize<'a>>(raw: &'a [u8]) -> Result<M, Malformed> {
    postcard::from_bytes(raw).map_err(|_| Malformed)
}
