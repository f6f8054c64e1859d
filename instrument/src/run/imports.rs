//! Imports that nobody provides: what they are, and what takes their place where the user wants the module to run
//! anyway.

use super::RunOptions;
use super::component::is_provided;
use super::guest::GuestState;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmscope_symbolize::{Import, ModuleIndex};
use wasmtime::{Error, Extern, ExternType, Func, FuncType, Linker, Module, Result, Store, Val};

/// Functions that would be believed where they answered 0, and how they say that they can't.
const FAILURES: [(&str, i32); 1] = [("wasi.thread-spawn", -1)];

/// What becomes of imports that nobody provides. As text `refuse`, `stub` or `trap`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unprovided {
    /// The module is refused.
    #[default]
    Refuse,
    /// Functions do nothing and answer 0 or null; memories, tables and globals are empty.
    Stub,
    /// As [`Unprovided::Stub`], but a call of such a function is a trap that names it.
    Trap,
}

/// What becomes of each import that nobody provides.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    all: Unprovided,
    single: FxHashMap<String, Unprovided>,
}

impl Choices {
    /// What `options` say.
    pub fn of(options: &RunOptions) -> Choices {
        Choices { all: options.unprovided, single: options.single_imports.iter().cloned().collect() }
    }

    /// What becomes of the import with this name, which is `module.name`; `module.*` stands for all of a module's.
    pub fn choice(&self, name: &str) -> Unprovided {
        let interface = || self.single.get(&format!("{}.*", name.rsplit_once('.')?.0));
        self.single.get(name).or_else(interface).copied().unwrap_or(self.all)
    }
}

/// An import that nobody provides.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MissingImport {
    /// The module that it is imported from.
    pub module: Arc<str>,
    /// Its name there.
    pub name: Arc<str>,
    /// What it is, as text.
    pub kind: String,
}

impl MissingImport {
    /// `module.name`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }
}

impl std::fmt::Display for MissingImport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path(), self.kind)
    }
}

/// The imports of the module behind `index` that `is_known` does not know, each once.
pub(super) fn missing(index: &ModuleIndex, is_known: impl Fn(&Import) -> bool) -> Vec<MissingImport> {
    if index.is_component() {
        let missing = index.component_imports().iter().filter(|name| !is_provided(name));
        let kind = || "interface".to_owned();
        return missing
            .map(|name| MissingImport { module: Arc::clone(name), name: "*".into(), kind: kind() })
            .collect();
    }
    let unknown = index.imports().iter().filter(|import| !is_known(import));
    let missing = unknown.map(|import| MissingImport {
        module: Arc::clone(&import.module),
        name: Arc::clone(&import.name),
        kind: import.kind.to_string(),
    });
    // Programs with 39,000 imports exist.
    let mut told = FxHashSet::default();
    missing.filter(|import| told.insert(import.clone())).collect()
}

/// The functions that stand in for what nobody provides, and how often they were called.
#[derive(Default)]
pub struct Stubs {
    functions: Vec<(String, Arc<AtomicU64>)>,
}

impl Stubs {
    /// Adds to `linker` what it lacks of the imports of `module`.
    pub fn define(
        &mut self,
        linker: &mut Linker<GuestState>,
        store: &mut Store<GuestState>,
        module: &Module,
        choices: &Choices,
    ) -> Result<()> {
        for import in module.imports() {
            if linker.get(&mut *store, import.module(), import.name()).is_err() {
                let name = format!("{}.{}", import.module(), import.name());
                let choice = choices.choice(&name);
                let item = self.item(store, name, import.ty(), choice)?;
                linker.define(&mut *store, import.module(), import.name(), item)?;
            }
        }
        Ok(())
    }

    /// One more function, which has to count its calls.
    pub fn count(&mut self, name: String) -> Arc<AtomicU64> {
        let calls = Arc::new(AtomicU64::new(0));
        self.functions.push((name, Arc::clone(&calls)));
        calls
    }

    /// What was called, as a sentence; `None` where nothing was stubbed.
    pub fn note(&self) -> Option<String> {
        const MOST_NAMES: usize = 8;
        let calls = |count: &Arc<AtomicU64>| count.load(Ordering::Relaxed);
        let mut called: Vec<_> = self.functions.iter().map(|(name, count)| (calls(count), name)).collect();
        called.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let total = self.functions.len();
        let names: Vec<_> = called.iter().take_while(|(count, _)| *count > 0).collect();
        let told: Vec<_> =
            names.iter().take(MOST_NAMES).map(|(count, name)| format!("{name} {count} times")).collect();
        let more = names.len().saturating_sub(MOST_NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let what = if told.is_empty() {
            "none was called".to_owned()
        } else {
            format!("called were {}{more}", told.join(", "))
        };
        (total > 0).then(|| {
            format!("{total} functions that nobody provides were replaced by ones that do nothing: {what}")
        })
    }

    fn item(
        &mut self,
        store: &mut Store<GuestState>,
        name: String,
        ty: ExternType,
        unprovided: Unprovided,
    ) -> Result<Extern> {
        match ty {
            ExternType::Func(ty) => self.function(store, name, ty, unprovided).map(Extern::from),
            // Of the least size that fits, and zero or null all over.
            other => other
                .default_value(store)
                .map_err(|error| error.context(format!("nothing can stand in for {name}"))),
        }
    }

    fn function(
        &mut self,
        store: &mut Store<GuestState>,
        name: String,
        ty: FuncType,
        unprovided: Unprovided,
    ) -> Result<Func> {
        let calls = self.count(name.clone());
        let types: Vec<_> = ty.results().collect();
        let failure = FAILURES.iter().find(|(function, _)| *function == name).map(|(_, answer)| *answer);
        Ok(Func::new(&mut *store, ty, move |_, _, results| {
            calls.fetch_add(1, Ordering::Relaxed);
            if unprovided == Unprovided::Trap {
                return Err(Error::msg(format!("{name} was called, which nobody provides")));
            }
            for (result, ty) in results.iter_mut().zip(&types) {
                *result = match failure {
                    Some(answer) if ty.is_i32() => Val::I32(answer),
                    _ => zero(ty, &name)?,
                };
            }
            Ok(())
        }))
    }
}

/// 0 or null; an error for references that can't be null.
fn zero(ty: &wasmtime::ValType, name: &str) -> Result<Val> {
    let cant =
        || Error::msg(format!("nothing can stand in for {name}: it is a reference that is never null"));
    ty.default_value().ok_or_else(cant)
}
