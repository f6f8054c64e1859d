//! Draws the run dialog.

use super::super::command::{Command, Commands, GrantKind, PathKind};
use super::super::jobs::{Job, Run, Shown};
use super::super::measures::in_words;
use super::super::module::{KnownSymbols, ModuleFacts, middle_cut};
use super::super::shell::about_symbols;
use super::super::theme::Palette;
use super::super::widgets;
use super::allocators::allocators_ui;
use super::calls::call_ui;
use super::form::{Call, FormError, RunForm, StdinForm};
use super::limits::limits_ui;
use egui::{DragValue, Frame, Id, Key, Label, Margin, Modal, RichText, ScrollArea, TextEdit, Ui};
use std::sync::Arc;
use wasmscope_instrument::{Limits, Measure, Trial, Unprovided, is_component};

/// The dialog while it is open.
pub struct RunDialog {
    /// The module that is to be run.
    pub module: Arc<ModuleFacts>,
    /// Its fields.
    pub form: RunForm,
    /// What came of a look for allocators, or why there was none.
    pub trial: Option<Result<Trial, String>>,
    problem: Option<FormError>,
}

impl RunDialog {
    /// Opens the dialog with what was remembered of the module, if anything was.
    pub fn new(module: Arc<ModuleFacts>, remembered: Option<RunForm>) -> RunDialog {
        let mut form = remembered.unwrap_or_else(|| RunForm::for_module(&module));
        form.fit(&module);
        RunDialog { module, form, trial: None, problem: None }
    }

    /// What the fields amount to; what is wrong is shown.
    pub fn answer(&mut self) -> Option<Run> {
        let form = &self.form;
        let shown = if form.waits_for_end { Shown::InTheEnd } else { Shown::WhileItRuns };
        let order = form.options(&self.module).and_then(|options| {
            let (module, symbols) = (Arc::clone(&self.module), form.symbols_path()?);
            Ok(Run { module, options, symbols, form: form.clone(), shown })
        });
        self.problem = order.as_ref().err().cloned();
        order.ok()
    }
}

/// Whether the dialog stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// It does.
    Open,
    /// It was answered or dismissed.
    Closed,
}

const WIDTH: f32 = 580.0;
const LABEL_WIDTH: f32 = 104.0;
/// Around the text in a field. Fields with a hint are named where they are made: a hint is no name.
const FIELD: Margin = Margin::symmetric(6, 4);
const LOOK_INSIDE: &str = "Shows what the module is made of, its sizes and its code, without running it.";
const SEARCHING: &str = "A trial run is under way that looks for allocators.";

/// Draws the dialog, with the look for allocators that it waits for, if it does. A press of Run sends the run off.
pub fn run_dialog_ui(
    ui: &mut Ui,
    dialog: &mut RunDialog,
    search: Option<&Job>,
    commands: &Commands,
) -> Dialog {
    let screen = ui.ctx().content_rect();
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(16));
    let shown = Modal::new(Id::unique("run dialog")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(WIDTH.min(screen.width() - 64.0));
        header(ui, &dialog.module);
        ui.separator();
        // Where there is a scroll bar it has a place of its own beside the fields.
        ui.spacing_mut().scroll.floating_allocated_width = 10.0;
        let fields = ScrollArea::vertical().max_height(screen.height() - 230.0).auto_shrink([false, true]);
        fields.show(ui, |ui| fields_ui(ui, dialog, search, commands));
        ui.separator();
        footer(ui, dialog, search, commands)
    });
    if shown.should_close() { Dialog::Closed } else { shown.inner }
}

fn header(ui: &mut Ui, module: &ModuleFacts) {
    ui.heading(format!("Run {}", middle_cut(&module.guest.name, 48))).on_hover_text(&module.guest.path);
    ui.label(RichText::new(facts(module)).weak());
}

