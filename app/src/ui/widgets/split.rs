//! A bar of parts that sum to a whole, with its legend.

use super::swatch;
use crate::ui::theme::Palette;
use egui::{Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// A part of the whole.
pub struct Part {
    /// Its name and figure, such as `host 200 ms, 16.7 %`.
    pub text: String,
    /// What it is, for the tooltip.
    pub about: String,
    /// How much of the whole it is, from 0 to 1.
    pub share: f64,
    /// Its colour in the bar.
    pub colour: Color32,
}

const HEIGHT: f32 = 12.0;

/// Draws the bar, as wide as there is room, and below it what its colours mean.
pub fn split_bar(ui: &mut Ui, name: &str, parts: &[Part]) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 2.0, Palette::of(ui).raised);
    let mut share = 0.0;
    for part in parts {
        let x = |share: f64| rect.left() + (f64::from(rect.width()) * share.clamp(0.0, 1.0)) as f32;
        let (left, right) = (x(share), x(share + part.share));
        // A pixel at least: what is there is seen.
        let place = Rect::from_min_max(pos2(left, rect.top()), pos2(right.max(left + 1.0), rect.bottom()));
        painter.rect_filled(place, 0.0, part.colour);
        share += part.share;
    }
    let told: Vec<_> = parts.iter().map(|part| part.text.as_str()).collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name}: {}", told.join("; "))));
    ui.horizontal_wrapped(|ui| {
        for part in parts {
            swatch(ui, part.colour, &part.text).on_hover_text(&part.about);
        }
    });
}
