//! The memories of both builds: their sizes and what was live over one time axis, and their maps at one moment.

use super::{Choose, Ctx, halves, nothing_of, profile_asker, run_title};
use crate::analysis::{HeapMap, HeapMapQuery, Pair, Side};
use crate::profile::Profile;
use crate::ui::panels::{MapColourBy, MapColours, bytes_over_time, computing_ui, plot_wheel};
use crate::ui::picture::remember_texture;
use crate::ui::theme::Palette;
use crate::ui::views::{HeapMapViewQuery, HeapQuery, MemoryCurves, MemoryCurvesQuery, SharedHeap};
use crate::ui::widgets::scrubber::Scrubber;
use crate::ui::widgets::{empty_state, swatch};
use crate::ui::worker::Slot;
use crate::units;
use egui::{
    Color32, ColorImage, Label, Panel, Rect, RichText, Role, Sense, TextureHandle, TextureOptions, Ui,
    WidgetInfo, pos2, vec2,
};
use egui_plot::{Line, PlotPoint, PlotPoints};
use std::sync::Arc;

/// What is remembered of it.
#[derive(Default)]
pub struct MemoryState {
    sides: Pair<SideState>,
    /// The moment that the maps show, since each run began; `None` is the end.
    moment_nanos: Option<u64>,
}

#[derive(Default)]
struct SideState {
    curves: Slot<MemoryCurvesQuery>,
    heap: Slot<HeapQuery>,
    map: Slot<HeapMapViewQuery>,
    texture: Option<TextureHandle>,
    image: Arc<ColorImage>,
    shown: Option<(Arc<HeapMap>, &'static Palette, usize)>,
}

/// About the size of a cell, in points.
const CELL: f32 = 7.0;

/// Draws them.
pub fn memory_ui(ui: &mut Ui, ctx: &Ctx<'_>, state: &mut MemoryState) -> Option<Choose> {
    let egui_ctx = ui.ctx().clone();
    let views = Pair::of(|side| {
        let asker = profile_asker(ctx, ctx.profile(side), &egui_ctx);
        state.sides.get_mut(side).curves.view(&asker, MemoryCurvesQuery)
    });
    let Pair { old: Some(old), new: Some(new) } = views else {
        computing_ui(ui);
        return None;
    };
    let views = Pair { old, new };
    if !views.old.has_memory && !views.new.has_memory {
        empty_state(ui, "No memory", "Neither module has a linear memory.");
        return None;
    }
    let height = ui.available_height() * 0.42;
    let curves = Panel::top("compared curves").resizable(true).default_size(height).frame(egui::Frame::new());
    curves.size_range(80.0..=(ui.available_height() - 80.0).max(81.0)).show(ui, |ui| {
        legend_ui(ui);
        curves_ui(ui, &views);
    });
    egui::CentralPanel::no_frame().show(ui, |ui| {
        // The live bytes of the build that ran longer are behind the scrubber.
        let longer = if views.old.nanos > views.new.nanos { &views.old } else { &views.new };
        let last = longer.nanos;
        let scrubber = Scrubber {
            duration_nanos: last.max(1),
            curve: &longer.live,
            pins: &[],
            pin_text: &|_| String::new(),
            marks: &[],
            range: None,
        };
        let at = state.moment_nanos.unwrap_or(last).min(last);
        if let Some(moment) = scrubber.show(ui, at, ui.available_width()) {
            state.moment_nanos = Some(moment).filter(|moment| *moment < last);
        }
        let at = state.moment_nanos;
        halves(ui, |ui, side| map_ui(ui, ctx, (state.sides.get_mut(side), &views), side, at));
    });
    None
}

fn legend_ui(ui: &mut Ui) {
    let palette = Palette::of(ui);
    let old = |colour: Color32| colour.gamma_multiply(0.5);
    ui.horizontal_wrapped(|ui| {
        swatch(ui, old(palette.memory.pages), "size, old build");
        swatch(ui, palette.memory.pages, "size, new build");
        swatch(ui, old(palette.memory.live), "live, old build");
        swatch(ui, palette.memory.live, "live, new build");
        ui.label(RichText::new("since each program began").weak().small());
    });
}

fn curves_ui(ui: &mut Ui, views: &Pair<Arc<MemoryCurves>>) {
    let palette = Palette::of(ui);
    let shown = bytes_over_time("compared memory", ui).include_x(0.0).show(ui, |plot| {
        plot_wheel(plot);
        for side in Side::BOTH {
            lines_of(views.get(side), side, palette).into_iter().for_each(|line| plot.line(line));
        }
    });
    shown.response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Memory of both builds over time"));
}

/// The sizes of the memories together, and what was live; those of the old build are thin and dim.
fn lines_of<'a>(curves: &'a MemoryCurves, side: Side, palette: &Palette) -> [Line<'a>; 2] {
    let (width, dim) = if side == Side::Old { (1.2, 0.5) } else { (2.0, 1.0) };
    let line = |name: &str, points: &'a [PlotPoint], colour: Color32| {
        let name = format!("{name}, {} build", side.name());
        Line::new(name, PlotPoints::Borrowed(points))
            .color(colour.gamma_multiply(dim))
            .width(width)
            .allow_band(false)
    };
    [
        line("size", &curves.sizes_plot, palette.memory.pages),
        line("live", &curves.live_plot, palette.memory.live),
    ]
}

