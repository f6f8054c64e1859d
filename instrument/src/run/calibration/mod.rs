//! What measuring costs on this machine, found out before the first run of a process by a tiny module that does each
//! thing a thousand times, as it is and with probes. What is left over is the probes' doing.
//!
//! A few thousand calls in a few milliseconds are enough: of several rounds the quickest counts, since whatever
//! disturbs one only makes it longer.

mod module;

use super::compiled::{CompiledGuest, GuestCode};
use super::engine::{compile, engine_failed, make_engine};
use super::guest::{GuestState, Watch, on_crossing};
use super::live_probes::LiveProbes;
use super::message::message_channel;
use super::pacer::Pacer;
use super::prepare::prepare;
use super::target::mistaken;
use super::{Nobody, Observer, RunOptions};
use crate::clock::RecordingClock;
use crate::recording::Calibration;
use crate::sample::signal_nanos;
use crate::{Measure, MeasureSet, RecordError};
use std::sync::{Arc, Mutex, PoisonError};
use wasmscope_symbolize::ModuleIndex;
use wasmtime::{Engine, Instance, Linker, Module, Store};

/// Rounds of each loop, of which the quickest counts.
const ROUNDS: usize = 6;
/// How often a loop does its thing in a round.
const TIMES: i32 = 1_000;

/// What was found out already, by what was measured.
static KNOWN: Mutex<Vec<(MeasureSet, Calibration)>> = Mutex::new(Vec::new());

/// What `measures` cost on this machine; `None` where that can't be found out. Takes some milliseconds the first time.
pub fn calibrate(measures: MeasureSet) -> Option<Calibration> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, calibration)) = known.iter().find(|(set, _)| *set == measures) {
        return Some(*calibration);
    }
    let calibration = Loops::new(measures).and_then(|mut loops| loops.calibration(measures)).ok()?;
    known.push((measures, calibration));
    Some(calibration)
}

/// The module, bare and with probes.
struct Loops {
    clock: RecordingClock,
    bare: (Store<()>, Instance),
    probed: (Store<GuestState>, Instance),
}

/// What a loop takes for one turn, in nanoseconds.
struct Turn {
    bare_nanos: f64,
    probed_nanos: f64,
    /// Of `probed_nanos`, what counts as the import's.
    import_nanos: f64,
}

impl Turn {
    /// What the probes add.
    fn added_nanos(&self) -> f64 {
        (self.probed_nanos - self.bare_nanos).max(0.0)
    }
}

impl Loops {
    fn new(measures: MeasureSet) -> Result<Self, RecordError> {
        let wasm: Arc<[u8]> = module::bytes().into();
        let index = Arc::new(ModuleIndex::parse(&wasm)?);
        let options = RunOptions { measures, ..RunOptions::default() };
        let engine = make_engine(&index, false, &options.limits, &Arc::default())?;
        let bare = instantiate(&engine, &compile(&engine, &wasm)?, Store::new(&engine, ()))?;
        let input = prepare(&wasm, &index, &options);
        let code = GuestCode::Module(compile(&engine, &input.wasm)?);
        let compiled = CompiledGuest::new(engine.clone(), code, input, wasm, index)?;
        let GuestCode::Module(module) = &compiled.code else { return Err(engine_failed(mistaken().into())) };
        let clock = RecordingClock::begin();
        let store = watched_store(&compiled, &options, &clock)?;
        let (mut store, instance) = instantiate(&engine, module, store)?;
        let layout = compiled.probes.first();
        let probes = layout.and_then(|layout| LiveProbes::bind(layout, &instance, &mut store));
        let watch = &mut store.data_mut().watch;
        watch.imports_announced |= probes.is_some();
        watch.probes = probes.map(Box::new);
        Ok(Loops { clock, bare, probed: (store, instance) })
    }

    fn calibration(&mut self, measures: MeasureSet) -> Result<Calibration, RecordError> {
        let crossing = self.turn("crossings")?;
        let needs = |measure: Measure| measures.has(measure);
        let instruction = self.added(needs(Measure::Instructions), "turns")?;
        let call = self.added(needs(Measure::Calls), "calls")? - instruction;
        let heap = self.added(needs(Measure::Heap), "heap")? - instruction - call;
        let access = self.added(needs(Measure::Access), "accesses")? - instruction;
        let growth = self.added(needs(Measure::Growth), "growth")? - instruction;
        Ok(Calibration {
            crossing_nanos: crossing.probed_nanos,
            crossing_in_import_nanos: crossing.import_nanos.min(crossing.probed_nanos),
            bare_crossing_nanos: crossing.bare_nanos,
            heap_nanos: heap.max(0.0),
            call_nanos: call.max(0.0),
            instruction_nanos: instruction,
            access_nanos: access.max(0.0),
            growth_nanos: growth.max(0.0),
            tick_nanos: if needs(Measure::Time) { signal_nanos(&self.clock).unwrap_or(0.0) } else { 0.0 },
        })
    }

