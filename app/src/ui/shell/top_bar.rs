//! The bar at the top: menus, the open recordings, and Run.

use super::Dock;
use crate::export::{Format, MapFormat};
use crate::ui::command::{Command, Commands, ExportKind, PathKind, SaveKind};
use crate::ui::documents::{Document, Documents, Origin};
use crate::ui::jobs::SymbolsChoice;
use crate::ui::module::{file_name, middle_cut, short_path};
use crate::ui::panels::PanelKind;
use crate::ui::settings::Settings;
use crate::ui::theme::Palette;
use egui::{Align, Button, Layout, MenuBar, RichText, ScrollArea, ThemePreference, Ui};

/// What the bar shows.
pub struct TopBar<'a> {
    /// The open recordings.
    pub documents: &'a Documents,
    /// The recent files and the theme.
    pub settings: &'a Settings,
    /// Which panels are shown.
    pub dock: &'a Dock,
    /// Is a module being run?
    pub is_recording: bool,
    /// Is anything under way that can be stopped?
    pub is_busy: bool,
    /// Who does what is chosen.
    pub commands: &'a Commands,
}

/// Draws the bar.
pub fn top_bar_ui(ui: &mut Ui, bar: &TopBar<'_>) {
    MenuBar::new().ui(ui, |ui| {
        ui.menu_button("File", |ui| file_menu(ui, bar));
        ui.menu_button("View", |ui| view_menu(ui, bar));
        ui.menu_button("Help", |ui| help_menu(ui, bar));
        ui.separator();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            run_button(ui, bar);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| tabs_ui(ui, bar));
        });
    });
}

fn item(ui: &mut Ui, bar: &TopBar<'_>, text: &str, keys: &str, enabled: bool, command: Command) {
    let button = Button::new(text);
    let button = if keys.is_empty() { button } else { button.shortcut_text(keys) };
    if ui.add_enabled(enabled, button).clicked() {
        bar.commands.send(command);
        ui.close();
    }
}

fn file_menu(ui: &mut Ui, bar: &TopBar<'_>) {
    ui.set_min_width(230.0);
    let has_front = bar.documents.front().is_some();
    item(ui, bar, "Open…", "Ctrl+O", true, Command::AskOpen);
    ui.add_enabled_ui(!bar.settings.recent.is_empty(), |ui| {
        ui.menu_button("Open recent", |ui| {
            for path in &bar.settings.recent {
                if ui.button(short_path(path, 60)).on_hover_text(path.display().to_string()).clicked() {
                    bar.commands.send(Command::Open(path.clone()));
                    ui.close();
                }
            }
        });
    });
    item(ui, bar, "Start page", "", true, Command::ShowWelcome);
    ui.separator();
    item(ui, bar, "Run again…", "Ctrl+R", has_front && !bar.is_recording, Command::RunAgain);
    item(ui, bar, "Stop", "Ctrl+.", bar.is_busy, Command::Stop);
    ui.separator();
    item(ui, bar, "Save recording as…", "Ctrl+S", has_front, Command::AskSave(SaveKind::Plain));
    item(ui, bar, "Save with symbols and sources…", "", has_front, Command::AskSave(SaveKind::Packed));
    let has_heap =
        bar.documents.front().is_some_and(|document| !document.profile.recording().heap.is_empty());
    ui.add_enabled_ui(has_front, |ui| {
        ui.menu_button("Export", |ui| {
            for format in Format::ALL {
                let is_there = has_heap || !format.is_of_heap();
                export_item(ui, bar, ExportKind::Profile(format), is_there);
            }
            let has_memory = bar.documents.front().is_some_and(has_memory);
            MapFormat::ALL
                .into_iter()
                .for_each(|form| export_item(ui, bar, ExportKind::Map(form), has_memory));
        });
    });
    if let Some(document) = bar.documents.front() {
        ui.menu_button("Symbols", |ui| {
            item(ui, bar, "From a file…", "", true, Command::AskSymbols(document.id, PathKind::File));
            item(ui, bar, "From a folder…", "", true, Command::AskSymbols(document.id, PathKind::Folder));
            if document.symbols.is_some() {
                item(ui, bar, "None", "", true, Command::UseSymbols(document.id, SymbolsChoice::None));
            }
        });
    }
    item(ui, bar, "Where sources are…", "", true, Command::ShowSources);
    ui.separator();
    if let Some(document) = bar.documents.front() {
        item(ui, bar, "Close recording", "", true, Command::Close(document.id));
    }
    item(ui, bar, "Quit", "Ctrl+Q", true, Command::Quit);
}

