//! A time axis that can be dragged along, with a curve behind it and marks on it.

use crate::ui::theme::Palette;
use std::ops::Range;

use egui::{Event, EventFilter, Key, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2};

/// What the axis shows.
pub struct Scrubber<'a> {
    /// Its right end, in nanoseconds.
    pub duration_nanos: u64,
    /// The curve behind it: moments and values, by rising time.
    pub curve: &'a [(u64, u64)],
    /// Moments at which something happened, ascending.
    pub pins: &'a [u64],
    /// What happened at the pin of this number.
    pub pin_text: &'a dyn Fn(usize) -> String,
    /// Moments that the user marked.
    pub marks: &'a [u64],
    /// The part of the run that is shown elsewhere.
    pub range: Option<&'a Range<u64>>,
}

/// A pin is pointed at from so many points away.
const REACH: f32 = 4.0;
const HEIGHT: f32 = 38.0;
/// The radius of what marks the moment.
const HANDLE: f32 = 4.0;
/// More points than the axis has pixels show nothing more.
const MOST_POINTS: usize = 4_000;

impl Scrubber<'_> {
    /// Draws it. Gives the moment that the user moved to, if any.
    pub fn show(&self, ui: &mut Ui, at_nanos: u64, width: f32) -> Option<u64> {
        let (rect, response) = ui.allocate_exact_size(egui::vec2(width, HEIGHT), Sense::click_and_drag());
        let text = format!("Moment {}", crate::units::nanos(at_nanos));
        response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, &text));
        self.paint(ui, rect, at_nanos);
        if response.has_focus() {
            outline(ui, rect);
        }
        if response.clicked() {
            response.request_focus();
        }
        let pointed = response.interact_pointer_pos().map(|pointer| self.moment(rect, pointer));
        let keyed = response.has_focus().then(|| self.keyed(ui, response.id, at_nanos)).flatten();
        let hovered = response.hover_pos().map(|pointer| self.moment(rect, pointer));
        if let Some(moment) = hovered.filter(|_| !response.dragged()) {
            let reach = self.moment(rect, rect.left_top() + egui::vec2(REACH, 0.0));
            let pin = self.nearest_pin(moment).filter(|pin| self.pins[*pin].abs_diff(moment) <= reach);
            let text = pin.map_or_else(|| crate::units::nanos(moment), self.pin_text);
            response.on_hover_text_at_pointer(text);
        }
        pointed.or(keyed).filter(|moment| *moment != at_nanos)
    }

    fn keyed(&self, ui: &Ui, id: egui::Id, at_nanos: u64) -> Option<u64> {
        let filter = EventFilter { horizontal_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        let step = (self.duration_nanos / 200).max(1);
        let moved = |event: &Event| match event {
            Event::Key { key: Key::ArrowLeft, pressed: true, .. } => Some(at_nanos.saturating_sub(step)),
            Event::Key { key: Key::ArrowRight, pressed: true, .. } => {
                Some(at_nanos.saturating_add(step).min(self.duration_nanos))
            }
            _ => None,
        };
        ui.input(|input| input.events.iter().find_map(moved))
    }

    fn nearest_pin(&self, moment: u64) -> Option<usize> {
        let behind = self.pins.partition_point(|pin| *pin < moment);
        let near =
            [behind.checked_sub(1), Some(behind)].into_iter().flatten().filter(|at| *at < self.pins.len());
        near.min_by_key(|at| self.pins[*at].abs_diff(moment))
    }

    fn moment(&self, rect: Rect, pointer: Pos2) -> u64 {
        let share = ((pointer.x - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0);
        (f64::from(share) * self.duration_nanos as f64) as u64
    }

    fn x(&self, rect: Rect, moment: u64) -> f32 {
        let share = moment as f64 / self.duration_nanos.max(1) as f64;
        rect.left() + rect.width() * share.clamp(0.0, 1.0) as f32
    }

    fn paint(&self, ui: &Ui, rect: Rect, at_nanos: u64) {
        let palette = Palette::of(ui);
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, 4.0, palette.background);
        if let Some(range) = self.range {
            let (left, right) = (self.x(rect, range.start), self.x(rect, range.end));
            let part = Rect::from_x_y_ranges(left..=right, rect.y_range());
            painter.rect_filled(part, 0.0, palette.selected);
        }
        self.paint_curve(&painter, rect, palette);
        let every = (self.pins.len() / MOST_POINTS).max(1);
        for pin in self.pins.iter().step_by(every) {
            let x = self.x(rect, *pin);
            painter.vline(x, rect.top()..=rect.top() + 7.0, Stroke::new(1.5, palette.memory.pages));
        }
        for mark in self.marks {
            let x = self.x(rect, *mark);
            painter.vline(x, rect.y_range(), Stroke::new(1.0, palette.warning));
            let flag = [pos2(x, rect.top()), pos2(x + 7.0, rect.top() + 3.5), pos2(x, rect.top() + 7.0)];
            painter.add(Shape::convex_polygon(flag.to_vec(), palette.warning, Stroke::NONE));
        }
        let x = self.x(rect, at_nanos).clamp(rect.left() + 1.0, rect.right() - 1.0);
        painter.vline(x, rect.y_range(), Stroke::new(2.0, palette.text));
        // Whole at both ends, too.
        let painter = ui.painter_at(rect.expand2(egui::vec2(HANDLE, 0.0)));
        painter.circle_filled(pos2(x, rect.bottom() - 5.0), HANDLE, palette.text);
    }

    fn paint_curve(&self, painter: &egui::Painter, rect: Rect, palette: &Palette) {
        let most = self.curve.iter().map(|(_, value)| *value).max().unwrap_or(0).max(1) as f64;
        let every = (self.curve.len() / MOST_POINTS).max(1);
        let height = |value: u64| rect.bottom() - 2.0 - (rect.height() - 10.0) * (value as f64 / most) as f32;
        let mut points: Vec<Pos2> = Vec::new();
        for (moment, value) in self.curve.iter().step_by(every) {
            let x = self.x(rect, *moment);
            // A step: the old value holds until the moment.
            points.extend(points.last().map(|last| pos2(x, last.y)));
            points.push(pos2(x, height(*value)));
        }
        points.extend(points.last().map(|last| pos2(rect.right(), last.y)));
        if points.len() > 1 {
            painter.add(Shape::line(points, Stroke::new(1.5, palette.memory.live)));
        }
    }
}

fn outline(ui: &Ui, rect: Rect) {
    let stroke = Stroke::new(1.0, Palette::of(ui).accent);
    ui.painter().rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Outside);
}
