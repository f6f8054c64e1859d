//! How long the calls of the chosen function took: figures, a budget, and a histogram whose bars mark their calls.

use super::super::PanelCtx;
use super::TimelineState;
use super::layout::call_name;
use crate::analysis::{CallDurations, DurationBar};
use crate::ui::theme::Palette;
use crate::ui::views::TimelineView;
use crate::units;
use egui::{Align2, DragValue, FontId, Label, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2};

/// Draws the pane.
pub fn calls_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    view: &TimelineView,
    calls: &CallDurations,
    state: &mut TimelineState,
) {
    let chosen = view.rows.rows.iter().find(|row| Some((row.direction, row.func)) == state.chosen);
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let name = chosen.map_or_else(String::new, call_name);
        let of = if ctx.selection.time_nanos.is_some() { " that began in the chosen part" } else { "" };
        let count = units::things(calls.calls.len() as u64, "call");
        ui.label(RichText::new(format!("{name}: {count}{of}")).strong());
        if calls.summed_calls > 0 {
            let more = units::things(calls.summed_calls, "further call");
            let about =
                "Of a program that calls very often, calls beyond a number are summed by slices of time.";
            ui.label(RichText::new(format!("and {more} known as sums")).weak()).on_hover_text(about);
        }
        if ui.small_button("×").accessible_name("Close calls").on_hover_text("Esc").clicked() {
            state.choose(None);
        }
    });
    if calls.calls.is_empty() {
        ui.label(RichText::new("Of none of them it is known how long it took.").weak());
        return;
    }
    ui.horizontal_wrapped(|ui| figures_ui(ui, ctx, calls, state));
    let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    if rect.height() > 30.0 {
        histogram_ui(ui, calls, state, rect);
    }
}

fn figures_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, calls: &CallDurations, state: &mut TimelineState) {
    let at = |share: f64| calls.quantile(share).map_or_else(|| "–".to_owned(), units::nanos);
    let text = format!("P50 {} · P90 {} · P99 {} · P99.9 {}", at(0.5), at(0.9), at(0.99), at(0.999));
    let about = "So many percent of the calls that are known one by one took no longer.";
    ui.label(text).on_hover_text(about);
    if let Some(longest) = calls.longest() {
        let text = format!("longest {}", units::nanos(longest.duration_nanos));
        let about = format!("At {}. Click shows it.", units::nanos(longest.start_nanos));
        if ui.link(text).on_hover_text(about).clicked() {
            state.show_event(ctx, longest.start_nanos);
        }
    }
    ui.separator();
    let over = calls.over((state.budget_millis * 1e6) as u64);
    let share = units::percent(units::share(over, calls.calls.len() as u64));
    let colour = if over > 0 { Palette::of(ui).error } else { Palette::of(ui).good };
    let text = RichText::new(format!("{} ({share}) over", units::exact(over))).color(colour);
    ui.add(Label::new(text).extend());
    let budget = DragValue::new(&mut state.budget_millis).range(0.001..=1e9).speed(0.1).suffix(" ms");
    let about = "The budget: what a call may take. 16.6 ms are a frame of 60 a second.";
    let budget = ui.add(budget).on_hover_text(about).accessible_name("Budget");
    state.has_own_budget |= budget.changed();
}

/// Where all calls took about as long as each other there are few bars.
const WIDEST_BAR: f32 = 40.0;
/// Below the bars, for the axis.
const AXIS: f32 = 14.0;

fn histogram_ui(ui: &mut Ui, calls: &CallDurations, state: &mut TimelineState, rect: Rect) {
    let bars = calls.bars();
    let most = bars.iter().map(|bar| bar.calls).max().unwrap_or(0);
    let width = (rect.width() / bars.len().max(1) as f32).min(WIDEST_BAR);
    let right = rect.left() + width * bars.len() as f32;
    let plot = Rect::from_min_max(rect.min, pos2(right, rect.bottom() - AXIS));
    ui.painter_at(rect).rect_filled(plot.with_max_x(rect.right()), 2.0, Palette::of(ui).background);
    for (number, bar) in bars.iter().enumerate() {
        let left = plot.left() + number as f32 * width;
        let column = Rect::from_x_y_ranges(left..=left + width, plot.y_range());
        bar_ui(ui, state, bar, column, most);
    }
    budget_line(ui, state, &bars, plot);
    axis_ui(ui, &bars, plot, width);
}

fn bar_ui(ui: &Ui, state: &mut TimelineState, bar: &DurationBar, column: Rect, most: u64) {
    let palette = Palette::of(ui);
    let is_chosen = state.bar.as_ref() == Some(&bar.nanos);
    let response = ui.interact(column, ui.scope_id().with(("bar", bar.nanos.start)), Sense::click());
    let (from, until) = (units::nanos(bar.nanos.start), units::nanos(bar.nanos.end));
    let text = format!("{} from {from} to {until}", units::things(bar.calls, "call"));
    if bar.calls > 0 {
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
    }
    // The few that took longest are what one looks for: heights are logarithmic, too.
    let height = (bar.calls as f32).ln_1p() / (most as f32).ln_1p().max(1e-3) * (column.height() - 4.0);
    let filled = Rect::from_x_y_ranges(
        column.left() + 0.5..=column.right() - 0.5,
        column.bottom() - height..=column.bottom(),
    );
    let is_over = bar.nanos.start as f64 >= state.budget_millis * 1e6;
    let colour = match (is_chosen, is_over) {
        (true, _) => palette.canvas.hit,
        (false, true) => palette.canvas.over,
        (false, false) => palette.accent,
    };
    if response.hovered() {
        ui.painter().rect_filled(column, 0.0, palette.hovered.gamma_multiply(0.5));
    }
    ui.painter().rect_filled(filled, 1.0, colour);
    if response.clicked() && bar.calls > 0 {
        state.bar = (!is_chosen).then(|| bar.nanos.clone());
        state.event = None;
    }
    response.on_hover_text(format!(
        "{text}\n\nClick marks them; , and . go from one to the next. Heights are logarithmic."
    ));
}

/// Where on the bars so many nanoseconds are.
fn x(bars: &[DurationBar], plot: Rect, nanos: f64) -> Option<f32> {
    let number =
        bars.iter().position(|bar| (bar.nanos.start as f64..bar.nanos.end as f64).contains(&nanos))?;
    let (from, until) = (bars[number].nanos.start as f64, bars[number].nanos.end as f64);
    let share = (nanos.max(1.0).ln() - from.max(1.0).ln()) / (until.ln() - from.max(1.0).ln()).max(1e-9);
    Some(plot.left() + plot.width() * (number as f32 + share as f32) / bars.len() as f32)
}

fn budget_line(ui: &Ui, state: &TimelineState, bars: &[DurationBar], plot: Rect) {
    if let Some(at) = x(bars, plot, state.budget_millis * 1e6) {
        ui.painter().vline(at, plot.y_range(), Stroke::new(1.5, Palette::of(ui).warning));
    }
}

/// As many edges of bars as have room.
fn axis_ui(ui: &Ui, bars: &[DurationBar], plot: Rect, width: f32) {
    const ROOM: f32 = 64.0;
    let every = (ROOM / width.max(1.0)).ceil().max(1.0) as usize;
    let painter = ui.painter();
    for (number, bar) in bars.iter().enumerate().step_by(every) {
        let at = plot.left() + number as f32 * width;
        let font = FontId::proportional(10.5);
        let text = units::nanos(bar.nanos.start);
        painter.text(pos2(at, plot.bottom() + 2.0), Align2::LEFT_TOP, text, font, Palette::of(ui).weak);
    }
}
