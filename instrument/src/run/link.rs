//! Links a guest to the world it gets: WASI preview 1, and the snapshot before it, which old programs ask for; the
//! modules that the user gives; glue; and what stands in for the rest.

use super::engine::engine_failed;
use super::glue::{Glue, GlueNotes};
use super::guest::GuestState;
use super::imports::{Choices, MissingImport, Stubs, Unprovided, missing};
use super::linked::LinkedModule;
use super::{Link, RunOptions, waits};
use crate::RecordError;
use rustc_hash::FxHashSet;
use std::sync::Arc;
use wasmscope_symbolize::ModuleIndex;
use wasmtime::{Engine, Instance, Linker, Module, Store};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{WasiCtxBuilder, p0, p1};

/// The modules by which programs of Go's know that they are in a browser.
const GOS_MODULES: &[&str] = &["go", "gojs"];

/// The imports of the module behind `index` that nobody provides where imports come from `links`. By name alone but for
/// glue, and before anything takes long; what has the right name and another type is refused when the run is to begin.
///
/// # Errors
/// When the engine can't be made, or a link is no module.
pub fn missing_imports(index: &ModuleIndex, links: &[Link]) -> Result<Vec<MissingImport>, RecordError> {
    missing_in(&Engine::default(), index, links)
}

/// What a program imports that starts threads.
const THREADS: (&str, &str) = ("wasi", "thread-spawn");

/// Refuses the module behind `index` where it can't be linked as `options` say.
pub fn refuse_unlinkable(
    engine: &Engine,
    index: &ModuleIndex,
    options: &RunOptions,
) -> Result<(), RecordError> {
    if index.imports().iter().any(|import| GOS_MODULES.contains(&&*import.module)) {
        return Err(RecordError::GoForBrowsers);
    }
    if index.is_component() && !options.links.is_empty() {
        return Err(RecordError::LinkedComponent);
    }
    let choices = Choices::of(options);
    let spawns = index.imports().iter().any(|import| (&*import.module, &*import.name) == THREADS);
    if spawns && choices.choice(&format!("{}.{}", THREADS.0, THREADS.1)) == Unprovided::Refuse {
        return Err(RecordError::Threads);
    }
    refuse_missing(engine, index, &options.links, &choices)?;
    // A link may import from those before it.
    options.links.iter().enumerate().try_for_each(|(at, link)| {
        let earlier = options.links.get(..at).unwrap_or_default();
        refuse_missing(engine, &outline(link)?, earlier, &choices).map_err(|error| unusable(link, &error))
    })
}

fn refuse_missing(
    engine: &Engine,
    index: &ModuleIndex,
    links: &[Link],
    choices: &Choices,
) -> Result<(), RecordError> {
    let missing = missing_in(engine, index, links)?;
    let refused = missing.iter().filter(|import| choices.choice(&import.path()) == Unprovided::Refuse);
    let names: Vec<_> = refused.map(ToString::to_string).collect();
    if names.is_empty() { Ok(()) } else { Err(RecordError::UnknownImports { names }) }
}

fn missing_in(
    engine: &Engine,
    index: &ModuleIndex,
    links: &[Link],
) -> Result<Vec<MissingImport>, RecordError> {
    let mut store = Store::new(engine, WasiCtxBuilder::new().build_p1());
    let linker = world(engine, |world: &mut WasiP1Ctx| world)?;
    let mut known: FxHashSet<(Arc<str>, Arc<str>)> =
        linker.iter(&mut store).map(|(module, name, _)| (module.into(), name.into())).collect();
    for link in links {
        let name: Arc<str> = link.name.as_str().into();
        known.extend(
            outline(link)?.exports().iter().map(|export| (Arc::clone(&name), Arc::clone(&export.name))),
        );
    }
    let glue = Glue::of(index);
    Ok(missing(index, |import| {
        glue.has(import) || known.contains(&(Arc::clone(&import.module), Arc::clone(&import.name)))
    }))
}

/// What is known of a link's module.
pub fn outline(link: &Link) -> Result<ModuleIndex, RecordError> {
    ModuleIndex::parse_module(&link.bytes).map_err(|error| unusable(link, &error))
}

