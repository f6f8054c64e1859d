//! The rewriter, from the outside: rewritten modules are valid, do what the originals do, and record exactly what
//! happened.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that finds something else than it expects fails"
)]

mod behaviour;
mod component;
mod corpus;
mod crossings;
mod extremes;
mod found;
mod growth;
mod guest;
mod heap;
mod hints;
mod limits;
mod stack;
