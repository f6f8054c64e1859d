//! How functions can be reached other than by an instruction that names them: by reference.

use crate::error::RewriteError;
use wasmparser::{ConstExpr, ElementItems, Operator, Parser, Payload, TableInit, TypeRef};
use wasmscope_symbolize::{
    ExportKind, FileOffset, FuncIndex, FuncType, Import, ImportKind, ModuleIndex, ValType,
};

/// What a module's sections in front of the code say about references to functions.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// The type index of each function, imported ones first.
    pub(crate) type_of: Vec<u32>,
    /// Functions that elements, tables and globals refer to.
    pub(crate) taken: Vec<FuncIndex>,
    /// Are there types that are subtypes of others?
    pub(crate) subtyping: bool,
}

impl References {
    pub(crate) fn read(bytes: &[u8]) -> Result<References, RewriteError> {
        let mut found = References::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(section_error)? {
                // Everything that is read here stands in front of it.
                Payload::CodeSectionStart { .. } => break,
                payload => found.payload(payload).map_err(section_error)?,
            }
        }
        Ok(found)
    }

    fn payload(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(types) => self.types(types),
            Payload::ImportSection(imports) => self.imports(imports),
            Payload::FunctionSection(functions) => {
                functions.into_iter().try_for_each(|ty| ty.map(|ty| self.type_of.push(ty)))
            }
            Payload::TableSection(tables) => tables.into_iter().try_for_each(|table| match table?.init {
                TableInit::Expr(init) => self.expression(&init),
                TableInit::RefNull => Ok(()),
            }),
            Payload::GlobalSection(globals) => {
                globals.into_iter().try_for_each(|global| self.expression(&global?.init_expr))
            }
            Payload::ElementSection(elements) => {
                elements.into_iter().try_for_each(|element| self.element(element?.items))
            }
            _ => Ok(()),
        }
    }

    fn types(&mut self, types: wasmparser::TypeSectionReader<'_>) -> wasmparser::Result<()> {
        for group in types {
            self.subtyping |= group?.types().any(|ty| ty.supertype_idx.is_some());
        }
        Ok(())
    }

    fn imports(&mut self, imports: wasmparser::ImportSectionReader<'_>) -> wasmparser::Result<()> {
        for import in imports.into_imports() {
            if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import?.ty {
                self.type_of.push(ty);
            }
        }
        Ok(())
    }

    fn element(&mut self, items: ElementItems<'_>) -> wasmparser::Result<()> {
        match items {
            ElementItems::Functions(functions) => {
                functions.into_iter().try_for_each(|func| func.map(|func| self.taken.push(FuncIndex(func))))
            }
            ElementItems::Expressions(_, expressions) => {
                expressions.into_iter().try_for_each(|expression| self.expression(&expression?))
            }
        }
    }

    fn expression(&mut self, expression: &ConstExpr<'_>) -> wasmparser::Result<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.taken.push(FuncIndex(function_index));
            }
        }
        Ok(())
    }
}

fn section_error(error: wasmparser::Error) -> RewriteError {
    RewriteError::Section { at: FileOffset(error.offset() as u64), message: error.message().to_owned() }
}

/// Can the host get hold of references to functions, and so call some without a thunk of ours in between?
pub(crate) fn host_holds_references(index: &ModuleIndex) -> bool {
    index.imports().iter().any(|import| import_shares(index, import))
        || index.exports().iter().any(|e| export_shares(index, e.kind, e.index))
}

fn import_shares(index: &ModuleIndex, import: &Import) -> bool {
    match &import.kind {
        ImportKind::Function { ty, .. } => has_reference(ty),
        ImportKind::Global { index: item } => global_shares(index, *item),
        ImportKind::Table { .. } | ImportKind::Tag { .. } => true,
        ImportKind::Memory { .. } => false,
    }
}

fn export_shares(index: &ModuleIndex, kind: ExportKind, item: u32) -> bool {
    match kind {
        ExportKind::Function => index.function(FuncIndex(item)).is_some_and(|func| has_reference(&func.ty)),
        ExportKind::Global => global_shares(index, item),
        ExportKind::Table | ExportKind::Tag => true,
        ExportKind::Memory => false,
    }
}

fn global_shares(index: &ModuleIndex, global: u32) -> bool {
    index.globals().get(global as usize).is_some_and(|global| matches!(global.ty, ValType::Ref(_)))
}

fn has_reference(ty: &FuncType) -> bool {
    ty.params.iter().chain(&ty.results).any(|ty| matches!(ty, ValType::Ref(_)))
}
