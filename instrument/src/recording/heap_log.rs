//! All heap operations of a recording: as columns as far as they are few, and packed behind.

use super::heap::{HeapEvent, HeapEvents};
use super::heap_rows::{Cursor, HeapRows};
use super::scan::unpack;
use super::wire::HeapColumns;
use std::borrow::Cow;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

/// Operations that stand as columns once a recording is read: some 340 MB.
pub(super) const MAX_COLUMN_ROWS: usize = 24 << 20;
/// Chunks that are unpacked ahead of whoever passes over them.
const AHEAD: usize = 4;

/// All heap operations of a recording, in the order in which they happened.
///
/// The first 24 million stand as columns. Those behind stay packed as they stand in the file, some five bytes each,
/// and are unpacked a chunk at a time, each time that they are passed over: memory stays bounded however long the run
/// was.
#[derive(Clone, Debug, Default)]
pub struct HeapLog {
    parts: Vec<Part>,
    rows: usize,
}

#[derive(Clone, Debug)]
struct Part {
    first_row: usize,
    rows: usize,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Columns(HeapRows),
    Packed(PackedHeap),
}

/// A chunk of operations as it stands in the file.
#[derive(Clone, Debug)]
pub(super) struct PackedHeap {
    /// How many there are.
    pub rows: usize,
    /// When the first one was.
    pub first_nanos: u64,
    /// How many contexts are known to them.
    pub contexts: usize,
    /// Bytes of the message.
    pub raw_bytes: usize,
    /// The message, packed.
    pub stored: Arc<[u8]>,
}

impl PackedHeap {
    /// The operations; none where the message is not what a recorder wrote, though its checksum is right.
    fn unpack(&self) -> HeapRows {
        let raw = unpack(&self.stored, self.raw_bytes).unwrap_or_default();
        let columns = postcard::from_bytes::<HeapColumns>(&raw).ok();
        let events = columns.and_then(|columns| columns.events(self.contexts).ok());
        events.map(|(events, _)| events).filter(|events| events.len() == self.rows).unwrap_or_default()
    }
}

impl Part {
    fn rows(&self) -> Cow<'_, HeapRows> {
        match &self.body {
            Body::Columns(events) => Cow::Borrowed(events),
            Body::Packed(packed) => Cow::Owned(packed.unpack()),
        }
    }

    fn first_nanos(&self) -> u64 {
        match &self.body {
            Body::Columns(events) => events.first_nanos(),
            Body::Packed(packed) => packed.first_nanos,
        }
    }
}

impl HeapLog {
    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Was nothing recorded?
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// When the last operation was, in nanoseconds since the recording began.
    pub fn last_nanos(&self) -> Option<u64> {
        self.parts.last()?.rows().last_nanos()
    }

    /// How many operations there are in front of the first one whose time does not fulfil `is_before`.
    pub fn rows_before(&self, is_before: impl Fn(u64) -> bool) -> usize {
        let behind = self.parts.partition_point(|part| is_before(part.first_nanos()));
        let Some(part) = behind.checked_sub(1).and_then(|at| self.parts.get(at)) else { return 0 };
        part.first_row + part.rows().rows_before(is_before)
    }

    /// The chunks that hold the operations in `rows`, each with the row that it begins at. What is packed is unpacked
    /// by another thread ahead of the one that asks.
    pub fn chunks(&self, rows: Range<usize>) -> impl Iterator<Item = (usize, Cow<'_, HeapRows>)> {
        let from = self.parts.partition_point(|part| part.first_row + part.rows <= rows.start);
        let to = self.parts.partition_point(|part| part.first_row < rows.end).max(from);
        let parts = self.parts.get(from..to).unwrap_or_default();
        let mut ahead = unpack_ahead(parts);
        parts.iter().map(move |part| {
            let events = match &part.body {
                Body::Columns(events) => Cow::Borrowed(events),
                Body::Packed(packed) => Cow::Owned(ahead.next().unwrap_or_else(|| packed.unpack())),
            };
            (part.first_row, events)
        })
    }

    /// All operations, in order.
    pub fn iter(&self) -> impl Iterator<Item = HeapEvent> {
        self.chunks(0..self.rows).flat_map(|(_, rows)| {
            let mut cursor = Cursor::default();
            (0..rows.len()).map_while(move |row| cursor.event(&rows, row))
        })
    }

