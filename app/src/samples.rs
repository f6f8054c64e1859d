//! The samples that the welcome screen offers, carried in the program.

use crate::analysis::SourceProvider;
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};
use wasmscope_instrument::{Guest, Invocation, Program, RunOptions};

/// A small program with something to find in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its folder's name.
    pub name: String,
    /// Its title for people.
    pub title: String,
    /// What it does and what there is to see, in a sentence or two.
    pub about: String,
    /// The language that it is written in.
    pub language: String,
    /// Its builds: one, or two to be compared.
    pub modules: Vec<SampleModule>,
}

/// One build of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleModule {
    /// A file name that tells it from those of other samples: `chatty-before.wasm`.
    pub file_name: String,
    /// What sets it apart from the sample's other build; empty where there is one only.
    pub label: String,
    /// The module.
    pub bytes: &'static [u8],
    /// Its arguments.
    pub args: Vec<String>,
    /// The export to call; `None` runs it as a command.
    pub invoke: Option<Invocation>,
}

impl SampleModule {
    /// The module, ready to be run.
    pub fn guest(&self) -> Guest {
        Guest { bytes: Arc::from(self.bytes), name: self.file_name.clone(), path: String::new() }
    }

    /// How it is meant to be run.
    pub fn options(&self) -> RunOptions {
        let program = Program { args: self.args.clone(), ..Program::default() };
        RunOptions { program, invoke: self.invoke.clone(), ..RunOptions::default() }
    }
}

/// All samples, in the order in which they are offered.
pub fn all() -> &'static [Sample] {
    static SAMPLES: LazyLock<Vec<Sample>> =
        LazyLock::new(|| EMBEDDED.iter().map(|embedded| embedded.sample()).collect());
    &SAMPLES
}

/// The source files of a sample, for whoever has its module but not the project's folder.
///
/// The module itself tells which sample it is, so that also a recording from another machine finds its text.
#[derive(Clone, Copy, Debug)]
pub struct SampleSources<'a> {
    /// The module that is looked at; one that is no sample's has no files here.
    pub module: &'a [u8],
}

impl SourceProvider for SampleSources<'_> {
    fn source(&self, path: &str) -> Option<Vec<u8>> {
        let sample = EMBEDDED.iter().find(|sample| sample.has(self.module))?;
        // Samples are built in their folders, so that the compiler saw the paths that are listed here.
        let path = path.strip_prefix("./").unwrap_or(path);
        let (_, text) = sample.sources.iter().find(|(file, _)| *file == path)?;
        Some(text.as_bytes().to_vec())
    }
}

/// A sample's files.
struct Embedded {
    description: &'static str,
    modules: &'static [(&'static str, &'static [u8])],
    sources: &'static [(&'static str, &'static str)],
}

macro_rules! embedded {
    ($folder:literal: $($file:literal),+; $($source:literal),+) => {
        Embedded {
            description: include_str!(concat!("../../samples/", $folder, "/sample.json")),
            modules: &[$(($file, include_bytes!(concat!("../../samples/", $folder, "/", $file)))),+],
            sources: &[$(($source, include_str!(concat!("../../samples/", $folder, "/", $source)))),+],
        }
    };
}

static EMBEDDED: [Embedded; 7] = [
    embedded!("fragment": "before.wasm", "after.wasm"; "fragment.c"),
    embedded!("words": "words.wasm"; "words.cpp"),
    embedded!("json": "json.wasm"; "src/main.rs", "src/parse.rs", "src/value.rs"),
    embedded!("chatty": "before.wasm", "after.wasm"; "chatty.c"),
    embedded!("simd": "simd.wasm"; "simd.c"),
    embedded!("hotloop": "hotloop.wasm"; "hotloop.c"),
    embedded!("library": "library.wasm"; "library.c"),
];

/// `sample.json`, as far as it is needed here.
#[derive(Deserialize)]
struct Description<'a> {
    name: String,
    title: String,
    summary: String,
    language: String,
    #[serde(borrow)]
    modules: Vec<ModuleDescription<'a>>,
    invoke: Option<InvokeDescription>,
}

#[derive(Deserialize)]
struct ModuleDescription<'a> {
    #[serde(borrow)]
    file: Cow<'a, str>,
    label: String,
    args: Vec<String>,
}

