//! The rows of the run dialog that say what is called, with what, and how often.

use super::super::module::{ExportedFunction, ModuleFacts, Parameters};
use super::super::theme::Palette;
use super::form::{self, Call, CallsForm, RunForm};
use super::ui::row;
use egui::{DragValue, Margin, RichText, TextEdit, Ui};

/// More calls than anybody waits for.
const MOST_CALLS: u64 = 1_000_000_000;

/// Draws what is called, with what, and how often.
pub fn call_ui(ui: &mut Ui, module: &ModuleFacts, form: &mut RunForm) {
    if module.exports.is_empty() {
        return;
    }
    row(ui, "Call", |ui| {
        let combo = egui::ComboBox::from_id_salt("call").width(ui.available_width()).truncate();
        combo.selected_text(call_text(module, &form.call)).show_ui(ui, |ui| {
            if module.is_command {
                choice(ui, &mut form.call, Call::Command, "the program's start");
            }
            for export in &module.exports {
                let text = format!("{} {}", export.name, export.signature);
                choice(ui, &mut form.call, Call::of(export), &text);
            }
        });
    });
    arguments_ui(ui, module, form);
    if form.call != Call::Command {
        row(ui, "Repeat", |ui| repeat_ui(ui, form));
        row(ui, "Warm-up", |ui| warm_up_ui(ui, form));
    }
}

fn repeat_ui(ui: &mut Ui, form: &mut RunForm) {
    ui.horizontal(|ui| {
        let (value, most) = match form.calls {
            CallsForm::Times => (&mut form.call_times, MOST_CALLS),
            CallsForm::For => (&mut form.call_seconds, 86_400),
        };
        ui.add(DragValue::new(value).range(1..=most));
        ui.radio_value(&mut form.calls, CallsForm::Times, "times")
            .on_hover_text("The export is called so many times. The results of the last call are shown.");
        ui.radio_value(&mut form.calls, CallsForm::For, "seconds")
            .on_hover_text("The export is called again and again for so long.");
    });
}

fn warm_up_ui(ui: &mut Ui, form: &mut RunForm) {
    ui.horizontal(|ui| {
        ui.add(DragValue::new(&mut form.warm_up_calls).range(0..=MOST_CALLS));
        ui.label(RichText::new("calls before that, which are not measured").weak());
    });
}

fn choice(ui: &mut Ui, call: &mut Call, value: Call, text: &str) {
    let chosen = match (&*call, &value) {
        (Call::Export { name, .. }, Call::Export { name: other, .. }) => name == other,
        (one, other) => one == other,
    };
    if ui.selectable_label(chosen, text).clicked() && !chosen {
        *call = value;
    }
}

fn call_text(module: &ModuleFacts, call: &Call) -> String {
    let Call::Export { name, .. } = call else { return "the program's start".to_owned() };
    let export = module.exports.iter().find(|export| export.name == *name);
    export.map_or_else(|| name.clone(), |export| format!("{name} {}", export.signature))
}

fn arguments_ui(ui: &mut Ui, module: &ModuleFacts, form: &mut RunForm) {
    let Call::Export { name, args } = &mut form.call else { return };
    let Some(export) = module.exports.iter().find(|export| export.name == *name) else { return };
    let types = match &export.params {
        Parameters::Values(types) => types,
        Parameters::Text { .. } => return args.iter_mut().for_each(|text| values_ui(ui, export, text)),
    };
    let mut is_length = false;
    for (number, (ty, text)) in types.iter().zip(args).enumerate() {
        row(ui, &format!("Argument {}", number + 1), |ui| match is_length {
            true => drop(ui.label(RichText::new("the length of the file").weak())),
            false => argument_ui(ui, &ty.to_string(), text),
        });
        is_length = !is_length && form::is_file(text);
    }
}

fn values_ui(ui: &mut Ui, export: &ExportedFunction, text: &mut String) {
    row(ui, "Arguments", |ui| {
        let field = TextEdit::singleline(text).margin(Margin::symmetric(6, 4));
        let hint = "\"a text\", 3, [1, 2], some({name: \"x\"})";
        let field =
            ui.add(field.desired_width(f32::INFINITY).hint_text(hint)).on_hover_text(&export.signature);
        field.accessible_name("Arguments");
    });
}

fn argument_ui(ui: &mut Ui, ty: &str, text: &mut String) {
    ui.horizontal(|ui| {
        ui.add(TextEdit::singleline(text).desired_width(160.0).margin(Margin::symmetric(6, 4)));
        ui.label(RichText::new(ty).monospace().weak()).on_hover_text(
            "Or file:PATH, which stands for two arguments: where the file's contents are in memory, and their length.",
        );
        if let Some(problem) = form::argument_problem(ty, text) {
            ui.colored_label(Palette::of(ui).error, problem);
        }
    });
}
