//! Symbol maps, as Emscripten writes them beside a module without a name section: a line `12:name` for each function,
//! where characters that the text format knows no names with are a backslash and two hexadecimal digits.

use std::ops::Range;
use std::sync::Arc;

use crate::ids::FuncIndex;
use crate::module::{ExportKind, ImportKind, ModuleIndex};
use crate::warning::Warning;

/// Shorter names of imports and exports may be those that a minifier gave.
const MIN_TELLING_NAME: usize = 4;
/// With fewer names to compare, those that differ may be aliases.
const MIN_COMPARED: usize = 3;

/// The names of a symbol map. There may be 600,000, so they stay where they are.
pub(crate) struct SymbolMap {
    text: Arc<[u8]>,
    /// Sorted by function, each once.
    names: Vec<(FuncIndex, Range<usize>)>,
    warnings: Vec<Warning>,
}

impl SymbolMap {
    /// Reads the lines that name functions of `module`; none where they tell that it is the map of another module.
    pub(crate) fn read(text: Arc<[u8]>, module: &ModuleIndex) -> SymbolMap {
        let (mut names, mut start) = (Vec::new(), 0);
        let (mut ignored, mut first_ignored, mut beyond) = (0, 0, 0);
        for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let place = start..start + line.trim_ascii_end().len();
            start += line.len() + 1;
            match entry(&text, place.clone()) {
                Some((index, name)) if module.function(index).is_some() => names.push((index, name)),
                _ if place.is_empty() => {}
                other => {
                    beyond += usize::from(other.is_some());
                    first_ignored = if ignored == 0 { number + 1 } else { first_ignored };
                    ignored += 1;
                }
            }
        }
        // Stable, so that of several names of a function the first one stays first.
        names.sort_by_key(|(index, _)| *index);
        names.dedup_by_key(|(index, _)| *index);
        let stray = Warning::SymbolMapStray { count: ignored, first: first_ignored };
        let map = SymbolMap { text, names, warnings: Vec::from_iter((ignored > 0).then_some(stray)) };
        map.checked(module, beyond)
    }

    /// The map, with a warning where it may be another module's, and empty where it is; `beyond` are its names for
    /// functions that the module has not.
    fn checked(mut self, module: &ModuleIndex, beyond: usize) -> SymbolMap {
        let (compared, wrong) = self.compare(module);
        let differs = compared >= MIN_COMPARED && 2 * wrong > compared;
        let (named, functions) = (self.names.len() + beyond, module.functions().len());
        let used = !differs && beyond == 0;
        if !used {
            self.names = Vec::new();
            self.warnings = Vec::new();
        }
        if !used || named < functions {
            self.warnings.push(Warning::SymbolMapForeign { wrong, compared, named, functions, used });
        }
        self
    }

    /// How many names of functions imports and exports tell as well, and how many of these are others.
    fn compare(&self, module: &ModuleIndex) -> (usize, usize) {
        let imports = module.imports().iter().filter_map(|import| match import.kind {
            ImportKind::Function { index, .. } => Some((index, &*import.name)),
            _ => None,
        });
        let exports = module.exports().iter().filter(|export| export.kind == ExportKind::Function);
        let exports = exports.map(|export| (FuncIndex(export.index), &*export.name));
        let telling = imports.chain(exports).filter(|(_, name)| name.len() >= MIN_TELLING_NAME);
        let pairs = telling.filter_map(|(index, told)| Some((told, self.name(index)?)));
        pairs.fold((0, 0), |(compared, wrong), (told, name)| {
            (compared + 1, wrong + usize::from(!is_alike(told, &name)))
        })
    }

    /// Whether it names any function.
    pub(crate) fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// The name of a function, with its escaped characters.
    pub(crate) fn name(&self, function: FuncIndex) -> Option<Arc<str>> {
        let at = self.names.binary_search_by_key(&function, |(index, _)| *index).ok()?;
        let (_, place) = self.names.get(at)?;
        let name = unescaped(self.text.get(place.clone())?);
        Some(String::from_utf8_lossy(&name).into())
    }

    /// What was wrong.
    pub(crate) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Whether one name is part of the other: the export `malloc` may be `dlmalloc`, and `main` `__main_argc_argv`.
fn is_alike(told: &str, name: &str) -> bool {
    let (told, name) = (told.trim_start_matches('_'), name.trim_start_matches('_'));
    name.contains(told) || told.contains(name)
}

fn entry(text: &[u8], place: Range<usize>) -> Option<(FuncIndex, Range<usize>)> {
    let line = text.get(place.clone())?;
    let colon = line.iter().position(|byte| *byte == b':')?;
    let index = std::str::from_utf8(line.get(..colon)?).ok()?.parse().ok()?;
    let name = place.start + colon + 1..place.end;
    (!name.is_empty()).then_some((FuncIndex(index), name))
}

fn unescaped(name: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((byte, behind)) = rest.split_first() {
        let escaped = match behind {
            [high, low, ..] if *byte == b'\\' => digit(high).zip(digit(low)),
            _ => None,
        };
        plain.push(escaped.map_or(*byte, |(high, low)| high << 4 | low));
        rest = behind.get(if escaped.is_some() { 2.. } else { 0.. }).unwrap_or_default();
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_what_is_none_stays() {
        for (escaped, plain) in [
            (r"main", "main"),
            (r"f\28int\2c\20char*\29", "f(int, char*)"),
            (r"\c3\a4\5c5c", r"ä\5c"),
            (r"a\2", r"a\2"),
            (r"a\zz\", r"a\zz\"),
        ] {
            assert_eq!(String::from_utf8_lossy(&unescaped(escaped.as_bytes())), plain);
        }
    }
}
