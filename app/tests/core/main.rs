//! Tests of the profile and its views through their public interface.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::reversed_empty_ranges, reason = "ranges that run backwards are among what is tested")]

mod advice;
mod compare;
mod fragmentation;
mod golden;
mod heap_model;
mod heap_numbers;
mod hostile;
mod lanes;
mod memory_map;
mod module_size;
mod real_modules;
mod recorded;
mod render;
mod time;
mod transforms;
mod verdict;
mod views;
mod what_if;
