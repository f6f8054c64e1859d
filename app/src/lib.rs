//! Wasmscope: a desktop profiler and memory visualizer for WebAssembly.
//!
//! [`pipeline`] is the whole way from a module to a [`profile`]; [`analysis`] computes views of it, [`export`] and
//! [`cli`] write them out, and `ui` draws them.

pub mod cli;
pub mod pipeline;
pub mod samples;
