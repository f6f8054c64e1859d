//! What is at a path already, which is not to be lost.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use wasmscope_instrument::recording;

/// Is there a file that is no recording?
pub(crate) fn is_another(path: &Path) -> bool {
    match head(path) {
        None => false,
        Some(Ok(head)) => head != recording::MAGIC,
        // A shorter file is the beginning of one at most; an empty one is nobody's. What can't be read is somebody's.
        Some(Err(error)) => error.kind() != io::ErrorKind::UnexpectedEof,
    }
}

/// Is there a recording?
pub(crate) fn is_recording(path: &Path) -> bool {
    matches!(head(path), Some(Ok(head)) if head == recording::MAGIC)
}

/// How the file at `path` begins, if there is one.
fn head(path: &Path) -> Option<io::Result<[u8; recording::MAGIC.len()]>> {
    let read = |mut file: File| {
        let mut head = [0; recording::MAGIC.len()];
        file.read_exact(&mut head).map(|()| head)
    };
    path.is_file().then(|| File::open(path).and_then(read))
}

/// Do both paths lead to one file?
pub(crate) fn is_same_file(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(a).is_some() && real(a) == real(b)
}
