//! Guests that are components: their world, what is called of them, and their probes.

mod entry;
mod link;
mod stubs;
mod wave;

pub use entry::{BoundEntry, ComponentEntry};
pub use link::{is_provided, link};
