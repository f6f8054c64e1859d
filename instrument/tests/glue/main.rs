//! Modules for browsers and libraries, run with the glue that they import.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod corpus;
mod emscripten;
mod linked;
mod tables;
