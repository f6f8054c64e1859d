//! Runs a small module, original or rewritten, with imports that note how they were called.

use std::sync::Arc;
use wasmparser::{Validator, WasmFeatures};
use wasmscope_instrument::probes::{
    CONTEXTS_EXPORT, Call, ContextReader, EVENTS_EXPORT, HOST_EXPORT, Probes, SiteKind, decode, nodes_from,
    set_clock, take_crossing, take_records,
};
use wasmscope_instrument::recording::{ContextId, ContextTable, GrowthEvent, HeapEvents, HeapOp, StackLow};
use wasmscope_instrument::{MeasureSet, Plan, Rewritten, rewrite};
use wasmscope_symbolize::{ModuleIndex, Symbols};
use wasmtime::{Caller, Config, Engine, Extern, Func, FuncType, Linker, Memory, Module, Ref, Store, Val};

/// A module and its names.
pub struct Guest {
    pub bytes: Arc<[u8]>,
    pub index: Arc<ModuleIndex>,
    pub symbols: Symbols,
}

/// What the host does when the buffer of events is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// There is none.
    Absent,
    /// It drains the buffer.
    Drains,
}

/// What was recorded of a run.
#[derive(Default)]
pub struct Recorded {
    pub contexts: ContextTable,
    pub growth: Vec<GrowthEvent>,
    pub heap: HeapEvents,
    pub lows: Vec<StackLow>,
    /// Site and context of each call of an import, in order, and its argument.
    pub calls: Vec<(u32, Option<ContextId>, u64)>,
    pub drains: usize,
    pub dropped: u64,
    pub overflowed: u32,
    reader: ContextReader,
    probes: Option<Arc<Probes>>,
}

impl Guest {
    pub fn new(wat: &str) -> Guest {
        Guest::from_bytes(wat::parse_str(wat).unwrap())
    }

    pub fn from_bytes(bytes: Vec<u8>) -> Guest {
        let bytes: Arc<[u8]> = bytes.into();
        let index = Arc::new(ModuleIndex::parse(&bytes).unwrap());
        let symbols = Symbols::new(Arc::clone(&bytes), Arc::clone(&index));
        Guest { bytes, index, symbols }
    }

    pub fn plan(&self, measures: MeasureSet) -> Plan {
        let name_of = |func| Arc::clone(&self.symbols.name(func).raw);
        Plan::new(&self.bytes, &self.index, name_of, measures).unwrap()
    }

    /// Where the shadow stack begins.
    pub fn plan_top(&self, measures: MeasureSet) -> u64 {
        self.rewritten(measures).probes.stack_pointer().unwrap().top
    }

    /// The rewritten module, which is checked to be valid.
    pub fn rewritten(&self, measures: MeasureSet) -> Rewritten {
        let rewritten = rewrite(&self.bytes, &self.index, &self.plan(measures)).unwrap();
        validate(&rewritten.wasm);
        rewritten
    }

    /// Calls `export` in the original module. A trap is a result like any other.
    pub fn run(&self, export: &str, args: &[Val]) -> String {
        run(&self.bytes, None, Host::Absent, export, args).0
    }

    /// Calls `export` in the rewritten module.
    pub fn record(&self, measures: MeasureSet, host: Host, export: &str, args: &[Val]) -> (String, Recorded) {
        self.record_plan(&self.plan(measures), host, export, args)
    }

    /// The same, rewritten as `plan` says.
    pub fn record_plan(&self, plan: &Plan, host: Host, export: &str, args: &[Val]) -> (String, Recorded) {
        let rewritten = rewrite(&self.bytes, &self.index, plan).unwrap();
        validate(&rewritten.wasm);
        run(&rewritten.wasm, Some(rewritten.probes), host, export, args)
    }

    /// The functions from the outermost to that of `context`, by their names.
    pub fn path(&self, recorded: &Recorded, context: Option<ContextId>) -> String {
        let Some(context) = context else { return "?".to_owned() };
        let name =
            |id: ContextId| self.symbols.name(recorded.contexts.func[id.0 as usize]).name.short.to_string();
        let mut names: Vec<_> = recorded.contexts.ancestors(context).map(name).collect();
        names.reverse();
        names.join("/")
    }

    /// One line an event, with its path.
    pub fn heap_lines(&self, recorded: &Recorded) -> Vec<String> {
        let line = |event: wasmscope_instrument::recording::HeapEvent| {
            let path = self.path(recorded, event.context);
            match event.op {
                HeapOp::Alloc => format!("{path} +{}:{}", event.address, event.size),
                HeapOp::Free => format!("{path} -{}", event.address),
                HeapOp::Realloc => format!("{path} {}>{}:{}", event.old_address, event.address, event.size),
            }
        };
        recorded.heap.iter().map(line).collect()
    }

    /// One line a crossing: the path and the import.
    pub fn call_lines(&self, recorded: &Recorded) -> Vec<String> {
        let line = |(site, context, _): &(u32, Option<ContextId>, u64)| {
            let site = recorded.probes.as_ref().and_then(|probes| probes.site(*site)).unwrap();
            let SiteKind::Import { import, .. } = site.kind else { panic!("{site:?}") };
            let caller = self.path(recorded, *context);
            assert!(caller.ends_with(&*self.symbols.name(site.func).name.short), "{caller}: {site:?}");
            format!("{caller} -> {}", self.symbols.name(import).name.short)
        };
        recorded.calls.iter().map(line).collect()
    }
}

pub fn validate(wasm: &[u8]) {
    if let Err(error) = Validator::new_with_features(WasmFeatures::all()).validate_all(wasm) {
        panic!("{error}");
    }
}

