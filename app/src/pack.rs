//! Puts into a recording what explains it: symbol files and the text of sources, so that it reads the same elsewhere.

use crate::analysis::SourceProvider;
use crate::nearby;
use crate::pipeline::PipelineError;
use crate::profile::Profile;
use crate::sources::ProfileSources;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Arc;
use wasmscope_instrument::recording::{Attachment, AttachmentKind, MOST_ATTACHED_BYTES, Recording, attach};
use wasmscope_symbolize::{ModuleIndex, SymbolFiles};

/// What was put into a recording, or was there already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// How many files with names and lines.
    pub symbol_files: usize,
    /// How many texts of source files.
    pub sources: usize,
    /// The source files that have a part in the recording but were not found, as the compiler recorded them.
    pub missing: Vec<Arc<str>>,
    /// What the module names as its symbols or sources, and does not look like any: source files by their paths, symbol
    /// files by their kind.
    pub refused: Vec<Arc<str>>,
}

/// Puts into the recording at `path`, of which `profile` was made, the files that its names and lines come from, and
/// the text of each source file that it speaks of, as `sources` has it now.
///
/// # Errors
/// When the recording can't be changed, or would become too large.
pub fn pack(path: &Path, profile: &Profile, sources: &ProfileSources<'_>) -> Result<Packed, PipelineError> {
    let failed = |source| PipelineError::Pack { path: path.to_owned(), source };
    let mut packed = Packed::default();
    let mut attachments = symbol_attachments(profile.symbols().files(), &mut packed);
    attachments.extend(source_attachments(profile, sources, &mut packed));
    let kept: FxHashSet<_> =
        profile.recording().attachments.iter().map(|a| (a.kind, &a.name, &a.bytes)).collect();
    let bytes: usize = attachments.iter().map(|attachment| attachment.bytes.len()).sum();
    if bytes > MOST_ATTACHED_BYTES {
        return Err(failed(io::Error::other(format!(
            "its symbols and sources have {bytes} bytes, too many"
        ))));
    }
    attachments.retain(|a| !kept.contains(&(a.kind, &a.name, &a.bytes)));
    let file = OpenOptions::new().read(true).write(true).open(path);
    file.and_then(|mut file| attach(&mut file, &attachments)).map_err(failed)?;
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

fn symbol_attachments(files: &SymbolFiles, packed: &mut Packed) -> Vec<Attachment> {
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
    let (found, others): (Vec<_>, Vec<_>) =
        single.chain(split).partition(|(kind, _, file)| is_symbols(*kind, file));
    packed.symbol_files = found.len();
    packed.refused.extend(others.iter().map(|(kind, ..)| Arc::from(kind.noun())));
    found.into_iter().map(|(kind, name, bytes)| Attachment { kind, name, bytes: Arc::clone(bytes) }).collect()
}

/// Is the file really what it is taken for? A module names its symbol files itself, and one that nobody knows could
/// name any file; the recording is made to be shown to others.
fn is_symbols(kind: AttachmentKind, bytes: &[u8]) -> bool {
    /// What every source map has, or each of its parts.
    #[derive(Deserialize)]
    struct SourceMap {
        version: u32,
        mappings: Option<IgnoredAny>,
        sections: Option<IgnoredAny>,
    }
    match kind {
        AttachmentKind::DebugFile | AttachmentKind::SplitDebug | AttachmentKind::Twin => {
            bytes.starts_with(b"\0asm") && ModuleIndex::parse(bytes).is_ok()
        }
        AttachmentKind::SourceMap => {
            let json = bytes.trim_ascii_start();
            let json = json.strip_prefix(b")]}'").unwrap_or(json);
            serde_json::from_slice(json).is_ok_and(|map: SourceMap| {
                map.version == 3 && (map.mappings.is_some() || map.sections.is_some())
            })
        }
        AttachmentKind::SymbolMap => bytes.split(|byte| *byte == b'\n').all(|line| {
            let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
            line.trim_ascii().is_empty() || (digits > 0 && line.get(digits) == Some(&b':'))
        }),
        AttachmentKind::Source | AttachmentKind::Foreign => false,
    }
}

/// The texts of the files that the profile has lines of.
fn source_attachments(
    profile: &Profile,
    sources: &ProfileSources<'_>,
    packed: &mut Packed,
) -> Vec<Attachment> {
    let files: BTreeSet<Arc<str>> = profile.lines().iter().map(|line| Arc::clone(&line.file)).collect();
    let mut found = Vec::new();
    for file in files {
        // A file that is here now goes before the text that was packed earlier.
        let text = match sources.file(&file) {
            Some(here) if is_source(&here) => nearby::read_file(&here, u64::MAX),
            Some(_) => {
                packed.refused.push(file);
                continue;
            }
            None => sources.source(&file),
        };
        match text {
            Some(text) => found.push(Attachment {
                kind: AttachmentKind::Source,
                name: file.to_string(),
                bytes: text.into(),
            }),
            None => packed.missing.push(file),
        }
    }
    packed.sources = found.len();
    found
}

/// Is this a source file, wherever links lead?
///
/// A recording is made to be shown to others, and its module says which files are sources: one that nobody knows could
/// name the user's private key.
fn is_source(found: &Path) -> bool {
    const ENDINGS: [&str; 64] = [
        "adb", "ads", "asm", "c", "c++", "c3", "cc", "cjs", "cpp", "cppm", "cs", "cts", "cu", "cuh", "cxx",
        "d", "dart", "def", "f", "f90", "fs", "fsx", "glsl", "go", "gleam", "grain", "h", "h++", "hh", "hpp",
        "hs", "hxx", "inc", "inl", "ipp", "ixx", "java", "jl", "js", "jsx", "kt", "l", "lua", "m", "mbt",
        "mjs", "ml", "mm", "mts", "nim", "odin", "pas", "py", "rb", "rs", "s", "scala", "swift", "tcc", "ts",
        "tsx", "wat", "y", "zig",
    ];
    let Ok(real) = found.canonicalize() else { return false };
    match real.extension() {
        Some(ending) => ENDINGS.contains(&ending.to_string_lossy().to_ascii_lowercase().as_str()),
        // `<vector>` and the like; what is hidden is no header.
        None => {
            let parts = || real.iter().map(|part| part.to_string_lossy());
            parts().any(|part| part == "include") && !parts().any(|part| part.starts_with('.'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is a file at `path` within some folder taken for a source?
    fn taken(path: &str) -> bool {
        let folder = tempfile::Builder::new().prefix("pack").tempdir().unwrap();
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "x").unwrap();
        is_source(&file)
    }

    #[test]
    fn only_what_looks_like_a_source_is_taken() {
        for path in ["src/main.rs", "a/b.C", "y.cpp", "~lib/rt.ts", "usr/include/c++/v1/vector"] {
            assert!(taken(path), "{path}");
        }
        for path in
            [".ssh/id_rsa", "passwd", ".aws/credentials", "a.pem", "include/.ssh/id_rsa", "x/config.json"]
        {
            assert!(!taken(path), "{path}");
        }
        assert!(!is_source(Path::new("/no/such/main.rs")));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_something_else_is_no_source() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "secret").unwrap();
        std::os::unix::fs::symlink("key", folder.path().join("main.c")).unwrap();
        assert!(!is_source(&folder.path().join("main.c")));
    }

    #[test]
    fn only_what_is_a_symbol_file_is_taken() {
        let (module, map) = (b"\0asm\x01\0\0\0".as_slice(), br#"{"version":3,"mappings":""}"#.as_slice());
        for (kind, yes, no) in [
            (AttachmentKind::DebugFile, module, b"root:x:0:0".as_slice()),
            (AttachmentKind::Twin, module, b"\0asm?"),
            (AttachmentKind::SourceMap, map, br#"{"auths":{"host":{"auth":"token"}}}"#),
            (AttachmentKind::SymbolMap, b"0:main\n1:free\n", b"0:main\nPASSWORD=x"),
        ] {
            assert!(is_symbols(kind, yes) && !is_symbols(kind, no), "{kind:?}");
        }
    }
}
