//! Modules for browsers and libraries, run with the glue that they import.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod assemblyscript;
mod common;
mod corpus;
mod emscripten;
mod linked;
mod tables;
