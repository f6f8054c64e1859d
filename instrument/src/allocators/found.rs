//! The allocators of a module.

use super::{AllocatorKind, AllocatorProbe, Misfit, TRACED, assemblyscript, recognise};
use crate::recording::{Allocator, AllocatorFamily, Frees, KnownBy};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use wasmscope_symbolize::{FuncIndex, FuncType, MemoryIndex};

/// A defined function, and a name of it.
#[derive(Clone, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) func: FuncIndex,
    pub(crate) name: Arc<str>,
    pub(crate) known_by: KnownBy,
    pub(crate) ty: &'a FuncType,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) probes: FxHashMap<FuncIndex, AllocatorProbe>,
    /// In the order in which they were found.
    pub(crate) allocators: Vec<Allocator>,
    /// Functions that free blocks even where they run inside of an allocator.
    pub(crate) collectors: FxHashSet<FuncIndex>,
    /// What can't be counted, one sentence each.
    pub(crate) warnings: Vec<String>,
}

/// The allocators among `functions`, which have those by which they are named before those by which they are exported.
/// `fits` says whether the module has the memory that a function's type asks for.
pub(crate) fn find(
    functions: &[Named<'_>],
    own: &[(FuncIndex, AllocatorKind)],
    fits: impl Fn(&Named<'_>, AllocatorProbe) -> bool,
) -> Found {
    let mut found = Found::default();
    for (func, kind) in own {
        if let Some(function) = functions.iter().find(|function| function.func == *func) {
            let function = Named { known_by: KnownBy::User, ..function.clone() };
            found.judge(&function, kind.probe(function.ty), kind.frees(), &fits);
        }
    }
    if own.iter().any(|(_, kind)| *kind == TRACED) {
        return found;
    }
    assemblyscript::find(functions, &mut found);
    for function in functions {
        // TinyGo's; Go has no function of this name.
        let frees = if &*function.name == "runtime.alloc" { Frees::Collected } else { Frees::Seen };
        if let Some(shape) = recognise(&function.name, function.ty) {
            found.judge(function, shape.map(AllocatorProbe::from), frees, &fits);
        }
    }
    found.doubt_frees();
    found
}

impl Found {
    /// Adds a function if it is no allocator yet.
    pub(super) fn add(&mut self, function: &Named<'_>, probe: AllocatorProbe, frees: Frees) {
        let Named { func, name, known_by, .. } = function;
        if self.probes.contains_key(func) {
            return;
        }
        self.probes.insert(*func, probe);
        self.allocators.push(Allocator {
            func: *func,
            name: name.to_string(),
            op: probe.shape.op(),
            memory: MemoryIndex(0),
            family: AllocatorFamily::Unknown,
            known_by: *known_by,
            frees,
        });
    }

    /// Adds a function that has an allocator's name, unless its type is another one.
    fn judge(
        &mut self,
        function: &Named<'_>,
        probe: Result<AllocatorProbe, Misfit>,
        frees: Frees,
        fits: impl Fn(&Named<'_>, AllocatorProbe) -> bool,
    ) {
        match probe.ok().filter(|probe| fits(function, *probe)) {
            Some(probe) => self.add(function, probe, frees),
            None => self.warnings.push(format!(
                "{}, `{}`, is taken for an allocator, but is {}: its blocks are not counted",
                function.func, function.name, function.ty
            )),
        }
    }

    /// Where nothing but wasm-bindgen's exports is known, the program frees itself what JavaScript handed in.
    fn doubt_frees(&mut self) {
        let is_bindgen = |allocator: &Allocator| {
            allocator.known_by == KnownBy::Export && allocator.name.starts_with("__wbindgen_")
        };
        if self.allocators.iter().all(is_bindgen) {
            self.allocators.iter_mut().for_each(|allocator| allocator.frees = Frees::Collected);
        }
    }

    /// Leaves a function alone after all.
    pub(crate) fn remove(&mut self, func: FuncIndex, warning: String) {
        self.probes.remove(&func);
        self.allocators.retain(|allocator| allocator.func != func);
        self.warnings.push(warning);
    }
}
