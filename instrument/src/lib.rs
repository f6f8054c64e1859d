//! Rewrites a WebAssembly module so that it measures itself, runs it in Wasmtime, and records what it does.
//!
//! module bytes → [`Plan`] → [`rewrite()`] → [`record`] → a `.wscope` file → [`recording::read`]
//!
//! Wasmtime's types are in no public signature.

mod error;
mod measure;
pub mod recording;
mod run;

pub use error::RecordError;
pub use measure::{Measure, MeasureSet, UnknownMeasure};
pub use run::{
    BadValue, DEFAULT_RATE_HZ, GrantedDir, Guest, Invocation, Limits, LiveCounts, Nobody, Observer,
    OutputStream, Program, RunOptions, SamplerChoice, Stdin, Value, record,
};
