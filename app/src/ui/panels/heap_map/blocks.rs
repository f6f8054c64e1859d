//! What the live blocks are like: their sizes, what was handed out beyond what was asked for, and who holds pages.

use super::super::{PanelCtx, asker_text, call_path_ui};
use crate::analysis::HistogramBar;
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::HeapMapView;
use crate::ui::widgets::figure;
use crate::units;
use egui::{Label, RichText, Sense, Ui, vec2};

/// So many call paths that hold pages are listed.
const PINS: usize = 6;

/// Draws it.
pub fn blocks_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView) {
    let Some(blocks) = &view.blocks else {
        ui.label(RichText::new("Computing…").weak());
        return;
    };
    let most = blocks.sizes.iter().map(|bar| bar.amount.bytes).max().unwrap_or(0);
    for bar in &blocks.sizes {
        bar_ui(ui, bar, most);
    }
    let slack = &blocks.slack;
    let about = "Headers and rounding: of the blocks of each size the least distance to the next block, less the size, \
                 where that is no more than 32 bytes or a quarter. Of the others it is not known.";
    let text = format!("{} of {}", units::bytes(slack.slack_bytes), units::bytes(slack.asked_bytes));
    figure(ui, "Headers and rounding", &text, about);
    if !blocks.pins.is_empty() {
        ui.label(RichText::new("Sparse pages are held by").weak()).on_hover_text(
            "Pages of which less than a sixteenth is live, by who asked for the blocks on them. Without these blocks \
             the pages would be empty.",
        );
    }
    for pin in blocks.pins.iter().take(PINS) {
        let text = format!("{:>5}  {}", units::exact(pin.pages), asker_text(ctx.profile, pin.path));
        let label = ui.add(Label::new(RichText::new(text).font(MONO)).truncate());
        label.on_hover_ui(|ui| call_path_ui(ui, ctx.profile, pin.path));
    }
}

fn bar_ui(ui: &mut Ui, bar: &HistogramBar, most: u64) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 15.0), Sense::hover());
    let palette = Palette::of(ui);
    let share = units::share(bar.amount.bytes, most) as f32;
    let mut filled = rect;
    filled.set_width(rect.width() * share);
    ui.painter().rect_filled(filled.shrink2(vec2(0.0, 1.0)), 2.0, palette.memory.live.gamma_multiply(0.35));
    let name = format!("to {}", units::bytes(bar.up_to));
    let value = format!("{}  {}", units::count(bar.amount.blocks), units::bytes(bar.amount.bytes));
    let font = egui::FontId { size: 11.0, ..MONO };
    let at = rect.left_center() + vec2(4.0, 0.0);
    ui.painter().text(at, egui::Align2::LEFT_CENTER, &name, font.clone(), palette.text);
    let at = rect.right_center() - vec2(4.0, 0.0);
    ui.painter().text(at, egui::Align2::RIGHT_CENTER, &value, font, palette.text);
    let text = format!(
        "{}, {} in all, each of at most {} and more than half of that",
        units::things(bar.amount.blocks, "live block"),
        units::bytes(bar.amount.bytes),
        units::bytes(bar.up_to)
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &text));
    response.on_hover_text(text);
}
