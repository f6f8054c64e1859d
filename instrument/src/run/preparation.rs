//! Makes a guest ready to run, on a thread of its own: to compile it may take a minute and can't be interrupted, but
//! nobody has to wait for the end.

use super::code_cache::{Code, CodeCache};
use super::collector::Collector;
use super::compiled::{CompiledGuest, GuestCode};
use super::engine::CompiledFunctions;
use super::memory_export::with_memory_exports;
use super::prepare::{CompileInput, prepare};
use super::{Guest, Observer, RunOptions};
use crate::RecordError;
use crate::clock::RecordingClock;
use crate::recording::{Allocator, Phase};
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use wasmscope_symbolize::ModuleIndex;
use wasmtime::Engine;

/// How often whoever waits looks at how far it is, and whether the run was cancelled.
const POLL: Duration = Duration::from_millis(50);

/// A guest that is ready, and what was found on the way.
pub struct Prepared {
    pub compiled: CompiledGuest,
    pub allocators: Vec<Allocator>,
    pub warnings: Vec<String>,
}

/// The thread that makes a guest ready.
pub struct Preparation {
    steps: Receiver<Step>,
    compiled: Arc<CompiledFunctions>,
    /// About so many functions will be compiled.
    functions: u64,
}

/// What the thread tells.
enum Step {
    /// A phase began, so many nanoseconds after the recording did.
    Phase(Phase, u64),
    Done(Box<Result<Prepared, RecordError>>),
}

/// What the thread works with.
struct Work {
    engine: Engine,
    guest: Guest,
    index: Arc<ModuleIndex>,
    options: RunOptions,
    clock: RecordingClock,
    steps: SyncSender<Step>,
}

impl Preparation {
    /// Starts the thread. `compiled` counts what `engine` compiles; `index` is the outline of `guest`.
    pub fn begin(
        engine: Engine,
        compiled: Arc<CompiledFunctions>,
        guest: &Guest,
        index: Arc<ModuleIndex>,
        options: &RunOptions,
        clock: &RecordingClock,
    ) -> Result<Preparation, RecordError> {
        let functions = functions_to_compile(&index);
        let (sender, steps) = sync_channel(2);
        let (guest, options, clock) = (guest.clone(), options.clone(), clock.clone());
        let work = Work { engine, guest, index, options, clock, steps: sender };
        let builder = thread::Builder::new().name("preparation".into());
        let failed = |error| RecordError::Engine { message: format!("no thread to compile on: {error}") };
        builder.spawn(move || work.run()).map_err(failed)?;
        Ok(Preparation { steps, compiled, functions })
    }

    /// Waits for the end; `None` where `observer` cancels first. Then the thread goes on by itself, and what it
    /// compiles is there for the next time.
    pub fn finish<W: Write>(
        self,
        collector: &mut Collector<'_, W>,
        observer: &dyn Observer,
    ) -> Result<Option<Prepared>, RecordError> {
        let Preparation { steps, compiled, functions } = self;
        loop {
            if observer.is_cancelled() {
                return Ok(None);
            }
            match steps.recv_timeout(POLL) {
                Ok(Step::Phase(phase, at_nanos)) => collector.begin_phase(phase, at_nanos),
                Ok(Step::Done(prepared)) => return prepared.map(Some),
                Err(RecvTimeoutError::Timeout) => match compiled.count() {
                    0 => {}
                    done => observer.progress(Phase::Compile, done.min(functions), functions),
                },
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(RecordError::Engine { message: "the thread that compiles died".to_owned() });
                }
            }
        }
    }
}

impl Work {
    /// Nobody listens any more where the run was cancelled.
    fn run(self) {
        let steps = self.steps.clone();
        if let Some(prepared) = self.prepare() {
            let _ = steps.send(Step::Done(Box::new(prepared)));
        }
    }

    /// `None` where nobody waits for it and it can be left.
    fn prepare(self) -> Option<Result<Prepared, RecordError>> {
        let Work { engine, guest, index, options, clock, steps } = self;
        steps.send(Step::Phase(Phase::Rewrite, clock.now())).ok()?;
        let mut input = prepare(&guest.bytes, &index, &options);
        steps.send(Step::Phase(Phase::Compile, clock.now())).ok()?;
        let code = compile_input(&engine, &mut input, &guest.bytes, &index, &options);
        let allocators = std::mem::take(&mut input.allocators);
        let warnings = std::mem::take(&mut input.warnings);
        let compiled =
            code.and_then(|code| CompiledGuest::new(engine, code, input, Arc::clone(&guest.bytes), index));
        Some(compiled.map(|compiled| Prepared { compiled, allocators, warnings }))
    }
}

fn compile_input(
    engine: &Engine,
    input: &mut CompileInput,
    bytes: &[u8],
    index: &ModuleIndex,
    options: &RunOptions,
) -> Result<GuestCode, RecordError> {
    if index.is_component() {
        let code = compile_or_load(engine, &input.wasm, options).or_else(|error| {
            // What is added to a component may be too much for the engine.
            input.leave(bytes, index, &error)?;
            compile_or_load(engine, &input.wasm, options)
        });
        return code.map(GuestCode::Component);
    }
    input.wasm = with_memory_exports(std::mem::take(&mut input.wasm))?;
    compile_or_load(engine, &input.wasm, options).map(GuestCode::Module)
}

fn compile_or_load<T: Code>(engine: &Engine, wasm: &[u8], options: &RunOptions) -> Result<T, RecordError> {
    let cache = options.cache_dir.as_ref().map(|dir| CodeCache::new(dir, engine, wasm));
    if let Some(code) = cache.as_ref().and_then(|cache| cache.load(engine)) {
        return Ok(code);
    }
    let code =
        T::compile(engine, wasm).map_err(|error| RecordError::Compile { message: format!("{error:#}") })?;
    if let Some(cache) = cache {
        cache.keep(&code);
    }
    Ok(code)
}

/// The functions of a module, and the engine's ways into those that can be called from outside or by reference. The
/// few that probes add are not counted.
fn functions_to_compile(index: &ModuleIndex) -> u64 {
    let defined = index.functions().len().saturating_sub(index.imported_function_count());
    (defined + index.address_taken().len()) as u64
}
