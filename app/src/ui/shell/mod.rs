//! What surrounds the panels: bars, the welcome screen, progress.

mod actions;
mod dock;
mod hints;
mod keys;
mod pages;
mod palette;
mod progress;
mod status;
mod stripped;
mod top_bar;
mod welcome;

pub use actions::Situation;
pub use dock::{Arrangement, Dock, Part, TAB_BAR_HEIGHT};
pub use hints::hints_ui;
pub use keys::{shortcuts, stop_shortcut};
pub use pages::{Page, page_ui};
pub use palette::{CommandPalette, palette_ui};
pub use progress::{progress_ui, running_ui};
pub use status::status_ui;
pub use stripped::{about as about_symbols, is_stripped, stripped_ui};
pub use top_bar::{pictures_ui, top_bar_ui};
pub use welcome::{WelcomeState, drop_ui, welcome_ui};
