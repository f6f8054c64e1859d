//! From a file to a profile: open a module, record it, read the recording back. The window, the command line and
//! the tests all come through here.

mod imported;
mod there;
mod unrun;

pub(crate) use there::{is_another, is_recording, is_same_file};
pub use unrun::{open_unrun, record_unrun_to};

use crate::given::{self, Wanted};
use crate::import::ImportError;
use crate::nearby;
use crate::pack::kept_symbols;
use crate::profile::{Growing, Profile};
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::recording::{self, Outcome, ReadError, Recording};
use wasmscope_instrument::{Guest, Observer, RecordError, RunOptions, record};
use wasmscope_symbolize::{ModuleError, ModuleIndex, SymbolFileNames, SymbolFiles, Symbols};

/// What was opened.
#[derive(Debug)]
pub enum Opened {
    /// A module that can be run. Its outline was read without an error.
    Module(Guest),
    /// A recording.
    Recording(Box<Profile>),
}

/// Why something could not be opened or recorded. Each begins with the file and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The file can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is something else.
    #[error(
        "{}: neither a WebAssembly module (.wasm) nor a recording (.wscope), nor a profile of another tool",
        path.display()
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// The file should be a recording and is a module.
    #[error("{}: this is a module; `wasmscope record` makes a recording of it", path.display())]
    NotYetRecorded {
        /// The file.
        path: PathBuf,
    },
    /// The file should be a module and is a recording.
    #[error("{}: this is a recording; `wasmscope report` shows it", path.display())]
    AlreadyRecorded {
        /// The file.
        path: PathBuf,
    },
    /// The module can't be understood.
    #[error("{}: {source}", path.display())]
    Module {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ModuleError,
    },
    /// The recording can't be understood.
    #[error("{}: {source}", path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ReadError,
    },
    /// The profile of another tool can't be understood.
    #[error("{}: {source}", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ImportError,
    },
    /// The module is not that of the imported profile.
    #[error("{}: this module has none of the functions of the profile; name the one that ran", path.display())]
    OtherModule {
        /// The module's file.
        path: PathBuf,
    },
    /// Symbols say nothing as long as there is no module.
    #[error(
        "{}: an imported profile has no module that this could explain; name the module (.wasm) that ran",
        path.display()
    )]
    NeedsModule {
        /// The file with symbols.
        path: PathBuf,
    },
    /// The recording's file can't be made.
    #[error("{}: the recording can't be written: {source}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The recording would take the module's place.
    #[error("{}: this is the module itself; name another file for the recording", path.display())]
    OverItsInput {
        /// The file.
        path: PathBuf,
    },
    /// The recording would take the place of something else.
    #[error(
        "{}: there is a file already, and it is no recording; name another one, or remove it first",
        path.display()
    )]
    OverAnother {
        /// The file.
        path: PathBuf,
    },
    /// There is a recording where something that was made of one is to go.
    #[error("{}: this is a recording; name another file to write", path.display())]
    OverRecording {
        /// The file.
        path: PathBuf,
    },
    /// What should tell names or lines does not.
    #[error("{}: neither another build of the module, nor its source map, symbol map or split DWARF", path.display())]
    NotSymbols {
        /// The file.
        path: PathBuf,
    },
    /// Nothing can be put into the recording.
    #[error("{}: nothing can be put into it: {source}", path.display())]
    Pack {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder that should have symbols has none.
    #[error(
        "{}: nothing in this folder has the name or build id of {module}; name the file with its symbols",
        path.display()
    )]
    NoSymbols {
        /// The folder.
        path: PathBuf,
        /// The module's name.
        module: String,
    },
    /// In components no allocators are looked for.
    #[error(
        "{module}: a component; allocators are looked for in core modules only: name its own as NAME=FUNCTION"
    )]
    Component {
        /// The component's name.
        module: String,
    },
    /// The module can't be recorded.
    #[error("{module}: {source}")]
    Record {
        /// The module's name.
        module: String,
        /// Why.
        source: RecordError,
    },
    /// The recording broke off.
    #[error("{module}: {source}; what was recorded until then is in {}", kept.display())]
    BrokeOff {
        /// The module's name.
        module: String,
        /// Why.
        source: RecordError,
        /// A recording that can be opened.
        kept: PathBuf,
    },
}

