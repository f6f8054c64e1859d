//! The bar at the top: menus, the open recordings, and Run.

use super::actions::{Action, Group, Situation, actions, keyed, pictures, themes};
use crate::ui::command::{Again, Command, Commands};
use crate::ui::compare::Compared;
use crate::ui::documents::{Document, Origin};
use crate::ui::module::{file_name, middle_cut};
use crate::ui::panels::PanelKind;
use crate::ui::settings::Settings;
use crate::ui::theme::{ColourSet, Palette};
use egui::{Align, Button, Layout, MenuBar, RichText, ScrollArea, Ui};

/// Draws the bar.
pub fn top_bar_ui(ui: &mut Ui, now: &Situation<'_>) {
    MenuBar::new().ui(ui, |ui| {
        ui.menu_button("File", |ui| file_menu(ui, now));
        ui.menu_button("Edit", |ui| edit_menu(ui, now));
        ui.menu_button("Record", |ui| run_menu(ui, now));
        ui.menu_button("View", |ui| view_menu(ui, now));
        ui.menu_button("Help", |ui| help_menu(ui, now));
        ui.separator();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            run_button(ui, now);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| tabs_ui(ui, now));
        });
    });
}

fn items(ui: &mut Ui, now: &Situation<'_>, group: Group) {
    for Action { title, about, keys, is_there, command, .. } in actions(now, group) {
        let mut item = ui.add_enabled(is_there, keyed(ui, Button::new(title), keys));
        if let Some(about) = about {
            item = item.on_hover_text(about);
        }
        if item.clicked() {
            now.commands.send(command);
            ui.close();
        }
    }
}

/// The menu of a panel's tab.
pub fn pictures_ui(ui: &mut Ui, panel: PanelKind, commands: &Commands) {
    for kind in pictures(panel) {
        if ui.button(kind.title()).clicked() {
            commands.send(Command::AskExport(kind));
            ui.close();
        }
    }
}

fn file_menu(ui: &mut Ui, now: &Situation<'_>) {
    ui.set_min_width(230.0);
    let has_front = now.documents.front().is_some();
    let can_export = has_front || now.comparisons.front().is_some();
    items(ui, now, Group::Open);
    ui.add_enabled_ui(!now.history.recent.is_empty(), |ui| {
        ui.menu_button("Open recent", |ui| items(ui, now, Group::Recent));
    });
    ui.separator();
    items(ui, now, Group::Save);
    ui.add_enabled_ui(can_export, |ui| {
        ui.menu_button("Export", |ui| items(ui, now, Group::Export));
    });
    ui.add_enabled_ui(has_front, |ui| {
        ui.menu_button("Symbols", |ui| items(ui, now, Group::Symbols));
    });
    items(ui, now, Group::Sources);
    ui.separator();
    items(ui, now, Group::Close);
}

fn run_menu(ui: &mut Ui, now: &Situation<'_>) {
    ui.set_min_width(230.0);
    items(ui, now, Group::Run);
    let has_more = !actions(now, Group::RunAlso).is_empty();
    ui.add_enabled_ui(has_more, |ui| {
        ui.menu_button("Run again, also measuring", |ui| items(ui, now, Group::RunAlso));
    });
}

fn view_menu(ui: &mut Ui, now: &Situation<'_>) {
    ui.set_min_width(200.0);
    for kind in PanelKind::ALL {
        let mut shown = now.dock.is_shown(kind);
        if ui.checkbox(&mut shown, kind.title()).changed() {
            now.commands.send(Command::TogglePanel(kind));
        }
    }
    ui.menu_button("Layout", |ui| items(ui, now, Group::Layout));
    ui.separator();
    let Settings { theme, colours, .. } = now.settings;
    let themes = themes().map(|(choice, _)| choice == *theme);
    choices(ui, now, Group::Theme, &themes);
    ui.separator();
    choices(ui, now, Group::Colours, &ColourSet::ALL.map(|(choice, _)| choice == *colours));
    ui.separator();
    items(ui, now, Group::Text);
}

/// The actions of a group of which one holds.
fn choices(ui: &mut Ui, now: &Situation<'_>, group: Group, holds: &[bool]) {
    for (action, holds) in actions(now, group).into_iter().zip(holds) {
        let mut choice = ui.radio(*holds, action.title);
        if let Some(about) = action.about {
            choice = choice.on_hover_text(about);
        }
        if choice.clicked() {
            now.commands.send(action.command);
            ui.close();
        }
    }
}

fn edit_menu(ui: &mut Ui, now: &Situation<'_>) {
    ui.set_min_width(220.0);
    items(ui, now, Group::Edit);
    ui.separator();
    items(ui, now, Group::Settings);
}

fn help_menu(ui: &mut Ui, now: &Situation<'_>) {
    ui.set_min_width(200.0);
    items(ui, now, Group::Help);
}

fn run_button(ui: &mut Ui, now: &Situation<'_>) {
    if now.documents.front().is_some_and(|front| !front.profile.needs_module()) && !now.is_recording {
        let run = ui.button(RichText::new("▶ Run again").color(Palette::of(ui).accent));
        if run.on_hover_text("Ctrl+R  Run this module once more, the same way or another.").clicked() {
            now.commands.send(Command::RunAgain(Again::Asking));
        }
    }
}

fn tabs_ui(ui: &mut Ui, now: &Situation<'_>) {
    let front = now.documents.front().map(|document| document.id);
    ScrollArea::horizontal().auto_shrink([false, true]).show(ui, |ui| {
        for document in now.documents.iter() {
            tab_ui(ui, document, front == Some(document.id), now);
        }
        let front = now.comparisons.front().map(|front| front.id).filter(|_| now.documents.front().is_none());
        for compared in now.comparisons.iter() {
            comparison_tab_ui(ui, compared, front == Some(compared.id), now);
        }
        if !now.documents.is_empty() && ui.button("+").on_hover_text("Open another").clicked() {
            now.commands.send(Command::ShowWelcome);
        }
    });
}

fn tab_ui(ui: &mut Ui, document: &Document, is_front: bool, now: &Situation<'_>) {
    ui.spacing_mut().item_spacing.x = 2.0;
    ui.spacing_mut().button_padding.x = 8.0;
    let unsaved = matches!(document.origin, Origin::Unsaved(_));
    let text = middle_cut(&document.title, 28);
    let tab = ui.add(Button::selectable(is_front, text)).on_hover_ui(|ui| {
        ui.label(&document.title);
        ui.label(RichText::new(origin_text(document, unsaved)).weak());
    });
    if tab.clicked() {
        now.commands.send(Command::Show(document.id));
    }
    let name = format!("Close {}", document.title);
    if ui.add(Button::new("×").frame(false)).accessible_name(name.as_str()).on_hover_text(&name).clicked() {
        now.commands.send(Command::Close(document.id));
    }
    ui.add_space(6.0);
}

fn comparison_tab_ui(ui: &mut Ui, compared: &Compared, is_front: bool, now: &Situation<'_>) {
    let tab = ui.add(Button::selectable(is_front, middle_cut(&compared.title, 36)));
    if tab.on_hover_text(format!("Comparison: {}", compared.title)).clicked() {
        now.commands.send(Command::ShowComparison(compared.id));
    }
    let name = format!("Close {}", compared.title);
    if ui.add(Button::new("×").frame(false)).accessible_name(name.as_str()).on_hover_text(&name).clicked() {
        now.commands.send(Command::CloseComparison(compared.id));
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
