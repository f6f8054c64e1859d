//! Pages over the window: the keys, the settings, the help, and what this program is.

mod about;
mod glossary;
mod help;
mod settings;

use super::Situation;
use super::keys::keys_ui;
use crate::ui::run_dialog::Dialog;
use crate::ui::widgets::primary_button;
use egui::{Align, Frame, Id, Key, Layout, Margin, Modal, Modifiers, Ui};

/// What lies over the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Page {
    /// The list of keys.
    Keys,
    /// The settings.
    Settings,
    /// What panels answer, and what words mean.
    Help,
    /// What this program is.
    About,
}

impl Page {
    /// How wide it is where there is room, in points.
    const fn width(self) -> f32 {
        match self {
            Page::Keys => 520.0,
            Page::Settings => 560.0,
            Page::Help => 720.0,
            Page::About => 420.0,
        }
    }

    /// What its one button says.
    const fn button(self) -> &'static str {
        match self {
            Page::Settings => "Done",
            _ => "Close",
        }
    }
}

/// Draws a page. `search` is what is typed to search the help.
pub fn page_ui(ui: &Ui, page: Page, now: &Situation<'_>, search: &mut String) -> Dialog {
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(16));
    // A control that has the focus takes the key for itself, and a field gives the focus back for it.
    let is_free = ui.memory(|memory| memory.focused().is_none());
    let shown = Modal::new(Id::unique("page").with(page)).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width((ui.ctx().content_rect().width() - 48.0).min(page.width()));
        match page {
            Page::Keys => keys_ui(ui, now),
            Page::Settings => settings::settings_ui(ui, now),
            Page::Help => help::help_ui(ui, search),
            Page::About => about::about_ui(ui),
        }
        ui.add_space(8.0);
        let button = |ui: &mut Ui| primary_button(ui, page.button()).clicked();
        ui.with_layout(Layout::right_to_left(Align::Center), button).inner
    });
    let entered = is_free && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    // The key that opened it closes it, too.
    let repeated = page == Page::Help && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::F1));
    if shown.should_close() || shown.inner || entered || repeated { Dialog::Closed } else { Dialog::Open }
}
