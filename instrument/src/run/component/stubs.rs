//! What stands in for a component's imports that nobody provides.

use crate::RecordError;
use crate::run::Unprovided;
use crate::run::guest::GuestState;
use crate::run::imports::{Choices, Stubs};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceAny, ResourceType, Type, Val};
use wasmtime::{Error, Result};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, IoError};

/// Adds to `linker` the imports of `component` whose names are not `provided`. Functions answer with the simplest value
/// of their type, where it has one; resources are only names.
pub fn define(
    linker: &mut Linker<GuestState>,
    component: &Component,
    choices: &Choices,
    provided: impl Fn(&str) -> bool,
) -> Result<Stubs, RecordError> {
    let mut stubs = Stubs::default();
    let engine = component.engine();
    let misfit = |error: Error| RecordError::ImportMismatch { message: format!("{error:#}") };
    let worlds = worlds_resources(component);
    for (name, item) in component.component_type().imports(engine).filter(|(name, _)| !provided(name)) {
        match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                let mut linker = linker.instance(name).map_err(misfit)?;
                for (item_name, item) in instance.exports(engine) {
                    let path = format!("{name}.{item_name}");
                    define_item(&mut linker, item_name, path, item.ty, &worlds, choices, &mut stubs)
                        .map_err(misfit)?;
                }
            }
            item => {
                let path = name.to_owned();
                define_item(&mut linker.root(), name, path, item, &worlds, choices, &mut stubs)
                    .map_err(misfit)?;
            }
        }
    }
    Ok(stubs)
}

/// What a resource of nobody's is made of.
struct Nothing;

/// A resource as a component has it, and what it is made of.
type Known = (ResourceType, ResourceType);

/// The resources of WASI's world that other interfaces pass on.
fn worlds_resources(component: &Component) -> Vec<Known> {
    let made_of = |interface: &str, name: &str| match (interface.split('@').next()?, name) {
        ("wasi:io/error", "error") => Some(ResourceType::host::<IoError>()),
        ("wasi:io/poll", "pollable") => Some(ResourceType::host::<DynPollable>()),
        ("wasi:io/streams", "input-stream") => Some(ResourceType::host::<DynInputStream>()),
        ("wasi:io/streams", "output-stream") => Some(ResourceType::host::<DynOutputStream>()),
        _ => None,
    };
    let engine = component.engine();
    let mut known = Vec::new();
    for (interface, item) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(instance) = item.ty else { continue };
        known.extend(instance.exports(engine).filter_map(|(name, item)| match item.ty {
            ComponentItem::Resource(resource) => Some((resource, made_of(interface, name)?)),
            _ => None,
        }));
    }
    known
}

fn define_item(
    linker: &mut LinkerInstance<'_, GuestState>,
    name: &str,
    path: String,
    item: ComponentItem,
    worlds: &[Known],
    choices: &Choices,
    stubs: &mut Stubs,
) -> Result<()> {
    match item {
        ComponentItem::ComponentFunc(ty) => define_function(linker, name, path, &ty, choices, stubs),
        ComponentItem::Resource(resource) => {
            let known = worlds.iter().find(|(theirs, _)| *theirs == resource);
            let made_of = known.map_or_else(ResourceType::host::<Nothing>, |(_, made_of)| *made_of);
            linker.resource(name, made_of, |_, _| Ok(()))
        }
        // What is left are types, for which nobody need do anything, or what the engine will say is missing.
        _ => Ok(()),
    }
}

fn define_function(
    linker: &mut LinkerInstance<'_, GuestState>,
    name: &str,
    path: String,
    ty: &ComponentFunc,
    choices: &Choices,
    stubs: &mut Stubs,
) -> Result<()> {
    let calls = stubs.count(path.clone());
    let traps = choices.choice(&path) == Unprovided::Trap;
    let answers: Option<Arc<[Val]>> = ty.results().map(|ty| simplest(&ty)).collect();
    linker.func_new_async(name, move |mut store, _, params, results| {
        calls.fetch_add(1, Ordering::Relaxed);
        let called = || Error::msg(format!("{path} was called, which nobody provides"));
        let answers = answers.clone().filter(|_| !traps).ok_or_else(called);
        Box::new(async move {
            let mut handles = Vec::new();
            params.iter().for_each(|param| handles_in(param, &mut handles));
            let answers = answers?;
            for handle in handles {
                handle.resource_drop_async(&mut store).await?;
            }
            results.clone_from_slice(&answers);
            Ok(())
        })
    })
}

/// The resources that were handed over with a value: whoever gets them has to give them back.
fn handles_in(value: &Val, handles: &mut Vec<ResourceAny>) {
    match value {
        Val::Resource(handle) => handles.push(*handle),
        Val::List(values) | Val::Tuple(values) | Val::FixedLengthList(values) => {
            values.iter().for_each(|value| handles_in(value, handles));
        }
        Val::Map(pairs) => pairs.iter().for_each(|(key, value)| {
            handles_in(key, handles);
            handles_in(value, handles);
        }),
        Val::Record(fields) => fields.iter().for_each(|(_, value)| handles_in(value, handles)),
        Val::Variant(_, Some(value))
        | Val::Option(Some(value))
        | Val::Result(Ok(Some(value)) | Err(Some(value))) => handles_in(value, handles),
        _ => {}
    }
}

/// 0, false, empty, none, or the first case; `None` for types that have no value of ours, such as resources.
fn simplest(ty: &Type) -> Option<Val> {
    Some(match ty {
        Type::Bool => Val::Bool(false),
        Type::S8 => Val::S8(0),
        Type::U8 => Val::U8(0),
        Type::S16 => Val::S16(0),
        Type::U16 => Val::U16(0),
        Type::S32 => Val::S32(0),
        Type::U32 => Val::U32(0),
        Type::S64 => Val::S64(0),
        Type::U64 => Val::U64(0),
        Type::Float32 => Val::Float32(0.0),
        Type::Float64 => Val::Float64(0.0),
        Type::Char => Val::Char('\0'),
        Type::String => Val::String(String::new()),
        Type::List(_) => Val::List(Vec::new()),
        Type::Flags(_) => Val::Flags(Vec::new()),
        Type::Option(_) => Val::Option(None),
        Type::Record(record) => {
            let fields = record.fields().map(|field| Some((field.name.to_owned(), simplest(&field.ty)?)));
            Val::Record(fields.collect::<Option<_>>()?)
        }
        Type::Tuple(tuple) => Val::Tuple(tuple.types().map(|ty| simplest(&ty)).collect::<Option<_>>()?),
        Type::Enum(names) => Val::Enum(names.names().next()?.to_owned()),
        Type::Variant(variant) => {
            let case = variant.cases().next()?;
            Val::Variant(case.name.to_owned(), payload(case.ty)?)
        }
        Type::Result(result) => Val::Result(Ok(payload(result.ok())?)),
        _ => return None,
    })
}

/// What a case carries; the inner `None` where it carries nothing.
fn payload(ty: Option<Type>) -> Option<Option<Box<Val>>> {
    match ty {
        None => Some(None),
        Some(ty) => Some(Some(Box::new(simplest(&ty)?))),
    }
}
