//! What is shown, and how.

use super::super::PanelCtx;
use super::HeapMapState;
use super::colour::{ColourBy, kind_colour};
use super::view_range::ViewRange;
use crate::analysis::{CellKind, HeapHistory};
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::theme::{MONO, Memory, Palette};
use crate::ui::views::HeapMapView;
use crate::ui::widgets::swatch;
use crate::units;
use egui::{Button, ComboBox, Label, RichText, Ui};
use wasmscope_symbolize::MemoryIndex;

/// The height of a row of the legend.
const LEGEND_ROW: f32 = 16.0;

/// Draws the row.
pub fn toolbar_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    ui.horizontal_wrapped(|ui| {
        memory_ui(ui, ctx, view);
        colour_ui(ui, ctx, view, state);
        zoom_ui(ui, ctx, view, state);
        range_ui(ui, ctx, view, state);
    });
}

/// Which memory, where there are several.
fn memory_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView) {
    let memories = ctx.profile.symbols().module().memories();
    if memories.len() < 2 {
        return;
    }
    let shown = view.heap.memory;
    let name = |memory: MemoryIndex| {
        let HeapHistory { totals, .. } = ctx.profile.heap_timeline().of_memory(memory);
        let size = units::bytes(ctx.profile.address_space(memory).largest_size());
        let heap = if totals.allocations == 0 {
            String::new()
        } else {
            format!(", {} blocks", units::count(totals.allocations))
        };
        format!("memory {} ({size}{heap})", memory.0)
    };
    let combo = ComboBox::from_id_salt("memory").selected_text(name(shown));
    let combo = combo.show_ui(ui, |ui| {
        for memory in memories.iter().map(|memory| memory.index) {
            if ui.selectable_label(memory == shown, name(memory)).clicked() {
                ctx.commands.send(Command::Select(Selection { memory, ..ctx.selection.clone() }));
            }
        }
    });
    combo.response.accessible_name("Memory").on_hover_text("Each memory has a map of its own.");
}

fn colour_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    ui.label(RichText::new("Colour by").weak());
    let combo = ComboBox::from_id_salt("colour").width(92.0).selected_text(state.colour.name());
    // As high as all of them are, so that none has to be scrolled for.
    let combo = combo.height(400.0).show_ui(ui, |ui| {
        for by in ColourBy::ALL {
            let row = ui.add_enabled_ui(is_known(ctx, view.heap.memory, by), |ui| {
                ui.selectable_value(&mut state.colour, by, by.name());
            });
            row.response.on_hover_text(by.about());
        }
    });
    combo.response.accessible_name("What colours tell").on_hover_text(state.colour.about());
}

/// Was that measured, and can it be told in the memory?
fn is_known(ctx: &PanelCtx<'_>, memory: MemoryIndex, by: ColourBy) -> bool {
    let recording = ctx.profile.recording();
    match by {
        ColourBy::Use | ColourBy::Grown => true,
        ColourBy::Owner | ColourBy::Age | ColourBy::Size => !recording.heap.is_empty(),
        ColourBy::Fate => !recording.heap.is_empty() && ctx.profile.heap_timeline().sees_frees(memory),
        ColourBy::Accesses => !recording.accesses.is_empty(),
        ColourBy::Touched => recording.pages.is_some(),
    }
}

fn zoom_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    let whole = state.whole(ctx);
    let shown = view.map.range.clone();
    let middle = shown.start + (shown.end - shown.start) / 2;
    if ui.button("−").accessible_name("Zoom out").on_hover_text("Zoom out (− or wheel)").clicked() {
        state.range.zoom(&whole, 0.5, middle);
    }
    if ui.button("+").accessible_name("Zoom in").on_hover_text("Zoom in (+ or wheel)").clicked() {
        state.range.zoom(&whole, 2.0, middle);
    }
    let button = Button::new("Whole");
    let button = ui.add_enabled(state.range.is_part(), button).on_hover_text("The whole memory (Esc)");
    if button.clicked() {
        state.range = ViewRange::Whole;
    }
}

/// Which addresses are shown, and how finely.
fn range_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &HeapMapState) {
    let (whole, shown) = (state.whole(ctx), &view.map.range);
    let cell = (shown.end - shown.start) / (view.map.cells.len() as u64).max(1);
    let end = shown.end.min(whole.end).max(shown.start);
    let text = format!("{:#x} to {end:#x}, {} a cell", shown.start, units::bytes(cell.max(1)));
    // Where there is no room for it beside the buttons, all of it goes into the next row.
    ui.add(Label::new(RichText::new(text).font(MONO).weak()).extend());
    if state.grid.is_of_bytes() {
        values_ui(ui, ctx, view);
    }
}

