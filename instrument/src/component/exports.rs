//! The functions that a component exports, without an engine.

use super::invalid;
use crate::error::RewriteError;
use std::fmt;
use wasmparser::component_types::{
    ComponentDefinedType, ComponentEntityType, ComponentFuncTypeId, ComponentValType,
};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Parser, Payload, ValidPayload, Validator, WasmFeatures};

/// Types are told in no more characters than this.
const MOST_TYPE_CHARACTERS: usize = 400;

/// A function that a component exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentExport {
    /// The interface that it is in, if it is in one.
    pub interface: Option<String>,
    /// Its name there.
    pub name: String,
    /// Its parameters: name, and type as text.
    pub params: Vec<(String, String)>,
    /// The type of its result.
    pub result: Option<String>,
}

impl ComponentExport {
    /// Is it what runs a command of WASI preview 2?
    pub fn is_command(&self) -> bool {
        self.name == "run"
            && self.interface.as_deref().is_some_and(|name| name.starts_with("wasi:cli/run@0.2"))
    }

    /// What it is called by: `demo:text/stats#analyse`.
    pub fn path(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{interface}#{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Its parameters and its result: `(text: string) -> u32`.
    pub fn signature(&self) -> String {
        let params: Vec<_> = self.params.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        let result = self.result.as_ref().map(|ty| format!(" -> {ty}")).unwrap_or_default();
        format!("({}){result}", params.join(", "))
    }
}

impl fmt::Display for ComponentExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.path(), self.signature())
    }
}

/// The functions that the component in `bytes` exports, by themselves or in interfaces, in the order of the file.
/// Function bodies are not looked at.
///
/// # Errors
/// When the component is not valid.
pub fn component_exports(bytes: &[u8]) -> Result<Vec<ComponentExport>, RewriteError> {
    let (names, types) = names_and_types(bytes).map_err(|error| invalid(&error))?;
    let Some(types) = types.as_ref().map(Types::as_ref) else { return Ok(Vec::new()) };
    let mut exports = Vec::new();
    for name in names {
        match types.component_item_for_export(&name).map(|item| item.ty) {
            Some(ComponentEntityType::Func(id)) => exports.push(export(types, None, name, id)),
            Some(ComponentEntityType::Instance(id)) => {
                for (function, item) in &types[id].exports {
                    if let ComponentEntityType::Func(id) = item.ty {
                        exports.push(export(types, Some(name.clone()), function.clone(), id));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(exports)
}

/// The names of what the component itself exports, and its types.
fn names_and_types(bytes: &[u8]) -> wasmparser::Result<(Vec<String>, Option<Types>)> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let (mut names, mut types, mut depth) = (Vec::new(), None, 0);
    let mut parser = Parser::new(0);
    parser.set_features(WasmFeatures::all());
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentExportSection(exports) if depth == 1 => {
                for export in exports.clone() {
                    names.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
        // The outermost component ends last.
        if let ValidPayload::End(ended) = validator.payload(&payload)? {
            types = Some(ended);
        }
    }
    Ok((names, types))
}

fn export(
    types: TypesRef<'_>,
    interface: Option<String>,
    name: String,
    id: ComponentFuncTypeId,
) -> ComponentExport {
    let function = &types[id];
    let params = function.params.iter().map(|(name, ty)| (name.to_string(), text(types, *ty)));
    let result = function.result.map(|ty| text(types, ty));
    ComponentExport { interface, name, params: params.collect(), result }
}

/// A type as people write it, cut off where it is very long.
fn text(types: TypesRef<'_>, ty: ComponentValType) -> String {
    let mut text = String::new();
    write(types, ty, &mut text);
    match text.char_indices().nth(MOST_TYPE_CHARACTERS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// A name and a type, of which each may be missing.
type Part = (Option<String>, Option<ComponentValType>);

fn write(types: TypesRef<'_>, ty: ComponentValType, out: &mut String) {
    // A type that is told once can be as long as the file, and one in it can be told many times.
    if out.len() > 4 * MOST_TYPE_CHARACTERS {
        return;
    }
    let (open, parts, close) = match ty {
        ComponentValType::Primitive(primitive) => return out.push_str(&primitive.to_string()),
        ComponentValType::Type(id) => shape(&types[id]),
    };
    out.push_str(&open);
    for (number, (name, ty)) in parts.into_iter().enumerate() {
        let separator = if number > 0 { ", " } else { "" };
        let colon = if name.is_some() && ty.is_some() { ": " } else { "" };
        out.push_str(&format!("{separator}{}{colon}", name.unwrap_or_default()));
        ty.into_iter().for_each(|ty| write(types, ty, out));
    }
    out.push_str(close);
}

/// How a type is written: what it begins with, its parts, what it ends with.
fn shape(ty: &ComponentDefinedType) -> (String, Vec<Part>, &'static str) {
    let typed = |ty: &ComponentValType| (None, Some(*ty));
    let named = |name: &dyn ToString| (Some(name.to_string()), None);
    let (open, parts, close) = match ty {
        ComponentDefinedType::Primitive(primitive) => return (primitive.to_string(), Vec::new(), ""),
        ComponentDefinedType::List { element, .. } => ("list<", vec![typed(element)], ">"),
        ComponentDefinedType::Option { ty, .. } => ("option<", vec![typed(ty)], ">"),
        ComponentDefinedType::Map { key, value, .. } => ("map<", vec![typed(key), typed(value)], ">"),
        ComponentDefinedType::FixedLengthList { element, length, .. } => {
            ("list<", vec![typed(element), named(length)], ">")
        }
        ComponentDefinedType::Tuple(tuple) => ("tuple<", tuple.types.iter().map(typed).collect(), ">"),
        ComponentDefinedType::Result { ok, err, .. } => {
            let ok = ok.as_ref().map_or_else(|| named(&"_"), typed);
            ("result<", std::iter::once(ok).chain(err.as_ref().map(typed)).collect(), ">")
        }
        ComponentDefinedType::Record(record) => {
            let fields = record.fields.iter().map(|(name, ty)| (Some(name.to_string()), Some(*ty)));
            ("record { ", fields.collect(), " }")
        }
        ComponentDefinedType::Variant(variant) => {
            let cases = variant.cases.iter().map(|(name, case)| (Some(name.to_string()), case.ty));
            ("variant { ", cases.collect(), " }")
        }
        ComponentDefinedType::Enum(names) => {
            ("enum { ", names.iter().map(|name| named(name)).collect(), " }")
        }
        ComponentDefinedType::Flags(names) => {
            ("flags { ", names.iter().map(|name| named(name)).collect(), " }")
        }
        ComponentDefinedType::Own(_) | ComponentDefinedType::Borrow(_) => ("resource", Vec::new(), ""),
        ComponentDefinedType::Future { .. } => ("future", Vec::new(), ""),
        ComponentDefinedType::Stream { .. } => ("stream", Vec::new(), ""),
    };
    (open.to_owned(), parts, close)
}
