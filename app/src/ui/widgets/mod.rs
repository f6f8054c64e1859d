//! Pieces that more than one panel is made of.

mod boxes;
mod keys;
pub mod scrubber;
mod search;
mod split;
pub mod table;
mod text;

pub use boxes::{Labels, cut, name_box};
pub use keys::{pressed, pressed_with_ctrl};
pub use search::search_field;
pub use split::{Part, split_bar};
pub use text::{chip, empty_state, figure, primary_button, swatch};
