//! Turns what the probes recorded into rows of the recording.

use super::boundary_log::InstanceNode;
use super::compiled::Places;
use super::message::{HostGrowth, Shipment, Taken};
use crate::probes::{ContextReader, Counts, LiveCall, Probes, decode};
use crate::recording::{Batch, ContextId, ContextTable, GrowthEvent, ShadowStack};
use std::sync::Arc;
use wasmscope_symbolize::{CoreModule, MemoryIndex, StackPointer};

/// What is known of the probes' memories as far as they were handed on.
#[derive(Default)]
pub struct ProbeLog {
    instances: Vec<InstanceLog>,
    places: Option<Arc<Places>>,
    next_context: ContextId,
    /// The instance whose shadow stack is shown, and what is known of that beside its rows.
    stack: Option<(usize, ShadowStack)>,
    /// What a component does before its probes can be seen has no time of its own.
    guest_began: u64,
}

/// Those of one instance.
struct InstanceLog {
    /// The number of its core module.
    module: usize,
    layout: Arc<Probes>,
    /// Bytes of the contexts memory that were handed on.
    nodes_end: u32,
    reader: ContextReader,
}

impl ProbeLog {
    /// Begins with nothing, for instances of these core modules whose probes are laid out so.
    pub fn new(instances: Vec<(usize, Arc<Probes>)>, places: &Arc<Places>) -> Self {
        let instances = instances.into_iter().map(|(module, layout)| InstanceLog {
            module,
            layout,
            nodes_end: 0,
            reader: ContextReader::default(),
        });
        let instances: Vec<InstanceLog> = instances.collect();
        let stack = instances.iter().enumerate().find_map(|(number, instance)| {
            Some((number, shadow_stack(instance.layout.stack_pointer()?, places, instance.module)))
        });
        let places = Some(Arc::clone(places));
        ProbeLog { instances, places, next_context: ContextId(0), stack, guest_began: 0 }
    }

    /// The guest's code can run from now on.
    pub fn begin(&mut self, now_nanos: u64) {
        self.guest_began = now_nanos;
    }

    /// Adds the counts of a run that is over, and gives the number of calls that are in none of them.
    pub fn take_counters(&self, memories: &[Vec<u8>], live: &[LiveCall], batch: &mut Batch) -> u64 {
        let mut lost_calls = 0;
        for (instance, memory) in self.instances.iter().zip(memories) {
            let InstanceLog { layout, reader, .. } = instance;
            let module = self.core_module(instance);
            let live: Vec<_> = live.iter().filter_map(|call| local(module, *call)).collect();
            let counts = Counts::read(layout, memory, reader, &live);
            for (context, calls, bulk_bytes) in counts.contexts.iter() {
                batch.counts.push(context, calls, bulk_bytes);
            }
            let place = |at| module.and_then(|module| module.code_offset(at)).unwrap_or(at);
            for (context, start, end, count) in counts.instructions.iter() {
                batch.instructions.push(context, place(start), place(end), count);
            }
            lost_calls += counts.lost_calls;
        }
        lost_calls
    }

    /// Adds the rows of `shipment` to `batch`.
    pub fn take(&mut self, mut shipment: Shipment, batch: &mut Batch) {
        batch.spans.append(&mut shipment.spans);
        batch.slices.append(&mut shipment.slices);
        let heap_before = batch.heap.len();
        for (number, taken) in shipment.instances.iter().enumerate() {
            self.take_instance(number, taken, batch);
        }
        if shipment.instances.len() > 1 {
            batch.heap.sort_by_time(heap_before);
        }
        let growths = shipment.growths.into_iter().map(|growth| self.growth_event(growth));
        batch.growth.extend(growths);
        batch.growth.sort_by_key(|event| event.time_nanos);
        if let Some(sums) = shipment.boundary {
            batch.crossings = Some(sums.table(|context| self.context(context)));
        }
    }