/// Opens a module or a recording, whichever it is.
///
/// # Errors
/// When the file can't be read, is neither, or is broken beyond use.
pub fn open(path: &Path) -> Result<Opened, PipelineError> {
    open_bytes(read(path)?, path, None)
}

/// As [`open`], with the file's contents at hand. `path` may be a mere name. Files that a recorded module names as
/// having its lines are looked for beside the module and beside the recording; what was put into the recording goes
/// before them, and what is at `symbols`, a file or a folder, before all.
///
/// # Errors
/// As [`open`], and when there are no symbols of the module at `symbols`.
pub fn open_bytes(
    bytes: impl AsRef<[u8]> + Into<Arc<[u8]>>,
    path: &Path,
    symbols: Option<&Path>,
) -> Result<Opened, PipelineError> {
    if bytes.as_ref().starts_with(&recording::MAGIC) {
        let recording = recording::read(bytes.as_ref())
            .map_err(|source| PipelineError::Recording { path: path.to_owned(), source })?;
        drop(bytes);
        let mut recording = placed(recording);
        recording.meta.warnings.extend(unfinished(path));
        return opened(recording, path, symbols);
    }
    let error = match ModuleIndex::parse(bytes.as_ref()) {
        Ok(_) => return Ok(Opened::Module(guest(bytes.into(), path))),
        Err(source @ ModuleError::NotWasm { .. }) => source,
        Err(source) => return Err(PipelineError::Module { path: path.to_owned(), source }),
    };
    let imported = imported::read(bytes.as_ref(), path)?;
    drop(bytes);
    match (imported, error) {
        (Some(recording), _) => opened(recording, path, symbols),
        (None, ModuleError::NotWasm { hint: "", .. }) => {
            Err(PipelineError::NotOurs { path: path.to_owned() })
        }
        (None, source) => Err(PipelineError::Module { path: path.to_owned(), source }),
    }
}

fn opened(recording: Recording, path: &Path, symbols: Option<&Path>) -> Result<Opened, PipelineError> {
    let (recording, symbols) = match symbols {
        Some(symbols) if imported::needs_module(&recording) => {
            (imported::with_module(recording, symbols)?, None)
        }
        symbols => (recording, symbols),
    };
    let profile = growing(&recording, path, symbols)?.profile(recording);
    Ok(Opened::Recording(Box::new(profile)))
}

/// A recording from a file. Files are looked for, and made, under the name of its module: one from elsewhere must not
/// lead out of a folder.
pub(crate) fn placed(mut recording: Recording) -> Recording {
    recording.meta.module_name = file_name(Path::new(&recording.meta.module_name));
    recording
}

/// What makes profiles of the recording in the file at `path`, with symbols as for [`open_bytes`].
///
/// # Errors
/// When there are no symbols of the module at `symbols`.
pub(crate) fn growing(
    recording: &Recording,
    path: &Path,
    symbols: Option<&Path>,
) -> Result<Growing, PipelineError> {
    let module = PathBuf::from(&recording.meta.module_path);
    let folders = nearby::folders_of([&module, path]);
    let file = Wanted { bytes: &recording.module, name: &recording.meta.module_name };
    let kept = kept_symbols(recording);
    Growing::of(recording, |names| {
        Ok(given(file, names, symbols)?.or(kept).or(beside(file, names, &folders)))
    })
}

/// Opens a module.
///
/// # Errors
/// As [`open`], or when it is a recording.
pub fn open_module(path: &Path) -> Result<Guest, PipelineError> {
    match open(path)? {
        Opened::Module(guest) => Ok(guest),
        Opened::Recording(_) => Err(PipelineError::AlreadyRecorded { path: path.to_owned() }),
    }
}

