//! What is called: a command's `_start`, or an export with typed arguments.

use super::buffers::BufferAllocator;
use super::guest::GuestState;
use super::repeat::repeated;
use super::wasi::open_file;
use super::{Argument, Invocation, Repeat, RunOptions, Value};
use crate::RecordError;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use wasmscope_symbolize::{ExportKind, FuncIndex, FuncType, ModuleIndex};
use wasmtime::{Func, Instance, Store, Val};

/// The export of a WASI command.
const COMMAND: &str = "_start";
/// The exports by which libraries set themselves up, in the order in which they are to be called: WASI's own; those
/// that Emscripten's JavaScript calls, where there is no other; that of wasm-bindgen's.
const INITIALIZERS: &[&str] = &[
    "_initialize",
    "emscripten_stack_init",
    "__wasm_apply_data_relocs",
    "__wasm_call_ctors",
    "__wbindgen_start",
];

/// What is to be called, checked against the module before it is compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The export's name.
    pub export: String,
    /// Its function.
    pub func: FuncIndex,
    /// How often it is called and measured.
    pub repeat: Repeat,
    /// How often it is called before that.
    pub warm_up: Repeat,
    /// Is it a command, which answers by its exit code?
    pub is_command: bool,
    /// As people would write it: `fib(30)`; `None` for a command.
    pub text: Option<String>,
    inputs: Vec<Input>,
    allocator: Option<BufferAllocator>,
}

/// An argument with its contents.
#[derive(Clone, Debug, PartialEq)]
enum Input {
    Value(Value),
    File(PathBuf, Arc<[u8]>),
}

impl Entry {
    /// What `options` ask for, if the module has it.
    pub fn find(index: &ModuleIndex, options: &RunOptions) -> Result<Self, RecordError> {
        options.invoke.as_ref().map_or_else(|| Self::command(index), |invoke| Self::invocation(index, invoke))
    }

    fn command(index: &ModuleIndex) -> Result<Self, RecordError> {
        let func = exported_function(index, COMMAND)
            .ok_or_else(|| RecordError::NotACommand { exported: exported_functions(index) })?;
        Ok(Entry {
            export: COMMAND.to_owned(),
            func,
            repeat: Repeat::Times(1),
            warm_up: Repeat::Times(0),
            is_command: true,
            text: None,
            inputs: Vec::new(),
            allocator: None,
        })
    }

    fn invocation(index: &ModuleIndex, invocation: &Invocation) -> Result<Self, RecordError> {
        let Invocation { export, args, repeat, warm_up } = invocation;
        let func = exported_function(index, export).ok_or_else(|| RecordError::NoSuchExport {
            name: export.clone(),
            exported: exported_functions(index),
        })?;
        let has_files = args.iter().any(|arg| matches!(arg, Argument::File(_)));
        let allocator = has_files.then(|| BufferAllocator::find(index)).transpose()?;
        check_types(index, func, invocation, allocator.as_ref())?;
        let texts: Vec<_> = args.iter().map(Argument::to_string).collect();
        Ok(Entry {
            export: export.clone(),
            func,
            repeat: *repeat,
            warm_up: *warm_up,
            is_command: false,
            text: Some(format!("{export}({})", texts.join(", "))),
            inputs: args.iter().map(Input::read).collect::<Result<_, _>>()?,
            allocator,
        })
    }

