//! Reads call paths out of folded text.

use rustc_hash::FxHashMap;
use std::sync::Arc;
use wasmscope_instrument::recording::StackFrame;
use wasmscope_symbolize::{CodeOffset, Frame, FuncIndex, Location, Name};

/// The functions and places that call paths have named so far. A [`FuncIndex`] is a position in `functions` or in
/// `imports`, a [`CodeOffset`] one in `chains`.
#[derive(Debug, Default)]
pub(super) struct Frames {
    pub(super) functions: Vec<String>,
    /// `(module, name)`.
    pub(super) imports: Vec<(String, String)>,
    pub(super) chains: Vec<Chain>,
    function_ids: FxHashMap<String, FuncIndex>,
    import_ids: FxHashMap<String, FuncIndex>,
    chain_ids: FxHashMap<(FuncIndex, String), CodeOffset>,
}

/// What stands for one place in the code.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) func: FuncIndex,
    /// The logical frames there, innermost first.
    pub(super) frames: Vec<Frame>,
}

/// A call path: guest functions, outermost first, and what was called outside of the guest.
#[derive(Debug, Default)]
pub(super) struct Path {
    pub(super) guest: Vec<GuestFrame>,
    pub(super) outside: Option<StackFrame>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct GuestFrame {
    pub(super) func: FuncIndex,
    pub(super) offset: CodeOffset,
}

impl Frames {
    pub(super) fn path(&mut self, text: &str) -> Path {
        let mut path = Path::default();
        let mut parts = text.split(';').map(str::trim).filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.next() {
            if let Some(name) = part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                path.outside = Some(self.outside(name));
                continue;
            }
            let mut chain = vec![part];
            while let Some(inlined) = parts.next_if(|next| next.starts_with('+')) {
                chain.push(inlined);
            }
            path.guest.push(self.guest(&chain));
        }
        path
    }

    fn outside(&mut self, name: &str) -> StackFrame {
        if name == "engine" {
            return StackFrame::Engine;
        }
        let imports = &mut self.imports;
        let import = *self.import_ids.entry(name.to_owned()).or_insert_with(|| {
            let (module, name) = name.split_once('.').unwrap_or(("env", name));
            imports.push((module.to_owned(), name.to_owned()));
            FuncIndex((imports.len() - 1) as u32)
        });
        StackFrame::Host { import }
    }

    /// The function that comes first in `chain`, with the others inlined into it one into the other.
    fn guest(&mut self, chain: &[&str]) -> GuestFrame {
        let frames: Vec<Frame> = chain.iter().rev().map(|part| frame(part)).collect();
        let name = chain.first().map_or("", |part| split(part).0);
        let functions = &mut self.functions;
        let func = *self.function_ids.entry(name.to_owned()).or_insert_with(|| {
            functions.push(name.to_owned());
            FuncIndex((functions.len() - 1) as u32)
        });
        let chains = &mut self.chains;
        let offset = *self.chain_ids.entry((func, chain.join(";"))).or_insert_with(|| {
            chains.push(Chain { func, frames });
            CodeOffset((chains.len() - 1) as u32)
        });
        GuestFrame { func, offset }
    }
}

/// `name@file:line` as a name and a location.
fn split(part: &str) -> (&str, Option<Location>) {
    let place = part.rsplit_once('@').and_then(|(name, place)| {
        let (file, line) = place.rsplit_once(':')?;
        Some((name, Location { file: Arc::from(file), line: line.parse().ok()?, column: 0 }))
    });
    place.map_or((part, None), |(name, location)| (name, Some(location)))
}

fn frame(part: &str) -> Frame {
    let (name, location) = split(part);
    let inlined = name.starts_with('+');
    let function: Arc<str> = Arc::from(name.trim_start_matches('+'));
    let name = Arc::new(Name { short: Arc::clone(&function), full: function, group: None });
    Frame { name, location, inlined }
}