    fn added(&mut self, is_needed: bool, name: &str) -> Result<f64, RecordError> {
        if is_needed { Ok(self.turn(name)?.added_nanos()) } else { Ok(0.0) }
    }

    fn turn(&mut self, name: &str) -> Result<Turn, RecordError> {
        let (bare_nanos, _) = shortest(|| timed(&mut self.bare, name, &self.clock, |()| 0))?;
        let import_nanos = |state: &GuestState| state.watch.log.crossed_nanos();
        let (probed_nanos, import_nanos) =
            shortest(|| timed(&mut self.probed, name, &self.clock, import_nanos))?;
        Ok(Turn { bare_nanos, probed_nanos, import_nanos })
    }
}

/// The quickest of several rounds, a turn.
fn shortest(mut round: impl FnMut() -> Result<(u64, u64), RecordError>) -> Result<(f64, f64), RecordError> {
    let rounds: Result<Vec<_>, _> = (0..ROUNDS).map(|_| round()).collect();
    let (nanos, of_import) = rounds?.into_iter().min().unwrap_or_default();
    Ok((nanos as f64 / f64::from(TIMES), of_import as f64 / f64::from(TIMES)))
}

/// How long a loop takes, and how much of that `import_nanos` says to be the import's.
fn timed<T>(
    (store, instance): &mut (Store<T>, Instance),
    name: &str,
    clock: &RecordingClock,
    import_nanos: impl Fn(&T) -> u64,
) -> Result<(u64, u64), RecordError> {
    let func = instance.get_typed_func::<i32, ()>(&mut *store, name).map_err(engine_failed)?;
    let (import_before, began) = (import_nanos(store.data()), clock.now());
    func.call(&mut *store, TIMES).map_err(engine_failed)?;
    let nanos = clock.now().saturating_sub(began);
    Ok((nanos, import_nanos(store.data()).saturating_sub(import_before)))
}

/// Watched as a guest is, but for the ticks.
fn watched_store(
    compiled: &CompiledGuest,
    options: &RunOptions,
    clock: &RecordingClock,
) -> Result<Store<GuestState>, RecordError> {
    let pacer = Pacer::Epoch { period_nanos: None, last_nanos: 0 };
    // What is handed on goes nowhere.
    let (messages, _) = message_channel();
    let watch = Watch::new(compiled, options, clock, pacer, messages);
    let observer: Arc<dyn Observer> = Arc::new(Nobody);
    let (state, _) = GuestState::new("", watch, compiled, options, &observer)?;
    let mut store = Store::new(&compiled.engine, state);
    store.limiter(|state| &mut state.limit);
    store.call_hook(on_crossing);
    Ok(store)
}

fn instantiate<T: 'static>(
    engine: &Engine,
    module: &Module,
    mut store: Store<T>,
) -> Result<(Store<T>, Instance), RecordError> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(module::HOST, module::NOTHING, || {}).map_err(engine_failed)?;
    let instance = linker.instantiate(&mut store, module).map_err(engine_failed)?;
    Ok((store, instance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_costs_something_and_what_is_not_costs_nothing() {
        let all = calibrate(MeasureSet::ALL).unwrap();
        println!("{all:?}");
        assert!(all.crossing_nanos > all.bare_crossing_nanos && all.bare_crossing_nanos > 0.0, "{all:?}");
        assert!(all.crossing_in_import_nanos > 0.0, "{all:?}");
        assert!(all.crossing_in_import_nanos < all.crossing_nanos, "{all:?}");
        assert!(all.heap_nanos > 0.0 && all.growth_nanos > 0.0, "{all:?}");
        let none = calibrate(MeasureSet::NONE).unwrap();
        assert_eq!((none.heap_nanos, none.call_nanos, none.instruction_nanos), (0.0, 0.0, 0.0));
    }

    #[test]
    fn it_is_found_out_once() {
        let measures = MeasureSet::NONE.with(Measure::Boundary);
        let first = calibrate(measures);
        assert!(first.is_some());
        assert_eq!(calibrate(measures), first);
    }
}
