//! The instructions of the selected function, with costs beside each.

use super::{PanelCtx, PanelKind, short_file};
use crate::analysis::{WatListing, WatRow};
use crate::profile::{FrameId, FrameInfo, FrameKind, SourceLine};
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::theme::{MONO, Palette, ROW_HEIGHT};
use crate::ui::views::{InstructionsQuery, InstructionsView};
use crate::ui::widgets::empty_state;
use crate::units;
use egui::{Align, Label, Layout, RichText, ScrollArea, Sense, Ui};
use egui_extras::{Column, TableBuilder, TableRow};
use wasmscope_symbolize::FuncIndex;

/// What the panel remembers.
#[derive(Default)]
pub struct InstructionsState {
    /// The function that was asked for last, and the one that had been shown before.
    asked: Option<(FrameId, Option<FuncIndex>)>,
    shown: Option<FuncIndex>,
    /// The function and the line whose selection the panel has followed.
    followed: (Option<FuncIndex>, Option<SourceLine>),
    /// How many instructions come from that line.
    marked: usize,
    /// The line that was clicked here: it is in sight already.
    clicked: Option<SourceLine>,
}

impl InstructionsState {
    /// What is to be shown; `None` while no function is selected.
    pub fn query(&mut self, ctx: &PanelCtx<'_>) -> Option<InstructionsQuery> {
        let frame = ctx.selection.function?;
        // From a function to what is inlined in it the text stays the same.
        let asked = self.asked.filter(|(asked, _)| *asked == frame).unwrap_or((frame, self.shown));
        self.asked = Some(asked);
        Some(InstructionsQuery { frame, preferred: asked.1, tree: ctx.selection.call_tree() })
    }

    /// The row to bring into sight: that of a newly selected line, or the heaviest of another function.
    fn follow(&mut self, ctx: &PanelCtx<'_>, listing: &WatListing) -> Option<usize> {
        self.shown = Some(listing.function);
        let selected = (self.shown, ctx.selection.line.clone());
        if self.followed == selected {
            return None;
        }
        let (function, line) = std::mem::replace(&mut self.followed, selected);
        let rows_of = |line: &SourceLine| listing.rows_of(&line.file, line.line).count();
        self.marked = ctx.selection.line.as_ref().map_or(0, rows_of);
        let is_other = function != self.shown;
        let is_clicked = self.clicked.take() == ctx.selection.line;
        if !is_other && (line == ctx.selection.line || is_clicked) {
            return None;
        }
        let line = ctx.selection.line.as_ref();
        let of_line = line.and_then(|line| listing.rows_of(&line.file, line.line).next());
        of_line.or_else(|| heaviest(listing).filter(|_| is_other))
    }
}

fn heaviest(listing: &WatListing) -> Option<usize> {
    let rows = listing.rows.iter().enumerate();
    // Of equals the first: a loop is read from its head.
    rows.rev().max_by_key(|(_, row)| (row.self_nanos, row.executed)).map(|(at, _)| at)
}

/// Draws the panel while no function is selected.
pub fn nothing_ui(ui: &mut Ui) {
    let hint = "Click a function in the flame graph, the table of functions or the source to see its code.";
    empty_state(ui, "No function selected", hint);
}

/// Draws the panel.
pub fn instructions_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    view: &InstructionsView,
    state: &mut InstructionsState,
) {
    let frame = ctx.profile.frames().get(view.frame);
    let Some(listing) = &view.listing else { return no_code_ui(ui, frame) };
    if let Some(problem) = &listing.problem {
        return problem_ui(ui, ctx, problem);
    }
    // A stale view is not worth following: the new one may have the line.
    let is_stale = ctx.selection.function != Some(view.frame);
    let scroll_to = if is_stale { None } else { state.follow(ctx, listing) };
    toolbar_ui(ui, ctx, frame, listing, state.marked);
    if let Some(line) = rows_ui(ui, ctx, &Shown::of(ui, view, listing), scroll_to) {
        state.clicked.clone_from(&line);
        ctx.commands.send(Command::Select(Selection { line, ..ctx.selection.clone() }));
    }
}

