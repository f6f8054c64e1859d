//! Real debug information, whole and split, with bytes of the fuzzer's making in it.

#![no_main]

mod module;

use std::sync::Arc;
use wasmscope_symbolize::SymbolFiles;

/// Modules with the split debug information that belongs to them.
const BUILDS: [(&[u8], &[&[u8]]); 4] = [
    (include_bytes!("../tests/split/whole4.wasm"), &[]),
    (include_bytes!("../tests/split/whole5.wasm"), &[]),
    (
        include_bytes!("../tests/split/split4.wasm"),
        &[include_bytes!("../tests/split/digest4.dwo"), include_bytes!("../tests/split/runs4.dwo")],
    ),
    (include_bytes!("../tests/split/split5.wasm"), &[include_bytes!("../tests/split/split5.dwp")]),
];

/// A byte to be written: where in all files of the build, and what.
type Edit = (u16, u8);

libfuzzer_sys::fuzz_target!(|input: (u8, Vec<Edit>)| {
    let (build, edits) = input;
    let (wasm, split) = BUILDS[usize::from(build) % BUILDS.len()];
    let mut files: Vec<Vec<u8>> = std::iter::once(&wasm).chain(split).map(|file| file.to_vec()).collect();
    for (at, byte) in edits {
        write(&mut files, usize::from(at), byte);
    }
    let mut files = files.into_iter();
    let wasm = files.next().unwrap_or_default();
    module::ask(wasm, SymbolFiles { split: files.map(Arc::from).collect(), ..SymbolFiles::default() });
});

fn write(files: &mut [Vec<u8>], mut at: usize, byte: u8) {
    for file in files {
        match file.get_mut(at) {
            Some(place) => return *place = byte,
            None => at -= file.len(),
        }
    }
}
