//! What the end-to-end tests share: where things are, and how the program is started.

#![expect(
    clippy::panic,
    reason = "these are tests: what they can't go on without ends them, with its reason"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use wasmscope_symbolize::ModuleIndex;

/// The project's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the project's root")
}

/// The program, built as the tests are: from the same sources, in the same profile.
///
/// # Panics
/// When it can't be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        // Cargo builds no program for the tests of another crate. The same selection as that of `cargo test` keeps
        // the same features, so that nothing is built twice.
        let build = Command::new(env!("CARGO"))
            .args(["build", "--workspace", "--quiet"])
            .current_dir(root())
            .status();
        assert!(build.is_ok_and(|status| status.success()), "the program can't be built");
        let here = std::env::current_exe().expect("a test has a path");
        let profile = here.ancestors().nth(2).expect("tests lie in target/<profile>/deps");
        profile.join("wasmscope").with_extension(std::env::consts::EXE_EXTENSION)
    })
}

/// Runs the program with these words in `dir`.
///
/// # Panics
/// When it can't be started.
pub fn wasmscope(dir: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(program());
    // Neither the user's settings nor a display may decide how a test ends.
    command
        .env("HOME", dir)
        .env("XDG_CACHE_HOME", cache_dir())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    command.args(words).current_dir(dir).output().expect("the program was built")
}

/// Compiled guests are kept here from one test to the next.
fn cache_dir() -> PathBuf {
    program().with_file_name("test-cache")
}

/// A module of the sample `name`.
pub fn sample_module(name: &str, file: &str) -> PathBuf {
    root().join("samples").join(name).join(file)
}

/// The module in `bytes` without its custom sections.
///
/// # Panics
/// When it is no module.
pub fn without_custom_sections(bytes: &[u8]) -> Vec<u8> {
    let module = ModuleIndex::parse(bytes).unwrap_or_else(|error| panic!("{error}"));
    let kept = module.sections().iter().filter(|section| section.id != 0);
    let places = kept.map(|section| section.header.0 as usize..section.contents.end.0 as usize);
    places.fold(bytes[..8].to_vec(), |whole, place| [&whole, &bytes[place]].concat())
}

/// The facts about a sample, as its folder states them.
///
/// # Panics
/// When there is no such sample.
pub fn sample_facts(name: &str) -> serde_json::Value {
    let path = root().join("samples").join(name).join("sample.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all samples, ascending.
///
/// # Panics
/// When there is no folder of samples.
pub fn sample_names() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("samples")).expect("there are samples");
    let folders = entries.flatten().filter(|entry| entry.path().join("sample.json").exists());
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
