//! Runs a module and records it.
//!
//! A thread of its own makes the guest ready ([`preparation`]). Then two threads work together. The guest's own thread
//! runs the guest, notes its crossings ([`guest`]) and empties the probes' memories ([`live_probes`]); the collector
//! ([`collector`]), on the caller's thread, turns samples and events into rows, writes them, and stops the guest where
//! it must be stopped.

mod beginning;
mod boundary_log;
mod buffers;
mod calibration;
mod code_cache;
mod collector;
mod compiled;
mod component;
mod ending;
mod engine;
mod final_image;
mod glue;
mod goroutines;
mod guest;
mod guest_memories;
mod guest_thread;
mod imports;
mod invocation;
mod invoke;
mod limit;
mod link;
mod linked;
mod live_probes;
mod measured;
mod memory_export;
mod message;
mod observer;
mod options;
mod outer_stacks;
mod output;
mod pacer;
mod page_log;
mod page_set;
mod preparation;
mod prepare;
mod probe_bytes;
mod probe_log;
mod repeat;
mod residency;
mod sample_log;
mod span_log;
mod stop;
mod target;
mod value;
mod waits;
mod wasi;

pub use imports::{MissingImport, Unprovided};
pub use invocation::{Argument, Invocation, Repeat};
pub use link::missing_imports;
pub use observer::{LiveCounts, Nobody, Observer, OutputStream};
pub use options::{
    DEFAULT_RATE_HZ, GrantedDir, Limits, Link, Program, RunOptions, STACK_BYTES, SamplerChoice, Stdin,
};
pub use prepare::{Instrumented, instrument};
pub(crate) use prepare::{NO_ALLOCATOR, instrument_for};
pub use value::{BadValue, Value};

use crate::clock::RecordingClock;
use crate::error::RecordError;
use crate::recording::{Batch, Meta, Outcome, Phase, Writer};
use collector::{Collected, Collector};
use engine::make_engine;
use guest_thread::GuestRun;
use link::refuse_unlinkable;
use message::message_channel;
use preparation::{Preparation, Prepared};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use target::Target;

/// The module that is to be run.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Its bytes.
    pub bytes: Arc<[u8]>,
    /// Its file name.
    pub name: String,
    /// Its path as it was given; empty where there is no file.
    pub path: String,
}

/// Runs `guest` as `options` say and writes the recording to `out` while it runs.
///
/// Blocks until the program ends, a limit is reached or `observer` cancels. What the guest does wrong is an
/// [`Outcome`]; an error means that there was no run, or that the recording could not be written.
pub fn record<W: Write>(
    guest: &Guest,
    options: &RunOptions,
    observer: Arc<dyn Observer>,
    out: W,
) -> Result<Outcome, RecordError> {
    let calibration = calibration::calibrate(options.measures);
    let clock = RecordingClock::begin();
    let index = Arc::new(wasmscope_symbolize::ModuleIndex::parse(&guest.bytes)?);
    let target = Target::find(&guest.bytes, &index, options)?;
    prepare::check_limits(&index, &options.limits)?;
    let compiled = Arc::default();
    let engine = make_engine(&index, prepare::ticks_by_epochs(options), &options.limits, &compiled)?;
    refuse_unlinkable(&engine, &index, options)?;
    let preparation = Preparation::begin(engine, compiled, guest, index, options, &clock)?;
    // Meanwhile.
    let mut meta = describe(guest, options, &target);
    let writer = Writer::new(out, &meta, &guest.bytes)?;
    let mut collector = Collector::new(writer, &*observer, clock.clone(), options.limits);
    collector.begin_phase(Phase::Parse, 0);
    collector.calibrate(calibration);
    let Some(Prepared { compiled, allocators, warnings }) = preparation.finish(&mut collector, &*observer)?
    else {
        collector.finish(Batch { outcome: Some(Outcome::Cancelled), ..Batch::default() })?;
        return Ok(Outcome::Cancelled);
    };
    let compiled = Arc::new(compiled);
    // Before a long run for nothing.
    warnings.iter().filter(|warning| prepare::is_unmet(warning)).for_each(|warning| observer.unmet(warning));
    meta.allocators = allocators;
    meta.warnings = warnings;
    // By the allocators a recording that breaks off has the call paths of heap operations.
    collector.note_meta(meta.clone());

    let (sender, messages) = message_channel();
    let run = GuestRun::prepare(&compiled, guest, &target, options, &observer, &clock, sender)?;
    collector.watch(&run);
    let thread = guest_thread::spawn(run)?;
    let (outcome, notes) = match collector.collect(&messages, compiled.code_map(), &compiled.places) {
        Collected::All => guest_thread::join(thread)?,
        Collected::UntilStopped(reason) => ending::abandoned(reason, &options.limits),
    };
    meta.warnings.extend(notes);
    meta.warnings.extend(collector.losses());
    collector.finish(Batch { meta: Some(meta), outcome: Some(outcome.clone()), ..Batch::default() })?;
    Ok(outcome)
}

/// Writes a recording of a module that is not run: it holds the module alone, to be looked at as others are.
///
/// # Errors
/// What `out` says.
pub fn record_unrun<W: Write>(guest: &Guest, out: W) -> io::Result<()> {
    let mut writer = Writer::new(out, &head(guest), &guest.bytes)?;
    writer.write(&Batch { outcome: Some(Outcome::NotRun), ..Batch::default() })
}

fn describe(guest: &Guest, options: &RunOptions, target: &Target) -> Meta {
    Meta {
        args: options.program.args.clone(),
        invoked: target.text(),
        measures: options.measures,
        sampler: prepare::sampler_kind(options),
        rate_hz: options.rate_hz,
        ..head(guest)
    }
}

/// What is known before anybody says how it is to be run.
fn head(guest: &Guest) -> Meta {
    let created = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Meta {
        module_name: guest.name.clone(),
        module_path: guest.path.clone(),
        created_unix_millis: u64::try_from(created.as_millis()).unwrap_or(u64::MAX),
        recorded_by: format!(
            "wasmscope {}, wasmtime 48, {} {}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        ),
        ..Meta::default()
    }
}
