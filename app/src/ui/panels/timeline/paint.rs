//! Builds the picture: all boxes and curves in one mesh, their labels cut to fit.

use super::super::colours::Fill;
use super::layout::{Lane, Place, ROW, call_lane};
use super::viewport::Viewport;
use crate::analysis::{CallBox, Lanes, StackBox};
use crate::profile::{FrameId, Profile};
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::TimelineView;
use crate::ui::widgets::{Labels, cut};
use crate::units;
use egui::{Color32, Galley, Mesh, Painter, Pos2, Rect, pos2};
use std::sync::Arc;
use wasmscope_instrument::recording::{Direction, Phase};
use wasmscope_symbolize::FuncIndex;

/// What the picture depends on besides the lanes; it is built anew only when this changes.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureKey {
    /// The part on screen.
    pub viewport: Viewport,
    /// Where the lanes are.
    pub rect: Rect,
    /// Where the whole run is.
    pub overview: Rect,
    /// The colours.
    pub palette: &'static Palette,
    /// Pixels a point.
    pub pixels: f32,
    /// Are the lanes of all calls shown?
    pub shows_all_calls: bool,
    /// The function whose calls stand out where they took longer than so many nanoseconds.
    pub over: Option<((Direction, FuncIndex), u64)>,
}

/// A box of the stack on screen.
pub struct Drawn {
    /// Its function.
    pub frame: FrameId,
    /// Its place.
    pub rect: Rect,
}

/// The lanes on screen.
pub struct Picture {
    key: PictureKey,
    of: [Arc<Lanes>; 2],
    mesh: Arc<Mesh>,
    overview: Arc<Mesh>,
    labels: Vec<(Pos2, Arc<Galley>, Color32)>,
    /// The boxes of the stack.
    pub drawn: Vec<Drawn>,
}

impl Picture {
    /// Is this still the picture of `key` and the lanes of `view`?
    pub fn is_of(&self, key: &PictureKey, view: &TimelineView) -> bool {
        let [lanes, overview] = &self.of;
        self.key == *key && Arc::ptr_eq(lanes, &view.lanes) && Arc::ptr_eq(overview, &view.overview)
    }

    /// What it was built for.
    pub fn key(&self) -> &PictureKey {
        &self.key
    }

    /// Puts it on screen.
    pub fn paint(&self, lanes: &Painter, overview: &Painter) {
        overview.add(egui::Shape::mesh(Arc::clone(&self.overview)));
        lanes.add(egui::Shape::mesh(Arc::clone(&self.mesh)));
        for (at, galley, colour) in &self.labels {
            lanes.galley(*at, Arc::clone(galley), *colour);
        }
    }
}

/// What a picture is built from.
pub struct Builder<'a> {
    /// Names of the functions.
    pub profile: &'a Profile,
    /// What is drawn.
    pub view: &'a TimelineView,
    /// The colours of functions.
    pub colours: Fill<'a>,
    /// Where it goes.
    pub key: PictureKey,
    /// The lanes.
    pub places: &'a [Place],
}

struct Sheet<'a> {
    mesh: Mesh,
    labels: Vec<(Pos2, Arc<Galley>, Color32)>,
    drawn: Vec<Drawn>,
    labels_of: &'a mut Labels<FrameId>,
    glyph: f32,
}

const PADDING: f32 = 4.0;
const SHORTEST_LABEL: usize = 3;
/// The overview shows so many rows of the stack.
const OVERVIEW_ROWS: usize = 12;