/// Whether values of bytes are shown, and which.
fn values_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView) {
    let image = ctx.profile.recording().images.iter().find(|image| image.memory == view.heap.memory);
    let text = match image {
        None => "values were not kept",
        Some(image) if view.map.range.start >= image.known_bytes => "values were not kept from here on",
        Some(_) if view.heap.at_nanos < ctx.profile.duration_nanos() => {
            "values are those at the end of the run"
        }
        Some(_) => return,
    };
    ui.label(RichText::new(text).color(Palette::of(ui).warning));
}

/// What the colours tell.
pub fn legend_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &HeapMapState) {
    let palette = Palette::of(ui);
    // Rows as low as their text: the room is the map's.
    ui.spacing_mut().interact_size.y = LEGEND_ROW;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(12.0, 2.0);
        match state.colour {
            ColourBy::Use => {}
            ColourBy::Owner => owners_ui(ui, ctx, view, &palette.memory),
            ColourBy::Age => scale_ui(ui, &palette.memory, "just handed out", "at the beginning"),
            ColourBy::Size => scale_ui(ui, &palette.memory, "1 B", "16 MiB and more"),
            ColourBy::Fate => {
                swatch(ui, palette.error, "never freed")
                    .on_hover_text("Not freed until the recording's end.");
            }
            ColourBy::Accesses => scale_ui(ui, &palette.memory, "few accesses", "many"),
            ColourBy::Grown => scale_ui(ui, &palette.memory, "at the beginning", "at the end"),
            ColourBy::Touched => {
                scale_ui(ui, &palette.memory, "at the beginning", "at the end");
                swatch(ui, palette.memory.untouched, "never until now");
            }
        }
        if state.colour.overlay().is_none() {
            kinds_ui(ui, state, palette);
        }
        if ctx.selection.site.is_some() {
            swatch(ui, palette.memory.chosen, "selected site");
        }
    });
}

fn owners_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, memory: &Memory) {
    let owners = view.sites.iter().flat_map(|sites| &sites.owners.frames);
    for (frame, colour) in owners.zip(memory.owners) {
        swatch(ui, colour, &ctx.profile.frames().get(*frame).short);
    }
    swatch(ui, memory.other, "others");
}

/// The scale's colours in a row, between what its ends mean.
fn scale_ui(ui: &mut Ui, memory: &Memory, from: &str, to: &str) {
    ui.label(RichText::new(from).small());
    let (rect, _) = ui.allocate_exact_size(egui::vec2(96.0, 11.0), egui::Sense::hover());
    const STEPS: usize = 24;
    for step in 0..STEPS {
        let share = step as f32 / STEPS as f32;
        let left = rect.left() + rect.width() * share;
        let width = rect.width() / STEPS as f32 + 0.5;
        let piece = egui::Rect::from_min_size(egui::pos2(left, rect.top()), egui::vec2(width, rect.height()));
        ui.painter().rect_filled(piece, 0.0, memory.on_scale(f64::from(share)));
    }
    ui.label(RichText::new(to).small());
}

fn kinds_ui(ui: &mut Ui, state: &HeapMapState, palette: &Palette) {
    let live_is_one = matches!(state.colour, ColourBy::Use | ColourBy::Fate);
    for kind in CellKind::ALL.into_iter().filter(|kind| *kind != CellKind::Live || live_is_one) {
        swatch(ui, kind_colour(kind, palette), kind.name()).on_hover_text(about(kind));
    }
}

/// What a kind is, in a sentence.
const fn about(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Live => "Blocks that the program holds.",
        CellKind::Overhead => {
            "The allocator's own: its headers where they are known, and less than 32 bytes between two blocks."
        }
        CellKind::StaticData => "In a data segment of the module.",
        CellKind::StackInUse => "The shadow stack as deep as it is (measure “stack”).",
        CellKind::Stack => "The room of the shadow stack.",
        CellKind::Other => "Below the heap and in no data segment; with the stack, where it is not known.",
        CellKind::Free => "In the heap, in no live block, below the highest byte ever handed out.",
        CellKind::Untouched => {
            "In the heap, never handed out until now; elsewhere, on pages that were never touched."
        }
        CellKind::Outside => "Behind the end of the memory at this moment.",
    }
}
