//! Pieces that more than one panel is made of.

mod boxes;
pub mod scrubber;
mod search;
pub mod table;
mod text;

pub use boxes::{Labels, name_box};
pub use search::search_field;
pub use text::{chip, empty_state, figure, primary_button, swatch};
