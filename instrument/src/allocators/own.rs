//! Functions that the user says are allocators.

use super::names::{C_FUNCTIONS, C_PREFIXES};
use super::{AllocatorProbe, AllocatorShape, Arity, Misfit, assemblyscript};
use crate::recording::Frees;
use std::fmt;
use std::str::FromStr;
use wasmscope_symbolize::FuncType;

/// A function that the user says is an allocator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAllocator {
    /// Its name, as the module has it or as it is shown.
    pub name: String,
    /// What it does.
    pub kind: AllocatorKind,
}

/// What an allocator does: the same, with the same parameters, as a function that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocatorKind(usize);

/// The kind of what is only looked at. It has no name, so that no user can ask for it.
pub(crate) const TRACED: AllocatorKind = AllocatorKind(usize::MAX);

/// What can stand behind the equals sign beside C's functions: what C++, Rust and AssemblyScript call.
const OTHER_KINDS: [(&str, usize, AllocatorProbe); 5] = [
    ("sized_free", 2, plain(AllocatorShape::Free { pointer: 0 })),
    ("__rust_alloc", 2, plain(AllocatorShape::Alloc { size: 0 })),
    ("__rust_dealloc", 3, plain(AllocatorShape::Free { pointer: 0 })),
    ("__rust_realloc", 4, plain(AllocatorShape::Realloc { old: 0, size: 3 })),
    ("__new", 2, assemblyscript::NEW),
];

const fn plain(shape: AllocatorShape) -> AllocatorProbe {
    AllocatorProbe { shape, shift: 0, header: 0 }
}

/// All kinds by name, in the order of their numbers.
fn kinds() -> impl Iterator<Item = (&'static str, usize, AllocatorProbe)> {
    let c = C_FUNCTIONS.into_iter().map(|(name, params, shape)| (name, params, shape.into()));
    c.chain(OTHER_KINDS)
}

/// `NAME=FUNCTION` can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not NAME=FUNCTION, with one of: {}",
    kinds().map(|(name, ..)| name).collect::<Vec<_>>().join(", ")
)]
pub struct BadAllocator {
    /// The text as it was given.
    pub text: String,
}

/// `arena_alloc=malloc`: the function `arena_alloc` does what `malloc` does.
impl FromStr for OwnAllocator {
    type Err = BadAllocator;

    fn from_str(text: &str) -> Result<Self, BadAllocator> {
        // A name may have an equals sign in it, as `operator==`; the function has none.
        let parts = text.rsplit_once('=').filter(|(name, _)| !name.is_empty());
        let known = parts.and_then(|(name, like)| {
            Some(OwnAllocator { name: name.to_owned(), kind: AllocatorKind::named(like)? })
        });
        known.ok_or_else(|| BadAllocator { text: text.to_owned() })
    }
}

impl fmt::Display for OwnAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.kind.name())
    }
}

impl AllocatorKind {
    /// The kind of this name.
    pub(crate) fn named(name: &str) -> Option<AllocatorKind> {
        kinds().position(|(known, ..)| known == name).map(AllocatorKind)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        kinds().nth(self.0).map_or("", |(name, ..)| name)
    }

    /// What a function of this name does, if the name is that of a C function or an implementation of one and the type
    /// is too.
    pub(crate) fn like(name: &str, ty: &FuncType) -> Option<AllocatorKind> {
        let function = C_PREFIXES.iter().filter_map(|prefix| name.strip_prefix(prefix));
        let kinds = function.filter_map(|name| C_FUNCTIONS.iter().position(|(known, ..)| *known == name));
        kinds.map(AllocatorKind).find(|kind| kind.probe(ty).is_ok())
    }

    /// What a function of type `ty` does that the user says is of this kind.
    ///
    /// # Errors
    /// When it has other parameters.
    pub(crate) fn probe(self, ty: &FuncType) -> Result<AllocatorProbe, Misfit> {
        if self == TRACED {
            // Of four parameters the last is the new size, as in `__rust_realloc`.
            let second = match ty.params.len() {
                0 | 1 => 0,
                4 => 3,
                _ => 1,
            };
            let shape = AllocatorShape::Trace { first: 0, second };
            return if shape.fits(Arity::AtLeast(1), ty) { Ok(plain(shape)) } else { Err(Misfit) };
        }
        let known =
            kinds().nth(self.0).filter(|(_, params, probe)| probe.shape.fits(Arity::Exactly(*params), ty));
        known.map(|(.., probe)| probe).ok_or(Misfit)
    }

    /// Are the frees of such blocks seen?
    pub(crate) fn frees(self) -> Frees {
        if self.name() == "__new" { Frees::Collected } else { Frees::Seen }
    }
}
