//! Source files and instructions, each with costs beside its lines; alone or both side by side.

mod find;
mod grid;
mod instructions;
mod keys;
mod lines;
mod map;
mod missing;
mod source;
mod wat;

pub use grid::{Column, Figure, Grid, GridState, Ground, Ink, Row};
pub use instructions::{InstructionsState, instructions_ui, nothing_ui};
pub use source::{SourceState, SourceView, source_ui};
pub use wat::Subject;
