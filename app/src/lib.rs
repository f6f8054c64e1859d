//! The core of Wasmscope: a recording and its symbols become a [`profile::Profile`], and pure views of it.

pub mod analysis;
pub mod profile;
pub mod units;
