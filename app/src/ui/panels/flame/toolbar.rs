//! Metric, order, inlined frames, search.

use super::super::PanelCtx;
use super::{FlameState, Order};
use crate::analysis::Metric;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::panels::value_text;
use crate::ui::theme::Palette;
use crate::ui::views::FlameView;
use crate::ui::widgets::search_field;
use crate::units;
use egui::{ComboBox, Key, Modifiers, RichText, Ui};

/// Draws the row above the canvas.
pub fn toolbar_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &FlameView, state: &mut FlameState) {
    ui.horizontal_wrapped(|ui| {
        metric_ui(ui, ctx);
        order_ui(ui, state);
        inline_ui(ui, ctx);
        search_ui(ui, view, state);
        if !state.viewport.is_whole() && ui.button("Show all").on_hover_text("Double click").clicked() {
            state.show_all();
        }
    });
}

fn metric_ui(ui: &mut Ui, ctx: &PanelCtx<'_>) {
    let selection = ctx.selection;
    let combo = ComboBox::from_id_salt("metric").selected_text(selection.metric.title());
    // As high as all of them are, so that none has to be scrolled for.
    let response = combo.width(110.0).height(400.0).show_ui(ui, |ui| {
        for metric in Metric::ALL {
            let choice = egui::Button::selectable(metric == selection.metric, metric.title());
            let choice = ui.add_enabled(metric.available_in(ctx.profile), choice);
            let choice = choice.on_hover_text(metric.description());
            if choice.on_disabled_hover_text("This was not measured in this run.").clicked() {
                ctx.commands.send(Command::Select(Selection { metric, ..selection.clone() }));
            }
        }
    });
    response.response.on_hover_text(selection.metric.description()).accessible_name("Metric");
}

fn order_ui(ui: &mut Ui, state: &mut FlameState) {
    let mut inverted = state.order == Order::LeavesFirst;
    let about = "Leaves on top, their callers below: where the weight ends up, whoever asked for it.";
    if ui.checkbox(&mut inverted, "Leaves first").on_hover_text(about).changed() {
        state.order = if inverted { Order::LeavesFirst } else { Order::CallersFirst };
        state.show_all();
    }
}

fn inline_ui(ui: &mut Ui, ctx: &PanelCtx<'_>) {
    let mut inline_frames = ctx.selection.inline_frames;
    let about = "Show what the compiler inlined as boxes of its own, drawn without a border.";
    if ui.checkbox(&mut inline_frames, "Inlined").on_hover_text(about).changed() {
        ctx.commands.send(Command::Select(Selection { inline_frames, ..ctx.selection.clone() }));
    }
}

fn search_ui(ui: &mut Ui, view: &FlameView, state: &mut FlameState) {
    let field = search_field(ui, &mut state.search.text, "Search", 150.0);
    if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::F)) {
        field.request_focus();
    }
    if !state.search.is_on() {
        return;
    }
    let (count, value) = (state.search.functions, state.search.value);
    let text = match count {
        0 => "nothing found".to_owned(),
        1 => format!("1 function, {}", units::percent(units::share(value, view.tree.total()))),
        _ => format!("{count} functions, {}", units::percent(units::share(value, view.tree.total()))),
    };
    let about = format!("Paths through them weigh {} together.", value_text(view.tree.metric(), value));
    ui.label(RichText::new(text).color(Palette::of(ui).weak)).on_hover_text(about);
}
