//! Has a module export its memories, so that hosts find them.
//!
//! WASI and glue find the guest's memory as the caller's export `memory`. Modules for browsers may import their memory,
//! or export it under a short name, since their own JavaScript knows where it is. For them one export is added, and one
//! for each other memory that has none, so that we see it:
//!
//! ```text
//! (import "env" "memory" (memory 256))   ⟶   the same, and (export "memory" (memory 0))
//! (memory 1) (memory 1)                  ⟶   the same, and (export "memory" (memory 0))
//!                                                          (export "wasmscope:memory-1" (memory 1))
//! ```

use crate::probes::MEMORY_EXPORT;
use rustc_hash::FxHashSet;
use wasm_encoder::{Encode, ExportKind};
use wasmscope_symbolize::{self as symbolize, FileOffset, ModuleError, ModuleIndex, Section};

const CUSTOM: u8 = 0;
const EXPORT: u8 = 7;
/// Those that stand in front of the exports.
const BEFORE: &[u8] = &[1, 2, 3, 4, 5, 6, 13];

/// `wasm` with its first memory exported by that name, unless the name is taken, and with all others exported by any.
pub fn with_memory_exports(wasm: Vec<u8>) -> Result<Vec<u8>, ModuleError> {
    let index = ModuleIndex::parse_module(&wasm)?;
    let added = missing_exports(&index);
    if added.is_empty() {
        return Ok(wasm);
    }
    let own = index.sections().iter().find(|section| section.id == EXPORT);
    let range = match own {
        Some(section) => at(section.header)..at(section.contents.end),
        None => {
            let place = place(&index);
            place..place
        }
    };
    let section = own.map_or_else(|| exports(0, &[], &added), |section| extended(&wasm, section, &added));
    let mut wasm = wasm;
    if range.end <= wasm.len() {
        wasm.splice(range, section);
    }
    Ok(wasm)
}

/// The exports that are to be added: name and memory.
fn missing_exports(index: &ModuleIndex) -> Vec<(String, u32)> {
    let exported = index.exports().iter().filter(|export| export.kind == symbolize::ExportKind::Memory);
    let exported: FxHashSet<_> = exported.map(|export| export.index).collect();
    let is_taken = |name: &str| index.exports().iter().any(|export| &*export.name == name);
    let memories = index.memories().iter().map(|memory| memory.index.0);
    let added = memories.filter_map(|memory| match memory {
        0 if !is_taken(MEMORY_EXPORT) => Some((MEMORY_EXPORT.to_owned(), 0)),
        _ if exported.contains(&memory) => None,
        _ => Some((format!("wasmscope:memory-{memory}"), memory)),
    });
    added.filter(|(name, _)| !is_taken(name)).collect()
}

/// Behind the last section that must stand in front.
fn place(index: &ModuleIndex) -> usize {
    const HEADER_BYTES: usize = 8;
    let before =
        index.sections().iter().filter(|section| section.id != CUSTOM && BEFORE.contains(&section.id));
    before.map(|section| at(section.contents.end)).max().unwrap_or(HEADER_BYTES)
}

fn extended(wasm: &[u8], section: &Section, added: &[(String, u32)]) -> Vec<u8> {
    let contents = wasm.get(at(section.contents.start)..at(section.contents.end)).unwrap_or_default();
    let mut reader = wasmparser::BinaryReader::new(contents, 0);
    let count = reader.read_var_u32().unwrap_or(0);
    exports(count, contents.get(reader.original_position()..).unwrap_or_default(), added)
}

/// An export section with `count` entries of the module's own, which are `entries`, and those that are `added`.
fn exports(count: u32, entries: &[u8], added: &[(String, u32)]) -> Vec<u8> {
    let mut contents = Vec::with_capacity(entries.len() + MEMORY_EXPORT.len() + 8);
    (count + added.len() as u32).encode(&mut contents);
    contents.extend_from_slice(entries);
    for (name, memory) in added {
        name.as_str().encode(&mut contents);
        ExportKind::Memory.encode(&mut contents);
        memory.encode(&mut contents);
    }
    let mut section = vec![EXPORT];
    contents.as_slice().encode(&mut section);
    section
}

fn at(offset: FileOffset) -> usize {
    offset.0 as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_exported_where_it_was_not() {
        for text in [
            r#"(module (import "env" "memory" (memory 1)) (func (export "f")) (data (i32.const 0) "x"))"#,
            r#"(module (import "env" "memory" (memory 1)) (import "env" "f" (func)))"#,
            r#"(module (memory (export "m") 1) (func $f) (start $f))"#,
            r#"(module (memory 1) (global i32 (i32.const 0)) (func))"#,
        ] {
            let wasm = wat::parse_str(text).unwrap();
            let before = ModuleIndex::parse_module(&wasm).unwrap();
            let wasm = with_memory_exports(wasm).unwrap();
            wasmparser::Validator::new().validate_all(&wasm).unwrap();
            let after = ModuleIndex::parse_module(&wasm).unwrap();
            assert_eq!(after.exports().len(), before.exports().len() + 1, "{text}");
            let export = after.exports().last().unwrap();
            assert_eq!((&*export.name, export.index), ("memory", 0));
        }
    }

    #[test]
    fn a_name_that_is_taken_stays() {
        for text in [r#"(module (memory (export "m") 1) (func (export "memory")))"#, "(module)"] {
            let wasm = wat::parse_str(text).unwrap();
            assert_eq!(with_memory_exports(wasm.clone()).unwrap(), wasm);
        }
    }

    #[test]
    fn each_memory_can_be_found() {
        let wasm =
            wat::parse_str(r#"(module (memory 1) (memory (export "m") 1) (memory 1) (func (export "f")))"#);
        let wasm = with_memory_exports(wasm.unwrap()).unwrap();
        wasmparser::Validator::new().validate_all(&wasm).unwrap();
        let index = ModuleIndex::parse_module(&wasm).unwrap();
        let exports: Vec<_> = index.exports().iter().map(|export| (&*export.name, export.index)).collect();
        assert_eq!(exports, [("m", 1), ("f", 0), ("memory", 0), ("wasmscope:memory-2", 2)]);
    }
}