/// The symbols of a module, with what lies beside its file, and before that what is at `symbols`, a file or a folder.
///
/// # Errors
/// When the module can't be understood, or there are no symbols of it at `symbols`.
pub fn symbols(guest: &Guest, symbols: Option<&Path>) -> Result<Symbols, PipelineError> {
    let (module, files) = outline_and_files(guest, symbols)?;
    Ok(Symbols::with_files(Arc::clone(&guest.bytes), Arc::new(module), files))
}

/// The files that [`symbols`] reads. For [`RunOptions::symbols`].
///
/// # Errors
/// As [`symbols`].
pub fn symbol_files(guest: &Guest, symbols: Option<&Path>) -> Result<SymbolFiles, PipelineError> {
    outline_and_files(guest, symbols).map(|(_, files)| files)
}

fn outline_and_files(
    guest: &Guest,
    symbols: Option<&Path>,
) -> Result<(ModuleIndex, SymbolFiles), PipelineError> {
    let path = Path::new(&guest.path);
    let module = ModuleIndex::parse(&guest.bytes)
        .map_err(|source| PipelineError::Module { path: path.to_owned(), source })?;
    let names = SymbolFileNames::of(&guest.bytes, &module);
    let file = Wanted { bytes: &guest.bytes, name: &guest.name };
    let folders = nearby::folders_of([path]);
    let files = given(file, &names, symbols)?.or(beside(file, &names, &folders));
    Ok((module, files))
}

/// What lies in the folders of the module: the files that it names, then those that are named as tools do it.
fn beside(module: Wanted<'_>, names: &SymbolFileNames, folders: &[PathBuf]) -> SymbolFiles {
    let named = nearby::symbol_files(module.name, names, folders);
    let usual = given::beside(folders, module, names, named.debug_file.as_ref());
    named.or(usual)
}

/// The symbols that the user points to.
fn given(
    module: Wanted<'_>,
    names: &SymbolFileNames,
    symbols: Option<&Path>,
) -> Result<SymbolFiles, PipelineError> {
    symbols.map_or(Ok(SymbolFiles::default()), |path| given::find(path, module, names))
}

/// The contents of a file.
fn read(path: &Path) -> Result<Vec<u8>, PipelineError> {
    std::fs::read(path).map_err(|source| PipelineError::Read { path: path.to_owned(), source })
}

/// Opens a recording, with the symbols at `symbols`, a file or a folder.
///
/// # Errors
/// As [`open_bytes`], or when it is a module.
pub fn open_recording(path: &Path, symbols: Option<&Path>) -> Result<Profile, PipelineError> {
    match open_bytes(read(path)?, path, symbols)? {
        Opened::Recording(profile) => Ok(*profile),
        Opened::Module(_) => Err(PipelineError::NotYetRecorded { path: path.to_owned() }),
    }
}

/// Runs `guest` and records it into the file at `path`, from the first chunk on, so that a recorder that is killed
/// leaves what it had. A recording that was there before stays until the new one is complete.
///
/// # Errors
/// When there was no run; then no file is left behind. When the recording broke off, as by a full disk, the error
/// names the file that holds its beginning.
pub fn record_to(
    path: &Path,
    guest: &Guest,
    options: &RunOptions,
    observer: Arc<dyn Observer>,
) -> Result<Outcome, PipelineError> {
    keep_others(path, guest)?;
    let (target, file) = Target::create(path)?;
    match record(guest, options, observer, BufWriter::new(file)) {
        Ok(outcome) => target.keep().map(|()| outcome),
        Err(source) => Err(target.give_up(&guest.name, source)),
    }
}

/// Where machine code is kept, so that the same module starts at once the next time; `None` where the system names
/// no folder for such things. For [`RunOptions::cache_dir`].
pub fn code_cache() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "wasmscope")?.cache_dir().join("code"))
}

fn guest(bytes: Arc<[u8]>, path: &Path) -> Guest {
    // Where it lies says where its symbols and sources are, from whatever folder the recording is read.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Guest { bytes, name: file_name(path), path: absolute.to_string_lossy().into_owned() }
}

fn file_name(path: &Path) -> String {
    let last = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    last.rsplit('\\').next().unwrap_or_default().to_owned()
}

