//! Rewrites a WebAssembly module so that it measures itself, runs it in Wasmtime, and records what it does.
//!
//! module bytes → [`Plan`] → [`rewrite()`] → [`record`] → a `.wscope` file → [`recording::read`]
//!
//! Wasmtime's types are in no public signature.

mod allocators;
mod behaviour;
mod callgraph;
mod clock;
mod component;
mod error;
mod instructions;
mod measure;
mod offsets;
mod plan;
pub mod probes;
pub mod recording;
mod rewrite;
mod run;
mod sample;

pub use allocators::{AllocatorKind, BadAllocator, OwnAllocator};
pub use behaviour::{MOST_TRIALS, Proposal, TRIAL_TIME, Trial, find_allocators};
pub use component::{
    ComponentExport, ComponentModule, InstrumentedComponent, Probed, component_exports, instrument_component,
    is_component,
};
pub use error::{RecordError, RewriteError};
pub use instructions::instructions_of;
pub use measure::{Measure, MeasureSet, UnknownMeasure};
pub use offsets::OffsetMap;
pub use plan::{FunctionProbes, Plan, ProbeOptions, ProbeReader};
pub use rewrite::{Rewritten, rewrite};
pub use run::{
    Argument, BadValue, DEFAULT_RATE_HZ, GrantedDir, Guest, Instrumented, Invocation, Limits, Link,
    LiveCounts, MissingImport, Nobody, Observer, OutputStream, Program, Repeat, RunOptions, STACK_BYTES,
    SamplerChoice, Stdin, Unprovided, Value, instrument, missing_imports, record, record_unrun,
};
