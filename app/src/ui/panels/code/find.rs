//! The search in a text, and the way to a line by its number.

use super::keys::Way;
use crate::ui::needle::Needle;
use crate::ui::theme::Palette;
use crate::ui::views::{CodeHitsQuery, CodeText};
use crate::ui::widgets::{pressed_with_ctrl, search_field};
use crate::units;
use egui::{Id, Key, Margin, Response, RichText, TextEdit, Ui};

/// The search of one text.
#[derive(Default)]
pub struct Finder {
    mode: Mode,
    text: String,
    /// What it means.
    needle: Needle,
    line: String,
    wants_focus: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Closed,
    Find,
    Line,
}

/// What is wanted.
pub enum Found {
    /// To another hit.
    Hit(Way),
    /// To the line with this number.
    Line(u32),
}

impl Finder {
    /// What is searched for, if anything is.
    pub fn needle(&self) -> Option<&Needle> {
        (self.mode == Mode::Find && !self.needle.is_empty()).then_some(&self.needle)
    }

    /// The question for the rows, if anything is searched for.
    pub fn query(&self, text: CodeText) -> Option<CodeHitsQuery> {
        self.needle().map(|needle| CodeHitsQuery { text, needle: needle.clone() })
    }

    /// Searches.
    pub fn open(&mut self) {
        (self.mode, self.wants_focus) = (Mode::Find, true);
    }

    /// Ends the search. Says whether there was one.
    pub fn close(&mut self) -> bool {
        std::mem::take(&mut self.mode) != Mode::Closed
    }

    /// Opens when its keys are pressed for the panel of that name; the text may have no lines with numbers.
    pub fn keys(&mut self, ui: &Ui, panel: &str, has_lines: bool) {
        let (id, area) = (Id::unique(panel).with("find"), ui.max_rect());
        if pressed_with_ctrl(ui, id, area, Key::F) {
            self.open();
        }
        if has_lines && pressed_with_ctrl(ui, id, area, Key::G) {
            (self.mode, self.wants_focus) = (Mode::Line, true);
        }
    }

    /// Draws the field, if it is open; `current` is the row with the cursor.
    pub fn ui(&mut self, ui: &mut Ui, hits: Option<&[usize]>, current: Option<usize>) -> Option<Found> {
        match self.mode {
            Mode::Closed => None,
            Mode::Find => ui.horizontal(|ui| self.find_ui(ui, hits, current)).inner,
            Mode::Line => ui.horizontal(|ui| self.line_ui(ui)).inner,
        }
    }

    fn find_ui(&mut self, ui: &mut Ui, hits: Option<&[usize]>, current: Option<usize>) -> Option<Found> {
        let field = search_field(ui, &mut self.text, "Find in the text", 160.0);
        if field.changed() || self.text.is_empty() {
            self.needle = Needle::new(&self.text);
        }
        let entered = self.take_focus(ui, &field);
        if field.lost_focus() && !entered && self.text.is_empty() {
            self.mode = Mode::Closed;
        }
        let mut found = None;
        if entered {
            let is_back = ui.input(|input| input.modifiers.shift);
            found = Some(Found::Hit(if is_back { Way::Back } else { Way::On }));
            field.request_focus();
        }
        let hits = hits.filter(|_| !self.needle.is_empty())?;
        ui.label(RichText::new(hits_text(hits, current)).color(Palette::of(ui).weak));
        for (text, name, key, way) in
            [("⏶", "Hit before", "Shift+N", Way::Back), ("⏷", "Hit after", "N", Way::On)]
        {
            let button = ui.add_enabled(!hits.is_empty(), egui::Button::new(text).small());
            if button.on_hover_text(format!("{name} ({key})")).accessible_name(name).clicked() {
                found = Some(Found::Hit(way));
            }
        }
        found
    }

    fn line_ui(&mut self, ui: &mut Ui) -> Option<Found> {
        let field = TextEdit::singleline(&mut self.line).hint_text("Line").margin(Margin::symmetric(6, 3));
        let field = ui.add(field.desired_width(80.0)).accessible_name("Number of the line");
        ui.label(RichText::new("Enter goes to the line").weak());
        let entered = self.take_focus(ui, &field);
        if field.lost_focus() {
            self.mode = Mode::Closed;
        }
        let line = self.line.trim().parse().ok().filter(|_| entered);
        if entered {
            self.line.clear();
        }
        line.map(Found::Line)
    }

    /// Gives the field the keyboard when it is new. Says whether Enter was pressed in it.
    fn take_focus(&mut self, ui: &Ui, field: &Response) -> bool {
        if std::mem::take(&mut self.wants_focus) {
            field.request_focus();
        }
        field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
    }
}

fn hits_text(hits: &[usize], current: Option<usize>) -> String {
    let count = units::exact(hits.len() as u64);
    match current.and_then(|row| hits.binary_search(&row).ok()) {
        _ if hits.is_empty() => "nothing found".to_owned(),
        Some(at) => format!("{} of {count}", units::exact(at as u64 + 1)),
        None => units::things(hits.len() as u64, "line"),
    }
}