/// Why a link can't be used.
pub fn unusable(link: &Link, error: &dyn std::fmt::Display) -> RecordError {
    RecordError::Link { link: format!("{}={}", link.name, link.path), message: error.to_string() }
}

/// What a guest is linked to.
pub struct Linking {
    world: Linker<GuestState>,
    links: Vec<LinkedModule>,
    choices: Choices,
    /// What took the place of something else.
    pub notes: LinkNotes,
}

/// What took the place of what a module would have had elsewhere.
#[derive(Default)]
pub struct LinkNotes {
    stubs: Stubs,
    glue: GlueNotes,
}

impl LinkNotes {
    /// What of it mattered, as sentences.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        self.stubs.note().into_iter().chain(self.glue.sentences())
    }
}

impl Linking {
    /// Makes the world, and compiles the links.
    pub fn new(engine: &Engine, options: &RunOptions) -> Result<Linking, RecordError> {
        let mut world = world(engine, |state: &mut GuestState| &mut state.world)?;
        waits::shadow_waits(&mut world).map_err(engine_failed)?;
        let links =
            options.links.iter().map(|link| LinkedModule::compile(engine, link)).collect::<Result<_, _>>()?;
        Ok(Linking { world, links, choices: Choices::of(options), notes: LinkNotes::default() })
    }

    /// The links' machine code.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.links.iter().map(|link| &link.module)
    }

    /// Instantiates the links and the guest, whose module is in `bytes`. Calls the links' initialisers: code of theirs
    /// runs.
    ///
    /// # Errors
    /// A [`RecordError`] where something does not fit; else what went wrong in the code that ran.
    pub async fn instantiate(
        &mut self,
        store: &mut Store<GuestState>,
        module: &Module,
        index: &ModuleIndex,
        bytes: &[u8],
    ) -> wasmtime::Result<Instance> {
        let mut exports = self.world.clone();
        exports.allow_shadowing(true);
        let Self { links, choices, notes, .. } = self;
        for link in links {
            let pre = linker_for(&exports, store, &link.module, &link.index, &link.bytes, choices, notes)?
                .instantiate_pre(&link.module)
                .map_err(misfit)?;
            store.data_mut().watch.abroad += 1;
            let instance = pre.instantiate_async(&mut *store).await?;
            link.initialize(store, &instance).await?;
            store.data_mut().watch.abroad -= 1;
            link.define(&mut exports, store, &instance)?;
        }
        let linker = linker_for(&exports, store, module, index, bytes, choices, notes)?;
        let instance = linker.instantiate_pre(module).map_err(misfit)?.instantiate_async(&mut *store).await?;
        store.data_mut().glue.instance = Some(instance);
        Ok(instance)
    }
}

/// The linker of one module: what `world` has, glue, and what stands in for the rest.
fn linker_for(
    world: &Linker<GuestState>,
    store: &mut Store<GuestState>,
    module: &Module,
    index: &ModuleIndex,
    bytes: &[u8],
    choices: &Choices,
    notes: &mut LinkNotes,
) -> wasmtime::Result<Linker<GuestState>> {
    let mut linker = world.clone();
    linker.allow_shadowing(false);
    notes.glue.extend(Glue::of(index).define(&mut linker, store, module, bytes).map_err(misfit)?);
    notes.stubs.define(&mut linker, store, module, choices).map_err(misfit)?;
    Ok(linker)
}

fn misfit(error: wasmtime::Error) -> wasmtime::Error {
    RecordError::ImportMismatch { message: format!("{error:#}") }.into()
}

fn world<T: Send + 'static>(
    engine: &Engine,
    of: impl Fn(&mut T) -> &mut WasiP1Ctx + Copy + Send + Sync + 'static,
) -> Result<Linker<T>, RecordError> {
    let mut linker = Linker::new(engine);
    p1::add_to_linker_async(&mut linker, of).map_err(engine_failed)?;
    p0::add_to_linker_async(&mut linker, of).map_err(engine_failed)?;
    Ok(linker)
}

/// Does the module import anything of the snapshot before preview 1?
pub fn is_old(index: &ModuleIndex) -> bool {
    index.imports().iter().any(|import| &*import.module == "wasi_unstable")
}
