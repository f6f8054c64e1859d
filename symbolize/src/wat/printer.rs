//! Lines as they grow, and the operands that need to know of the rest of the module or of the blocks around them.

use std::collections::HashMap;

use wasmparser::{BlockType, Catch, Handle};

use super::WatLine;
use super::names::Names;
use crate::ids::{CodeOffset, FuncIndex};
use crate::module::{TypeEntry, ValType, heap_text, ref_text};
use crate::symbols::{ModuleSymbols, Space};

pub(super) struct Printer<'a> {
    symbols: &'a ModuleSymbols,
    names: Names<'a>,
    lines: Vec<WatLine>,
    line: String,
    /// The labels of the blocks that are open, outermost first.
    open: Vec<Option<String>>,
    /// How many open blocks there are inside of which each name is taken, innermost last.
    named: HashMap<String, Vec<usize>>,
    /// Blocks that have begun.
    blocks: u32,
}

impl<'a> Printer<'a> {
    pub(super) fn new(symbols: &'a ModuleSymbols, function: FuncIndex) -> Printer<'a> {
        Printer {
            symbols,
            names: Names::new(symbols.named_build(), function),
            lines: Vec::new(),
            line: String::new(),
            open: Vec::new(),
            named: HashMap::new(),
            blocks: 0,
        }
    }

    pub(super) fn finish(self) -> Vec<WatLine> {
        self.lines
    }

    pub(super) fn push(&mut self, text: &str) {
        self.line.push_str(text);
    }

    /// Ends a line, of which `depth` is the depth.
    pub(super) fn end_line(&mut self, offset: Option<CodeOffset>, depth: u32) {
        let text = std::mem::take(&mut self.line);
        self.lines.push(WatLine { text, depth, offset });
    }

    /// An operand with a space in front.
    pub(super) fn operand(&mut self, text: &str) {
        self.push(" ");
        self.push(text);
    }

    /// How deep an instruction in the innermost open block is nested.
    pub(super) fn depth(&self) -> u32 {
        u32::try_from(self.open.len() + 1).unwrap_or(u32::MAX)
    }

    /// Parameters or locals, of which the first has the index `first`; those with a name stand alone.
    pub(super) fn declare(&mut self, word: &str, first: usize, types: impl Iterator<Item = String>) {
        let mut in_group = false;
        for (ty, index) in types.zip(first..) {
            let name = u32::try_from(index).ok().and_then(|index| self.names.local(index));
            if in_group && name.is_some() {
                self.push(")");
                in_group = false;
            }
            if !in_group {
                let space = if self.line.is_empty() { "" } else { " " };
                self.push(&format!("{space}({word}"));
            }
            in_group = name.is_none();
            name.iter().for_each(|name| self.operand(name));
            self.operand(&ty);
            if !in_group {
                self.push(")");
            }
        }
        if in_group {
            self.push(")");
        }
    }

    pub(super) fn results(&mut self, results: &[ValType]) {
        if !results.is_empty() {
            self.push(" (result");
            results.iter().for_each(|ty| self.operand(&ty.to_string()));
            self.push(")");
        }
    }

    pub(super) fn function_name(&mut self, function: FuncIndex) -> Option<String> {
        self.names.function(function)
    }

    pub(super) fn function(&mut self, index: u32) {
        let text = self.names.callee(FuncIndex(index));
        self.operand(&text);
    }

    pub(super) fn local(&mut self, index: u32) {
        let text = self.names.local(index).unwrap_or_else(|| index.to_string());
        self.operand(&text);
    }

    pub(super) fn item(&mut self, space: Space, index: u32) {
        let text = self.names.item(space, index);
        self.operand(&text);
    }

    pub(super) fn data(&mut self, index: u32) {
        let text = self.names.data(index);
        self.operand(&text);
    }

    pub(super) fn field(&mut self, ty: u32, index: u32) {
        self.item(Space::Type, ty);
        let text = self.names.field(ty, index);
        self.operand(&text);
    }

    /// Where an index of 0 is what is meant without one.
    pub(super) fn item_unless_first(&mut self, space: Space, index: u32) {
        if index != 0 {
            self.item(space, index);
        }
    }

    /// As [`Printer::item_unless_first`], for instructions between two items.
    pub(super) fn items_unless_first(&mut self, space: Space, to: u32, from: u32) {
        if to != 0 || from != 0 {
            self.item(space, to);
            self.item(space, from);
        }
    }

    /// The type of a function that is called, as `(type 3)`.
    pub(super) fn type_use(&mut self, index: u32) {
        let text = format!("(type {})", self.names.item(Space::Type, index));
        self.operand(&text);
    }

    pub(super) fn value_text(&mut self, ty: wasmparser::ValType) -> String {
        match ty {
            wasmparser::ValType::Ref(ty) => ref_text(ty, |index| self.names.item(Space::Type, index)),
            other => other.to_string(),
        }
    }

    pub(super) fn reference(&mut self, ty: wasmparser::RefType) {
        let text = ref_text(ty, |index| self.names.item(Space::Type, index));
        self.operand(&text);
    }

    pub(super) fn heap_type(&mut self, ty: wasmparser::HeapType) {
        let text = heap_text(ty, |index| self.names.item(Space::Type, index));
        self.operand(&text);
    }

    /// A reference to a heap type, nullable or not.
    pub(super) fn reference_to(&mut self, nullable: bool, ty: wasmparser::HeapType) {
        match wasmparser::RefType::new(nullable, ty) {
            Some(ty) => self.reference(ty),
            // An index that is too large for a type there can be.
            None => self.heap_type(ty),
        }
    }

    pub(super) fn select(&mut self, types: Vec<wasmparser::ValType>) {
        self.operand("(result");
        for ty in types {
            let text = self.value_text(ty);
            self.operand(&text);
        }
        self.push(")");
    }

    /// Begins a block of this type, with handlers if it is a `try_table`.
    pub(super) fn begin(&mut self, ty: BlockType, catches: &[Catch]) {
        let name = self.names.label(self.blocks);
        self.blocks = self.blocks.saturating_add(1);
        name.iter().for_each(|name| self.operand(name));
        self.block_type(ty);
        // Their labels count from outside of the block.
        catches.iter().for_each(|catch| self.catch(catch));
        self.open.push(name.clone());
        let depth = self.open.len();
        match name {
            Some(name) => self.named.entry(name).or_default().push(depth),
            None => self.operand(&format!(";; label = @{depth}")),
        }
    }

    /// Ends the innermost block; `false` where there is none, and the function ends.
    pub(super) fn end(&mut self) -> bool {
        let Some(name) = self.open.pop() else { return false };
        if let Some(depths) = name.and_then(|name| self.named.get_mut(&name)) {
            depths.pop();
        }
        true
    }

    fn block_type(&mut self, ty: BlockType) {
        match ty {
            BlockType::Empty => {}
            BlockType::Type(ty) => {
                let text = format!("(result {})", self.value_text(ty));
                self.operand(&text);
            }
            BlockType::FuncType(index) => {
                self.type_use(index);
                let symbols = self.symbols;
                if let Some(TypeEntry::Func(ty)) = symbols.module().types().get(index as usize) {
                    if !ty.params.is_empty() {
                        self.push(" (param");
                        ty.params.iter().for_each(|ty| self.operand(&ty.to_string()));
                        self.push(")");
                    }
                    self.results(&ty.results);
                }
            }
        }
    }

    fn catch(&mut self, catch: &Catch) {
        let (word, tag, label) = match *catch {
            Catch::One { tag, label } => ("catch", Some(tag), label),
            Catch::OneRef { tag, label } => ("catch_ref", Some(tag), label),
            Catch::All { label } => ("catch_all", None, label),
            Catch::AllRef { label } => ("catch_all_ref", None, label),
        };
        self.operand(&format!("({word}"));
        tag.iter().for_each(|tag| self.item(Space::Tag, *tag));
        self.label(label);
        self.push(")");
    }

    pub(super) fn handler(&mut self, handle: &Handle) {
        self.operand("(on");
        match *handle {
            Handle::OnLabel { tag, label } => {
                self.item(Space::Tag, tag);
                self.label(label);
            }
            Handle::OnSwitch { tag } => {
                self.item(Space::Tag, tag);
                self.operand("switch");
            }
        }
        self.push(")");
    }

    /// A label by its distance from the innermost block.
    pub(super) fn label(&mut self, distance: u32) {
        let Some(depth) = self.open.len().checked_sub(distance as usize) else {
            return self.operand(&format!("{distance} (; no such label ;)"));
        };
        let name = depth.checked_sub(1).and_then(|at| self.open.get(at)?.as_deref());
        // A block inside may have the same name, which then means that one.
        let meant =
            name.filter(|name| self.named.get(*name).and_then(|depths| depths.last()) == Some(&depth));
        let text = match meant.and_then(|name| self.names.repeated(name)) {
            Some(name) => name,
            // The function itself has no label to point to.
            None if depth == 0 => distance.to_string(),
            None => format!("{distance} (;@{depth};)"),
        };
        self.operand(&text);
    }
}
