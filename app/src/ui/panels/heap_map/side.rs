//! Beside the map: what is chosen, and the figures of the whole heap.

use super::super::{PanelCtx, asker_of, asker_text, call_path_ui};
use super::{HeapMapState, blocks, figures, over_time, verdict, what_if};
use crate::analysis::{BlockLife, BlockStep, CellKind, HeapRange};
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::HeapMapView;
use crate::ui::widgets::figure;
use crate::units;
use egui::{RichText, ScrollArea, Ui};
use wasmscope_instrument::recording::HeapOp;

/// So many sites of a chosen range are listed.
const SITES: usize = 8;
/// So many steps of a block's life are listed.
const STEPS: usize = 12;

/// Draws it.
pub fn side_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    let mut area = ScrollArea::vertical().id_salt("figures").auto_shrink(false);
    if std::mem::take(&mut state.shows_choice) {
        area = area.vertical_scroll_offset(0.0);
    }
    area.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        // The bar must not lie over the figures.
        ui.set_max_width(ui.available_width() - 10.0);
        if let Some(range) = view.chosen.as_ref().filter(|_| state.chosen.is_some()) {
            range_ui(ui, ctx, range, state);
        }
        if let Some(life) = view.block.as_ref().filter(|_| state.block.is_some()) {
            block_ui(ui, ctx, life, state);
        }
        verdict::verdict_ui(ui, ctx, view);
        figures::figures_ui(ui, ctx, &view.heap);
        if ctx.profile.heap_timeline().of_memory(view.heap.memory).lowest_address.is_some() {
            folded_ui(ui, ctx, view, state);
        }
    });
}

/// What is worked out when it is unfolded.
fn folded_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    ui.add_space(6.0);
    if fold(ui, &mut state.shown.over_time, "Figures over time") {
        over_time::over_time_ui(ui, view, &mut state.plotted);
    }
    if fold(ui, &mut state.shown.blocks, "Sizes and held pages") {
        blocks::blocks_ui(ui, ctx, view);
    }
    if fold(ui, &mut state.shown.what_if, "Other allocators") {
        what_if::what_if_ui(ui, view);
    }
}

/// A heading that unfolds what is below it. Says whether it is unfolded.
fn fold(ui: &mut Ui, is_shown: &mut bool, title: &str) -> bool {
    let sign = if *is_shown { "⏷" } else { "⏵" };
    let text = RichText::new(format!("{sign} {title}")).strong();
    let button = ui.add(egui::Button::new(text).frame(false));
    let expanded = *is_shown;
    button.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, expanded, title));
    if button.clicked() {
        *is_shown = !*is_shown;
    }
    *is_shown
}

/// A heading, with a button that takes the choice back. Says whether it was pressed.
fn chosen_heading(ui: &mut Ui, text: &str) -> bool {
    ui.add_space(4.0);
    let mut closed = false;
    ui.horizontal(|ui| {
        ui.label(RichText::new(text).strong().color(Palette::of(ui).text));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            closed = ui.small_button("×").accessible_name("Choose nothing").clicked();
        });
    });
    closed
}

fn range_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, range: &HeapRange, state: &mut HeapMapState) {
    let closed = chosen_heading(ui, "Chosen addresses");
    let length = range.range.end.saturating_sub(range.range.start);
    let addresses = format!("{:#x} to {:#x}", range.range.start, range.range.end);
    ui.label(RichText::new(addresses).font(MONO));
    figure(ui, "Length", &units::bytes(length), "How many bytes are chosen.");
    for kind in CellKind::ALL {
        let bytes = range.bytes.get(kind as usize).copied().unwrap_or(0);
        if bytes > 0 {
            figure(ui, kind.name(), &units::bytes(bytes), "Bytes of this kind among those that are chosen.");
        }
    }
    let about = "Live blocks that have a byte in it, with their whole sizes.";
    figure(
        ui,
        "Blocks",
        &format!("{} ({})", units::count(range.blocks), units::bytes(range.block_bytes)),
        about,
    );
    for site in range.sites.iter().take(SITES) {
        let text = format!("{:>9}  {}", units::bytes(site.bytes), asker_text(ctx.profile, site.path));
        let label = ui.add(egui::Label::new(RichText::new(text).font(MONO)).truncate());
        label.on_hover_ui(|ui| call_path_ui(ui, ctx.profile, site.path));
    }
    if range.sites.len() > SITES {
        ui.label(RichText::new(format!("and {} more sites", range.sites.len() - SITES)).weak());
    }
    if ui.button("Zoom to it").clicked() {
        let whole = state.whole(ctx);
        state.range.show(&whole, range.range.clone());
    }
    if closed {
        state.chosen = None;
    }
    ui.separator();
}

fn block_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, life: &BlockLife, state: &mut HeapMapState) {
    let Some(step) = life.steps.get(life.asked) else { return };
    let closed = chosen_heading(ui, "Chosen block");
    let owner = &ctx.profile.frames().get(asker_of(ctx.profile, step.path)).short;
    ui.add(egui::Label::new(RichText::new(format!("for {owner}")).strong()).truncate());
    figure(ui, "Address", &format!("{:#x}", step.address), "Of its first byte.");
    figure(ui, "Size", &units::bytes(step.size), "As it was asked for.");
    figure(ui, "Handed out", &units::nanos(step.time_nanos), "Since the recording began.");
    let freed = life.freed();
    let text = freed.map_or("never".to_owned(), |step| units::nanos(step.time_nanos));
    figure(ui, "Freed", &text, "Since the recording began, it and what it was resized to.");
    if let (Some(first), Some(freed)) = (life.steps.first(), freed) {
        let lived = freed.time_nanos.saturating_sub(first.time_nanos);
        figure(ui, "Lived", &units::nanos(lived), "From the first operation to the last, with all resizes.");
    }
    if life.steps.len() > 2 || life.steps.len() == 2 && freed.is_none() {
        steps_ui(ui, ctx, life);
    }
    ui.horizontal(|ui| {
        if ui.button("Zoom to it").clicked() {
            let whole = state.whole(ctx);
            let around = step.size.max(32) / 2;
            state.range.show(
                &whole,
                step.address.saturating_sub(around)
                    ..step.address.saturating_add(step.size).saturating_add(around),
            );
        }
    });
    if closed {
        state.block = None;
    }
    ui.separator();
}

fn steps_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, life: &BlockLife) {
    let resizes = life.steps.iter().filter(|step| step.op == HeapOp::Realloc).count();
    ui.label(RichText::new(format!("resized {}:", units::things(resizes as u64, "time"))).weak());
    // The last ones, which led to what is there.
    let first = life.steps.len().saturating_sub(STEPS);
    for step in life.steps.iter().skip(first) {
        let label = ui.label(RichText::new(step_text(step)).font(MONO));
        label.on_hover_ui(|ui| call_path_ui(ui, ctx.profile, step.path));
    }
}

fn step_text(step: &BlockStep) -> String {
    let time = units::nanos(step.time_nanos);
    match step.op {
        HeapOp::Free => format!("{time:>9}  freed"),
        _ => format!("{time:>9}  {:>9} at {:#x}", units::bytes(step.size), step.address),
    }
}
