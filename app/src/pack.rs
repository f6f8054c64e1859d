//! Puts into a recording what explains it: symbol files and the text of sources, so that it reads the same elsewhere.

use crate::analysis::SourceProvider;
use crate::pipeline::PipelineError;
use crate::profile::Profile;
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use wasmscope_instrument::recording::{Attachment, AttachmentKind, Recording, attach};
use wasmscope_symbolize::SymbolFiles;

/// What was put into a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// How many files with names and lines.
    pub symbol_files: usize,
    /// How many texts of source files.
    pub sources: usize,
    /// The source files that have a part in the recording but were not found, as the compiler recorded them.
    pub missing: Vec<Arc<str>>,
}

/// Puts into the recording at `path`, of which `profile` was made, the files that its names and lines come from, and
/// the text of each source file that it speaks of, where `sources` has it.
///
/// # Errors
/// When the recording can't be changed.
pub fn pack(path: &Path, profile: &Profile, sources: &dyn SourceProvider) -> Result<Packed, PipelineError> {
    let symbols = symbol_attachments(profile.symbols().files());
    let (texts, missing) = source_attachments(profile, sources);
    let packed = Packed { symbol_files: symbols.len(), sources: texts.len(), missing };
    let new: Vec<_> = symbols
        .into_iter()
        .chain(texts)
        .filter(|attachment| !profile.recording().attachments.contains(attachment))
        .collect();
    let file = OpenOptions::new().read(true).write(true).open(path);
    let attached = file.and_then(|mut file| attach(&mut file, &new));
    attached.map_err(|source| PipelineError::Pack { path: path.to_owned(), source })?;
    Ok(packed)
}

/// The files with names and lines that are in a recording.
pub(crate) fn kept_symbols(recording: &Recording) -> SymbolFiles {
    let files = |kind| {
        let of_kind = recording.attachments.iter().filter(move |attachment| attachment.kind == kind);
        of_kind.map(|attachment| Arc::clone(&attachment.bytes))
    };
    SymbolFiles {
        debug_file: files(AttachmentKind::DebugFile).next(),
        split: files(AttachmentKind::SplitDebug).collect(),
        twin: files(AttachmentKind::Twin).next(),
        symbol_map: files(AttachmentKind::SymbolMap).next(),
        source_map: files(AttachmentKind::SourceMap).next(),
    }
}

fn symbol_attachments(files: &SymbolFiles) -> Vec<Attachment> {
    let SymbolFiles { debug_file, split, twin, symbol_map, source_map } = files;
    let single = [
        (AttachmentKind::DebugFile, debug_file),
        (AttachmentKind::Twin, twin),
        (AttachmentKind::SymbolMap, symbol_map),
        (AttachmentKind::SourceMap, source_map),
    ];
    let single = single.into_iter().filter_map(|(kind, file)| Some((kind, String::new(), file.as_ref()?)));
    let split = split.iter().enumerate();
    let split = split.map(|(number, file)| (AttachmentKind::SplitDebug, number.to_string(), file));
    let attachment =
        |(kind, name, bytes): (_, _, &Arc<[u8]>)| Attachment { kind, name, bytes: Arc::clone(bytes) };
    single.chain(split).map(attachment).collect()
}

/// The texts of the files that the profile has lines of, and the files without one.
fn source_attachments(profile: &Profile, sources: &dyn SourceProvider) -> (Vec<Attachment>, Vec<Arc<str>>) {
    let files: BTreeSet<Arc<str>> = profile.lines().iter().map(|line| Arc::clone(&line.file)).collect();
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for file in files {
        match sources.source(&file).filter(|_| is_source(&file)) {
            Some(text) => found.push(Attachment {
                kind: AttachmentKind::Source,
                name: file.to_string(),
                bytes: text.into(),
            }),
            None => missing.push(file),
        }
    }
    (found, missing)
}

/// Does the path look like that of a source file?
///
/// A recording is made to be shown to others, and its module says which files are sources: one that nobody knows could
/// name the user's private key.
fn is_source(path: &str) -> bool {
    const ENDINGS: [&str; 48] = [
        "adb", "ads", "asm", "c", "c++", "cc", "cpp", "cs", "cu", "cuh", "cxx", "d", "dart", "def", "f",
        "f90", "fs", "go", "h", "h++", "hh", "hpp", "hs", "hxx", "inc", "inl", "ipp", "java", "js", "jsx",
        "kt", "lua", "m", "ml", "mm", "mts", "nim", "pas", "py", "rb", "rs", "s", "swift", "tcc", "ts",
        "tsx", "wat", "zig",
    ];
    let mut parts = path.rsplit(['/', '\\']);
    let name = parts.next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((_, ending)) => ENDINGS.contains(&ending.to_ascii_lowercase().as_str()),
        // `<vector>` and the like.
        None => parts.any(|folder| folder == "include") && !path.contains(".."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_source_is_taken() {
        for path in ["src/main.rs", "/a/b.C", "C:\\x\\y.cpp", "~lib/rt.ts", "/usr/include/c++/v1/vector"] {
            assert!(is_source(path), "{path}");
        }
        for path in [
            "/home/x/.ssh/id_rsa",
            "/etc/passwd",
            "~/.aws/credentials",
            "a.pem",
            "",
            "/include/../etc/shadow",
        ] {
            assert!(!is_source(path), "{path}");
        }
    }
}