fn facts(module: &ModuleFacts) -> String {
    let kind = match (module.is_command, is_component(&module.guest.bytes)) {
        (true, false) => "WASI command",
        (true, true) => "WASI command, a component",
        (false, false) => "Library",
        (false, true) => "Library, a component",
    };
    let debug = match module.symbols {
        KnownSymbols::Lines => "with source lines",
        KnownSymbols::Names => "no debug info: names only, no lines",
        KnownSymbols::None => "stripped: neither names nor lines",
    };
    let size = crate::units::bytes(module.guest.bytes.len() as u64);
    format!(
        "{kind} · {size} · {} functions · {} imported · {debug}",
        crate::units::count(module.defined_functions as u64),
        crate::units::count(module.imported_functions as u64)
    )
}

fn fields_ui(ui: &mut Ui, dialog: &mut RunDialog, search: Option<&Job>, commands: &Commands) {
    let RunDialog { module, form, .. } = dialog;
    ui.add_space(2.0);
    call_ui(ui, module, form);
    if form.call == Call::Command {
        row(ui, "Arguments", |ui| {
            let hint = "as in a shell: --size 3 'two words'";
            ui.add(
                TextEdit::singleline(&mut form.args)
                    .hint_text(hint)
                    .desired_width(f32::INFINITY)
                    .margin(FIELD),
            )
            .accessible_name("Arguments");
        });
    }
    if !module.missing.is_empty() {
        imports_ui(ui, module, form, commands);
    }
    measures_ui(ui, form);
    let given = form.env.is_empty() && form.dirs.is_empty() && form.stdin == StdinForm::Empty;
    section(ui, "Environment, input and folders", !given, |ui| given_ui(ui, form, commands));
    let limited = form.limits() != Limits::default();
    if form.measures.has(Measure::Heap) {
        let wanted = !form.allocators.is_empty() || module.symbols == KnownSymbols::None;
        section(ui, "Allocators of your own", wanted, |ui| allocators_ui(ui, dialog, search, commands));
    }
    let RunDialog { module, form, .. } = dialog;
    let pointed = !form.symbols.is_empty() || module.symbols == KnownSymbols::None;
    section(ui, "Symbols", pointed, |ui| symbols_ui(ui, module, form, commands));
    section(ui, "Limits", limited, |ui| limits_ui(ui, form));
    ui.checkbox(&mut form.waits_for_end, "Show nothing until it is over").on_hover_text(
        "What is recorded is shown while the program runs, which takes time of a processor. Where the program needs all \
         of them, times are truer without it.",
    );
}

fn section(ui: &mut Ui, title: &str, open: bool, add: impl FnOnce(&mut Ui)) {
    let header = egui::CollapsingHeader::new(title).id_salt(title).default_open(open);
    header.show_unindented(ui, |ui| {
        ui.add_space(2.0);
        add(ui);
    });
}

/// One labelled row; what is in it takes its name from the label.
pub(super) fn row(ui: &mut Ui, label: &str, add: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let size = egui::vec2(LABEL_WIDTH, ui.spacing().interact_size.y);
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let drawn = ui.allocate_ui_with_layout(size, layout, |ui| {
            ui.set_min_width(LABEL_WIDTH);
            // A text that can be selected names nothing.
            ui.add(Label::new(RichText::new(label).weak()).selectable(false))
        });
        let id = drawn.inner.id;
        ui.vertical(|ui| ui.label_inputs_by(id, add));
    });
}

/// What belongs to the row above it.
pub(super) fn below_row(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        ui.add_space(LABEL_WIDTH + ui.spacing().item_spacing.x);
        ui.vertical(add);
    });
}