#[derive(Deserialize)]
struct InvokeDescription {
    export: String,
    args: Vec<String>,
}

impl Embedded {
    fn has(&self, module: &[u8]) -> bool {
        self.modules.iter().any(|(_, bytes)| *bytes == module)
    }

    fn sample(&self) -> Sample {
        let description: Description =
            serde_json::from_str(self.description).expect("a test reads every embedded description");
        let Description { name, title, summary, language, modules, invoke } = description;
        let invoke = invoke.map(InvokeDescription::invocation);
        let modules =
            modules.into_iter().filter_map(|module| self.module(&name, module, invoke.clone())).collect();
        Sample { name, title, about: summary, language, modules }
    }

    fn module(
        &self,
        sample: &str,
        module: ModuleDescription,
        invoke: Option<Invocation>,
    ) -> Option<SampleModule> {
        let ModuleDescription { file, label, args } = module;
        let (_, bytes) = self.modules.iter().find(|(name, _)| *name == file)?;
        let file_name = if label.is_empty() { file.into_owned() } else { format!("{sample}-{file}") };
        Some(SampleModule { file_name, label, bytes, args, invoke })
    }
}

impl InvokeDescription {
    fn invocation(self) -> Invocation {
        let Self { export, args } = self;
        let args: Vec<_> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
        Invocation::once(export, &args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;
    use wasmscope_symbolize::{FuncIndex, ModuleIndex, Symbols};

    #[test]
    fn every_sample_of_the_folder_is_carried_whole() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
        let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let described = names.filter(|path| path.join("sample.json").is_file());
        let on_disk: BTreeSet<_> =
            described.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(all().iter().map(|sample| sample.name.clone()).collect::<BTreeSet<_>>(), on_disk);
        for (sample, embedded) in all().iter().zip(&EMBEDDED) {
            assert_eq!(sample.modules.len(), embedded.modules.len(), "{}", sample.name);
            assert!(sample.modules.iter().all(|module| module.bytes.starts_with(b"\0asm")));
        }
    }

    /// The compiler's own record of the files says what must be found; libraries are not ours to carry.
    #[test]
    fn every_source_file_of_a_sample_is_found_by_the_path_that_the_compiler_recorded() {
        for (sample, embedded) in all().iter().zip(&EMBEDDED) {
            for module in &sample.modules {
                let mut own = recorded_files(module.bytes);
                own.retain(|path| is_own(&sample.name, path));
                assert!(!own.is_empty(), "{}", module.file_name);
                own.retain(|path| SampleSources { module: module.bytes }.source(path).is_none());
                assert_eq!(own, BTreeSet::new(), "{}", module.file_name);
            }
            let texts = embedded.sources.iter().map(|(_, text)| text.len());
            assert!(texts.min() > Some(0), "{}", sample.name);
        }
    }

    #[test]
    fn another_module_has_no_text_of_a_sample() {
        assert_eq!(SampleSources { module: b"\0asm" }.source("hotloop.c"), None);
    }

    fn recorded_files(module: &[u8]) -> BTreeSet<String> {
        let index = ModuleIndex::parse(module).unwrap();
        let functions = 0..u32::try_from(index.functions().len()).unwrap();
        let symbols = Symbols::new(Arc::from(module), Arc::new(index));
        let declared = functions.filter_map(|function| symbols.declaration(FuncIndex(function)));
        declared.map(|place| place.file.to_string()).collect()
    }

    fn is_own(sample: &str, path: &str) -> bool {
        let path = path.strip_prefix("./").unwrap_or(path);
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(sample).join(path);
        !path.starts_with('/') && own.is_file()
    }

    #[test]
    fn a_library_says_what_to_call() {
        let library = all().iter().find(|sample| sample.name == "library").unwrap();
        let invoke = library.modules[0].options().invoke.unwrap();
        assert_eq!((invoke.export.as_str(), invoke.args.len()), ("fib", 1));
    }

    #[test]
    fn two_builds_have_two_names() {
        let files: BTreeSet<_> =
            all().iter().flat_map(|sample| &sample.modules).map(|module| &module.file_name).collect();
        assert_eq!(files.len(), all().iter().map(|sample| sample.modules.len()).sum::<usize>());
    }
}
