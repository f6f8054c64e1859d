//! What the user wants the window to be like, as a file that people can edit.

mod file;
mod text;

pub use file::{SettingsError, SettingsFile};

use super::theme::ColourSet;
use crate::analysis::FRAME_BUDGET_NANOS;
use crate::sources::SourcePlace;
use egui::ThemePreference;
use std::ops::RangeInclusive;

/// What the user wants the window to be like.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Light, dark, or what the system has.
    pub theme: ThemePreference,
    /// Which colours tell things apart.
    pub colours: ColourSet,
    /// How large texts are, in percent of what they are at first.
    pub text_percent: u16,
    /// What a call may take before a histogram is looked at, in milliseconds.
    pub budget_millis: f64,
    /// So many files are remembered.
    pub recent_files: usize,
    /// Where source files are that are not where the compiler saw them.
    pub source_places: Vec<SourcePlace>,
}

impl Settings {
    /// How large texts may be, in percent.
    pub const TEXT_PERCENT: RangeInclusive<u16> = 50..=300;
    /// What a budget may be, in milliseconds.
    pub const BUDGET_MILLIS: RangeInclusive<f64> = 0.001..=1e9;
    /// How many files may be remembered.
    pub const RECENT_FILES: RangeInclusive<usize> = 0..=100;

    /// With texts larger or smaller by `steps` of a tenth.
    #[must_use]
    pub fn with_text(&self, steps: i16) -> Settings {
        let percent = self.text_percent.saturating_add_signed(steps * 10);
        let text_percent = percent.clamp(*Self::TEXT_PERCENT.start(), *Self::TEXT_PERCENT.end());
        Settings { text_percent, ..self.clone() }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            theme: ThemePreference::System,
            colours: ColourSet::Standard,
            text_percent: 100,
            budget_millis: FRAME_BUDGET_NANOS as f64 / 1e6,
            recent_files: 12,
            source_places: Vec::new(),
        }
    }
}
