//! End-to-end tests. Each file is one subject.

mod layers;
mod tidy;