fn no_code_ui(ui: &mut Ui, frame: &FrameInfo) {
    let hint = match frame.kind {
        FrameKind::Host(_) => {
            "It is imported: its code is the host's, not the module's. The boundary shows who calls it; select one of \
             these."
        }
        _ => "This is not a function of the module. Select one that is.",
    };
    empty_state(ui, &format!("No code of {}", frame.short), hint);
}

fn problem_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, problem: &str) {
    if ctx.profile.recording().module.is_empty() {
        let hint = "The recording holds no module. Record the program again to see its code.";
        return empty_state(ui, "No code", hint);
    }
    empty_state(ui, "The code can't be shown", &format!("{problem}."));
}

fn toolbar_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, frame: &FrameInfo, listing: &WatListing, marked: usize) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Copy").on_hover_text("Copy the function as WebAssembly text.").clicked() {
                ui.ctx().copy_text(listing.text());
            }
            if let Some(line) = &ctx.selection.line {
                let text = format!("{} of line {}", units::exact(marked as u64), line.line);
                let about = format!("Instructions that come from {}:{}.", short_file(&line.file), line.line);
                ui.label(RichText::new(text).weak()).on_hover_text(about);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = match frame.kind {
                    FrameKind::Inlined => format!("{}, inlined into {}", frame.short, listing.name),
                    _ => listing.name.to_string(),
                };
                ui.add(Label::new(RichText::new(text).weak()).truncate());
            });
        });
    });
}

/// What stands in front of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gutter {
    Own,
    Executed,
    Offset,
}

impl Gutter {
    /// The title and the width, in points.
    const fn head(self) -> (&'static str, f32) {
        match self {
            Gutter::Own => ("Self", 62.0),
            Gutter::Executed => ("Executed", 66.0),
            Gutter::Offset => ("Offset", 64.0),
        }
    }
}

/// What is drawn, and in which columns.
struct Shown<'a> {
    listing: &'a WatListing,
    longest: usize,
    most_executed: u64,
    gutters: Vec<Gutter>,
}

impl<'a> Shown<'a> {
    fn of(ui: &Ui, view: &InstructionsView, listing: &'a WatListing) -> Shown<'a> {
        let own = (listing.sampled_nanos > 0).then_some(Gutter::Own);
        let executed = listing.has_executed.then_some(Gutter::Executed);
        let mut gutters: Vec<Gutter> = own.into_iter().chain(executed).chain([Gutter::Offset]).collect();
        // Beside little text all of them would leave nothing of it.
        if ui.available_width() < 340.0 {
            gutters.truncate(1);
        }
        let InstructionsView { longest, most_executed, .. } = *view;
        Shown { listing, longest: longest.min(400), most_executed, gutters }
    }

    /// How hot a row is, from 0 to 1; `None` where it cost nothing.
    fn heat(&self, row: &WatRow) -> Option<f64> {
        let (part, whole) = match self.gutters.first() {
            Some(Gutter::Own) => (row.self_nanos, self.listing.sampled_nanos),
            _ => (row.executed.unwrap_or(0), self.most_executed),
        };
        (part > 0).then(|| units::share(part, whole))
    }
}

/// The width of a character of the text, in points.
const CHARACTER: f32 = 7.3;

/// Draws the rows. Gives the source line, if it has one, of the row that was clicked.
fn rows_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    shown: &Shown<'_>,
    scroll_to: Option<usize>,
) -> Option<Option<SourceLine>> {
    let gap = ui.spacing().item_spacing.x;
    let beside = shown.gutters.iter().map(|gutter| gutter.head().1 + gap).sum::<f32>() + 8.0;
    let code = (shown.longest as f32 * CHARACTER + 16.0).max(ui.available_width() - beside);
    let mut clicked = None;
    ScrollArea::horizontal().id_salt("instructions").auto_shrink(false).show(ui, |ui| {
        ui.set_min_width(code + beside);
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut builder =
            TableBuilder::new(ui).id_salt("instructions").sense(Sense::CLICK).auto_shrink(false);
        for gutter in &shown.gutters {
            builder = builder.column(Column::exact(gutter.head().1));
        }
        builder = builder.column(Column::exact(code)).cell_layout(Layout::left_to_right(Align::Center));
        if let Some(row) = scroll_to {
            builder = builder.scroll_to_row(row, Some(Align::Center));
        }
        let table = builder.header(20.0, |mut header| {
            for gutter in &shown.gutters {
                header.col(|ui| right(ui, RichText::new(gutter.head().0).weak()));
            }
            header.col(|_| ());
        });
        table.body(|body| {
            body.rows(ROW_HEIGHT - 3.0, shown.listing.rows.len(), |mut line| {
                if let Some(row) = shown.listing.rows.get(line.index())
                    && row_ui(&mut line, ctx, shown, row)
                {
                    clicked = Some(source_line(row));
                }
            });
        });
    });
    clicked
}