    fn take_instance(&mut self, number: usize, taken: &Taken, batch: &mut Batch) {
        let Self { instances, places, next_context, stack, guest_began } = self;
        let Some(instance) = instances.get_mut(number) else { return };
        let InstanceLog { module, layout, nodes_end, reader } = instance;
        let (contexts_before, growth_before) = (batch.contexts.len(), batch.growth.len());
        let heap_before = batch.heap.len();
        reader.read_from(next_context, layout, *nodes_end, &taken.nodes, &mut batch.contexts);
        *nodes_end += taken.nodes.len() as u32;
        let mut lows = Vec::new();
        decode(layout, &taken.records, reader, &mut batch.growth, &mut batch.heap, &mut lows);
        if let Some((_, stack)) = stack.as_mut().filter(|(own, _)| *own == number && !lows.is_empty()) {
            stack.lowest = lows.last().map_or(stack.lowest, |low| low.pointer);
            let rows = batch.shadow_stack.get_or_insert_with(|| stack.clone());
            rows.lowest = stack.lowest;
            rows.lows.append(&mut lows);
        }
        let Some(module) = places.as_ref().and_then(|places| places.index.core_modules().get(*module)) else {
            return;
        };
        contexts_in_whole(module, &mut batch.contexts, contexts_before);
        for event in batch.growth.iter_mut().skip(growth_before) {
            event.memory = module.memory(event.memory).unwrap_or(event.memory);
            event.site = event.site.and_then(|site| module.code_offset(site));
            event.time_nanos = event.time_nanos.max(*guest_began);
        }
        for time_nanos in batch.heap.time_nanos.iter_mut().skip(heap_before) {
            *time_nanos = (*time_nanos).max(*guest_began);
        }
    }

    /// Adds how deep the shadow stack was, when the run is over.
    pub fn take_depths(&mut self, lowest: Option<u64>, depths: Vec<(u64, u64)>, batch: &mut Batch) {
        let Some((_, stack)) = &mut self.stack else { return };
        stack.lowest = lowest.unwrap_or(stack.lowest);
        let rows = batch.shadow_stack.get_or_insert_with(|| stack.clone());
        (rows.lowest, rows.depths) = (stack.lowest, depths);
    }

    fn growth_event(&self, growth: HostGrowth) -> GrowthEvent {
        let HostGrowth { time_nanos, before_pages, asked_pages, granted, context, site } = growth;
        let context = context.and_then(|context| self.context(context));
        GrowthEvent { time_nanos, memory: MemoryIndex(0), before_pages, asked_pages, granted, context, site }
    }

    /// The row of a context.
    fn context(&self, context: InstanceNode) -> Option<ContextId> {
        self.instances.get(context.instance)?.reader.id(context.node)
    }

    /// The core module that an instance in a component is made of.
    fn core_module(&self, instance: &InstanceLog) -> Option<&CoreModule> {
        self.places.as_ref()?.index.core_modules().get(instance.module)
    }
}

/// The stack of `pointer`, of which nothing is known yet, in the terms of the component that `module` is in, if it is.
fn shadow_stack(pointer: StackPointer, places: &Places, module: usize) -> ShadowStack {
    let StackPointer { global, top, .. } = pointer;
    match places.index.core_modules().get(module) {
        Some(core) => {
            let memory = core.memory(MemoryIndex(0)).unwrap_or(MemoryIndex(0));
            ShadowStack::new(memory, core.global(global).unwrap_or(global), top)
        }
        None => ShadowStack::new(MemoryIndex(0), global, top),
    }
}

/// From the indices and offsets of a core module to those of its component, from row `from` on.
fn contexts_in_whole(module: &CoreModule, contexts: &mut ContextTable, from: usize) {
    for func in contexts.func.iter_mut().skip(from) {
        *func = module.function(*func).unwrap_or(*func);
    }
    for site in contexts.call_site.iter_mut().skip(from) {
        *site = site.and_then(|site| module.code_offset(site));
    }
}

/// The same call in the core module that it is in.
fn local(module: Option<&CoreModule>, call: LiveCall) -> Option<LiveCall> {
    let Some(module) = module else { return Some(call) };
    Some(LiveCall { func: module.local_function(call.func)?, at: module.local_code_offset(call.at)? })
}
