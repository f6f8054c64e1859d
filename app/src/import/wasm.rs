//! What names and URLs tell of a function in WebAssembly.

use std::sync::Arc;
use wasmscope_instrument::recording::ForeignIndex;
use wasmscope_symbolize::Name;

/// What a name and a file tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WasmName<'a> {
    /// It is WebAssembly.
    pub(super) is_wasm: bool,
    /// Which function of its module it is.
    pub(super) index: Option<ForeignIndex>,
    /// Where it is, in bytes from the beginning of its module.
    pub(super) module_offset: Option<u32>,
    /// Which module it is in, where the name tells.
    pub(super) module: Option<&'a str>,
    /// Its own name, where the name has more than that.
    own: Option<&'a str>,
}

impl WasmName<'_> {
    /// What to show for `name`, of which this is told.
    pub(super) fn shown(&self, name: &str) -> String {
        match (self.own, self.module, self.index) {
            // They are mangled, and have an index besides.
            (Some(own), ..) => Name::of(&Arc::from(own)).full.to_string(),
            (None, Some(_), Some(ForeignIndex::All(index))) => format!("wasm-function[{index}]"),
            _ if name.is_empty() => "(anonymous)".to_owned(),
            _ => name.to_owned(),
        }
    }
}

/// Engines name a function `wasm-function[12]`, and a place in one by that of its module:
/// `wasm://wasm/8a3f:wasm-function[12]:0x1a2b`. Wasmtime tells perf `wasm[0]::function[12]::parse`.
pub(super) fn wasm_name<'a>(name: &'a str, file: &str) -> WasmName<'a> {
    if let Some(told) = of_wasmtime(name) {
        return told;
    }
    let places = [place_in(name), place_in(file)];
    let index = places.iter().flatten().next().map(|(index, _)| *index).or_else(|| index_of(name));
    let module_offset = places.iter().flatten().find_map(|(_, offset)| *offset);
    WasmName { is_wasm: index.is_some() || is_module(file), index, module_offset, ..WasmName::default() }
}

/// Is this the name or URL of a module, or what Firefox calls one that JavaScript made of bytes?
pub(super) fn is_module(file: &str) -> bool {
    let path = file.split(['?', '#']).next().unwrap_or(file);
    file.starts_with("wasm://") || path.ends_with(".wasm") || file.contains(" > WebAssembly.")
}

/// Modules are counted as well as functions, and imports are among these.
fn of_wasmtime(name: &str) -> Option<WasmName<'_>> {
    let (number, rest) = name.strip_prefix("wasm[")?.split_once("]::function[")?;
    let (index, rest) = rest.split_once(']')?;
    let own = if rest.is_empty() { None } else { Some(rest.strip_prefix("::")?) };
    number.parse::<u32>().ok()?;
    let module = &name[..="wasm[".len() + number.len()];
    let index = Some(ForeignIndex::All(index.parse().ok()?));
    Some(WasmName { is_wasm: true, index, module_offset: None, module: Some(module), own })
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
            ("parse", "https://a.b/x.js line 12 > WebAssembly.instantiate", true, None, None),
            ("wasm-function[x]", "a.js", false, None, None),
            ("wasm[0]::function[x]", "", false, None, None),
            ("wasm[0]::function[1]x", "", false, None, None),
            ("$function", "a.js", false, None, None),
            ("func[99999999999]", "", false, None, None),
            ("", "", false, None, None),
        ] {
            let expected = WasmName { is_wasm, index, module_offset, ..WasmName::default() };
            assert_eq!(wasm_name(name, file), expected, "{name} {file}");
        }
    }

    #[test]
    fn wasmtimes_names_have_an_index_and_a_name() {
        for (name, index, shown) in [
            ("wasm[1]::function[8]", 8, "wasm-function[8]"),
            ("wasm[1]::function[8]::long_loop", 8, "long_loop"),
            ("wasm[1]::function[9]::_ZN3std2io5print17h0123456789abcdefE", 9, "std::io::print"),
        ] {
            let told = wasm_name(name, "");
            let (index, module) = (Some(ForeignIndex::All(index)), Some("wasm[1]"));
            assert_eq!((told.is_wasm, told.index, told.module), (true, index, module), "{name}");
            assert_eq!(told.shown(name), shown);
        }
    }
}
