//! Which function of the old build is which of the new one.

use super::names::comparable;
use super::{Pair, Side};
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::Arc;
use wasmscope_symbolize::{
    BodyHash, CoreModule, CounterpartBy, ExportKind, FuncIndex, ModuleIndex, NameSource, Symbols,
    counterparts,
};

/// How it is known that a function is the same in both builds, the surest first; or in which one it is alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Certainty {
    /// By its full name, but for what compilers put into names anew with each build; imports by module and name.
    Name,
    /// It is declared in the same file under the same short name: its arguments or types are others.
    Declaration,
    /// It has another name, or none, and the same code.
    Body,
    /// It has another name, or none: what is left of its code, and who calls whom, speak for it; or it is one of several
    /// of its name.
    Shape,
    /// There is no such function in the old build.
    New,
    /// There is no such function in the new build.
    Gone,
}

impl Certainty {
    /// A word or two for people.
    pub const fn title(self) -> &'static str {
        match self {
            Certainty::Name => "same name",
            Certainty::Declaration => "same declaration",
            Certainty::Body => "same code",
            Certainty::Shape => "alike",
            Certainty::New => "new",
            Certainty::Gone => "gone",
        }
    }

    /// One word for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Certainty::Name => "name",
            Certainty::Declaration => "declaration",
            Certainty::Body => "body",
            Certainty::Shape => "shape",
            Certainty::New => "new",
            Certainty::Gone => "gone",
        }
    }

    /// Is it in both builds?
    pub const fn is_matched(self) -> bool {
        !matches!(self, Certainty::New | Certainty::Gone)
    }
}

/// The functions of both builds, imported ones among them.
#[derive(Debug, Default)]
pub(super) struct Matching {
    /// By function, its counterpart in the other build.
    other: Pair<Vec<Option<(FuncIndex, Certainty)>>>,
}

impl Matching {
    /// Matches all functions. Reads all code where names and declarations leave any over.
    pub(super) fn of(symbols: Pair<&Symbols>, bytes: Pair<&Arc<[u8]>>) -> Matching {
        let functions = symbols.map(|symbols| symbols.module().functions().len());
        let mut matching = Matching { other: functions.map(|count| vec![None; count]) };
        if bytes.are_equal() {
            (0..functions.old as u32)
                .for_each(|at| matching.add(Pair::of(|_| FuncIndex(at)), Certainty::Name));
            return matching;
        }
        matching.join(symbols, Certainty::Name, import_name);
        matching.join(symbols, Certainty::Name, told_name);
        matching.join(symbols, Certainty::Name, comparable_name);
        matching.by_export(symbols);
        if matching.is_complete() {
            return matching;
        }
        matching.join(symbols, Certainty::Name, name_and_file);
        matching.join(symbols, Certainty::Name, name_and_body);
        matching.join(symbols, Certainty::Declaration, declaration);
        matching.join(symbols, Certainty::Body, |symbols, function| symbols.body_hash(function));
        matching.by_shape(symbols, bytes);
        matching.in_order(symbols);
        matching
    }

    /// The counterpart of a function of `side`, and how it is known.
    pub(super) fn get(&self, side: Side, function: FuncIndex) -> Option<(FuncIndex, Certainty)> {
        self.other.get(side).get(function.index()).copied().flatten()
    }

    fn add(&mut self, pair: Pair<FuncIndex>, by: Certainty) {
        let places = (self.other.old.get_mut(pair.old.index()), self.other.new.get_mut(pair.new.index()));
        if let (Some(old @ None), Some(new @ None)) = places {
            (*old, *new) = (Some((pair.new, by)), Some((pair.old, by)));
        }
    }

    /// Has one of the builds no function left?
    fn is_complete(&self) -> bool {
        Side::BOTH.iter().any(|side| self.other.get(*side).iter().all(Option::is_some))
    }

    fn is_free(&self, side: Side, function: FuncIndex) -> bool {
        self.get(side, function).is_none()
    }

    /// Matches functions of which just one of each build has a key.
    fn join<K: Hash + Eq>(
        &mut self,
        symbols: Pair<&Symbols>,
        by: Certainty,
        key: impl Fn(&Symbols, FuncIndex) -> Option<K>,
    ) {
        let keyed = Pair::of(|side| self.by_key(side, symbols, &key));
        let Pair { old, mut new } = keyed;
        let alone = |functions: Vec<FuncIndex>| <[FuncIndex; 1]>::try_from(functions).ok();
        for (key, functions) in old {
            let there = new.remove(&key).and_then(alone);
            if let (Some([old]), Some([new])) = (alone(functions), there) {
                self.add(Pair { old, new }, by);
            }
        }
    }

    /// The functions of a side that have no counterpart yet, by key. Imports and functions with code are never one.
    fn by_key<K: Hash + Eq>(
        &self,
        side: Side,
        symbols: Pair<&Symbols>,
        key: impl Fn(&Symbols, FuncIndex) -> Option<K>,
    ) -> FxHashMap<(bool, K), Vec<FuncIndex>> {
        let symbols = symbols.get(side);
        let mut keyed: FxHashMap<(bool, K), Vec<FuncIndex>> = FxHashMap::default();
        for function in symbols.module().functions().iter().filter(|f| self.is_free(side, f.index)) {
            if let Some(key) = key(symbols, function.index) {
                keyed.entry((function.body.is_some(), key)).or_default().push(function.index);
            }
        }
        keyed
    }

