//! Wasmscope: a desktop profiler and memory visualizer for WebAssembly.
//!
//! [`pipeline`] is the whole way from a module to a [`profile`]; [`analysis`] computes pure views of it; [`export`]
//! and [`cli`] write them out. `ui` is the window, with the feature `gui` only.

pub mod analysis;
pub mod builds;
pub mod cli;
pub mod compressed;
pub mod export;
mod figures;
mod given;
mod import;
pub mod live;
mod nearby;
pub mod pack;
pub mod pipeline;
pub mod profile;
pub mod push;
pub mod samples;
mod save;
pub mod sources;
pub mod trial;
#[cfg(feature = "gui")]
pub mod ui;
pub mod units;
