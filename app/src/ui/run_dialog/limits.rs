//! The rows of the run dialog that say what the program may use up.

use super::form::RunForm;
use super::ui::row;
use egui::{DragValue, Ui};
use wasmscope_instrument::STACK_BYTES;

const STACK: &str = "Stack";

/// One limit, and how it is asked for.
struct Limit<'a> {
    name: &'static str,
    value: &'a mut u64,
    unit: &'static str,
    most: u64,
    about: &'static str,
}

/// Draws one row a limit.
pub fn limits_ui(ui: &mut Ui, form: &mut RunForm) {
    for limit in limits(form) {
        row(ui, limit.name, |ui| limit_ui(ui, limit));
    }
}

fn limits(form: &mut RunForm) -> [Limit<'_>; 6] {
    let limit = |name, value, unit, most, about| Limit { name, value, unit, most, about };
    [
        limit("Time", &mut form.time_limit_seconds, "s", 86_400, "The program is stopped then."),
        limit(
            "Memory",
            &mut form.memory_limit_mib,
            "MiB",
            1 << 24,
            "Of each memory. Growth beyond it fails, as it would in a smaller machine.",
        ),
        limit(
            "Output",
            &mut form.output_limit_mib,
            "MiB",
            1 << 24,
            "A program that writes more to both its outputs together is stopped.",
        ),
        limit(
            STACK,
            &mut form.stack_limit_kib,
            "KiB",
            STACK_BYTES.end() >> 10,
            "A program that needs more traps. Probes take some of it. At least 16 KiB; usually 1,024.",
        ),
        limit(
            "Tables",
            &mut form.table_limit_entries,
            "entries",
            1 << 32,
            "Of all tables together. Growth beyond it fails.",
        ),
        limit(
            "Fuel",
            &mut form.fuel,
            "instructions",
            1 << 50,
            "The program is stopped after so many, those of the probes among them. To count them slows it down.",
        ),
    ]
}

fn limit_ui(ui: &mut Ui, limit: Limit<'_>) {
    let Limit { name, value, unit, most, about } = limit;
    let drag = DragValue::new(value).range(0..=most).speed(1.0);
    // Of the stack there is always an end.
    let none = if name == STACK { "the usual" } else { "no limit" };
    let text = move |value: f64, _| if value < 1.0 { none.to_owned() } else { format!("{value} {unit}") };
    let read = move |text: &str| if text == none { Some(0.0) } else { text.split(' ').next()?.parse().ok() };
    ui.add(drag.custom_formatter(text).custom_parser(read))
        .on_hover_text(format!("{about}\nDrag, or click to type. 0 is {none}."))
        .accessible_name(format!("{name} limit"));
}
