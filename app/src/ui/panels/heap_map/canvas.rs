//! The canvas: the memory as rows of cells, from the lowest address at the upper left.

use super::super::PanelCtx;
use super::colour::Colours;
use super::grid::{Grid, Shape};
use super::pointer::Input;
use super::{HeapMapState, hex};
use crate::analysis::HeapMap;
use crate::profile::PathId;
use crate::ui::picture::remember_texture;
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::{HeapMapView, LiveSites};
use egui::{
    Align2, Color32, ColorImage, FontId, Pos2, Rect, Role, Sense, Stroke, StrokeKind, TextureHandle,
    TextureOptions, Ui, WidgetInfo, pos2,
};
use std::ops::Range;
use std::sync::Arc;

/// The picture of the last map, a pixel a cell.
#[derive(Default)]
pub struct Canvas {
    texture: Option<TextureHandle>,
    /// What the texture shows.
    image: Arc<ColorImage>,
    shown: Option<Shown>,
}

/// What the picture shows.
struct Shown {
    map: Arc<HeapMap>,
    palette: &'static Palette,
    site: Option<PathId>,
    by: super::colour::ColourBy,
    sites: Option<Arc<LiveSites>>,
    grid: Grid,
}

/// Room for addresses on the left.
const GUTTER: f32 = 84.0;

/// Draws the canvas and does what the user does to it.
pub fn canvas_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    let (outer, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Fragmentation map"));
    let inner = Rect::from_min_max(pos2(outer.left() + GUTTER, outer.top()), outer.max);
    if !inner.is_positive() {
        return;
    }
    let fitting = fitting(ui, ctx, state, inner);
    if fitting != state.grid {
        state.grid = fitting;
        ui.ctx().request_repaint();
    }
    let grid = state.canvas.grid_of(&view.map).unwrap_or(state.grid);
    let shape = Shape { grid, origin: inner.min, cells: view.map.cells.len() };
    let colours = Colours {
        profile: ctx.profile,
        palette: Palette::of(ui),
        by: state.colour,
        owners: view.sites.as_ref().map(|sites| &sites.owners),
        site: ctx.selection.site,
        duration_nanos: view.growth.duration_nanos,
    };
    state.canvas.paint(ui, view, &colours, shape, outer);
    if is_bytes(view, shape) {
        hex::bytes_ui(ui, ctx, view, shape, outer);
    }
    addresses_ui(ui, &view.map, shape, outer);
    if let Some(range) = &state.chosen {
        outline_range(ui, &view.map, range, shape, outer);
    }
    if let Some(cursor) = state.cursor.filter(|_| response.has_focus()) {
        outline_cursor(ui, &view.map, cursor, shape, outer);
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.0, Palette::of(ui).accent);
        ui.painter_at(outer).rect_stroke(outer, 2.0, stroke, StrokeKind::Inside);
    }
    Input { ui, ctx, view, state, shape, response }.apply();
}

/// Close up each cell is a byte with its value.
fn fitting(ui: &Ui, ctx: &PanelCtx<'_>, state: &HeapMapState, inner: Rect) -> Grid {
    let bytes = Grid::of_bytes(inner.size());
    let range = state.range.of(&state.whole(ctx));
    if range.end.saturating_sub(range.start) <= bytes.cells() as u64 {
        return bytes;
    }
    Grid::fitting(inner.size(), ui.pixels_per_point())
}

fn is_bytes(view: &HeapMapView, shape: Shape) -> bool {
    shape.grid.is_of_bytes() && view.map.range.end - view.map.range.start == shape.cells as u64
}

impl Canvas {
    /// That of a map which was drawn before: until the map of a new grid is there, the old one keeps its shape.
    fn grid_of(&self, map: &Arc<HeapMap>) -> Option<Grid> {
        self.shown.as_ref().filter(|shown| Arc::ptr_eq(&shown.map, map)).map(|shown| shown.grid)
    }

    fn paint(&mut self, ui: &Ui, view: &HeapMapView, colours: &Colours<'_>, shape: Shape, clip: Rect) {
        let (palette, site) = (colours.palette, colours.site);
        let (map, grid) = (&view.map, shape.grid);
        let is_same = self.shown.as_ref().is_some_and(|shown| {
            Arc::ptr_eq(&shown.map, map)
                && (shown.palette, shown.site, shown.by, shown.grid) == (palette, site, colours.by, grid)
                && shown.sites.as_ref().map(Arc::as_ptr) == view.sites.as_ref().map(Arc::as_ptr)
        });
        if !is_same {
            self.image = Arc::new(image(colours.of(map), grid, palette.panel));
            let image = Arc::clone(&self.image);
            match &mut self.texture {
                Some(texture) => texture.set(image, TextureOptions::NEAREST),
                None => {
                    let texture = ui.ctx().load_texture("memory", image, TextureOptions::NEAREST);
                    self.texture = Some(texture);
                }
            }
            if let Some(texture) = &self.texture {
                remember_texture(ui.ctx(), texture.id(), &self.image);
            }
            let (map, sites) = (Arc::clone(map), view.sites.clone());
            self.shown = Some(Shown { map, palette, site, by: colours.by, sites, grid });
        }
        if let Some(texture) = &self.texture {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let size = egui::vec2(grid.columns as f32, grid.rows as f32) * grid.cell;
            let rect = Rect::from_min_size(shape.origin, size);
            ui.painter_at(clip).image(texture.id(), rect, whole, Color32::WHITE);
            gaps(ui, rect, grid, clip, palette);
        }
    }
}