    /// By the names that they are exported by, which are no names of their own: another function may be called so.
    fn by_export(&mut self, symbols: Pair<&Symbols>) {
        let exports = symbols.map(|symbols| {
            let exports = symbols.module().exports().iter();
            let functions = exports.filter(|export| export.kind == ExportKind::Function);
            functions.map(|export| (&*export.name, FuncIndex(export.index))).collect::<FxHashMap<_, _>>()
        });
        let mut pairs: Vec<_> = exports
            .old
            .iter()
            .filter_map(|(name, old)| Some(Pair { old: *old, new: *exports.new.get(name)? }))
            .collect();
        // Of several exports of one function the first pair counts, not any.
        pairs.sort_unstable_by_key(|pair| (pair.old, pair.new));
        pairs.into_iter().for_each(|pair| self.add(pair, Certainty::Name));
    }

    /// By code and neighbours; in components within core modules of the same name.
    fn by_shape(&mut self, symbols: Pair<&Symbols>, bytes: Pair<&Arc<[u8]>>) {
        let modules = symbols.map(Symbols::module);
        if !modules.old.is_component() && !modules.new.is_component() {
            let part = |side| Part { bytes: bytes.get(side), module: modules.get(side), core: None };
            return self.by_shape_of(&Pair::of(part));
        }
        for old in modules.old.core_modules() {
            if let Some(new) = modules.new.core_modules().iter().find(|new| new.name == old.name) {
                let cores = Pair { old, new };
                self.by_shape_of(&Pair::of(|side| Part::of(bytes.get(side), cores.get(side))));
            }
        }
    }

    /// What is searched for is found in the old build, as a tool's output is in its input.
    fn by_shape_of(&mut self, parts: &Pair<Part<'_>>) {
        let Pair { old, new } = parts;
        let known = new.module.functions().iter().filter_map(|function| {
            let (counterpart, _) = self.get(Side::New, new.outer(function.index)?)?;
            Some((function.index, old.inner(counterpart)?))
        });
        let known: Vec<_> = known.collect();
        for found in counterparts((new.bytes, new.module), (old.bytes, old.module), &known) {
            let by = match found.by {
                CounterpartBy::Code => Certainty::Body,
                CounterpartBy::Neighbours => Certainty::Shape,
            };
            if let (Some(old), Some(new)) = (old.outer(found.counterpart), new.outer(found.function)) {
                self.add(Pair { old, new }, by);
            }
        }
    }

    /// Functions of one name of which each build has as many are the same ones in the order of the file, as likely as not.
    fn in_order(&mut self, symbols: Pair<&Symbols>) {
        let Pair { old, mut new } = Pair::of(|side| self.by_key(side, symbols, comparable_name));
        for (name, functions) in old {
            let there = new.remove(&name).filter(|there| there.len() == functions.len());
            for (old, new) in functions.into_iter().zip(there.into_iter().flatten()) {
                self.add(Pair { old, new }, Certainty::Shape);
            }
        }
    }
}

/// A core module, alone or in a component.
struct Part<'a> {
    bytes: &'a [u8],
    module: &'a ModuleIndex,
    core: Option<&'a CoreModule>,
}

impl<'a> Part<'a> {
    fn of(component: &'a [u8], core: &'a CoreModule) -> Part<'a> {
        let place = core.range.start.0 as usize..core.range.end.0 as usize;
        Part { bytes: component.get(place).unwrap_or_default(), module: &core.index, core: Some(core) }
    }

    /// The function of the whole that its function is.
    fn outer(&self, function: FuncIndex) -> Option<FuncIndex> {
        self.core.map_or(Some(function), |core| core.function(function))
    }

    /// Its function that one of the whole is.
    fn inner(&self, function: FuncIndex) -> Option<FuncIndex> {
        self.core.map_or(Some(function), |core| core.local_function(function))
    }
}

fn import_name(symbols: &Symbols, function: FuncIndex) -> Option<(Arc<str>, Arc<str>)> {
    let module = symbols.module();
    let import = module.imports().get(module.function(function)?.import?)?;
    Some((Arc::clone(&import.module), Arc::clone(&import.name)))
}

/// The name as the module has it.
fn told_name(symbols: &Symbols, function: FuncIndex) -> Option<Arc<str>> {
    let name = symbols.name(function);
    is_own(name.source).then(|| Arc::clone(&name.raw))
}

fn comparable_name(symbols: &Symbols, function: FuncIndex) -> Option<String> {
    let name = symbols.name(function);
    is_own(name.source).then(|| comparable(&name.name.full))
}

/// Is it what the program itself calls a function, rather than what it is imported or exported as, or what we do?
pub(super) fn is_own(source: NameSource) -> bool {
    source.is_told() && !matches!(source, NameSource::Export | NameSource::Import)
}

/// Tells apart functions that files have for themselves alone.
fn name_and_file(symbols: &Symbols, function: FuncIndex) -> Option<(String, String)> {
    Some((comparable_name(symbols, function)?, file(symbols, function)?))
}

/// Tells apart what was made of one function for several types.
fn name_and_body(symbols: &Symbols, function: FuncIndex) -> Option<(String, BodyHash)> {
    Some((comparable_name(symbols, function)?, symbols.body_hash(function)?))
}

/// File and short name: lines move.
fn declaration(symbols: &Symbols, function: FuncIndex) -> Option<(String, String)> {
    let name = symbols.name(function);
    let short = is_own(name.source).then(|| comparable(&name.name.short))?;
    Some((file(symbols, function)?, short))
}

/// The name of the file that it is declared in, without the folders, which may be others.
fn file(symbols: &Symbols, function: FuncIndex) -> Option<String> {
    let place = symbols.declaration(function)?;
    place.file.rsplit(['/', '\\']).next().map(str::to_owned)
}
