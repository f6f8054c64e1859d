//! Value and function types, readable and cheap to share.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ValType {
    /// 32-bit integer, also an address in a 32-bit memory.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// A reference, as the text format writes it: `funcref`, `externref`, `(ref null 3)`.
    Ref(Arc<str>),
}

/// The type of a function. Displayed as `(i32, i64) -> f64`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct FuncType {
    /// Parameters, in order.
    pub params: Vec<ValType>,
    /// Results, in order.
    pub results: Vec<ValType>,
}

/// An entry of the type index space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeEntry {
    /// A function type.
    Func(Arc<FuncType>),
    /// Another kind of type (struct, array, continuation), which only its kind's name is kept of.
    Other(&'static str),
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ValType::I32 => "i32",
            ValType::I64 => "i64",
            ValType::F32 => "f32",
            ValType::F64 => "f64",
            ValType::V128 => "v128",
            ValType::Ref(name) => name,
        })
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, &self.params)?;
        f.write_str(" -> ")?;
        match self.results.as_slice() {
            [one] => write!(f, "{one}"),
            results => list(f, results),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, types: &[ValType]) -> fmt::Result {
    f.write_str("(")?;
    for (i, ty) in types.iter().enumerate() {
        let separator = if i == 0 { "" } else { ", " };
        write!(f, "{separator}{ty}")?;
    }
    f.write_str(")")
}

/// Converts types, sharing the text of each reference type: a hostile module may hold millions of them.
#[derive(Default)]
pub(super) struct TypeReader {
    refs: HashMap<wasmparser::RefType, Arc<str>>,
}

impl TypeReader {
    pub(super) fn value(&mut self, ty: wasmparser::ValType) -> ValType {
        match ty {
            wasmparser::ValType::I32 => ValType::I32,
            wasmparser::ValType::I64 => ValType::I64,
            wasmparser::ValType::F32 => ValType::F32,
            wasmparser::ValType::F64 => ValType::F64,
            wasmparser::ValType::V128 => ValType::V128,
            wasmparser::ValType::Ref(ty) => ValType::Ref(self.reference(ty)),
        }
    }

    pub(super) fn reference(&mut self, ty: wasmparser::RefType) -> Arc<str> {
        self.refs.entry(ty).or_insert_with(|| ref_text(ty, |index| index.to_string()).into()).clone()
    }

    pub(super) fn entry(&mut self, ty: &wasmparser::SubType) -> TypeEntry {
        match &ty.composite_type.inner {
            wasmparser::CompositeInnerType::Func(ty) => TypeEntry::Func(Arc::new(self.function(ty))),
            wasmparser::CompositeInnerType::Array(_) => TypeEntry::Other("array"),
            wasmparser::CompositeInnerType::Struct(_) => TypeEntry::Other("struct"),
            wasmparser::CompositeInnerType::Cont(_) => TypeEntry::Other("continuation"),
        }
    }

    fn function(&mut self, ty: &wasmparser::FuncType) -> FuncType {
        FuncType {
            params: ty.params().iter().map(|ty| self.value(*ty)).collect(),
            results: ty.results().iter().map(|ty| self.value(*ty)).collect(),
        }
    }
}

/// A reference type as the text format writes it; `name_of` gives the name or number of a type of the module.
pub(crate) fn ref_text(ty: wasmparser::RefType, name_of: impl FnOnce(u32) -> String) -> String {
    match ty.heap_type() {
        // The library writes these as the text format does, and short where there is a short form.
        wasmparser::HeapType::Abstract { .. } => ty.to_string(),
        heap if ty.is_nullable() => format!("(ref null {})", heap_text(heap, name_of)),
        heap => format!("(ref {})", heap_text(heap, name_of)),
    }
}

/// A heap type as the text format writes it; `name_of` as for [`ref_text`].
pub(crate) fn heap_text(ty: wasmparser::HeapType, name_of: impl FnOnce(u32) -> String) -> String {
    use wasmparser::{HeapType, RefType, UnpackedIndex};
    let concrete = |index: UnpackedIndex| index.as_module_index().map_or_else(|| "?".to_owned(), name_of);
    match ty {
        HeapType::Concrete(index) => concrete(index),
        HeapType::Exact(index) => format!("(exact {})", concrete(index)),
        // Of these the library writes reference types only: `(ref func)`.
        HeapType::Abstract { .. } => {
            let text = RefType::new(false, ty).map(|ty| ty.to_string()).unwrap_or_default();
            let heap = text.strip_prefix("(ref ").and_then(|rest| rest.strip_suffix(')'));
            heap.unwrap_or(&text).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_types_read_like_signatures() {
        let ty = |params: &[ValType], results: &[ValType]| {
            FuncType { params: params.to_vec(), results: results.to_vec() }.to_string()
        };
        assert_eq!(ty(&[], &[]), "() -> ()");
        assert_eq!(ty(&[ValType::I32, ValType::I64], &[ValType::F64]), "(i32, i64) -> f64");
        assert_eq!(ty(&[ValType::V128], &[ValType::F32, ValType::F32]), "(v128) -> (f32, f32)");
        assert_eq!(ty(&[ValType::Ref("funcref".into())], &[]), "(funcref) -> ()");
    }

    #[test]
    fn references_read_as_the_text_format_has_them() {
        use wasmparser::{HeapType, RefType, UnpackedIndex};
        let text =
            |nullable, heap| ref_text(RefType::new(nullable, heap).unwrap(), |index| format!("${index}"));
        assert_eq!(text(true, HeapType::FUNC), "funcref");
        assert_eq!(text(false, HeapType::EXTERN), "(ref extern)");
        assert_eq!(text(true, HeapType::Concrete(UnpackedIndex::Module(3))), "(ref null $3)");
        assert_eq!(text(false, HeapType::Exact(UnpackedIndex::Module(3))), "(ref (exact $3))");
        assert_eq!(heap_text(HeapType::EXTERN, |index| index.to_string()), "extern");
    }
}
