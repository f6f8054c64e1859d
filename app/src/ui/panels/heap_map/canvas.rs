//! The canvas: the memory as rows of cells, from the lowest address at the upper left.

use super::super::{PanelCtx, asker_of, call_path_ui};
use super::view_range::ViewRange;
use crate::analysis::{CellKind, HeapCell, HeapMap};
use crate::profile::PathId;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::HeapMapView;
use crate::units;
use egui::{
    Align2, Color32, FontId, Grid as EguiGrid, Mesh, Pos2, Rect, Response, RichText, Role, Sense, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// How many cells there are in the canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    columns: usize,
    rows: usize,
    /// The size of a cell with its gap, in points.
    cell: f32,
}

impl Default for Grid {
    /// Something to ask for before the first frame.
    fn default() -> Self {
        Grid { columns: 64, rows: 32, cell: CELL }
    }
}

impl Grid {
    /// How many cells fit.
    pub fn cells(self) -> usize {
        self.columns * self.rows
    }

    /// Sixteens of cells to a row make rows of round sizes; the cells are as large as fills the width.
    fn fitting(size: Vec2, pixels: f32) -> Grid {
        let columns = ((size.x / CELL / 16.0).round() as usize * 16).clamp(16, 512);
        let cell = ((size.x / columns as f32) * pixels).floor().max(1.0) / pixels;
        let rows = ((size.y / cell).floor() as usize).clamp(1, 512);
        Grid { columns, rows, cell }
    }
}

/// The picture of the last map.
#[derive(Default)]
pub struct Canvas {
    picture: Option<Picture>,
}

struct Picture {
    map: Arc<HeapMap>,
    palette: &'static Palette,
    site: Option<PathId>,
    origin: Pos2,
    grid: Grid,
    mesh: Arc<Mesh>,
}

/// About the size of a cell with its gap, in points.
const CELL: f32 = 8.0;
const GAP: f32 = 1.0;
/// Room for addresses on the left.
const GUTTER: f32 = 76.0;