/// Where a recording goes while it is written, and where it is to be in the end.
struct Target {
    written: PathBuf,
    wanted: PathBuf,
}

/// Behind the name of a recording and the recorder's process number, while the recording at that name stays.
const PART: &str = ".part";

/// A sentence for each recording beside the one at `path` that was to take its place, and is not complete.
fn unfinished(path: &Path) -> Vec<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_part = |name: &String| {
        let number = name.strip_prefix(&file_name(path)).and_then(|rest| rest.strip_suffix(PART));
        number.and_then(|rest| rest.strip_prefix('.')).is_some_and(|pid| pid.parse::<u32>().is_ok())
    };
    let told = |name| format!("a newer recording was not completed: what there is of it is in {name}");
    names.filter(is_part).map(told).collect()
}

/// Refuses to write over the module itself, or over a file that is no recording.
fn keep_others(path: &Path, guest: &Guest) -> Result<(), PipelineError> {
    if is_same_file(path, Path::new(&guest.path)) {
        return Err(PipelineError::OverItsInput { path: path.to_owned() });
    }
    if is_another(path) { Err(PipelineError::OverAnother { path: path.to_owned() }) } else { Ok(()) }
}

impl Target {
    /// Whoever makes the file writes into it. Where there is one already, a file of our own beside it takes its place
    /// in the end, so that two recorders never write into one file.
    fn create(path: &Path) -> Result<(Target, File), PipelineError> {
        let wanted = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut written = wanted.clone();
        let new = File::create_new(&written);
        let file = match new {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if wanted.is_file() {
                    written.as_mut_os_string().push(format!(".{}{PART}", std::process::id()));
                }
                File::create(&written)
            }
            new => new,
        };
        match file {
            Ok(file) => Ok((Target { written, wanted }, file)),
            Err(source) => Err(PipelineError::Create { path: written, source }),
        }
    }

    fn keep(self) -> Result<(), PipelineError> {
        let Self { written, wanted } = self;
        if written == wanted {
            return Ok(());
        }
        std::fs::rename(&written, &wanted).map_err(|source| PipelineError::Create { path: wanted, source })
    }

    /// Removes the file unless the program was running when the recording broke off.
    fn give_up(self, module: &str, source: RecordError) -> PipelineError {
        let (module, kept) = (module.to_owned(), self.written);
        let broke_off = matches!(source, RecordError::Write(_)) && !is_without_module(&kept);
        if broke_off {
            return PipelineError::BrokeOff { module, source, kept };
        }
        if kept.is_file() {
            // Where this fails an empty recording stays; the reason why there is no other says more.
            let _ = std::fs::remove_file(&kept);
        }
        PipelineError::Record { module, source }
    }
}

