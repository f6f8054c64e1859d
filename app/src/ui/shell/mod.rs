//! What surrounds the panels: bars, the welcome screen, progress.

mod actions;
mod dock;
mod keys;
mod palette;
mod progress;
mod status;
mod stripped;
mod top_bar;
mod welcome;

pub use actions::Situation;
pub use dock::{Dock, Part};
pub use keys::{keys_ui, shortcuts, stop_shortcut};
pub use palette::{CommandPalette, palette_ui};
pub use progress::{progress_ui, running_ui};
pub use status::status_ui;
pub use stripped::{about as about_symbols, is_stripped, stripped_ui};
pub use top_bar::{pictures_ui, top_bar_ui};
pub use welcome::{WelcomeState, drop_ui, welcome_ui};