/// Draws the canvas and does what the user does to it.
pub fn canvas_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    view: &HeapMapView,
    range: &mut ViewRange,
    grid: &mut Grid,
    canvas: &mut Canvas,
) {
    let (outer, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Fragmentation map"));
    let inner = Rect::from_min_max(pos2(outer.left() + GUTTER, outer.top()), outer.max);
    if !inner.is_positive() {
        return;
    }
    let fitting = Grid::fitting(inner.size(), ui.pixels_per_point());
    if fitting != *grid {
        *grid = fitting;
        ui.ctx().request_repaint();
    }
    // Until the map of a new size is there, the old one is drawn in its own shape.
    let shape = Shape { grid: *grid, origin: inner.min, cells: view.map.cells.len() };
    canvas.paint(ui, ctx, view, shape, outer);
    addresses_ui(ui, &view.map, shape, outer);
    let whole = 0..ctx.profile.address_space().largest_size();
    navigate(ui, &response, view, range, &whole, shape);
    point(ui, ctx, view, range, shape, response);
}

#[derive(Clone, Copy)]
struct Shape {
    grid: Grid,
    origin: Pos2,
    cells: usize,
}

impl Shape {
    fn rect(self, cell: usize) -> Rect {
        let (column, row) = (cell % self.grid.columns, cell / self.grid.columns);
        let min = self.origin + vec2(column as f32, row as f32) * self.grid.cell;
        Rect::from_min_size(min, Vec2::splat(self.grid.cell - GAP))
    }

    fn cell_at(self, pointer: Pos2) -> Option<usize> {
        let offset = pointer - self.origin;
        let (column, row) = ((offset.x / self.grid.cell).floor(), (offset.y / self.grid.cell).floor());
        let inside = column >= 0.0 && row >= 0.0 && (column as usize) < self.grid.columns;
        let cell = row as usize * self.grid.columns + column as usize;
        (inside && cell < self.cells).then_some(cell)
    }
}

impl Canvas {
    fn paint(&mut self, ui: &Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, shape: Shape, clip: Rect) {
        let palette = Palette::of(ui);
        let site = ctx.selection.site;
        let is_same = self.picture.as_ref().is_some_and(|picture| {
            let Picture { map, palette: p, site: s, origin, grid, mesh: _ } = picture;
            Arc::ptr_eq(map, &view.map)
                && *p == palette
                && *s == site
                && *origin == shape.origin
                && *grid == shape.grid
        });
        if !is_same {
            let mesh = Arc::new(mesh(&view.map, palette, site, shape));
            let map = Arc::clone(&view.map);
            self.picture = Some(Picture { map, palette, site, origin: shape.origin, grid: shape.grid, mesh });
        }
        if let Some(picture) = &self.picture {
            ui.painter_at(clip).add(egui::Shape::mesh(Arc::clone(&picture.mesh)));
        }
    }
}

fn mesh(map: &HeapMap, palette: &Palette, site: Option<PathId>, shape: Shape) -> Mesh {
    let mut mesh = Mesh::default();
    for (at, cell) in map.cells.iter().enumerate() {
        let chosen = site.is_some() && cell.dominant.map(|block| block.path) == site;
        let colour = if chosen { palette.memory.chosen } else { blend(cell, palette) };
        mesh.add_colored_rect(shape.rect(at), colour);
    }
    mesh
}

fn kind_colour(kind: CellKind, palette: &Palette) -> Color32 {
    let memory = &palette.memory;
    match kind {
        CellKind::Live => memory.live,
        CellKind::StaticData => memory.data,
        CellKind::Other => memory.stack,
        CellKind::Free => memory.free,
        CellKind::Untouched => memory.untouched,
        CellKind::Outside => memory.outside,
    }
}

/// However few bytes of a cell are live, at least so much of its colour says it: a single block keeps a page.
const LEAST_LIVE: f32 = 0.4;

/// The colours of all kinds in the cell, by their bytes.
fn blend(cell: &HeapCell, palette: &Palette) -> Color32 {
    let all: u64 = cell.bytes.iter().sum();
    let live = cell.bytes_of(CellKind::Live);
    let live_part =
        if live > 0 { LEAST_LIVE + (1.0 - LEAST_LIVE) * units::share(live, all) as f32 } else { 0.0 };
    let mut mixed = [0.0f32; 3];
    for kind in CellKind::ALL {
        let rest = units::share(cell.bytes_of(kind), all - live) as f32 * (1.0 - live_part);
        let part = if kind == CellKind::Live { live_part } else { rest };
        let [r, g, b, _] = kind_colour(kind, palette).to_array();
        for (sum, value) in mixed.iter_mut().zip([r, g, b]) {
            *sum += f32::from(value) * part;
        }
    }
    let [r, g, b] = mixed.map(|value| value.round() as u8);
    Color32::from_rgb(r, g, b)
}

/// Addresses beside every few rows.
fn addresses_ui(ui: &Ui, map: &HeapMap, shape: Shape, outer: Rect) {
    const EVERY: usize = 4;
    let painter = ui.painter_at(outer);
    let font = FontId { size: 10.5, ..MONO };
    let colour = Palette::of(ui).weak;
    let rows = shape.cells.div_ceil(shape.grid.columns);
    for row in (0..rows).step_by(EVERY) {
        let address = map.cell_range(row * shape.grid.columns).start;
        let at = pos2(shape.origin.x - 8.0, shape.rect(row * shape.grid.columns).center().y);
        painter.text(at, Align2::RIGHT_CENTER, format!("{address:#x}"), font.clone(), colour);
    }
}

fn navigate(
    ui: &Ui,
    response: &Response,
    view: &HeapMapView,
    range: &mut ViewRange,
    whole: &std::ops::Range<u64>,
    shape: Shape,
) {
    let shown = view.map.range.end.saturating_sub(view.map.range.start) as f64;
    let cell_bytes = shown / shape.cells.max(1) as f64;
    if response.dragged() {
        let delta = response.drag_delta() / shape.grid.cell;
        let cells = f64::from(delta.y) * shape.grid.columns as f64 + f64::from(delta.x);
        range.shift(whole, -cells * cell_bytes);
    }
    if response.double_clicked() {
        *range = ViewRange::Whole;
    }
    let Some(cell) = response.hover_pos().and_then(|pointer| shape.cell_at(pointer)) else { return };
    let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
    let factor = f64::from(zoom) * (f64::from(scroll) * 0.006).exp();
    if factor != 1.0 {
        range.zoom(whole, factor, view.map.cell_range(cell).start);
    }
}

fn point(
    ui: &Ui,
    ctx: &PanelCtx<'_>,
    view: &HeapMapView,
    range: &ViewRange,
    shape: Shape,
    response: Response,
) {
    let Some(at) = response.hover_pos().and_then(|pointer| shape.cell_at(pointer)) else { return };
    let Some(cell) = view.map.cells.get(at).copied() else { return };
    let stroke = Stroke::new(1.5, Palette::of(ui).canvas.outline);
    ui.painter().rect_stroke(shape.rect(at).expand(1.0), 0.0, stroke, StrokeKind::Outside);
    if response.clicked() {
        let site = cell.dominant.map(|block| block.path).filter(|path| ctx.selection.site != Some(*path));
        let function = site.map(|path| asker_of(ctx.profile, path)).or(ctx.selection.function);
        ctx.commands.send(Command::Select(Selection { site, function, line: None, ..ctx.selection.clone() }));
    }
    if !response.dragged() {
        let is_part = range.is_part();
        response.on_hover_ui_at_pointer(|ui| tooltip_ui(ui, ctx, view, at, &cell, is_part));
    }
}

fn tooltip_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    view: &HeapMapView,
    at: usize,
    cell: &HeapCell,
    is_part: bool,
) {
    let range = view.map.cell_range(at);
    let page = range.start / ctx.profile.address_space().page_bytes().max(1);
    ui.label(RichText::new(format!("{:#x} to {:#x}", range.start, range.end)).font(MONO).strong());
    let length = range.end.saturating_sub(range.start);
    ui.label(RichText::new(format!("{} in page {page}", units::bytes(length))).weak());
    EguiGrid::new("cell").num_columns(2).spacing([12.0, 1.0]).show(ui, |ui| {
        for kind in CellKind::ALL.into_iter().filter(|kind| cell.bytes_of(*kind) > 0) {
            ui.label(kind.name());
            ui.label(RichText::new(units::percent(units::share(cell.bytes_of(kind), length))).font(MONO));
            ui.end_row();
        }
    });
    let Some(block) = cell.dominant else {
        if !is_part {
            ui.label(RichText::new("Wheel zooms").weak().small());
        }
        return;
    };
    ui.separator();
    let since = block.allocated_nanos;
    let owner = &ctx.profile.frames().get(asker_of(ctx.profile, block.path)).short;
    ui.label(
        RichText::new(format!("{} at {:#x} for {owner}", units::bytes(block.size), block.address)).strong(),
    );
    let age = view.heap.at_nanos.min(ctx.profile.duration_nanos()).saturating_sub(since);
    ui.label(
        RichText::new(format!("handed out at {}, {} ago", units::nanos(since), units::nanos(age))).weak(),
    );
    call_path_ui(ui, ctx.profile, block.path);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::DARK;

    #[test]
    fn a_single_live_byte_is_seen() {
        let mut cell = HeapCell::default();
        cell.bytes[CellKind::Free as usize] = 4_096;
        assert_eq!(blend(&cell, &DARK), DARK.memory.free);
        cell.bytes[CellKind::Live as usize] = 1;
        let mixed = blend(&cell, &DARK);
        assert!(mixed.r() > DARK.memory.free.r() + 40, "{mixed:?}");
        cell.bytes[CellKind::Free as usize] = 0;
        assert_eq!(blend(&cell, &DARK), DARK.memory.live);
    }
}
