//! Functions of libraries, known by their code where nothing tells their name.
//!
//! `bodies.txt` has the hashes and names of functions that linkers put into many programs: the C library, its
//! allocators, Rust's own. A function is looked for there only when it has no other name.

mod hash;

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

pub use hash::BodyHash;

use crate::ids::FuncIndex;
use crate::module::ModuleIndex;

/// Lines of the hash of the beginning, that of all of the code, and the name; those that begin with `#` are for people.
const BODIES: &str = include_str!("bodies.txt");

/// The names by hash.
struct Table {
    /// How known functions begin. Nearly all others are out of the question after a few instructions.
    beginnings: FxHashSet<u32>,
    names: FxHashMap<BodyHash, &'static str>,
}

/// The name of a known function with the same code; `None` where there is none.
pub(crate) fn name(bytes: &[u8], module: &ModuleIndex, function: FuncIndex) -> Option<&'static str> {
    let table = table();
    let hash = hash::hash(bytes, module, function, |beginning| table.beginnings.contains(&beginning))?;
    table.names.get(&hash).copied()
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let names: FxHashMap<_, _> = BODIES.lines().filter_map(entry).collect();
        Table { beginnings: names.keys().map(|hash: &BodyHash| hash.beginning).collect(), names }
    })
}

fn entry(line: &'static str) -> Option<(BodyHash, &'static str)> {
    let (hash, name) = line.split_once(' ')?;
    let beginning = u32::from_str_radix(hash.get(..8)?, 16).ok()?;
    let whole = u64::from_str_radix(hash.get(8..)?, 16).ok()?;
    Some((BodyHash { beginning, whole }, name))
}
