//! What the JavaScript around browser and library modules gives them, as far as code that computes needs it: with it
//! such modules do real work without a browser.
//!
//! Each table is a file. An entry is used where module, name and type of an import match, and WASI does not provide it;
//! everything else is missing, as it would be without glue.

mod assemblyscript;
mod bindgen;
mod call;
mod civil;
mod emscripten;
mod entry;
mod invoke;
mod math;
mod space;
mod state;

pub use state::{Console, State};

use super::guest::GuestState;
use call::Call;
use entry::{Act, Answer, Entry};
use rustc_hash::FxHashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasmscope_symbolize::{FuncType, Import, ImportKind, ModuleIndex};
use wasmtime::{Func, FuncType as EngineType, Linker, Module, Result, Store, Val};

/// What glue gives to one module.
pub struct Glue<'a> {
    index: &'a ModuleIndex,
    /// Memories, tables and globals are made for modules of Emscripten's alone: others may mean something else by them.
    makes_space: bool,
}

impl<'a> Glue<'a> {
    /// What the module behind `index` gets.
    pub fn of(index: &'a ModuleIndex) -> Glue<'a> {
        let is_glue = |import: &Import| &*import.module == "env" && function(import).is_some();
        let makes_space = space::is_dynamic(index) || index.imports().iter().any(is_glue);
        Glue { index, makes_space }
    }

    /// Does the module get `import`?
    pub fn has(&self, import: &Import) -> bool {
        function(import).is_some()
            || (self.makes_space && space::has(self.index, import))
            || constant(import).is_some()
    }

    /// Adds to `linker` what the module gets and nobody else provides. `bytes` are the original module, whose imports
    /// `module` has.
    pub fn define(
        &self,
        linker: &mut Linker<GuestState>,
        store: &mut Store<GuestState>,
        module: &Module,
        bytes: &[u8],
    ) -> Result<GlueNotes> {
        let mut notes = GlueNotes::default();
        for (import, engines) in self.index.imports().iter().zip(module.imports()) {
            if !self.has(import) || linker.get(&mut *store, &import.module, &import.name).is_ok() {
                continue;
            }
            let item = match (function(import), constant(import), engines.ty().func()) {
                (Some(entry), _, Some(ty)) => {
                    host_function(store, entry, &import.name, ty.clone(), notes.mark(&entry)).into()
                }
                (_, Some(value), _) => space::constant(store, value)?.into(),
                _ => space::make(store, import, engines.ty(), bytes, self.index)?,
            };
            linker.define(&mut *store, &import.module, &import.name, item)?;
        }
        Ok(notes)
    }
}

/// The entry that fits `import`.
fn function(import: &Import) -> Option<Entry> {
    let ImportKind::Function { ty, .. } = &import.kind else { return None };
    let name = &*import.name;
    let find = |table: &'static [Entry]| table.iter().find(|entry| entry.fits(name, ty)).copied();
    match &*import.module {
        "env" => find(assemblyscript::ENTRIES).or_else(|| find(emscripten::ENTRIES)).or_else(|| {
            let prefix =
                ["Math.", "emscripten_math_"].into_iter().find_map(|prefix| name.strip_prefix(prefix));
            mathematics(prefix?, ty)
        }),
        "Math" => mathematics(name, ty),
        module if bindgen::is_module(module) => bindgen::find(name, ty),
        _ => None,
    }
}

fn mathematics(name: &str, ty: &FuncType) -> Option<Entry> {
    math::ENTRIES.iter().find(|entry| entry.fits(name, ty)).copied()
}

/// The constant of JavaScript's `Math` that `import` is.
fn constant(import: &Import) -> Option<f64> {
    let name = match (&*import.module, &import.kind) {
        ("env", ImportKind::Global { .. }) => import.name.strip_prefix("Math.")?,
        _ => return None,
    };
    math::CONSTANTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn host_function(
    store: &mut Store<GuestState>,
    entry: Entry,
    name: &Arc<str>,
    ty: EngineType,
    called: Option<Arc<AtomicBool>>,
) -> Func {
    let name = Arc::clone(name);
    let zeros: Arc<[_]> = ty.results().map(|ty| ty.default_value()).collect();
    let answers_reference = ty.result(0).is_some_and(|ty| ty.is_ref());
    let mark = move || called.iter().for_each(|called| called.store(true, Ordering::Relaxed));
    let answer = move |answer: Answer, results: &mut [Val]| {
        let given = answer?;
        for (result, zero) in results.iter_mut().zip(&*zeros) {
            *result = given.or(*zero).unwrap_or(*result);
        }
        Ok(())
    };
    match entry.act {
        Act::CallBack(act) => Func::new_async(store, ty, move |caller, args, results| {
            mark();
            let (name, answer) = (Arc::clone(&name), answer.clone());
            Box::new(async move {
                let mut call = Call { caller, name: &name, args, answers_reference };
                answer(act(&mut call).await, results)
            })
        }),
        Act::Direct(act) => Func::new(store, ty, move |caller, args, results| {
            mark();
            let mut call = Call { caller, name: &name, args, answers_reference };
            answer(act.answer(&mut call), results)
        }),
    }
}

/// What glue did that a browser would have done otherwise.
#[derive(Default)]
pub struct GlueNotes(Vec<(&'static str, Arc<AtomicBool>)>);

impl GlueNotes {
    fn mark(&mut self, entry: &Entry) -> Option<Arc<AtomicBool>> {
        let called = Arc::new(AtomicBool::new(false));
        self.0.push((entry.lacks?, Arc::clone(&called)));
        Some(called)
    }

    /// Adds those of another module.
    pub fn extend(&mut self, other: GlueNotes) {
        self.0.extend(other.0);
    }

    /// A sentence for each thing that mattered, since it was called.
    pub fn sentences(&self) -> Vec<String> {
        let mut told = FxHashSet::default();
        let called = self.0.iter().filter(|(_, called)| called.load(Ordering::Relaxed));
        called
            .filter(|(sentence, _)| told.insert(*sentence))
            .map(|(sentence, _)| (*sentence).to_owned())
            .collect()
    }
}
