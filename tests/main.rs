//! End-to-end tests. Each file is one subject.

mod bad_input;
mod gui;
mod layers;
mod record;
mod tidy;
