//! Metric, shape, order, inlined frames, looks, search.

use super::super::PanelCtx;
use super::super::colours::ColourBy;
use super::names::Names;
use super::search::Way;
use super::{Act, FlameState, Order, Shape};
use crate::analysis::Metric;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::panels::value_text;
use crate::ui::theme::Palette;
use crate::ui::views::{FlameHits, FlameView};
use crate::ui::widgets::{search_field, swatch};
use crate::units;
use egui::{ComboBox, Key, RichText, Ui};

/// Draws the rows above the canvas.
pub fn toolbar_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    (view, hits): (&FlameView, Option<&FlameHits>),
    state: &mut FlameState,
    acts: &mut Vec<Act>,
) {
    ui.horizontal_wrapped(|ui| {
        metric_ui(ui, ctx);
        shape_ui(ui, state);
        if state.shape != Shape::Sandwich {
            order_ui(ui, state);
        }
        inline_ui(ui, ctx);
        look_ui(ui, state);
        search_ui(ui, (view, hits), state, acts);
        let is_zoomed =
            matches!(state.shape, Shape::Icicle | Shape::Flame) && !state.whole.viewport.is_whole();
        if is_zoomed && ui.button("Show all").on_hover_text("Double click").clicked() {
            state.whole.show_all();
        }
    });
    if !state.look.colours.legend.is_empty() && state.shape != Shape::Table {
        ui.horizontal_wrapped(|ui| {
            for (name, colour) in &state.look.colours.legend {
                swatch(ui, *colour, name);
            }
        });
    }
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

impl Shape {
    const ALL: [Shape; 4] = [Shape::Icicle, Shape::Flame, Shape::Sandwich, Shape::Table];

    const fn title(self) -> &'static str {
        match self {
            Shape::Icicle => "Icicle",
            Shape::Flame => "Flame",
            Shape::Sandwich => "Sandwich",
            Shape::Table => "Call tree",
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Shape::Icicle => "Boxes, with the root on top.",
            Shape::Flame => "Boxes, with the root at the bottom.",
            Shape::Sandwich => "The selected function in all contexts: callers above, callees below.",
            Shape::Table => "Rows that unfold, with figures.",
        }
    }
}

fn shape_ui(ui: &mut Ui, state: &mut FlameState) {
    let combo = ComboBox::from_id_salt("shape").selected_text(state.shape.title()).width(84.0);
    let response = combo.show_ui(ui, |ui| {
        for shape in Shape::ALL {
            ui.selectable_value(&mut state.shape, shape, shape.title()).on_hover_text(shape.about());
        }
    });
    response.response.on_hover_text(state.shape.about()).accessible_name("Shape");
}

fn order_ui(ui: &mut Ui, state: &mut FlameState) {
    let mut inverted = state.order == Order::LeavesFirst;
    let about =
        "Leaves next to the root, then their callers: where the weight ends up, whoever asked for it.";
    if ui.checkbox(&mut inverted, "Leaves first").on_hover_text(about).changed() {
        state.order = if inverted { Order::LeavesFirst } else { Order::CallersFirst };
        state.whole.show_all();
    }
}

fn inline_ui(ui: &mut Ui, ctx: &PanelCtx<'_>) {
    let mut inline_frames = ctx.selection.inline_frames;
    let about = "Show what the compiler inlined as boxes of its own, drawn without a border.";
    if ui.checkbox(&mut inline_frames, "Inlined").on_hover_text(about).changed() {
        ctx.commands.send(Command::Select(Selection { inline_frames, ..ctx.selection.clone() }));
    }
}

/// What changes no figure.
fn look_ui(ui: &mut Ui, state: &mut FlameState) {
    let look = &mut state.look;
    ui.menu_button("Look", |ui| {
        ui.label(RichText::new("Colours").weak());
        for by in ColourBy::ALL {
            ui.radio_value(&mut look.colour_by, by, by.title());
        }
        ui.separator();
        let mut is_raw = look.names == Names::Raw;
        let about = "Names as the module has them, not demangled.";
        if ui.checkbox(&mut is_raw, "Raw names").on_hover_text(about).changed() {
            look.names = if is_raw { Names::Raw } else { Names::Short };
        }
    });
}

fn search_ui(
    ui: &mut Ui,
    (view, hits): (&FlameView, Option<&FlameHits>),
    state: &mut FlameState,
    acts: &mut Vec<Act>,
) {
    let field = search_field(ui, &mut state.search.text, "Search", 150.0);
    if std::mem::take(&mut state.search.wants_focus) {
        field.request_focus();
    }
    if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        let is_back = ui.input(|input| input.modifiers.shift);
        acts.push(Act::NextHit(if is_back { Way::Back } else { Way::On }));
        field.request_focus();
    }
    let Some(hits) = hits else { return };
    let share = units::percent(units::share(hits.value, view.tree.total()));
    let boxes = units::things(hits.count() as u64, "hit");
    let place = state.whole.focus.and_then(|node| hits.boxes(view).binary_search(&node).ok());
    let text = match (place, hits.count()) {
        (_, 0) => "nothing found".to_owned(),
        (Some(at), count) => {
            format!("{} of {}, {share}", units::exact(at as u64 + 1), units::exact(count as u64))
        }
        (None, _) => format!("{boxes}, {share}"),
    };
    let functions = units::things(hits.functions as u64, "function");
    let weight = value_text(view.tree.metric(), hits.value);
    let about = format!("{boxes} in {functions}. Paths through them weigh {weight}, each counted once.");
    ui.label(RichText::new(text).color(Palette::of(ui).weak)).on_hover_text(about);
    if hits.count() == 0 || state.shape == Shape::Sandwich {
        return;
    }
    for (text, name, key, way) in
        [("⏶", "Previous hit", "Shift+N", Way::Back), ("⏷", "Next hit", "N", Way::On)]
    {
        if ui.small_button(text).on_hover_text(format!("{name} ({key})")).accessible_name(name).clicked() {
            acts.push(Act::NextHit(way));
        }
    }
}
