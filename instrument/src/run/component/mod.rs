//! Guests that are components: their world, what is called of them, and their probes.

mod entry;
mod link;
mod wave;

pub use entry::{BoundEntry, ComponentEntry};
pub use link::link;