fn measures_ui(ui: &mut Ui, form: &mut RunForm) {
    row(ui, "Measure", |ui| {
        ui.horizontal_wrapped(|ui| {
            for measure in Measure::ALL {
                measure_ui(ui, form, measure);
            }
            if form.measures.has(Measure::Time) {
                ui.add(
                    DragValue::new(&mut form.rate_hz)
                        .range(1..=10_000)
                        .speed(10.0)
                        .suffix(" samples a second"),
                )
                .on_hover_text("How often the stack is looked at. 1,000 costs next to nothing.")
                .accessible_name("Sampling rate");
            }
        });
        if [Measure::Heap, Measure::Growth].iter().any(|measure| form.measures.has(*measure)) {
            ui.checkbox(&mut form.memory_image, "Keep the memory's content at the end").on_hover_text(
                "Up to 256 MiB that are not zeros. Without it a recording holds none of the program's data but its \
                 output.",
            );
        }
    });
}

fn measure_ui(ui: &mut Ui, form: &mut RunForm, measure: Measure) {
    let (title, about) = in_words(measure);
    let mut on = form.measures.has(measure);
    if ui.checkbox(&mut on, title).on_hover_text(about).changed() {
        form.measures = if on { form.measures.with(measure) } else { form.measures.without(measure) };
    }
}

/// The imports that nobody provides, and what is to take their place.
fn imports_ui(ui: &mut Ui, module: &ModuleFacts, form: &mut RunForm, commands: &Commands) {
    const MOST: usize = 200;
    row(ui, "Imports", |ui| {
        let count = crate::units::count(module.missing.len() as u64);
        let text = format!("{count} of its imports nobody provides. In their place:");
        ui.label(RichText::new(text).color(Palette::of(ui).warning));
        ui.horizontal(|ui| {
            for (choice, title, about) in [
                (
                    Unprovided::Stub,
                    "Stubs",
                    "They do nothing, and answer 0 or null. How often each was called is told.",
                ),
                (Unprovided::Trap, "Traps", "The first call of one ends the run, and its call path is told."),
            ] {
                ui.radio_value(&mut form.unprovided, choice, title).on_hover_text(about);
            }
            let about = "They come from the exports of another module, which is not measured.";
            if ui.button("From another module…").on_hover_text(about).clicked() {
                commands.send(Command::AskGrant(GrantKind::Link));
            }
        });
        if !form.links.is_empty() {
            let lines = form.links.lines().count().clamp(1, 5);
            let edit = TextEdit::multiline(&mut form.links).desired_rows(lines).desired_width(f32::INFINITY);
            ui.add(edit.hint_text("NAME=FILE, one a line").margin(FIELD))
                .accessible_name("Modules for imports");
        }
        let list = ScrollArea::vertical().id_salt("missing").max_height(72.0).auto_shrink([false, true]);
        list.show(ui, |ui| {
            for import in module.missing.iter().take(MOST) {
                let text = RichText::new(middle_cut(&import.to_string(), 80)).monospace().small();
                ui.label(text).on_hover_text(import.to_string());
            }
        });
    });
}

fn symbols_ui(ui: &mut Ui, module: &ModuleFacts, form: &mut RunForm, commands: &Commands) {
    if module.symbols == KnownSymbols::None && form.symbols.is_empty() {
        let text = "This module is stripped. Point to its symbols, and functions have names and lines:";
        ui.label(RichText::new(text).color(Palette::of(ui).warning));
    }
    row(ui, "Names and lines", |ui| {
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut form.symbols).margin(FIELD);
            let field = field.hint_text("what lies beside the module");
            let width = (ui.available_width() - 140.0).max(80.0);
            ui.add(field.desired_width(width)).accessible_name("Names and lines");
            for (kind, title) in [(PathKind::File, "File…"), (PathKind::Folder, "Folder…")] {
                if ui.button(title).on_hover_text(about_symbols(kind)).clicked() {
                    commands.send(Command::AskGrant(GrantKind::Symbols(kind)));
                }
            }
        });
    });
}