fn export_item(ui: &mut Ui, bar: &TopBar<'_>, kind: ExportKind, enabled: bool) {
    item(ui, bar, kind.title(), "", enabled, Command::AskExport(kind));
}

fn has_memory(document: &Document) -> bool {
    !document.profile.symbols().module().memories().is_empty()
}

fn view_menu(ui: &mut Ui, bar: &TopBar<'_>) {
    ui.set_min_width(200.0);
    for kind in PanelKind::ALL {
        let mut shown = bar.dock.is_shown(kind);
        if ui.checkbox(&mut shown, kind.title()).changed() {
            bar.commands.send(Command::TogglePanel(kind));
        }
    }
    item(ui, bar, "Reset layout", "", true, Command::ResetLayout);
    ui.separator();
    for (theme, text) in [
        (ThemePreference::System, "Theme of the system"),
        (ThemePreference::Light, "Light"),
        (ThemePreference::Dark, "Dark"),
    ] {
        if ui.radio(bar.settings.theme == theme, text).clicked() {
            bar.commands.send(Command::SetTheme(theme));
            ui.close();
        }
    }
}

fn help_menu(ui: &mut Ui, bar: &TopBar<'_>) {
    ui.set_min_width(200.0);
    item(ui, bar, "Keys", "?", true, Command::ToggleKeys);
    ui.separator();
    ui.label(RichText::new(concat!("Wasmscope ", env!("CARGO_PKG_VERSION"))).weak());
}

fn run_button(ui: &mut Ui, bar: &TopBar<'_>) {
    if bar.documents.front().is_some() && !bar.is_recording {
        let run = ui.button(RichText::new("▶ Run again").color(Palette::of(ui).accent));
        if run.on_hover_text("Ctrl+R  Run this module once more, the same way or another.").clicked() {
            bar.commands.send(Command::RunAgain);
        }
    }
}

fn tabs_ui(ui: &mut Ui, bar: &TopBar<'_>) {
    let front = bar.documents.front().map(|document| document.id);
    ScrollArea::horizontal().auto_shrink([false, true]).show(ui, |ui| {
        for document in bar.documents.iter() {
            tab_ui(ui, document, front == Some(document.id), bar);
        }
        if !bar.documents.is_empty() && ui.button("+").on_hover_text("Open another").clicked() {
            bar.commands.send(Command::ShowWelcome);
        }
    });
}

fn tab_ui(ui: &mut Ui, document: &Document, is_front: bool, bar: &TopBar<'_>) {
    ui.spacing_mut().item_spacing.x = 2.0;
    ui.spacing_mut().button_padding.x = 8.0;
    let unsaved = matches!(document.origin, Origin::Unsaved(_));
    let text = middle_cut(&document.title, 28);
    let tab = ui.add(Button::selectable(is_front, text)).on_hover_ui(|ui| {
        ui.label(&document.title);
        ui.label(RichText::new(origin_text(document, unsaved)).weak());
    });
    if tab.clicked() {
        bar.commands.send(Command::Show(document.id));
    }
    let name = format!("Close {}", document.title);
    if ui.add(Button::new("×").frame(false)).accessible_name(name.as_str()).on_hover_text(&name).clicked() {
        bar.commands.send(Command::Close(document.id));
    }
    ui.add_space(6.0);
}

fn origin_text(document: &Document, unsaved: bool) -> String {
    let path = document.origin.path();
    if unsaved {
        format!("Not saved yet; kept for a while as {}", file_name(path))
    } else {
        path.display().to_string()
    }
}
