//! Debug sections of any bytes.

#![no_main]

mod module;

use wasmscope_symbolize::SymbolFiles;

const SECTIONS: [&str; 8] = [
    ".debug_info",
    ".debug_abbrev",
    ".debug_line",
    ".debug_str",
    ".debug_ranges",
    ".debug_rnglists",
    ".debug_line_str",
    ".debug_addr",
];

libfuzzer_sys::fuzz_target!(|sections: [&[u8]; SECTIONS.len()]| {
    module::ask(module::module(SECTIONS.into_iter().zip(sections)), SymbolFiles::default());
});