fn source_line(row: &WatRow) -> Option<SourceLine> {
    let at = row.location().filter(|at| at.line > 0)?;
    Some(SourceLine { file: at.file.clone(), line: at.line })
}

fn right(ui: &mut Ui, text: RichText) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(Label::new(text).extend()));
}

/// Draws a row. Says whether it was clicked.
fn row_ui(line: &mut TableRow<'_, '_>, ctx: &PanelCtx<'_>, shown: &Shown<'_>, row: &WatRow) -> bool {
    line.set_selected(ctx.selection.line.as_ref().is_some_and(|at| row.is_from(&at.file, at.line)));
    for (at, gutter) in shown.gutters.iter().enumerate() {
        line.col(|ui| {
            if let Some(heat) = shown.heat(row).filter(|_| at == 0 && *gutter != Gutter::Offset) {
                let colour = Palette::of(ui).memory.live.gamma_multiply((0.10 + heat as f32).min(0.75));
                ui.painter().rect_filled(ui.max_rect(), 2.0, colour);
            }
            gutter_ui(ui, *gutter, row);
        });
    }
    line.col(|ui| {
        ui.add(Label::new(RichText::new(row.indented()).font(MONO)).extend());
    });
    let response = line.response().on_hover_ui(|ui| hover_ui(ui, row));
    if response.double_clicked() {
        ctx.commands.send(Command::ShowPanel(PanelKind::Source));
    }
    response.clicked()
}

fn gutter_ui(ui: &mut Ui, gutter: Gutter, row: &WatRow) {
    let own = Some(row.self_nanos).filter(|nanos| *nanos > 0);
    let text = match gutter {
        Gutter::Own => own.map(units::nanos),
        Gutter::Executed => row.executed.map(units::count),
        Gutter::Offset => row.offset.map(|offset| format!("{:#x}", offset.0)),
    };
    let text = RichText::new(text.unwrap_or_default()).font(MONO);
    right(ui, if gutter == Gutter::Offset { text.weak() } else { text });
}

fn hover_ui(ui: &mut Ui, row: &WatRow) {
    let Some(offset) = row.offset else {
        ui.label("No instruction");
        return;
    };
    let (own, total) = (units::nanos(row.self_nanos), units::nanos(row.total_nanos));
    let executed = row.executed.map(|count| format!(" · executed {}", units::exact(count)));
    ui.label(format!("{offset} · self {own} · total {total}{}", executed.unwrap_or_default()));
    for frame in row.frames.iter() {
        let place = frame.location.as_ref().filter(|at| at.line > 0);
        let place = place.map(|at| format!("  {}:{}", short_file(&at.file), at.line)).unwrap_or_default();
        ui.label(RichText::new(format!("{}{place}", frame.name.short)).weak());
    }
}
