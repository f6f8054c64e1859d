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
    section(&mut bytes, 5, &list(&[shape], |out, shape| limits(out, shape)));
    section(&mut bytes, 7, &exports(frames, shape));
    section(&mut bytes, 10, &code);
    section(
        &mut bytes,
        11,
        &list(&shape.data, |out, (address, data)| {
            out.extend([0, 0x41]);
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

fn limits(out: &mut Vec<u8>, shape: &ModuleShape) {
    out.push(u8::from(shape.maximum_pages.is_some()));
    leb(out, shape.initial_pages);
    shape.maximum_pages.iter().for_each(|pages| leb(out, *pages));
}

fn exports(frames: &Frames, shape: &ModuleShape) -> Vec<u8> {
    let mut functions: Vec<FuncIndex> = shape.exports.clone();
    functions.sort_unstable();
    functions.dedup();
    let mut out = Vec::new();
    leb(&mut out, functions.len() as u64 + 1);
    text(&mut out, "memory");
    out.extend([2, 0]);
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
