//! The pass over a module's code: each instruction is decoded once, to be validated and to be understood. Without the
//! first an index one past the module's own could come to name an item of ours: what is no valid module must not become
//! one.

use super::instruction::{Effect, Reader};
use super::regions::{Regions, Splitter};
use super::scan::{Scan, body_error};
use crate::error::RewriteError;
use crate::{Measure, MeasureSet};
use wasmparser::{
    BinaryReaderError, FrameKind, FrameStack, FuncValidatorAllocations, FunctionBody, Parser, ValidPayload,
    Validator, VisitOperator, VisitSimdOperator, WasmFeatures, WasmModuleResources,
};
use wasmscope_symbolize::{FileOffset, ModuleIndex};

/// What there is in the code of a valid module, and the regions where instructions are measured.
///
/// # Errors
/// When the module is not valid.
pub(crate) fn read(
    bytes: &[u8],
    index: &ModuleIndex,
    measures: MeasureSet,
    stack_pointer: Option<u32>,
) -> Result<(Scan, Regions), RewriteError> {
    let imported = index.imported_function_count();
    let mut pass = Pass {
        base: index.code_start().map_or(0, |start| start.0 as usize),
        reader: Reader::new(index, measures.has(Measure::Access)).with_stack_pointer(stack_pointer),
        scan: Scan::new(imported),
        splitter: measures.has(Measure::Instructions).then(|| Splitter::new(index.tag_count() > 0)),
        regions: Regions::new(imported),
    };
    pass.module(bytes).map_err(|error| invalid(index, &error))?;
    Ok((pass.scan.finished(), pass.regions.finished()))
}

fn invalid(index: &ModuleIndex, error: &BinaryReaderError) -> RewriteError {
    let at = FileOffset(error.offset() as u64);
    match index.code_offset(at) {
        Some(_) => body_error(index, error),
        None => RewriteError::Invalid { at, message: error.message().to_owned() },
    }
}

struct Pass<'m> {
    /// Where in the file the contents of the code section begin.
    base: usize,
    reader: Reader<'m>,
    scan: Scan,
    splitter: Option<Splitter>,
    regions: Regions,
}

impl Pass<'_> {
    fn module(&mut self, bytes: &[u8]) -> wasmparser::Result<()> {
        let features = WasmFeatures::all();
        let mut validator = Validator::new_with_features(features);
        let mut allocations = FuncValidatorAllocations::default();
        for payload in Parser::new(0).parse_all(bytes) {
            if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
                let mut function = function.into_validator(allocations);
                self.body(&mut function, &body)?;
                allocations = function.into_allocations();
            }
        }
        Ok(())
    }

    fn body<R: WasmModuleResources>(
        &mut self,
        function: &mut wasmparser::FuncValidator<R>,
        body: &FunctionBody<'_>,
    ) -> wasmparser::Result<()> {
        let mut code = body.get_binary_reader();
        function.read_locals(&mut code)?;
        while !code.eof() {
            let position = code.original_position();
            let validator = function.visitor(position);
            let effect = code.visit_operator(&mut Validated { validator, reader: &mut self.reader })??;
            let place = ((position - self.base) as u32, (code.original_position() - self.base) as u32);
            self.scan.instruction(effect, place);
            if let Some(splitter) = &mut self.splitter {
                splitter.instruction(effect, &self.reader.labels, place);
            }
        }
        code.finish_expression(&function.visitor(code.original_position()))?;
        self.scan.end_function();
        if let Some(splitter) = &mut self.splitter {
            self.regions.add(splitter);
        }
        Ok(())
    }
}

/// Validates an instruction, and reads it.
struct Validated<'r, 'm, V> {
    validator: V,
    reader: &'r mut Reader<'m>,
}

impl<V: FrameStack> FrameStack for Validated<'_, '_, V> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.validator.current_frame()
    }
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(
            #[inline(always)]
            fn $visit(&mut self $($(,$arg: $argty)*)?) -> Self::Output {
                self.validator.$visit($($($arg.clone()),*)?)?;
                Ok(self.reader.$visit($($($arg),*)?))
            }
        )*
    };
}

macro_rules! visit_simd {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(
            fn $visit(&mut self $($(,$arg: $argty)*)?) -> Self::Output {
                if let Some(validator) = self.validator.simd_visitor() {
                    validator.$visit($($($arg),*)?)?;
                }
                Ok(self.reader.$visit($($($arg),*)?))
            }
        )*
    };
}

impl<'a, V> VisitOperator<'a> for Validated<'_, '_, V>
where
    V: VisitOperator<'a, Output = Result<(), BinaryReaderError>>,
{
    type Output = Result<Effect, BinaryReaderError>;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Self::Output>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a, V> VisitSimdOperator<'a> for Validated<'_, '_, V>
where
    V: VisitOperator<'a, Output = Result<(), BinaryReaderError>>,
{
    wasmparser::for_each_visit_simd_operator!(visit_simd);
}
