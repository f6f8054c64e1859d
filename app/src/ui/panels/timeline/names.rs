//! The names of the lanes, at the left of them.

use super::layout::{self, Lane, Place, ROW};
use super::{TimelineState, tooltip};
use crate::ui::theme::Palette;
use crate::ui::views::TimelineView;
use crate::units;
use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2};

/// Draws the names; a click on that of a function looks at its calls.
pub fn names_ui(ui: &mut Ui, view: &TimelineView, state: &mut TimelineState, names: Rect, places: &[Place]) {
    let down = state.viewport.map_or(0.0, |viewport| viewport.down);
    for place in places {
        let top = names.top() + place.top - down;
        let height = if place.lane == Lane::Stack { ROW } else { place.height };
        let whole = Rect::from_x_y_ranges(names.x_range(), top..=top + height);
        let rect = whole.intersect(names);
        if rect.height() > 4.0 {
            name_ui(ui, view, state, place.lane, whole, rect);
        }
    }
}

fn name_ui(ui: &mut Ui, view: &TimelineView, state: &mut TimelineState, lane: Lane, whole: Rect, rect: Rect) {
    let (palette, painter) = (Palette::of(ui), ui.painter_at(rect));
    let name = layout::name(lane, view, state.shows_all_calls);
    let (is_pressed, function) = match lane {
        Lane::Calls(row) => {
            let function = view.rows.rows.get(row).map(|row| (row.direction, row.func));
            (function == state.chosen, function)
        }
        _ => (false, None),
    };
    let can_press = matches!(lane, Lane::Calls(_) | Lane::More);
    let sense = if can_press { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, ui.scope_id().with(("lane", lane)), sense);
    let role = if can_press { Role::Button } else { Role::Label };
    response.widget_info(|| WidgetInfo::labeled(role, true, &name));
    if can_press && (is_pressed || response.hovered()) {
        painter.rect_filled(rect, 3.0, if is_pressed { palette.selected } else { palette.hovered });
    }
    let font = FontId::proportional(12.0);
    let colour = if can_press { palette.text } else { palette.weak };
    let scale = scale_text(view, lane);
    let y = if scale.is_empty() { whole.center().y } else { whole.center().y - 7.0 };
    text_cut(&painter, pos2(whole.left() + 4.0, y), &name, whole.width() - 8.0, font, colour);
    let below = pos2(whole.left() + 4.0, whole.center().y + 7.0);
    painter.text(below, Align2::LEFT_CENTER, scale, FontId::proportional(10.5), palette.weak);
    if response.clicked() {
        match lane {
            Lane::More => state.shows_all_calls = !state.shows_all_calls,
            _ => state.choose(function.filter(|_| !is_pressed)),
        }
    }
    response.on_hover_ui(|ui| tooltip::lane_ui(ui, view, lane));
}

/// What the top of a curve stands for.
fn scale_text(view: &TimelineView, lane: Lane) -> String {
    match lane {
        Lane::Memory(at) => view.growth.memories.get(at).map_or_else(String::new, |memory| {
            units::bytes(memory.final_pages.saturating_mul(memory.page_bytes))
        }),
        Lane::Heap => {
            let most = view.growth.heap.iter().map(|point| point.live_bytes).max();
            format!("≤ {}", units::bytes(most.unwrap_or(0)))
        }
        _ => String::new(),
    }
}

/// Text in one line, cut to a width in points.
fn text_cut(painter: &Painter, at: Pos2, text: &str, width: f32, font: FontId, colour: Color32) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(8.0));
    let galley = painter.layout_job(job);
    painter.galley(at - egui::vec2(0.0, galley.size().y / 2.0), galley, colour);
}