fn map_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    (state, views): (&mut SideState, &Pair<Arc<MemoryCurves>>),
    side: Side,
    moment_nanos: Option<u64>,
) {
    let (profile, curves) = (ctx.profile(side), views.get(side));
    let memory = profile.main_memory();
    let range = 0..curves.largest_size;
    if range.is_empty() {
        return nothing_of(ui, side, "Its module has no linear memory.");
    }
    let at_nanos = moment_nanos.map_or(u64::MAX, |moment| curves.begin_nanos.saturating_add(moment));
    let at_nanos = at_nanos.min(profile.duration_nanos());
    let egui_ctx = ui.ctx().clone();
    let asker = profile_asker(ctx, profile, &egui_ctx);
    let heap = state.heap.view(&asker, HeapQuery { memory, at_nanos });
    let Some(heap) = heap else { return computing_ui(ui) };
    let size = units::bytes(profile.address_space(memory).size_at(at_nanos));
    let live = units::bytes(heap.live_bytes);
    let text = format!(
        "{}: {size}, {live} live in {}",
        run_title(ctx, side),
        units::things(heap.blocks.len() as u64, "block")
    );
    ui.add(Label::new(RichText::new(&text).color(Palette::of(ui).weak)).truncate());
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let name = match side {
        Side::Old => "Memory map of the old build",
        Side::New => "Memory map of the new build",
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name}: {text}")));
    if rect.width() < CELL || rect.height() < CELL {
        return;
    }
    let (columns, rows) = ((rect.width() / CELL) as usize, (rect.height() / CELL) as usize);
    // The same number of bytes a cell in both, so that areas mean the same.
    let largest = views.old.largest_size.max(views.new.largest_size).max(1);
    let cells = ((columns * rows) as u64).min(largest);
    let own_cells = u128::from(cells) * u128::from(range.end) / u128::from(largest);
    let map = HeapMapQuery { range, cells: (own_cells as usize).max(1), overlay: None };
    let query = HeapMapViewQuery { heap: SharedHeap(heap), map };
    let Some(map) = state.map.view(&asker, query) else { return };
    paint(ui, profile, state, &map, (rect, columns));
    if let Some(pointer) = response.hover_pos() {
        let (column, row) =
            (((pointer.x - rect.left()) / CELL) as usize, ((pointer.y - rect.top()) / CELL) as usize);
        let cell = row * columns + column.min(columns.saturating_sub(1));
        if cell < map.cells.len() {
            let range = map.cell_range(cell);
            response.on_hover_text_at_pointer(format!("{:#x} to {:#x}", range.start, range.end));
        }
    }
}

/// The map as a texture with a pixel a cell.
fn paint(
    ui: &Ui,
    profile: &Profile,
    state: &mut SideState,
    map: &Arc<HeapMap>,
    (rect, columns): (Rect, usize),
) {
    let palette = Palette::of(ui);
    let is_shown = state
        .shown
        .as_ref()
        .is_some_and(|(shown, of, wide)| Arc::ptr_eq(shown, map) && *of == palette && *wide == columns);
    if !is_shown {
        let colours = MapColours {
            profile,
            palette,
            by: MapColourBy::Use,
            owners: None,
            site: None,
            duration_nanos: profile.duration_nanos(),
        };
        let mut pixels = colours.of(map);
        let rows = pixels.len().div_ceil(columns);
        pixels.resize(rows * columns, palette.panel);
        state.image = Arc::new(ColorImage::new([columns, rows], pixels));
        let image = Arc::clone(&state.image);
        let options = TextureOptions::NEAREST;
        match &mut state.texture {
            Some(texture) => texture.set(image, options),
            None => state.texture = Some(ui.ctx().load_texture("compared memory", image, options)),
        }
        if let Some(texture) = &state.texture {
            remember_texture(ui.ctx(), texture.id(), &state.image);
        }
        state.shown = Some((Arc::clone(map), palette, columns));
    }
    if let Some(texture) = &state.texture {
        let [wide, high] = state.image.size.map(|cells| cells as f32 * CELL);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let place = Rect::from_min_size(rect.min, vec2(wide, high));
        ui.painter_at(rect).image(texture.id(), place, whole, Color32::WHITE);
    }
}
