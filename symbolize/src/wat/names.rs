//! The names that stand in the text of a function.

use std::collections::HashMap;

use super::literal::{comment, identifier};
use crate::ids::FuncIndex;
use crate::module::NameSpan;
use crate::symbols::{ModuleSymbols, NameMap, NameSource, Space};

/// A name may be long and be referred to a million times. When all that are shown have taken this much, indices are
/// shown instead.
const MAX_NAME_BYTES: usize = 16 << 20;

/// The names that a function refers to.
pub(super) struct Names<'a> {
    symbols: &'a ModuleSymbols,
    locals: NameMap,
    labels: NameMap,
    /// By type, of those that were asked for.
    fields: HashMap<u32, NameMap>,
    bytes_left: usize,
}

impl<'a> Names<'a> {
    pub(super) fn new(symbols: &'a ModuleSymbols, function: FuncIndex) -> Names<'a> {
        let items = symbols.items();
        Names {
            symbols,
            locals: items.locals(symbols.bytes(), function.0),
            labels: items.labels(symbols.bytes(), function.0),
            fields: HashMap::new(),
            bytes_left: MAX_NAME_BYTES,
        }
    }

    pub(super) fn function(&mut self, function: FuncIndex) -> Option<String> {
        self.shown(self.symbols.module().name_span(function))
    }

    /// A function as an operand: its name or index, and its short name in a comment if that is another.
    pub(super) fn callee(&mut self, function: FuncIndex) -> String {
        let own = self.function(function);
        let known = self.symbols.name(function);
        let text = own.unwrap_or_else(|| function.0.to_string());
        let is_told = matches!(known.source, NameSource::Index | NameSource::TableSlot)
            || known.source == NameSource::NameSection && known.name.short == known.raw;
        if is_told || !self.take(known.name.short.len()) {
            return text;
        }
        format!("{text} {}", comment(&known.name.short))
    }

    pub(super) fn item(&mut self, space: Space, index: u32) -> String {
        let span = self.symbols.items().get(space, index);
        self.shown(span).unwrap_or_else(|| index.to_string())
    }

    pub(super) fn data(&mut self, index: u32) -> String {
        let segment = self.symbols.module().data_segments().get(index as usize);
        let name = segment.and_then(|segment| segment.name.as_deref()).filter(|name| !name.is_empty());
        match name {
            Some(name) if self.take(name.len()) => identifier(name),
            _ => index.to_string(),
        }
    }

    pub(super) fn local(&mut self, index: u32) -> Option<String> {
        self.shown(self.locals.get(index))
    }

    /// The label of the block before which `index` others begin.
    pub(super) fn label(&mut self, index: u32) -> Option<String> {
        self.shown(self.labels.get(index))
    }

    pub(super) fn field(&mut self, ty: u32, index: u32) -> String {
        let symbols = self.symbols;
        let names = self.fields.entry(ty).or_insert_with(|| symbols.items().fields(symbols.bytes(), ty));
        let span = names.get(index);
        self.shown(span).unwrap_or_else(|| index.to_string())
    }

    /// Shows a name again.
    pub(super) fn repeated(&mut self, name: &str) -> Option<String> {
        self.take(name.len()).then(|| name.to_owned())
    }

    fn shown(&mut self, span: Option<NameSpan>) -> Option<String> {
        // An empty name is legal and tells nothing.
        let span = span.filter(|span| span.len > 0)?;
        self.take(span.len as usize).then(|| span.text(self.symbols.bytes()).map(|name| identifier(&name)))?
    }

    fn take(&mut self, bytes: usize) -> bool {
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.unwrap_or(self.bytes_left);
        left.is_some()
    }
}
