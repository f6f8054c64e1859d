//! Small modules out of bytes, with everything in them that Wasmtime runs.

use arbitrary::{Arbitrary, Result, Unstructured};
use wasm_smith::{Config, Module};
use wasmparser::{Import, Operator, Parser, Payload, TypeRef};

/// Loops and calls that a module may go through before it traps.
const FUEL: u32 = 500;

/// A module that ends by itself; `None` where the bytes give none that can be run here.
pub fn module(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Unstructured::new(bytes);
    let config = config(&mut bytes).ok()?;
    let mut module = Module::new(config, &mut bytes).ok()?;
    module.ensure_termination(FUEL).ok()?;
    let wasm = module.to_bytes();
    (!waits(&wasm) && shared_imports(&wasm) < 2).then_some(wasm)
}

/// Wasmtime 48 fails an assertion of its own when a guest accesses a place outside of a shared memory that it has under
/// two indices, as it may come to here: all imports of a type are given the same one.
fn shared_imports(wasm: &[u8]) -> usize {
    let is_shared = |import: &Import<'_>| matches!(import.ty, TypeRef::Memory(memory) if memory.shared);
    let imports = Parser::new(0).parse_all(wasm).filter_map(|payload| match payload {
        Ok(Payload::ImportSection(imports)) => Some(imports),
        _ => None,
    });
    imports.flat_map(|imports| imports.into_imports().flatten()).filter(is_shared).count()
}

/// Which proposals are on is drawn, too: what is possible in a module depends on what else is in it.
fn config(bytes: &mut Unstructured<'_>) -> Result<Config> {
    let mut config = Config::arbitrary(bytes)?;
    config.max_funcs = 8;
    config.min_funcs = 2;
    config.max_instructions = 80;
    config.max_types = 12;
    config.min_types = 3;
    config.max_type_size = 40;
    config.max_imports = 6;
    config.max_globals = 6;
    config.max_exports = 20;
    config.min_exports = 1;
    config.max_memories = 3;
    config.min_memories = config.min_memories.min(config.max_memories as u32);
    config.max_tables = 3;
    config.min_tables = config.min_tables.min(config.max_tables as u32);
    config.max_tags = 3;
    config.max_data_segments = 4;
    config.max_element_segments = 4;
    config.max_elements = 8;
    config.max_table_elements = 100;
    config.max_memory32_bytes = 4 << 20;
    config.max_memory64_bytes = 4 << 20;
    config.disallow_traps = bytes.arbitrary()?;
    config.custom_page_sizes_enabled = bytes.arbitrary()?;
    config.wide_arithmetic_enabled = bytes.arbitrary()?;
    config.generate_custom_sections = bytes.arbitrary()?;
    config.export_everything = bytes.arbitrary()?;
    // What no version of Wasmtime runs, or not yet.
    config.custom_descriptors_enabled = false;
    config.shared_everything_threads_enabled = false;
    config.allow_invalid_funcs = false;
    Ok(config)
}

/// Nobody would wake up what waits.
fn waits(wasm: &[u8]) -> bool {
    let is_wait = |operator| {
        matches!(operator, Ok(Operator::MemoryAtomicWait32 { .. } | Operator::MemoryAtomicWait64 { .. }))
    };
    Parser::new(0).parse_all(wasm).any(|payload| match payload {
        Ok(Payload::CodeSectionEntry(body)) => {
            body.get_operators_reader().is_ok_and(|operators| operators.into_iter().any(is_wait))
        }
        _ => false,
    })
}