impl Builder<'_> {
    /// Builds the picture.
    pub fn build(self, painter: &Painter, labels_of: &mut Labels<FrameId>) -> Picture {
        let glyph = painter.fonts_mut(|fonts| fonts.glyph_width(&MONO, 'm')).max(1.0);
        let (mesh, labels, drawn) = Default::default();
        let mut sheet = Sheet { mesh, labels, drawn, labels_of, glyph };
        for place in self.places {
            let top = self.key.rect.top() + place.top - self.key.viewport.down;
            if top > self.key.rect.bottom() || top + place.height < self.key.rect.top() {
                continue;
            }
            let rect = Rect::from_x_y_ranges(self.key.rect.x_range(), top..=top + place.height);
            self.lane(place.lane, rect, painter, &mut sheet);
        }
        let Sheet { mesh, labels, drawn, .. } = sheet;
        let of = [Arc::clone(&self.view.lanes), Arc::clone(&self.view.overview)];
        let overview = Arc::new(self.overview());
        Picture { key: self.key, of, mesh: Arc::new(mesh), overview, labels, drawn }
    }

    fn lane(&self, lane: Lane, rect: Rect, painter: &Painter, sheet: &mut Sheet<'_>) {
        let memory = &self.key.palette.memory;
        match lane {
            Lane::Phases => self.phases(rect, painter, sheet),
            Lane::Memory(at) => {
                let Some(growth) = self.view.growth.memories.get(at) else { return };
                let value = |at: usize| growth.steps.get(at).map(|step| (step.time_nanos, step.pages));
                self.curve(rect, growth.final_pages, memory.pages, growth.steps.len(), value, sheet);
            }
            Lane::Heap => {
                let heap = &self.view.growth.heap;
                let most = heap.iter().map(|point| point.live_bytes).max().unwrap_or(0);
                let value = |at: usize| heap.get(at).map(|point| (point.time_nanos, point.live_bytes));
                self.curve(rect, most, memory.live, heap.len(), value, sheet);
            }
            Lane::Calls(row) => self.calls(row, rect, painter, sheet),
            Lane::More => {}
            Lane::Stack => self.stack(rect, painter, sheet),
        }
    }

    fn phases(&self, rect: Rect, painter: &Painter, sheet: &mut Sheet<'_>) {
        let palette = self.key.palette;
        for span in &self.view.rows.phases {
            let (left, right) = (self.x(span.start_nanos), self.x(span.end_nanos));
            let fill = match span.phase {
                Phase::Run => palette.canvas.into_guest,
                Phase::WarmUp => palette.canvas.merged,
                _ => palette.canvas.engine,
            };
            let place = self.part(rect, left, right);
            sheet.mesh.add_colored_rect(place, fill);
            self.label(place, span.phase.name(), palette.ink_on(fill), painter, sheet);
        }
    }

    /// A curve of steps: each value holds until the next. `value` gives the moment and the value of a step.
    fn curve(
        &self,
        rect: Rect,
        most: u64,
        colour: Color32,
        count: usize,
        value: impl Fn(usize) -> Option<(u64, u64)>,
        sheet: &mut Sheet<'_>,
    ) {
        let time = |at: usize| value(at).map_or(u64::MAX, |(nanos, _)| nanos);
        let pixel = 1.0 / self.key.pixels;
        let mut at = first(count, |at| time(at) as f64 > self.key.viewport.from).saturating_sub(1);
        while let Some((nanos, amount)) = value(at) {
            let left = self.x(nanos);
            // What lies in one pixel is drawn as the last of it, however many steps that are.
            let next = at + 1 + first(count - at - 1, |more| self.x(time(at + 1 + more)) >= left + pixel);
            let amount = value(next - 1).map_or(amount, |(_, amount)| amount);
            let right = if next < count { self.x(time(next)) } else { self.x(self.profile.duration_nanos()) };
            let height = (rect.height() - 2.0) * (amount as f64 / most.max(1) as f64) as f32;
            let across = left..=right.max(left + pixel);
            let filled = Rect::from_x_y_ranges(across.clone(), rect.bottom() - height..=rect.bottom());
            sheet.mesh.add_colored_rect(filled.intersect(self.key.rect), colour.gamma_multiply(0.28));
            let edge = Rect::from_x_y_ranges(across, filled.top()..=filled.top() + 1.5);
            sheet.mesh.add_colored_rect(edge.intersect(self.key.rect), colour);
            if left > self.key.rect.right() {
                break;
            }
            at = next;
        }
    }

    fn calls(&self, row: usize, rect: Rect, painter: &Painter, sheet: &mut Sheet<'_>) {
        let Some(row) = self.view.rows.rows.get(row) else { return };
        let Some(lane) = call_lane(&self.view.lanes, row) else { return };
        let budget = self.key.over.filter(|(function, _)| *function == (row.direction, row.func));
        let canvas = &self.key.palette.canvas;
        let colour = match row.direction {
            Direction::GuestToHost => canvas.into_host,
            Direction::HostToGuest => canvas.into_guest,
        };
        let rect = rect.shrink2(egui::vec2(0.0, 1.0));
        for found in &lane.boxes {
            let is_over = budget.is_some_and(|(_, budget)| found.calls == 1 && found.total_nanos > budget);
            let colour = if is_over { canvas.over } else { colour };
            self.call(found, rect, colour, painter, sheet);
        }
    }

    fn call(&self, found: &CallBox, rect: Rect, colour: Color32, painter: &Painter, sheet: &mut Sheet<'_>) {
        let (left, right) = (self.x(found.start_nanos), self.x(found.end_nanos));
        if right < self.key.rect.left() || left > self.key.rect.right() {
            return;
        }
        let mut place = self.part(rect, left, right);
        let share = found.share() as f32;
        if found.is_summed {
            // Of sums the height tells how much of the time it was.
            place.min.y = place.max.y - (place.height() * share).max(2.0);
        }
        let fill = self.key.palette.background.lerp_to_gamma(colour, 0.4 + 0.6 * share);
        sheet.mesh.add_colored_rect(place.intersect(self.key.rect), fill);
        if found.calls == 1 && !found.is_summed {
            let ink = self.key.palette.ink_on(fill);
            self.label(place, &units::nanos(found.total_nanos), ink, painter, sheet);
        }
    }

    fn stack(&self, rect: Rect, painter: &Painter, sheet: &mut Sheet<'_>) {
        let Viewport { from, to, .. } = self.key.viewport;
        for (depth, row) in self.view.lanes.stacks.rows.iter().enumerate() {
            let top = rect.top() + depth as f32 * ROW;
            if top > self.key.rect.bottom() {
                break;
            }
            if top + ROW < self.key.rect.top() {
                continue;
            }
            let behind = row.partition_point(|found| (found.end_nanos as f64) < from);
            let shown = row.iter().skip(behind).take_while(|found| (found.start_nanos as f64) < to);
            shown.for_each(|found| self.stack_box(found, top, painter, sheet));
        }
    }

    fn stack_box(&self, found: &StackBox, top: f32, painter: &Painter, sheet: &mut Sheet<'_>) {
        let (left, right) = (self.x(found.start_nanos), self.x(found.end_nanos));
        let row = Rect::from_x_y_ranges(self.key.rect.x_range(), top..=top + ROW - 1.0);
        let place = self.part(row, left, right).intersect(self.key.rect);
        if !place.is_positive() {
            return;
        }
        let frame = found.frame;
        let fill = self.colours.frame(frame);
        sheet.mesh.add_colored_rect(place, fill);
        let fits = ((place.width() - 2.0 * PADDING) / sheet.glyph).floor().max(0.0) as usize;
        if fits >= SHORTEST_LABEL {
            let galley = sheet.labels_of.get(painter, frame, &self.profile.frames().get(frame).short, fits);
            let drop = ((ROW - 1.0 - galley.size().y) / 2.0).floor();
            let ink = self.key.palette.ink_on(fill);
            sheet.labels.push((pos2(place.left() + PADDING, top + drop), galley, ink));
        }
        sheet.drawn.push(Drawn { frame, rect: place });
    }

    fn label(&self, place: Rect, text: &str, ink: Color32, painter: &Painter, sheet: &mut Sheet<'_>) {
        let place = place.intersect(self.key.rect);
        let fits = ((place.width() - 2.0 * PADDING) / sheet.glyph).floor().max(0.0) as usize;
        if fits < SHORTEST_LABEL || place.height() < 10.0 {
            return;
        }
        let galley = painter.layout_no_wrap(cut(text, fits), MONO, Color32::PLACEHOLDER);
        let drop = ((place.height() - galley.size().y) / 2.0).floor();
        sheet.labels.push((place.left_top() + egui::vec2(PADDING, drop), galley, ink));
    }

    /// The whole run, a few rows of its stack in a strip.
    fn overview(&self) -> Mesh {
        let (mut mesh, rect) = (Mesh::default(), self.key.overview);
        let rows = &self.view.overview.stacks.rows;
        let height = rect.height() / rows.len().clamp(1, OVERVIEW_ROWS) as f32;
        let whole = Viewport::whole(self.profile.duration_nanos());
        let x =
            |nanos: u64| rect.left() + (whole.share(nanos).clamp(0.0, 1.0) * f64::from(rect.width())) as f32;
        for (depth, row) in rows.iter().take(OVERVIEW_ROWS).enumerate() {
            let top = rect.top() + depth as f32 * height;
            for found in row {
                let (left, right) = (x(found.start_nanos), x(found.end_nanos));
                let place = Rect::from_min_max(pos2(left, top), pos2(right.max(left + 0.5), top + height));
                let colour = self.colours.frame(found.frame);
                mesh.add_colored_rect(place, colour.gamma_multiply(0.8));
            }
        }
        mesh
    }

    /// A part of a lane, at least a pixel wide; a gap sets wide ones apart.
    fn part(&self, rect: Rect, left: f32, right: f32) -> Rect {
        let pixel = 1.0 / self.key.pixels;
        let gap = if right - left > 4.0 { pixel } else { 0.0 };
        Rect::from_x_y_ranges(left..=(right - gap).max(left + pixel), rect.y_range())
    }

    /// Where a moment is on screen.
    fn x(&self, nanos: u64) -> f32 {
        let (share, rect) = (self.key.viewport.share(nanos), self.key.rect);
        let width = f64::from(rect.width());
        rect.left() + (share * width).clamp(-4.0, width + 4.0) as f32
    }
}

/// The first of `count` numbers for which `is_behind` holds, as it does for all that follow it.
fn first(count: usize, is_behind: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_behind(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