fn given_ui(ui: &mut Ui, form: &mut RunForm, commands: &Commands) {
    row(ui, "Environment", |ui| {
        let lines = form.env.lines().count().clamp(1, 5);
        let edit = TextEdit::multiline(&mut form.env).desired_rows(lines).desired_width(f32::INFINITY);
        ui.add(edit.hint_text("NAME=VALUE, one a line").margin(FIELD)).accessible_name("Environment");
    });
    row(ui, "Standard input", |ui| {
        ui.horizontal(|ui| {
            ui.radio_value(&mut form.stdin, StdinForm::Empty, "empty");
            ui.radio_value(&mut form.stdin, StdinForm::File, "file");
            if form.stdin == StdinForm::File {
                browse_field(ui, &mut form.stdin_path, "path of a file", GrantKind::Stdin, commands);
            }
        });
    });
    row(ui, "Folders", |ui| folders_ui(ui, &mut form.dirs, commands));
}

fn browse_field(ui: &mut Ui, text: &mut String, hint: &str, kind: GrantKind, commands: &Commands) {
    let field = TextEdit::singleline(text).hint_text(hint).margin(FIELD);
    ui.add(field.desired_width((ui.available_width() - 90.0).max(80.0)))
        .accessible_name("Standard input file");
    if ui.button("Browse…").clicked() {
        commands.send(Command::AskGrant(kind));
    }
}

fn folders_ui(ui: &mut Ui, dirs: &mut Vec<(String, String)>, commands: &Commands) {
    let mut removed = None;
    for (number, (host, guest)) in dirs.iter_mut().enumerate() {
        ui.push_id(number, |ui| {
            ui.horizontal(|ui| {
                let width = ((ui.available_width() - 110.0) / 2.0).max(60.0);
                let field = |text| TextEdit::singleline(text).desired_width(width).margin(FIELD);
                ui.add(field(host).hint_text("folder here")).accessible_name("Folder here");
                ui.label(RichText::new("as").weak());
                ui.add(field(guest).hint_text("same name")).accessible_name("Its name for the program");
                if ui.button("Remove").clicked() {
                    removed = Some(number);
                }
            });
        });
    }
    if let Some(number) = removed {
        dirs.remove(number);
    }
    ui.horizontal(|ui| {
        if ui.button("Add folder…").on_hover_text("The program sees only the folders listed here.").clicked()
        {
            commands.send(Command::AskGrant(GrantKind::Folder));
        }
        if ui.button("Type a path").clicked() {
            dirs.push((String::new(), String::new()));
        }
    });
}

fn footer(ui: &mut Ui, dialog: &mut RunDialog, search: Option<&Job>, commands: &Commands) -> Dialog {
    let mut outcome = Dialog::Open;
    ui.add_space(2.0);
    if let Some(problem) = &dialog.problem {
        ui.colored_label(Palette::of(ui).error, problem.to_string());
    }
    ui.horizontal(|ui| {
        if ui.button("Look inside").on_hover_text(LOOK_INSIDE).clicked() {
            outcome = look_inside(dialog, commands);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            // A button that has the focus takes the key for itself, and so does a text of several lines.
            let is_free = ui.memory(|memory| memory.focused().is_none());
            let enter = is_free && ui.input(|input| input.key_pressed(Key::Enter));
            let run = ui.add_enabled_ui(search.is_none(), |ui| widgets::primary_button(ui, "Run")).inner;
            if run.on_disabled_hover_text(SEARCHING).clicked() || (enter && search.is_none()) {
                outcome = start(dialog, commands);
            }
            if ui.button("Cancel").clicked() {
                outcome = Dialog::Closed;
            }
        });
    });
    outcome
}

fn start(dialog: &mut RunDialog, commands: &Commands) -> Dialog {
    let Some(order) = dialog.answer() else { return Dialog::Open };
    commands.send(Command::Run(Box::new(order)));
    Dialog::Closed
}

fn look_inside(dialog: &mut RunDialog, commands: &Commands) -> Dialog {
    let symbols = dialog.form.symbols_path();
    dialog.problem = symbols.as_ref().err().cloned();
    let Ok(symbols) = symbols else { return Dialog::Open };
    commands.send(Command::LookInside(Arc::clone(&dialog.module), symbols));
    Dialog::Closed
}