pub fn engine() -> Engine {
    let mut config = Config::new();
    config
        .wasm_memory64(true)
        .wasm_tail_call(true)
        .wasm_gc(true)
        .wasm_exceptions(true)
        .wasm_function_references(true)
        .wasm_custom_page_sizes(true);
    config.max_wasm_stack(8 << 20).async_stack_size(16 << 20).wasm_multi_memory(true);
    Engine::new(&config).unwrap()
}

fn run(
    wasm: &[u8],
    probes: Option<Arc<Probes>>,
    host: Host,
    export: &str,
    args: &[Val],
) -> (String, Recorded) {
    let engine = engine();
    let module = Module::new(&engine, wasm).unwrap();
    let mut store = Store::new(&engine, Recorded { probes, ..Recorded::default() });
    let linker = linker(&mut store, &module);
    let instance = match linker.instantiate(&mut store, &module) {
        Ok(instance) => instance,
        Err(error) => return (format!("{:?}", error.downcast_ref::<wasmtime::Trap>()), Recorded::default()),
    };
    let probed = store.data().probes.as_ref().is_some_and(|probes| !probes.is_empty());
    if probed && host == Host::Drains {
        let drain = Func::wrap(&mut store, |mut caller: Caller<'_, Recorded>| collect(&mut caller));
        let table = instance.get_table(&mut store, HOST_EXPORT).unwrap();
        table.set(&mut store, 0, Ref::Func(Some(drain))).unwrap();
    }
    let func = instance.get_func(&mut store, export).unwrap();
    let mut results = vec![Val::I32(0); func.ty(&store).results().len()];
    let outcome = match func.call(&mut store, args, &mut results) {
        Ok(()) => format!("{results:?}"),
        Err(error) => format!("{:?}", error.downcast_ref::<wasmtime::Trap>()),
    };
    if probed {
        let memories =
            [CONTEXTS_EXPORT, EVENTS_EXPORT].map(|name| instance.get_memory(&mut store, name).unwrap());
        take(memories, &mut store);
    }
    (outcome, store.into_data())
}

/// Imports: `env.memory`, `env.table` and `env.global` as declared; functions note the call. One that is named
/// `call:x` calls the export `x` back; its results are zero, as all results are.
fn linker(store: &mut Store<Recorded>, module: &Module) -> Linker<Recorded> {
    let mut linker = Linker::new(module.engine());
    for import in module.imports() {
        let item: Extern = match import.ty() {
            wasmtime::ExternType::Func(ty) => imported(store, import.name(), ty).into(),
            wasmtime::ExternType::Memory(ty) => Memory::new(&mut *store, ty).unwrap().into(),
            wasmtime::ExternType::Table(ty) => {
                wasmtime::Table::new(&mut *store, ty, Ref::Func(None)).unwrap().into()
            }
            wasmtime::ExternType::Global(ty) => {
                wasmtime::Global::new(&mut *store, ty, Val::I32(7)).unwrap().into()
            }
            other => panic!("{other:?}"),
        };
        linker.define(&mut *store, import.module(), import.name(), item).unwrap();
    }
    linker
}

fn imported(store: &mut Store<Recorded>, name: &str, ty: FuncType) -> Func {
    let called_back = name.strip_prefix("call:").map(str::to_owned);
    let zeros: Vec<_> = ty.results().filter_map(|ty| Val::default_for_ty(&ty)).collect();
    Func::new(store, ty, move |mut caller, _, results| {
        note(&mut caller);
        results.clone_from_slice(&zeros);
        let Some(name) = &called_back else { return Ok(()) };
        let export = caller.get_export(name).and_then(Extern::into_func).unwrap();
        export.call(&mut caller, &[], &mut [])
    })
}

fn memories(caller: &mut Caller<'_, Recorded>) -> Option<[Memory; 2]> {
    let [Some(Extern::Memory(contexts)), Some(Extern::Memory(events))] =
        [CONTEXTS_EXPORT, EVENTS_EXPORT].map(|name| caller.get_export(name))
    else {
        return None;
    };
    Some([contexts, events])
}

/// Notes the crossing that the probes announced, if they did.
fn note(caller: &mut Caller<'_, Recorded>) {
    let Some([contexts, events]) = memories(caller) else { return };
    set_clock(events.data_mut(&mut *caller), 5);
    let Some(Call::Import { site, context, argument }) = take_crossing(events.data_mut(&mut *caller)) else {
        return;
    };
    let (memory, recorded) = contexts.data_and_store_mut(&mut *caller);
    recorded.reader.read(recorded.probes.as_ref().unwrap(), 0, nodes_from(memory, 0), &mut recorded.contexts);
    recorded.calls.push((site, recorded.reader.id(context), argument));
}

fn collect(caller: &mut Caller<'_, Recorded>) {
    let memories = memories(caller).unwrap();
    assert_eq!(take_crossing(memories[1].data_mut(&mut *caller)), Some(Call::Drain));
    caller.data_mut().drains += 1;
    take(memories, caller);
}

fn take([contexts, events]: [Memory; 2], mut store: impl wasmtime::AsContextMut<Data = Recorded>) {
    let (memory, recorded) = contexts.data_and_store_mut(&mut store);
    let probes = recorded.probes.clone().unwrap();
    recorded.reader.read(&probes, 0, nodes_from(memory, 0), &mut recorded.contexts);
    recorded.overflowed = ContextReader::overflowed(memory);
    let (memory, recorded) = events.data_and_store_mut(&mut store);
    let Recorded { reader, growth, heap, lows, dropped, .. } = recorded;
    let mut records = Vec::new();
    *dropped = take_records(memory, &mut records);
    decode(&probes, &records, reader, growth, heap, lows);
}
