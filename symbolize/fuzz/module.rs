//! A small module with custom sections of the fuzzer's making, and all questions that it can be asked.

use std::sync::Arc;
use wasmscope_symbolize::{CodeOffset, ModuleIndex, SymbolFiles, Symbols};

/// Two functions without parameters and results: their types, and bodies of a few instructions.
const FUNCTIONS: &[u8] = b"\x01\x04\x01\x60\0\0\x03\x03\x02\0\0\x0a\x0f\x02\x06\0\x01\x01\x01\x01\x0b\x06\0\x01\x01\x01\x01\x0b";

/// The module with `sections` behind its code.
pub fn module<'a>(sections: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut wasm = [b"\0asm\x01\0\0\0", FUNCTIONS].concat();
    for (name, data) in sections {
        wasm.push(0);
        leb(&mut wasm, 1 + name.len() + data.len());
        // The names of sections are short.
        wasm.push(name.len() as u8);
        wasm.extend_from_slice(name.as_bytes());
        wasm.extend_from_slice(data);
    }
    wasm
}

fn leb(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Asks a module for all there is to know.
pub fn ask(wasm: Vec<u8>, files: SymbolFiles) {
    let bytes: Arc<[u8]> = wasm.into();
    // What is no module is refused, and that is all.
    let Ok(index) = ModuleIndex::parse(&bytes).map(Arc::new) else { return };
    let symbols = Symbols::with_files(bytes, Arc::clone(&index), files);
    for function in index.functions() {
        symbols.name(function.index);
        symbols.declaration(function.index);
        let _ = symbols.disassemble(function.index);
        let body = function.body.clone().into_iter().flat_map(|body| body.start.0..body.end.0);
        body.for_each(|offset| drop(symbols.frames(CodeOffset(offset))));
    }
    symbols.has_lines();
    symbols.warnings();
}
