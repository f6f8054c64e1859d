//! Name sections of any bytes.

#![no_main]

mod module;

use wasmscope_symbolize::SymbolFiles;

libfuzzer_sys::fuzz_target!(|names: &[u8]| {
    module::ask(module::module([("name", names)]), SymbolFiles::default());
});
