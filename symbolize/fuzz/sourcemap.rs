//! Source maps of any bytes.

#![no_main]

mod module;

use wasmscope_symbolize::SymbolFiles;

libfuzzer_sys::fuzz_target!(|map: &[u8]| {
    let files = SymbolFiles { source_map: Some(map.into()), ..SymbolFiles::default() };
    module::ask(module::module([("sourceMappingURL", b"\x05a.map".as_slice())]), files);
});
