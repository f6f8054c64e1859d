//! Files that explain a recording and are kept in it, so that it reads the same on any machine.

use super::file::{ChunkHead, FILE_HEAD_BYTES};
use super::reader::{ReadError, check_head};
use super::wire::{AttachmentPiece, Malformed};
use super::writer::Writer;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

/// A file that is kept in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is.
    pub kind: AttachmentKind,
    /// For source files the path as the compiler recorded it. Of files of one kind the names differ.
    pub name: String,
    /// What is in it.
    pub bytes: Arc<[u8]>,
}

/// What an attached file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentKind {
    /// A module with the debug information, split off when the program was linked.
    DebugFile,
    /// Debug information that was never linked into the module, or a package of such.
    SplitDebug,
    /// Another build of the module, with names or debug information.
    Twin,
    /// Names by function index.
    SymbolMap,
    /// A source map.
    SourceMap,
    /// The text of a source file.
    Source,
    /// What another profiler told: see [`Foreign`](super::Foreign).
    Foreign,
}

impl AttachmentKind {
    /// What it is, for people.
    pub const fn noun(self) -> &'static str {
        match self {
            AttachmentKind::DebugFile => "the file with debug information",
            AttachmentKind::SplitDebug => "split debug information",
            AttachmentKind::Twin => "another build",
            AttachmentKind::SymbolMap => "the symbol map",
            AttachmentKind::SourceMap => "the source map",
            AttachmentKind::Source => "a source file",
            AttachmentKind::Foreign => "what another profiler told",
        }
    }
}

/// Appends `attachments` to the recording in `file`. One of the same kind and name takes the place of an older one.
///
/// # Errors
/// When `file` does not begin as a recording does, or what it says when it is read or written.
pub fn attach(file: &mut (impl Read + Write + Seek), attachments: &[Attachment]) -> io::Result<()> {
    let recording = mark(file)?;
    file.seek(SeekFrom::End(0))?;
    let mut writer = Writer::resume(file, recording)?;
    attachments.iter().try_for_each(|attachment| writer.attachment(attachment))?;
    writer.flush()
}

/// What all chunks of the recording have in common.
fn mark(file: &mut (impl Read + Seek)) -> io::Result<u32> {
    let mut head = Vec::with_capacity(FILE_HEAD_BYTES + ChunkHead::BYTES);
    file.rewind()?;
    file.take(head.capacity() as u64).read_to_end(&mut head)?;
    check_head(&head).map_err(io::Error::other)?;
    let first = head.get(FILE_HEAD_BYTES..).and_then(ChunkHead::parse);
    first.map(|chunk| chunk.recording).ok_or_else(|| io::Error::other(ReadError::NotARecording))
}

/// All attachments of a recording together have no more bytes than this.
pub const MOST_ATTACHED_BYTES: usize = 512 << 20;
/// No program has so many source files.
const MOST_ATTACHMENTS: usize = 100_000;

/// The attachments of a file as they come, a piece at a time.
#[derive(Default)]
pub(super) struct Attachments {
    whole: BTreeMap<Key, Arc<[u8]>>,
    /// In which order they came first.
    order: Vec<Key>,
    /// Those of which something is missing.
    cut: BTreeSet<Key>,
    /// The one that more is to come of.
    open: Option<(Key, Vec<u8>)>,
    bytes: usize,
}

type Key = (AttachmentKind, String);

impl Attachments {
    /// Takes the next piece.
    pub fn take(&mut self, piece: &AttachmentPiece) -> Result<(), Malformed> {
        let AttachmentPiece { kind, name, total_bytes, offset, bytes } = *piece;
        let key = (kind, name.to_owned());
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > MOST_ATTACHED_BYTES || self.order.len() >= MOST_ATTACHMENTS {
            return Err(Malformed);
        }
        if offset == 0 {
            self.give_up();
            self.open = Some((key.clone(), Vec::new()));
        }
        let continues = |(open, so_far): &&mut (Key, Vec<u8>)| *open == key && so_far.len() as u64 == offset;
        let Some((_, so_far)) = self.open.as_mut().filter(continues) else {
            self.cut.insert(key);
            return Err(Malformed);
        };
        so_far.extend_from_slice(bytes);
        if so_far.len() as u64 == total_bytes {
            self.close();
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some((key, bytes)) = self.open.take() else { return };
        self.cut.remove(&key);
        match self.whole.insert(key.clone(), bytes.into()) {
            // Its room is free again, however often a file is attached anew.
            Some(older) => self.bytes -= older.len(),
            None => self.order.push(key),
        }
    }

    fn give_up(&mut self) {
        if let Some((key, so_far)) = self.open.take() {
            self.bytes -= so_far.len();
            self.cut.insert(key);
        }
    }

    /// Those that are whole, and how many are not.
    pub fn finish(mut self) -> (Vec<Attachment>, u64) {
        self.give_up();
        let Self { mut whole, order, cut, .. } = self;
        let attachments = order.into_iter().filter_map(|key| {
            let bytes = whole.remove(&key)?;
            Some(Attachment { kind: key.0, name: key.1, bytes })
        });
        let attachments = attachments.collect();
        (attachments, cut.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_the_place_of_another_takes_no_room_beside_it() {
        let bytes = vec![0; 1 << 20];
        let piece = |offset| AttachmentPiece {
            kind: AttachmentKind::Twin,
            name: "",
            total_bytes: 2 << 20,
            offset,
            bytes: &bytes,
        };
        let mut attachments = Attachments::default();
        // One after the other is far more than a recording may hold at once; every other one is given up half-way.
        for _ in 0..MOST_ATTACHED_BYTES >> 20 {
            attachments.take(&piece(0)).unwrap();
            attachments.take(&piece(0)).unwrap();
            attachments.take(&piece(1 << 20)).unwrap();
        }
        let (whole, cut) = attachments.finish();
        assert_eq!((whole.len(), cut), (1, 0));
    }
}
