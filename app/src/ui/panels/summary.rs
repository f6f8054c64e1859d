//! The run on one page.

use super::PanelCtx;
use crate::analysis::{AdviceReport, Amount, FunctionRow, Metric, RangeSummary, Summary};
use crate::figures;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::panels::PanelKind;
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::SummaryView;
use crate::units;
use egui::{Grid, Label, RichText, ScrollArea, Sense, Ui, Vec2};

/// So many lines of advice are told.
const TOP_ADVICE: usize = 3;

/// Draws the panel.
pub fn summary_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &SummaryView, advice: Option<&AdviceReport>) {
    let SummaryView { whole: view, part } = view;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(760.0));
        warnings_ui(ui, view);
        if let Some(part) = part {
            section(ui, "The part that is chosen", |ui| part_ui(ui, ctx, part));
        }
        if let Some(advice) = advice.filter(|advice| !advice.lines.is_empty()) {
            section(ui, "Advice", |ui| advice_ui(ui, ctx, advice));
        }
        section(ui, "Run", |ui| rows(ui, &figures::run(view, ctx.is_growing)));
        if !view.phases.is_empty() {
            section(ui, "Phases", |ui| phases_ui(ui, view));
        }
        if !view.top_functions.is_empty() {
            section(ui, "Where the time goes", |ui| {
                top_ui(ui, ctx, &view.top_functions);
            });
        }
        section(ui, "Boundary", |ui| rows(ui, &figures::boundary(view)));
        section(ui, "Memory", |ui| memory_ui(ui, view));
    });
}

fn section(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui)) {
    ui.add_space(10.0);
    ui.label(RichText::new(title).strong().size(15.0));
    ui.add_space(2.0);
    ui.push_id(title, add);
}

fn rows(ui: &mut Ui, rows: &[(impl AsRef<str>, String)]) {
    Grid::new("rows").num_columns(2).min_col_width(120.0).spacing([16.0, 3.0]).show(ui, |ui| {
        for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
            let label = ui.label(RichText::new(name.as_ref()).weak());
            if let Some(about) = about(name.as_ref()) {
                label.on_hover_text(about);
            }
            ui.add(Label::new(value).wrap().selectable(true));
            ui.end_row();
        }
    });
}

/// What a row tells, where its name does not say it all.
fn about(name: &str) -> Option<&'static str> {
    Some(match name {
        "Outcome" => "How the program ended, by itself or stopped.",
        "Ran for" => "From the first call of the program to the end of the last, measured by the clock.",
        "Time" => "Samples × the time that each stands for: what is known of where the time went.",
        "Counted" => "What probes counted, exactly.",
        "Time went to" => "Program + host + crossing + engine + recorder + between calls = the run.",
        "Profiler's own cost" => {
            "How often probes were hit × what a hit takes here, the signals of the sampler, and the recorder."
        }
        "Allocator" => "The families whose functions were watched.",
        "Sampled" => "What samples in this part stand for.",
        "Into the host" => "Calls of imports, and the time in them without what they called back.",
        "Into the program" => "Calls of exports by the host.",
        "Crossing time" => {
            "Calls × what one takes. That was measured when the run began, and is taken off both sides."
        }
        "Memories grew by" => "The sum over all memories, in this part of the run.",
        "Handed out" => "All blocks that the allocator gave, with the sum of the sizes asked for.",
        "Freed" => "All blocks that were given back, by whomever.",
        "Peak" => "The most bytes that were live at once, and when.",
        "Live at the end" => "Blocks that were handed out and never freed.",
        "Misuse" => "Frees that can't be right, as far as all of them were seen.",
        _ => return None,
    })
}

fn warnings_ui(ui: &mut Ui, view: &Summary) {
    if view.warnings.is_empty() {
        return;
    }
    section(ui, "Warnings", |ui| {
        for warning in &view.warnings {
            let text = RichText::new(format!("• {warning}")).color(Palette::of(ui).warning);
            ui.add(Label::new(text).wrap().selectable(true));
        }
    });
}

