//! AssemblyScript's allocators. Its compiler inlines most of what its runtimes consist of, so that no one function is
//! there in all modules, and its collectors free objects inside of the allocation that was one too many.
//!
//! A block is what TLSF hands out: the object's header of 16 bytes, and the object. Of what the compiler leaves, as
//! version 0.28 does with `-O0` to `-O3` and each runtime (names as in its std/assembly/rt):
//!
//! | named | tells |
//! | --- | --- |
//! | `tlsf/allocateBlock(root, size)`, else `tlsf/__alloc(size)`, else `itcms/__new(size, id)` | a block |
//! | `tlsf/insertBlock(root, block)`, outermost or in a collector | its end; within an allocation it gets what is left of a free block |
//! | `tlsf/prepareBlock(root, block, size)`, outermost | another size where it lies |

use super::AllocatorShape::{Alloc, Free, Quiet, Realloc, Resize};
use super::found::{Found, Named};
use super::{AllocatorProbe, Arity};
use crate::recording::{Frees, KnownBy};

/// Bytes of TLSF's word in front of each block.
const BLOCK_HEADER: i8 = 4;
/// Bytes of the object's header at the start of its block.
const OBJECT_HEADER: u8 = 16;

/// What `__new` gives is an object, whose block begins before it.
pub(super) const NEW: AllocatorProbe =
    AllocatorProbe { shape: Alloc { size: 0 }, shift: -(OBJECT_HEADER as i8), header: OBJECT_HEADER };
const ALLOCATE_BLOCK: AllocatorProbe =
    AllocatorProbe { shape: Alloc { size: 1 }, shift: BLOCK_HEADER, header: 0 };
const ALLOC: AllocatorProbe = AllocatorProbe { shape: Alloc { size: 0 }, shift: 0, header: 0 };
const INSERT_BLOCK: AllocatorProbe =
    AllocatorProbe { shape: Free { pointer: 1 }, shift: BLOCK_HEADER, header: 0 };
const PREPARE_BLOCK: AllocatorProbe =
    AllocatorProbe { shape: Resize { old: 1, size: 2 }, shift: BLOCK_HEADER, header: 0 };
/// Puts the first free block in, which never was one of the program's.
const INITIALIZE: AllocatorProbe = AllocatorProbe { shape: Quiet, shift: 0, header: 0 };

const TLSF: [(&str, usize, AllocatorProbe); 4] = [
    ("~lib/rt/tlsf/allocateBlock", 2, ALLOCATE_BLOCK),
    ("~lib/rt/tlsf/__alloc", 1, ALLOC),
    ("~lib/rt/itcms/__new", 2, NEW),
    ("~lib/rt/tcms/__new", 2, NEW),
];

const STUB: [(&str, usize, AllocatorProbe); 2] =
    [("~lib/rt/stub/__alloc", 1, ALLOC), ("~lib/rt/stub/__new", 2, NEW)];

const STUB_OTHERS: [(&str, usize, AllocatorProbe); 2] = [
    ("~lib/rt/stub/__realloc", 2, AllocatorProbe { shape: Realloc { old: 0, size: 1 }, shift: 0, header: 0 }),
    ("~lib/rt/stub/__free", 1, AllocatorProbe { shape: Free { pointer: 0 }, shift: 0, header: 0 }),
];

/// What frees blocks of its own accord, perhaps in the middle of an allocation.
const COLLECTORS: [&str; 5] = [
    "~lib/rt/itcms/step",
    "~lib/rt/itcms/interrupt",
    "~lib/rt/itcms/free",
    "~lib/rt/itcms/__collect",
    "~lib/rt/tcms/__collect",
];

/// Adds the allocators of an AssemblyScript module.
pub(super) fn find(functions: &[Named<'_>], found: &mut Found) {
    if let Some(probe) = first(functions, &TLSF) {
        let insert = only(functions, ("~lib/rt/tlsf/insertBlock", 2, INSERT_BLOCK));
        let prepare = only(functions, ("~lib/rt/tlsf/prepareBlock", 3, PREPARE_BLOCK));
        let collectors = COLLECTORS.iter().filter_map(|name| named(functions, name));
        found.collectors.extend(collectors.map(|function| function.func));
        // A collector that was inlined into the allocation can't be told from it.
        let is_seen = insert.is_some() && (probe.1 != NEW || !found.collectors.is_empty());
        let frees = if is_seen { Frees::Seen } else { Frees::Collected };
        add([Some(probe), insert.filter(|_| is_seen), prepare], frees, found);
        let initialize = only(functions, ("~lib/rt/tlsf/initialize", 0, INITIALIZE));
        found.probes.extend(initialize.map(|(function, probe)| (function.func, probe)));
    } else if let Some(probe) = first(functions, &STUB) {
        let [realloc, free] = STUB_OTHERS.map(|other| only(functions, other));
        // Both are inlined where the compiler is asked to optimise, and static data is made longer, too.
        add([Some(probe), realloc, free], Frees::Collected, found);
    } else {
        exported(functions, found);
    }
}

/// Without names there is what the runtime exports for the host, of which `__new` alone would be no evidence.
fn exported(functions: &[Named<'_>], found: &mut Found) {
    let export = |name: &str| {
        functions.iter().find(|function| function.known_by == KnownBy::Export && *function.name == *name)
    };
    let has_runtime = ["__pin", "__unpin", "__collect"].iter().all(|name| export(name).is_some());
    let new = export("__new").filter(|new| has_runtime && NEW.shape.fits(Arity::Exactly(2), new.ty));
    add([new.map(|new| (new, NEW))], Frees::Collected, found);
}

fn add<'a, const N: usize>(
    probes: [Option<(&Named<'a>, AllocatorProbe)>; N],
    frees: Frees,
    found: &mut Found,
) {
    for (function, probe) in probes.into_iter().flatten() {
        found.add(function, probe, frees);
    }
}

fn named<'a, 'b>(functions: &'b [Named<'a>], name: &str) -> Option<&'b Named<'a>> {
    functions.iter().find(|function| *function.name == *name && function.known_by == KnownBy::Name)
}

fn only<'a, 'b>(
    functions: &'b [Named<'a>],
    (name, params, probe): (&str, usize, AllocatorProbe),
) -> Option<(&'b Named<'a>, AllocatorProbe)> {
    let function = named(functions, name)?;
    probe.shape.fits(Arity::Exactly(params), function.ty).then_some((function, probe))
}

fn first<'a, 'b>(
    functions: &'b [Named<'a>],
    known: &[(&str, usize, AllocatorProbe)],
) -> Option<(&'b Named<'a>, AllocatorProbe)> {
    known.iter().find_map(|known| only(functions, *known))
}
