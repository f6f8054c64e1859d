//! End-to-end tests. Each file is one subject.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod allocators;
mod bad_input;
mod browser;
mod compare;
mod components;
#[cfg(unix)]
mod ending;
mod exports;
mod exports_profiles;
mod gui;
mod gui_accessibility;
mod gui_advice;
mod gui_compare;
mod gui_flame;
mod gui_imports;
mod gui_map;
mod gui_module;
mod gui_pictures;
mod gui_shell;
mod gui_source;
mod gui_timeline;
mod imports;
mod layers;
mod profile_proto;
mod push;
mod record;
mod symbolize;
mod symbols;
mod tidy;
mod window;
