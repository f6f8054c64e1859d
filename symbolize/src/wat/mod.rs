//! The code of one function as WebAssembly text. It is printed here rather than by a library, since those print whole
//! modules, which takes seconds where a function is wanted at once.

mod literal;
mod names;
mod operators;
mod printer;

use wasmparser::{BinaryReader, FunctionBody};

use crate::ids::{CodeOffset, FileOffset, FuncIndex};
use crate::module::FuncType;
use crate::symbols::ModuleSymbols;
use printer::Printer;

/// More locals than this are not listed; it is also what engines take.
const MAX_LOCALS: usize = 50_000;

/// A line of WebAssembly text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatLine {
    /// The text, without indentation.
    pub text: String,
    /// How deep it is nested: 0 for the function's first and last line.
    pub depth: u32,
    /// Where its instruction begins; `None` for the function's head and its locals.
    pub offset: Option<CodeOffset>,
}

/// Why there is no text of a function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatError {
    /// There is no such function.
    #[error("there is no {0}")]
    Missing(FuncIndex),
    /// It is imported.
    #[error("{0} is imported; its code is not in this module")]
    Imported(FuncIndex),
    /// Its code can't be read.
    #[error(
        "the code of {function} can't be read at offset {at}: {message}; check the module with a validator"
    )]
    Malformed {
        /// The function.
        function: FuncIndex,
        /// Where.
        at: FileOffset,
        /// What is wrong.
        message: String,
    },
}

impl WatError {
    /// The same of a function that has this index in a component.
    pub(crate) fn of(self, function: FuncIndex) -> WatError {
        match self {
            WatError::Missing(_) => WatError::Missing(function),
            WatError::Imported(_) => WatError::Imported(function),
            WatError::Malformed { at, message, .. } => WatError::Malformed { function, at, message },
        }
    }
}

impl ModuleSymbols {
    /// As [`Symbols::disassemble`](crate::Symbols::disassemble).
    pub(crate) fn disassemble(&self, function: FuncIndex) -> Result<Vec<WatLine>, WatError> {
        let known = self.module().function(function).ok_or(WatError::Missing(function))?;
        let body = known.body.clone().ok_or(WatError::Imported(function))?;
        let base = self.module().code_start().map_or(0, |start| start.0 as usize);
        let range = base + body.start.0 as usize..base + body.end.0 as usize;
        let code = self.bytes().get(range.clone()).unwrap_or_default();
        let mut printer = Printer::new(self, function);
        head(&mut printer, function, &known.ty);
        instructions(&mut printer, code, range.start, base, known.ty.params.len()).map_err(|error| {
            let at = FileOffset(error.offset() as u64);
            WatError::Malformed { function, at, message: error.message().to_owned() }
        })?;
        Ok(printer.finish())
    }
}

fn head(printer: &mut Printer<'_>, function: FuncIndex, ty: &FuncType) {
    printer.push("(func ");
    if let Some(name) = printer.function_name(function) {
        printer.push(&name);
        printer.push(" ");
    }
    printer.push(&format!("(;{};)", function.0));
    printer.declare("param", 0, ty.params.iter().map(ToString::to_string));
    printer.results(&ty.results);
    printer.end_line(None, 0);
}

fn instructions(
    printer: &mut Printer<'_>,
    code: &[u8],
    start: usize,
    base: usize,
    params: usize,
) -> wasmparser::Result<()> {
    let body = FunctionBody::new(BinaryReader::new(code, start));
    let mut locals = Vec::new();
    for run in body.get_locals_reader()? {
        let (count, ty) = run?;
        let room = MAX_LOCALS.saturating_sub(locals.len());
        locals.extend(std::iter::repeat_n(ty, room.min(count as usize)));
    }
    if !locals.is_empty() {
        let types: Vec<String> = locals.into_iter().map(|ty| printer.value_text(ty)).collect();
        printer.declare("local", params, types.into_iter());
        printer.end_line(None, 1);
    }
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        // A section's size is a 32-bit number, so what is inside of one always fits.
        let at = CodeOffset((operators.original_position() - base) as u32);
        let depth = operators.visit_operator(printer)?;
        printer.end_line(Some(at), depth);
    }
    operators.finish()
}