/// A pixel a cell; behind the last one is nothing.
fn image(mut colours: Vec<Color32>, grid: Grid, nothing: Color32) -> ColorImage {
    colours.resize(grid.cells(), nothing);
    ColorImage::new([grid.columns, grid.rows], colours)
}

/// Lines between cells, one for each row and column.
fn gaps(ui: &Ui, rect: Rect, grid: Grid, clip: Rect, palette: &Palette) {
    let mut mesh = egui::Mesh::default();
    let painter = ui.painter_at(clip);
    for column in 1..=grid.columns {
        let x = rect.left() + column as f32 * grid.cell.x;
        let line = Rect::from_min_max(pos2(x - super::grid::GAP, rect.top()), pos2(x, rect.bottom()));
        mesh.add_colored_rect(line, palette.panel);
    }
    for row in 1..=grid.rows {
        let y = rect.top() + row as f32 * grid.cell.y;
        let line = Rect::from_min_max(pos2(rect.left(), y - super::grid::GAP), pos2(rect.right(), y));
        mesh.add_colored_rect(line, palette.panel);
    }
    painter.add(egui::Shape::mesh(mesh));
}

/// Addresses beside every few rows.
fn addresses_ui(ui: &Ui, map: &HeapMap, shape: Shape, outer: Rect) {
    // The first address stands half above its row.
    let painter = ui.painter_at(outer.expand2(egui::vec2(0.0, 4.0)));
    let font = FontId { size: 10.5, ..MONO };
    let colour = Palette::of(ui).weak;
    let every = (28.0 / shape.grid.cell.y).ceil().max(1.0) as usize;
    let every = if shape.grid.cell.y > 14.0 { 1 } else { every };
    let rows = shape.cells.div_ceil(shape.grid.columns);
    for row in (0..rows).step_by(every) {
        let address = map.cell_range(row * shape.grid.columns).start;
        let at = pos2(shape.origin.x - 8.0, shape.rect(row * shape.grid.columns).center().y);
        painter.text(at, Align2::RIGHT_CENTER, format!("{address:#x}"), font.clone(), colour);
    }
}

/// The cells that a range of addresses fills, as far as it is on screen.
fn cells_of(map: &HeapMap, range: &Range<u64>) -> Option<Range<usize>> {
    let (start, end) = (range.start.max(map.range.start), range.end.min(map.range.end));
    let last = end.checked_sub(1).filter(|_| start < end)?;
    Some(map.cell_of(start)?..map.cell_of(last)? + 1)
}

fn outline_range(ui: &Ui, map: &HeapMap, range: &Range<u64>, shape: Shape, outer: Rect) {
    let Some(cells) = cells_of(map, range) else { return };
    let painter = ui.painter_at(outer);
    let palette = Palette::of(ui);
    for rect in shape.rects(cells.start, cells.end) {
        painter.rect_filled(rect, 0.0, palette.canvas.outline.gamma_multiply(0.18));
        painter.rect_stroke(rect, 0.0, Stroke::new(1.0, palette.canvas.outline), StrokeKind::Inside);
    }
}

fn outline_cursor(ui: &Ui, map: &HeapMap, cursor: u64, shape: Shape, outer: Rect) {
    let Some(cell) = map.cell_of(cursor) else { return };
    let stroke = Stroke::new(2.0, Palette::of(ui).accent);
    ui.painter_at(outer).rect_stroke(shape.rect(cell).expand(1.5), 1.0, stroke, StrokeKind::Outside);
}

/// The outline of the cell under the pointer.
pub fn outline_hovered(ui: &Ui, shape: Shape, cell: usize) {
    let stroke = Stroke::new(1.5, Palette::of(ui).canvas.outline);
    ui.painter().rect_stroke(shape.rect(cell).expand(1.0), 0.0, stroke, StrokeKind::Outside);
}

/// Where text that belongs to a row begins, behind its cells.
pub fn behind_row(shape: Shape, row: usize) -> Pos2 {
    let last = shape.rect(row * shape.grid.columns + shape.grid.columns - 1);
    pos2(last.right() + 8.0, last.center().y)
}
