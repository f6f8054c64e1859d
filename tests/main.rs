//! End-to-end tests. Each file is one subject.

mod bad_input;
mod layers;
mod record;
mod tidy;