    /// The operations in `rows`, which must ascend; rows that there are none in are passed over.
    pub fn pick(&self, rows: impl IntoIterator<Item = usize>) -> impl Iterator<Item = (usize, HeapEvent)> {
        Picked { log: self, rows: rows.into_iter().peekable(), at: None, ready: Vec::new().into_iter() }
    }

    /// Appends one operation, as a column.
    pub fn push(&mut self, event: HeapEvent) {
        if !matches!(self.parts.last(), Some(Part { body: Body::Columns(_), .. })) {
            self.push_columns(HeapRows::default());
        }
        if let Some(Part { rows, body: Body::Columns(events), .. }) = self.parts.last_mut() {
            events.push(event);
            *rows += 1;
            self.rows += 1;
        }
    }

    pub(super) fn push_columns(&mut self, events: HeapRows) {
        let (first_row, rows) = (self.rows, events.len());
        self.rows += rows;
        self.parts.push(Part { first_row, rows, body: Body::Columns(events) });
    }

    pub(super) fn push_packed(&mut self, packed: PackedHeap) {
        let (first_row, rows) = (self.rows, packed.rows);
        self.rows += rows;
        self.parts.push(Part { first_row, rows, body: Body::Packed(packed) });
    }
}

/// Rows that are read at once.
const PICKED_AT_ONCE: usize = 512;

/// Reads the operations in `rows`.
struct Picked<'a, I: Iterator<Item = usize>> {
    log: &'a HeapLog,
    rows: Peekable<I>,
    /// The part of the last ones, and where in it they were.
    at: Option<(Range<usize>, Cow<'a, HeapRows>, Cursor)>,
    ready: std::vec::IntoIter<(usize, HeapEvent)>,
}

impl<I: Iterator<Item = usize>> Picked<'_, I> {
    /// Reads some more; `None` at the end.
    fn fill(&mut self) -> Option<()> {
        let row = *self.rows.peek()?;
        if !self.at.as_ref().is_some_and(|(rows, ..)| rows.contains(&row)) {
            let behind = self.log.parts.partition_point(|part| part.first_row <= row);
            let part = self.log.parts.get(behind.checked_sub(1)?)?;
            let rows = part.first_row..part.first_row + part.rows;
            if !rows.contains(&row) {
                self.rows.next();
                return Some(());
            }
            self.at = Some((rows, part.rows(), Cursor::default()));
        }
        let (part, columns, cursor) = self.at.as_mut()?;
        let next = || self.rows.next_if(|row| part.contains(row)).map(|row| row - part.start);
        let mut rows: Vec<_> = std::iter::from_fn(next).take(PICKED_AT_ONCE).collect();
        // A chunk that can't be unpacked has none.
        rows.retain(|row| *row < columns.len());
        let events = cursor.events(columns, &rows);
        let first = part.start;
        let ready: Vec<_> = rows.iter().map(|row| first + row).zip(events).collect();
        self.ready = ready.into_iter();
        Some(())
    }
}

impl<I: Iterator<Item = usize>> Iterator for Picked<'_, I> {
    type Item = (usize, HeapEvent);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let next = self.ready.next();
            if next.is_some() {
                return next;
            }
            self.fill()?;
        }
    }
}

/// Unpacks the packed ones of `parts` in order; ends early where there is no thread for it.
fn unpack_ahead(parts: &[Part]) -> impl Iterator<Item = HeapRows> + use<> {
    let packed = parts.iter().filter_map(|part| match &part.body {
        Body::Columns(_) => None,
        Body::Packed(packed) => Some(packed.clone()),
    });
    let packed: Vec<_> = packed.collect();
    let (sender, unpacked) = sync_channel(AHEAD);
    if packed.len() > 1 {
        let work = move || {
            // Whoever passed over them may have gone.
            let is_heard = |packed: &PackedHeap| sender.send(packed.unpack()).is_ok();
            packed.iter().all(is_heard);
        };
        let _ = thread::Builder::new().name("heap operations".into()).spawn(work);
    }
    unpacked.into_iter()
}

impl From<HeapEvents> for HeapLog {
    fn from(events: HeapEvents) -> Self {
        let mut rows = HeapRows::with_capacity(events.len());
        events.iter().for_each(|event| rows.push(event));
        let mut log = HeapLog::default();
        log.push_columns(rows);
        log
    }
}

/// The same operations, however they are kept.
impl PartialEq for HeapLog {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows && self.iter().eq(other.iter())
    }
}
