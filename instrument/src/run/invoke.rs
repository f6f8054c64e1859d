//! What is called: a command's `_start`, or an export with typed arguments.

use super::guest::GuestState;
use super::{Invocation, RunOptions, Value};
use crate::RecordError;
use wasmscope_symbolize::{ExportKind, FuncIndex, FuncType, ModuleIndex};
use wasmtime::{Func, Instance, Store, Val};

/// The export of a WASI command.
const COMMAND: &str = "_start";
/// The exports by which libraries set themselves up, in the order in which they are to be called: WASI's own; those that
/// Emscripten's JavaScript calls, where there is no other; that of wasm-bindgen's.
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
    /// Its arguments; none for a command.
    pub args: Vec<Value>,
    /// Is it a command, which answers by its exit code?
    pub is_command: bool,
}

impl Entry {
    /// What `options` ask for, if the module has it.
    pub fn find(index: &ModuleIndex, options: &RunOptions) -> Result<Self, RecordError> {
        match &options.invoke {
            None => Self::command(index),
            Some(Invocation { export, args }) => Self::invocation(index, export, args),
        }
    }

    fn command(index: &ModuleIndex) -> Result<Self, RecordError> {
        let func = exported_function(index, COMMAND)
            .ok_or_else(|| RecordError::NotACommand { exported: exported_functions(index) })?;
        Ok(Entry { export: COMMAND.to_owned(), func, args: Vec::new(), is_command: true })
    }

    fn invocation(index: &ModuleIndex, export: &str, args: &[Value]) -> Result<Self, RecordError> {
        let func = exported_function(index, export).ok_or_else(|| RecordError::NoSuchExport {
            name: export.to_owned(),
            exported: exported_functions(index),
        })?;
        let params = index.function(func).map(|f| type_names(&f.ty)).unwrap_or_default();
        let given: Vec<_> = args.iter().map(|arg| arg.type_name().to_owned()).collect();
        if params != given {
            let (expected, given) = (type_list(&params), type_list(&given));
            return Err(RecordError::ArgumentMismatch { export: export.to_owned(), expected, given });
        }
        Ok(Entry { export: export.to_owned(), func, args: args.to_vec(), is_command: false })
    }

    /// As people would write it: `fib(30)`; `None` for a command.
    pub fn text(&self) -> Option<String> {
        let args: Vec<_> = self.args.iter().map(Value::to_string).collect();
        (!self.is_command).then(|| format!("{}({})", self.export, args.join(", ")))
    }

    /// Calls it, and gives its results as text.
    pub async fn call(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<Vec<String>> {
        if !self.is_command {
            self.initialize(store, instance).await?;
        }
        store.data_mut().watch.entering = Some(self.func);
        let func = instance.get_func(&mut *store, &self.export);
        let func = func.ok_or_else(|| wasmtime::Error::msg(format!("no export `{}`", self.export)))?;
        let args: Vec<Val> = self.args.iter().copied().map(to_engine).collect();
        call(store, func, &args).await
    }

    async fn initialize(&self, store: &mut Store<GuestState>, instance: &Instance) -> wasmtime::Result<()> {
        if INITIALIZERS.contains(&&*self.export) {
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

async fn call(store: &mut Store<GuestState>, func: Func, args: &[Val]) -> wasmtime::Result<Vec<String>> {
    let count = func.ty(&*store).results().len();
    let mut results = vec![Val::I32(0); count];
    func.call_async(&mut *store, args, &mut results).await?;
    Ok(results.iter().map(result_text).collect())
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
