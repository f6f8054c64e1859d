//! Pieces that more than one panel is made of.

pub mod scrubber;
mod search;
pub mod table;
mod text;

pub use search::search_field;
pub use text::{chip, empty_state, figure, primary_button, swatch};
