//! Tests of the profile and its views through their public interface.

mod fragmentation;
mod golden;
mod heap_model;
mod hostile;
mod real_modules;
mod render;
mod views;
