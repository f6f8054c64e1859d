//! Files that explain a recording and are kept in it, so that it reads the same on any machine.

use super::file::{ChunkHead, FILE_HEAD_BYTES};
use super::reader::{ReadError, check_head};
use super::wire::{AttachmentPiece, Malformed};
use super::writer::Writer;
use serde::{Deserialize, Serialize};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// The attachments of a file as they come, a piece at a time.
#[derive(Default)]
pub(super) struct Attachments {
    whole: Vec<Attachment>,
    /// The one that more is to come of.
    open: Option<Open>,
    cut: u64,
}

struct Open {
    kind: AttachmentKind,
    name: String,
    bytes: Vec<u8>,
}

impl Attachments {
    /// Takes the next piece.
    pub fn take(&mut self, piece: &AttachmentPiece) -> Result<(), Malformed> {
        let AttachmentPiece { kind, name, total_bytes, offset, bytes } = *piece;
        if offset == 0 {
            let begun = Open { kind, name: name.to_owned(), bytes: Vec::new() };
            self.cut += u64::from(self.open.replace(begun).is_some());
        }
        let continues =
            |open: &&mut Open| open.kind == kind && open.name == name && open.bytes.len() as u64 == offset;
        let open = self.open.as_mut().filter(continues).ok_or(Malformed)?;
        open.bytes.extend_from_slice(bytes);
        if open.bytes.len() as u64 == total_bytes {
            self.close();
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(Open { kind, name, bytes }) = self.open.take() else { return };
        self.whole.retain(|other| other.kind != kind || other.name != name);
        self.whole.push(Attachment { kind, name, bytes: bytes.into() });
    }

    /// Those that are whole, and how many are not.
    pub fn finish(self) -> (Vec<Attachment>, u64) {
        (self.whole, self.cut + u64::from(self.open.is_some()))
    }
}