fn is_without_module(path: &Path) -> bool {
    recording::read_file(path).map_or(true, |recording| recording.module.is_empty())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::samples;
    use wasmscope_instrument::{Invocation, Nobody};
    use wasmscope_symbolize::FuncIndex;

    fn library() -> &'static samples::SampleModule {
        let library = samples::all().iter().find(|sample| sample.name == "library").unwrap();
        &library.modules[0]
    }

    /// How `export` of the library is run.
    fn call(export: &str) -> RunOptions {
        let invoke = Some(Invocation::once(export, &[]));
        RunOptions { invoke, ..RunOptions::default() }
    }

    #[test]
    fn what_is_not_ours_is_told_with_its_name() {
        let module = library().bytes;
        let newer = [recording::MAGIC.as_slice(), &9u32.to_le_bytes()].concat();
        for (bytes, expected) in [
            (b"".as_slice(), "a.b: "),
            (b"hello", "a.b: neither a WebAssembly module (.wasm) nor a recording (.wscope)"),
            (b"(module)", "a.b: not a WebAssembly module"),
            (&module[..700], "a.b: the module is cut off"),
            (&newer, "a.b: this recording has format version 9"),
            (b"\0asm\x0d\0\x01\0\x01", "a.b: the module is cut off"),
        ] {
            let error = open_bytes(Arc::<[u8]>::from(bytes), Path::new("a.b"), None).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_recording_goes_to_its_file_and_opens_as_a_profile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wscope");
        let outcome = record_to(&path, &library().guest(), &call("trap_now"), Arc::new(Nobody)).unwrap();
        assert!(matches!(outcome, Outcome::Trapped { .. }), "{outcome}");
        let profile = open_recording(&path, None).unwrap();
        assert_eq!((&profile.recording().outcome, &profile.recording().damage), (&outcome, &None));
        assert_eq!(&*profile.recording().module, library().bytes);
        assert!(matches!(open_module(&path), Err(PipelineError::AlreadyRecorded { .. })));
    }

    /// A function `run` of two `nop`s, the first of them at byte 32, and a section with the URL `m.map`.
    pub(crate) const MAPPED: &[u8] =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x07\x01\x03run\0\0\
        \x0a\x06\x01\x04\0\x01\x01\x0b\0\x17\x10sourceMappingURL\x05m.map";
    pub(crate) const MAP: &str =
        r#"{"version":3,"sources":["a.ts"],"sourcesContent":["nop();\nnop();"],"mappings":"gCACA"}"#;

    #[test]
    fn a_source_map_is_found_beside_the_module_and_beside_the_recording() {
        let (built, recorded) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let module = built.path().join("m.wasm");
        let path = recorded.path().join("m.wscope");
        let guest = guest(MAPPED.into(), &module);
        record_to(&path, &guest, &call("run"), Arc::new(Nobody)).unwrap();
        let line = |symbols: &Symbols| symbols.declaration(FuncIndex(0)).map(|place| place.line);
        assert_eq!(line(open_recording(&path, None).unwrap().symbols()), None);
        for folder in [&built, &recorded] {
            let map = folder.path().join("m.map");
            std::fs::write(&map, MAP).unwrap();
            let profile = open_recording(&path, None).unwrap();
            assert_eq!((line(profile.symbols()), profile.symbols().warnings()), (Some(2), [].as_slice()));
            assert_eq!(profile.symbols().source("a.ts"), Some("nop();\nnop();"));
            std::fs::remove_file(map).unwrap();
        }
        std::fs::write(built.path().join("m.map"), MAP).unwrap();
        assert_eq!(line(&symbols(&guest, None).unwrap()), Some(2));
    }

    #[test]
    fn where_there_is_no_run_nothing_is_left_and_nothing_lost() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old.wscope"), folder.path().join("new.wscope"));
        record_to(&old, &library().guest(), &call("trap_now"), Arc::new(Nobody)).unwrap();
        let before = std::fs::read(&old).unwrap();
        for path in [&old, &new] {
            let error = record_to(path, &library().guest(), &call("nope"), Arc::new(Nobody)).unwrap_err();
            assert!(
                error.to_string().starts_with("library.wasm: the module has no exported function `nope`")
            );
        }
        assert_eq!(std::fs::read(&old).unwrap(), before);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_recording_is_replaced_by_one_that_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wscope");
        for _ in 0..2 {
            record_to(&path, &library().guest(), &call("trap_now"), Arc::new(Nobody)).unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(open_recording(&path, None).is_ok());
    }

    #[test]
    fn what_a_killed_recorder_left_beside_a_recording_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wscope");
        record_to(&path, &library().guest(), &call("trap_now"), Arc::new(Nobody)).unwrap();
        let told = || open_recording(&path, None).unwrap().warnings().to_vec();
        for other in ["b.wscope.7.part", "a.wscope.part", "a.wscope.x.part", "a.wscope.7"] {
            std::fs::write(folder.path().join(other), "").unwrap();
        }
        assert!(!told().iter().any(|warning| warning.contains("not completed")), "{:?}", told());
        std::fs::write(folder.path().join("a.wscope.7.part"), "").unwrap();
        assert!(told().iter().any(|warning| warning.ends_with("is in a.wscope.7.part")), "{:?}", told());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told() {
        let full = Path::new("/dev/full");
        let error = record_to(full, &library().guest(), &call("trap_now"), Arc::new(Nobody)).unwrap_err();
        let expected = "library.wasm: the recording can't be written: No space left on device";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
