//! What names and URLs tell of a function in WebAssembly.

use wasmscope_instrument::recording::ForeignIndex;

/// What a name and a file tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WasmName {
    /// It is WebAssembly.
    pub(super) is_wasm: bool,
    /// Which function of its module it is.
    pub(super) index: Option<ForeignIndex>,
    /// Where it is, in bytes from the beginning of its module.
    pub(super) module_offset: Option<u32>,
}

/// Engines name a function `wasm-function[12]`, and a place in one by that of its module:
/// `wasm://wasm/8a3f:wasm-function[12]:0x1a2b`.
pub(super) fn wasm_name(name: &str, file: &str) -> WasmName {
    let places = [place_in(name), place_in(file)];
    let index = places.iter().flatten().next().map(|(index, _)| *index).or_else(|| index_of(name));
    let module_offset = places.iter().flatten().find_map(|(_, offset)| *offset);
    WasmName { is_wasm: index.is_some() || is_module(file), index, module_offset }
}

/// Is this the name or URL of a module?
pub(super) fn is_module(file: &str) -> bool {
    let path = file.split(['?', '#']).next().unwrap_or(file);
    file.starts_with("wasm://") || path.ends_with(".wasm")
}

fn place_in(text: &str) -> Option<(ForeignIndex, Option<u32>)> {
    let (_, rest) = text.split_once("wasm-function[")?;
    let (index, rest) = rest.split_once(']')?;
    let digits = rest.strip_prefix(":0x").map(|rest| rest.split(|c: char| !c.is_ascii_hexdigit()));
    let offset = digits.and_then(|mut parts| u32::from_str_radix(parts.next()?, 16).ok());
    Some((ForeignIndex::All(index.parse().ok()?), offset))
}

/// The function's index where the name is made of nothing else.
fn index_of(name: &str) -> Option<ForeignIndex> {
    let between = |start, end| name.strip_prefix(start)?.strip_suffix(end)?.parse().ok();
    let all = between("func[", "]").or_else(|| between("$func", "")).or_else(|| between("$f", ""));
    // Wasmtime leaves the imports out.
    let defined = || between("<wasm function ", ">").map(ForeignIndex::Defined);
    all.map(ForeignIndex::All).or_else(defined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_and_offsets_are_told_by_names() {
        let all = |index| Some(ForeignIndex::All(index));
        for (name, file, is_wasm, index, module_offset) in [
            ("wasm-function[12]", "wasm://wasm/8a3f", true, all(12), None),
            ("wasm-function[12]", "http://a.b/x.wasm:wasm-function[12]:0x1a2b", true, all(12), Some(0x1a2b)),
            ("x.wasm:wasm-function[3]:0xff", "", true, all(3), Some(0xff)),
            ("func[7]", "", true, all(7), None),
            ("$func7", "", true, all(7), None),
            ("<wasm function 7>", "", true, Some(ForeignIndex::Defined(7)), None),
            ("parse", "wasm://wasm/a.wasm-0058ff", true, None, None),
            ("parse", "https://a.b/a.wasm?v=1", true, None, None),
            ("wasm-function[x]", "a.js", false, None, None),
            ("$function", "a.js", false, None, None),
            ("func[99999999999]", "", false, None, None),
            ("", "", false, None, None),
        ] {
            assert_eq!(wasm_name(name, file), WasmName { is_wasm, index, module_offset }, "{name} {file}");
        }
    }
}
