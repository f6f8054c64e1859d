//! Writes the smallest module that has the functions, names, memory and data of a made-up profile.

use super::ModuleShape;
use super::frames::Frames;
use wasmscope_symbolize::{CodeOffset, FuncIndex};

const NOP: u8 = 0x01;
const END: u8 = 0x0b;

/// A module, and where in its code each chain of the frames is.
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    pub(super) offsets: Vec<CodeOffset>,
}

pub(super) fn encode(frames: &Frames, shape: &ModuleShape) -> Encoded {
    let functions = frames.functions.len();
    let (code, offsets) = code(frames);
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    // One type: no parameters, no results.
    section(&mut bytes, 1, &[1, 0x60, 0, 0]);
    section(
        &mut bytes,
        2,
        &list(&frames.imports, |out, (module, name)| {
            text(out, module);
            text(out, name);
            out.extend([0, 0]);
        }),
    );
    section(&mut bytes, 3, &list(&vec![0u8; functions], |out, ty| out.push(*ty)));
    let first = (shape.initial_pages, shape.maximum_pages);
    let others = shape.more_memories.iter().map(|pages| (*pages, None));
    let memories: Vec<_> = std::iter::once(first).chain(others).collect();
    section(&mut bytes, 5, &list(&memories, |out, (initial, maximum)| limits(out, *initial, *maximum)));
    let stack_pointer: Vec<_> = shape.stack_pointer.into_iter().collect();
    section(
        &mut bytes,
        6,
        &list(&stack_pointer, |out, address| {
            // A variable i32.
            out.extend([0x7f, 1, 0x41]);
            signed(out, *address as i32);
            out.push(END);
        }),
    );
    section(&mut bytes, 7, &exports(frames, shape));
    section(&mut bytes, 10, &code);
    section(
        &mut bytes,
        11,
        &list(&shape.data, |out, (address, data)| {
            let constant = if is_memory64(shape.initial_pages) { 0x42 } else { 0x41 };
            out.extend([0, constant]);
            signed(out, *address as i32);
            out.push(END);
            leb(out, data.len() as u64);
            out.extend(data);
        }),
    );
    section(&mut bytes, 0, &names(frames));
    Encoded { bytes, offsets }
}

/// One body a function, with one `nop` for each of its chains.
fn code(frames: &Frames) -> (Vec<u8>, Vec<CodeOffset>) {
    let mut of_function: Vec<Vec<usize>> = vec![Vec::new(); frames.functions.len()];
    for (at, chain) in frames.chains.iter().enumerate() {
        of_function[chain.func.index()].push(at);
    }
    let mut offsets = vec![CodeOffset(0); frames.chains.len()];
    let mut code = Vec::new();
    leb(&mut code, of_function.len() as u64);
    for chains in of_function {
        leb(&mut code, chains.len() as u64 + 2);
        code.push(0);
        for chain in chains {
            offsets[chain] = CodeOffset(code.len() as u32);
            code.push(NOP);
        }
        code.push(END);
    }
    (code, offsets)
}

fn limits(out: &mut Vec<u8>, initial_pages: u64, maximum_pages: Option<u64>) {
    let memory64 = if is_memory64(initial_pages) { 4 } else { 0 };
    out.push(memory64 | u8::from(maximum_pages.is_some()));
    leb(out, initial_pages);
    maximum_pages.iter().for_each(|pages| leb(out, *pages));
}

fn is_memory64(pages: u64) -> bool {
    pages > 1 << 16
}

fn exports(frames: &Frames, shape: &ModuleShape) -> Vec<u8> {
    let mut functions: Vec<FuncIndex> = shape.exports.clone();
    functions.sort_unstable();
    functions.dedup();
    let mut out = Vec::new();
    leb(&mut out, functions.len() as u64 + 1 + u64::from(shape.stack_pointer.is_some()));
    text(&mut out, "memory");
    out.extend([2, 0]);
    if shape.stack_pointer.is_some() {
        text(&mut out, "__stack_pointer");
        out.extend([3, 0]);
    }
    for func in functions {
        text(&mut out, &frames.functions[func.index()]);
        out.push(0);
        leb(&mut out, (frames.imports.len() + func.index()) as u64);
    }
    out
}

/// The name section with the names of the defined functions.
fn names(frames: &Frames) -> Vec<u8> {
    let mut map = Vec::new();
    leb(&mut map, frames.functions.len() as u64);
    for (at, name) in frames.functions.iter().enumerate() {
        leb(&mut map, (frames.imports.len() + at) as u64);
        text(&mut map, name);
    }
    let mut out = Vec::new();
    text(&mut out, "name");
    section(&mut out, 1, &map);
    out
}

fn list<T>(items: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) -> Vec<u8> {
    let mut out = Vec::new();
    leb(&mut out, items.len() as u64);
    items.iter().for_each(|item| write(&mut out, item));
    out
}

fn section(out: &mut Vec<u8>, id: u8, contents: &[u8]) {
    out.push(id);
    leb(out, contents.len() as u64);
    out.extend(contents);
}

fn text(out: &mut Vec<u8>, text: &str) {
    leb(out, text.len() as u64);
    out.extend(text.bytes());
}

fn leb(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn signed(out: &mut Vec<u8>, mut value: i32) {
    while !(-64..64).contains(&value) {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8 & 0x7f);
}