    /// Readies the guest for the calls: a library is set up, and buffers are filled. Gives the arguments.
    pub async fn prepare(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<Vec<Val>> {
        self.initialize(store, instance).await?;
        let mut args = Vec::new();
        for input in &self.inputs {
            match (input, &self.allocator) {
                (Input::Value(value), _) => args.push(to_engine(*value)),
                (Input::File(path, bytes), Some(allocator)) => {
                    args.extend(allocator.fill(store, instance, path, bytes).await?);
                }
                (Input::File(..), None) => {}
            }
        }
        Ok(args)
    }

    /// Calls it as often as `repeat` says, at least once, and gives the results of the last call as text.
    pub async fn call(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
        args: &[Val],
        repeat: Repeat,
    ) -> wasmtime::Result<Vec<String>> {
        repeated(store, repeat, async |store| {
            store.data_mut().watch.entering = Some(self.func);
            let results = call_export(store, instance, &self.export, args).await?;
            let nanos = store.data().watch.log.last_export_nanos();
            Ok((results.iter().map(result_text).collect(), nanos))
        })
        .await
    }

    async fn initialize(&self, store: &mut Store<GuestState>, instance: &Instance) -> wasmtime::Result<()> {
        if self.is_command || INITIALIZERS.contains(&&*self.export) {
            return Ok(());
        }
        for func in initializers(store, instance) {
            call(store, func, &[]).await?;
        }
        Ok(())
    }
}

/// What is to be called before anything else in a library. WASI's initialiser does all by itself.
pub fn initializers(store: &mut Store<GuestState>, instance: &Instance) -> Vec<Func> {
    let all = INITIALIZERS.iter().filter_map(|name| Some((*name, instance.get_func(&mut *store, name)?)));
    let all: Vec<_> = all.collect();
    let is_wasi = all.iter().any(|(name, _)| *name == "_initialize");
    let bare = |func: &Func| {
        let ty = func.ty(&*store);
        ty.params().len() == 0 && ty.results().len() == 0
    };
    let needed = all.into_iter().filter(|(name, _)| !is_wasi || *name == "_initialize");
    needed.map(|(_, func)| func).filter(bare).collect()
}

impl Input {
    fn read(argument: &Argument) -> Result<Input, RecordError> {
        match argument {
            Argument::Value(value) => Ok(Input::Value(*value)),
            Argument::File(path) => {
                let refused = |source| RecordError::Grant { path: path.clone(), source };
                let mut bytes = Vec::new();
                open_file(path)?.read_to_end(&mut bytes).map_err(refused)?;
                Ok(Input::File(path.clone(), bytes.into()))
            }
        }
    }
}

/// Do the arguments have the types of the export's parameters?
fn check_types(
    index: &ModuleIndex,
    func: FuncIndex,
    invocation: &Invocation,
    allocator: Option<&BufferAllocator>,
) -> Result<(), RecordError> {
    let Invocation { export, args, .. } = invocation;
    let pointer = allocator.map_or("i32", BufferAllocator::pointer_type);
    let types = |arg: &Argument| match arg {
        Argument::Value(value) => vec![value.type_name()],
        Argument::File(_) => vec![pointer; 2],
    };
    let params = index.function(func).map(|f| type_names(&f.ty)).unwrap_or_default();
    let given: Vec<_> = args.iter().flat_map(types).map(str::to_owned).collect();
    if params == given {
        return Ok(());
    }
    let (expected, given) = (type_list(&params), type_list(&given));
    Err(RecordError::ArgumentMismatch { export: export.clone(), expected, given })
}

/// Calls an export.
pub async fn call_export(
    store: &mut Store<GuestState>,
    instance: &Instance,
    export: &str,
    args: &[Val],
) -> wasmtime::Result<Vec<Val>> {
    let func = instance.get_func(&mut *store, export);
    let func = func.ok_or_else(|| wasmtime::Error::msg(format!("no export `{export}`")))?;
    call(store, func, args).await
}

async fn call(store: &mut Store<GuestState>, func: Func, args: &[Val]) -> wasmtime::Result<Vec<Val>> {
    let count = func.ty(&*store).results().len();
    let mut results = vec![Val::I32(0); count];
    func.call_async(&mut *store, args, &mut results).await?;
    Ok(results)
}

fn to_engine(value: Value) -> Val {
    match value {
        Value::I32(v) => Val::I32(v),
        Value::I64(v) => Val::I64(v),
        Value::F32(v) => Val::F32(v.to_bits()),
        Value::F64(v) => Val::F64(v.to_bits()),
        Value::V128(v) => Val::V128(v.into()),
    }
}

fn result_text(value: &Val) -> String {
    match value {
        Val::I32(v) => Value::I32(*v).to_string(),
        Val::I64(v) => Value::I64(*v).to_string(),
        Val::F32(v) => Value::F32(f32::from_bits(*v)).to_string(),
        Val::F64(v) => Value::F64(f64::from_bits(*v)).to_string(),
        Val::V128(v) => Value::V128(v.as_u128()).to_string(),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => "null".into(),
        _ => "a reference".into(),
    }
}

fn exported_function(index: &ModuleIndex, name: &str) -> Option<FuncIndex> {
    let mut functions = index.exports().iter().filter(|export| export.kind == ExportKind::Function);
    functions.find(|export| &*export.name == name).map(|export| FuncIndex(export.index))
}

fn exported_functions(index: &ModuleIndex) -> Vec<String> {
    let functions = index.exports().iter().filter(|export| export.kind == ExportKind::Function);
    functions.map(|export| export.name.to_string()).collect()
}

fn type_names(ty: &FuncType) -> Vec<String> {
    ty.params.iter().map(ToString::to_string).collect()
}

fn type_list(names: &[String]) -> String {
    if names.is_empty() { "no arguments".to_owned() } else { format!("({})", names.join(", ")) }
}