/// The lines with the most to gain, and the way to the others.
fn advice_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, advice: &AdviceReport) {
    for line in advice.lines.iter().take(TOP_ADVICE) {
        let text = format!("• {}, {}", line.what, line.gain);
        ui.add(Label::new(text).wrap().selectable(true)).on_hover_text(&line.why);
    }
    let count = advice.lines.len();
    let link =
        if count > TOP_ADVICE { format!("All {count} in Advice") } else { "Why, and what to do".to_owned() };
    if ui.link(link).clicked() {
        ctx.commands.send(Command::ShowPanel(PanelKind::Advice));
    }
}

fn phases_ui(ui: &mut Ui, view: &Summary) {
    let length =
        |span: &wasmscope_instrument::recording::PhaseSpan| span.end_nanos.saturating_sub(span.start_nanos);
    let all = view.phases.iter().map(length).max().unwrap_or(0);
    let accent = Palette::of(ui).accent;
    Grid::new("phases").num_columns(3).min_col_width(90.0).spacing([16.0, 3.0]).show(ui, |ui| {
        for span in &view.phases {
            ui.label(RichText::new(span.phase.name()).weak());
            ui.label(RichText::new(units::nanos(length(span))).font(MONO));
            let width = 260.0 * units::share(length(span), all) as f32;
            let (rect, _) = ui.allocate_exact_size(Vec2::new(width.max(2.0), 10.0), Sense::hover());
            ui.painter().rect_filled(rect, 2.0, accent.gamma_multiply(0.6));
            ui.end_row();
        }
    });
}

/// What is known in time of the part that all views show.
fn part_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, part: &RangeSummary) {
    let RangeSummary { time, sampled_nanos, grown_bytes, .. } = part;
    let length = time.end.saturating_sub(time.start);
    let when = format!("{} – {}, {}", units::nanos(time.start), units::nanos(time.end), units::nanos(length));
    let host = units::things(part.guest_to_host_calls, "call");
    let blocks =
        |amount: Amount| format!("{}, {}", units::things(amount.blocks, "block"), units::bytes(amount.bytes));
    let (allocated, freed) = part.heap.unzip();
    rows(
        ui,
        &[
            ("When", when),
            ("Sampled", units::nanos(*sampled_nanos)),
            ("Into the host", format!("{host}, {} in the host", units::nanos(part.host_nanos))),
            ("Into the program", units::things(part.host_to_guest_calls, "call")),
            ("Memories grew by", units::bytes(*grown_bytes)),
            ("Handed out", allocated.map_or(String::new(), blocks)),
            ("Freed", freed.map_or(String::new(), blocks)),
        ],
    );
    ui.add_space(4.0);
    top_ui(ui, ctx, &part.top_functions);
    ui.label(RichText::new("What follows is of the whole run.").weak());
}

fn top_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, functions: &[FunctionRow]) {
    Grid::new("top").num_columns(3).spacing([16.0, 3.0]).show(ui, |ui| {
        for row in functions.iter().filter(|row| row.self_value > 0).take(10) {
            ui.label(RichText::new(format!("{:>7}", units::percent(row.self_share))).font(MONO))
                .on_hover_text("Self time ÷ the time of all samples.");
            ui.label(RichText::new(units::nanos(row.self_value)).font(MONO).weak())
                .on_hover_text("Time in the function's own code, without what it calls.");
            if ui.link(&*row.short).on_hover_text(&*row.name).clicked() {
                let function = Some(row.frame);
                let metric = Metric::Time;
                ctx.commands.send(Command::Select(Selection {
                    function,
                    line: None,
                    metric,
                    ..ctx.selection.clone()
                }));
                ctx.commands.send(Command::ShowPanel(PanelKind::Flame));
            }
            ui.end_row();
        }
    });
}

fn memory_ui(ui: &mut Ui, view: &Summary) {
    rows(ui, &figures::memory(view));
    if view.heap.is_none() {
        ui.label(RichText::new("The heap was not measured.").weak());
    }
}
