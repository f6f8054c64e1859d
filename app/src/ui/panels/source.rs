//! Source files with costs beside each line.

use super::{PanelCtx, PanelKind, short_file, value_text};
use crate::analysis::{LineRow, LineTable, SourceListing};
use crate::profile::{FrameId, SourceLine};
use crate::sources::how_to_get;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::theme::{MONO, Palette, ROW_HEIGHT};
use crate::ui::views::FoundListing;
use crate::ui::widgets::empty_state;
use crate::units;
use egui::{Align, ComboBox, Label, Layout, RichText, ScrollArea, Sense, Ui};
use egui_extras::{Column, TableBuilder, TableRow};
use std::sync::Arc;

/// What the panel draws.
pub struct SourceView {
    /// The costs of all lines.
    pub lines: Arc<LineTable>,
    /// The text of the file shown; `None` until it was looked for.
    pub listing: Option<Arc<FoundListing>>,
}

/// What the panel remembers.
#[derive(Default)]
pub struct SourceState {
    /// The file that was chosen; the heaviest if none.
    chosen: Option<Arc<str>>,
    /// The function and the line whose selection the panel has followed.
    followed: (Option<FrameId>, Option<SourceLine>),
    scroll_to: Option<u32>,
}

impl SourceState {
    /// Goes to the line or the function that is newly selected, and to the heaviest line at first.
    pub fn follow(&mut self, ctx: &PanelCtx<'_>, lines: &LineTable) {
        if self.chosen.is_none() {
            self.go_to(
                lines.files.first().and_then(|file| heaviest(lines.rows.get(file.rows.clone())?.iter())),
            );
        }
        let selected = (ctx.selection.function, ctx.selection.line.clone());
        if self.followed == selected {
            return;
        }
        let (function, _) = std::mem::replace(&mut self.followed, selected);
        if let Some(line) = &ctx.selection.line {
            self.chosen = Some(Arc::clone(&line.file));
            self.scroll_to = Some(line.line);
            return;
        }
        let news = ctx.selection.function.filter(|selected| function != Some(*selected));
        let Some(function) = news else { return };
        self.go_to(heaviest(lines.rows.iter().filter(|row| row.functions.contains(&function))));
    }

    fn go_to(&mut self, row: Option<&LineRow>) {
        if let Some(row) = row {
            self.chosen = Some(Arc::clone(&row.file));
            self.scroll_to = Some(row.line);
        }
    }

    /// The file that is shown.
    pub fn file(&self, lines: &LineTable) -> Option<Arc<str>> {
        let is_selected = |file: &str| self.followed.1.as_ref().is_some_and(|line| &*line.file == file);
        let is_there = |file: &Arc<str>| is_selected(file) || lines.files.iter().any(|row| row.file == *file);
        let chosen = self.chosen.as_ref().filter(|file| is_there(file));
        chosen.cloned().or_else(|| lines.files.first().map(|row| Arc::clone(&row.file)))
    }
}

/// The line that weighs most; code without a line is on none.
fn heaviest<'a>(rows: impl Iterator<Item = &'a LineRow>) -> Option<&'a LineRow> {
    rows.filter(|row| row.line > 0).max_by_key(|row| (row.self_value, row.total_value))
}

/// The titles of the costs beside a line; where there is room for one only, the first.
const COSTS: [&str; 2] = ["Self", "Total"];

/// The width of a character of the source, in points.
const CHARACTER: f32 = 7.3;

/// Longer lines are cut: no person wrote them.
const MOST_CHARACTERS: usize = 400;

/// Draws the panel.
pub fn source_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &SourceView, state: &mut SourceState) {
    let Some(file) = state.file(&view.lines) else {
        return no_lines_ui(ui, ctx, &view.lines);
    };
    toolbar_ui(ui, ctx, &view.lines, &file, state);
    // The text of the file chosen before stays away: lines would not fit the costs.
    let listing = view.listing.as_ref().filter(|found| found.file == file);
    let Some(found) = listing else { return };
    match &found.listing {
        Some(listing) => text_ui(ui, ctx, &view.lines, listing, state),
        None => missing_ui(ui, ctx, &view.lines, &file, state),
    }
}

fn no_lines_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, lines: &LineTable) {
    if ctx.profile.symbols().has_lines() {
        let title = format!("No {}", lines.metric.title().to_lowercase());
        return empty_state(ui, &title, "No line of the source weighs anything in this metric.");
    }
    let hint = "The module has neither a line table (DWARF) nor a source map. Build it with -g, and without stripping \
        it, to see source lines; or choose a file with its symbols (File, Symbols).";
    empty_state(ui, "No source lines", hint);
}

fn toolbar_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, lines: &LineTable, file: &Arc<str>, state: &mut SourceState) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Sources…").on_hover_text("Where source files are looked for.").clicked() {
                ctx.commands.send(Command::ShowSources);
            }
            let combo = ComboBox::from_id_salt("file").width(ui.available_width()).truncate();
            let shown = combo.selected_text(short_file(file)).show_ui(ui, |ui| {
                for row in &lines.files {
                    let weight = units::percent(units::share(row.self_value, lines.total));
                    let text = format!("{weight:>7}  {}", short_file(&row.file));
                    let choice = ui.selectable_label(row.file == *file, RichText::new(text).font(MONO));
                    if choice.on_hover_text(&*row.file).clicked() {
                        state.chosen = Some(Arc::clone(&row.file));
                    }
                }
            });
            shown.response.on_hover_text(&**file).accessible_name("Source file");
        });
    });
}

/// A line that is to be drawn.
struct Shown<'a> {
    file: &'a Arc<str>,
    number: u32,
    text: &'a str,
    cost: Option<&'a LineRow>,
}

fn text_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    lines: &LineTable,
    listing: &SourceListing,
    state: &mut SourceState,
) {
    if let Some(line) = listing.beyond_end {
        let text = format!(
            "Line {line} has a cost but this file is shorter: it is another version than was compiled."
        );
        ui.add(Label::new(RichText::new(text).color(Palette::of(ui).warning)).wrap());
    }
    let longest = listing.rows.iter().map(|row| row.text.len()).max().unwrap_or(0).min(MOST_CHARACTERS);
    let scroll_to = state.scroll_to.take().map(|line| line.saturating_sub(1) as usize);
    let row = |at: usize| {
        let row = listing.rows.get(at)?;
        let cost = row.row.and_then(|cost| lines.rows.get(cost));
        Some(Shown { file: &listing.file, number: row.line, text: &row.text, cost })
    };
    let clicked = lines_ui(ui, ctx, lines, (listing.rows.len(), longest), scroll_to, &row);
    select(ctx, clicked, state);
}

fn missing_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, lines: &LineTable, file: &str, state: &mut SourceState) {
    ui.add(
        Label::new(
            RichText::new(
                "The text of this file is not on this machine; lines that cost something are listed.",
            )
            .weak(),
        )
        .wrap(),
    );
    if let Some(hint) = how_to_get(file) {
        ui.add(Label::new(RichText::new(hint).weak()).wrap());
    }
    ui.horizontal(|ui| {
        if ui.button("Choose its folder…").clicked() {
            ctx.commands.send(Command::AskSources);
        }
        if ui.button("Look again").on_hover_text("It may be there by now.").clicked() {
            ctx.commands.send(Command::LookAgain);
        }
    });
    let range =
        lines.files.iter().find(|row| &*row.file == file).map(|row| row.rows.clone()).unwrap_or_default();
    let rows: Vec<&LineRow> = range.filter_map(|at| lines.rows.get(at)).filter(|row| row.line > 0).collect();
    let scroll_to = state.scroll_to.take().and_then(|line| rows.iter().position(|row| row.line == line));
    let name = |row: &LineRow| row.functions.first().map(|frame| &*ctx.profile.frames().get(*frame).short);
    let row = |at: usize| {
        let row = *rows.get(at)?;
        Some(Shown {
            file: &row.file,
            number: row.line,
            text: name(row).unwrap_or_default(),
            cost: Some(row),
        })
    };
    let clicked = lines_ui(ui, ctx, lines, (rows.len(), 60), scroll_to, &row);
    select(ctx, clicked, state);
}

/// Selects a line that was clicked here: it is in sight already.
fn select(ctx: &PanelCtx<'_>, clicked: Option<Selection>, state: &mut SourceState) {
    if let Some(selection) = clicked {
        state.followed = (selection.function, selection.line.clone());
        ctx.commands.send(Command::Select(selection));
    }
}

fn lines_ui<'a>(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    lines: &LineTable,
    (count, longest): (usize, usize),
    scroll_to: Option<usize>,
    row: &dyn Fn(usize) -> Option<Shown<'a>>,
) -> Option<Selection> {
    let mut clicked = None;
    // Beside little text both costs would leave nothing of it.
    let widths: &[f32] = if ui.available_width() < 340.0 { &[62.0, 36.0] } else { &[62.0, 62.0, 36.0] };
    let beside = widths.iter().map(|width| width + ui.spacing().item_spacing.x).sum::<f32>() + 8.0;
    let code = (longest as f32 * CHARACTER + 16.0).max(ui.available_width() - beside);
    ScrollArea::horizontal().id_salt("source").auto_shrink(false).show(ui, |ui| {
        ui.set_min_width(code + beside);
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut builder = TableBuilder::new(ui).id_salt("source").sense(Sense::CLICK).auto_shrink(false);
        for width in widths {
            builder = builder.column(Column::exact(*width));
        }
        builder = builder.column(Column::exact(code)).cell_layout(Layout::left_to_right(Align::Center));
        if let Some(row) = scroll_to {
            builder = builder.scroll_to_row(row, Some(Align::Center));
        }
        let table = builder.header(20.0, |mut header| {
            let costs = COSTS.iter().take(widths.len() - 1);
            for title in costs.chain(&["Line", ""]) {
                header.col(|ui| right(ui, RichText::new(*title).weak()));
            }
        });
        table.body(|body| {
            body.rows(ROW_HEIGHT - 3.0, count, |mut line| {
                if let Some(shown) = row(line.index())
                    && line_ui(&mut line, ctx, lines, &shown, widths.len() - 1)
                {
                    clicked = Some(selection(ctx, &shown));
                }
            });
        });
    });
    clicked
}

fn right(ui: &mut Ui, text: RichText) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(Label::new(text).extend()));
}

/// The line, and its function unless the selected one has a part in it.
fn selection(ctx: &PanelCtx<'_>, shown: &Shown<'_>) -> Selection {
    let functions = shown.cost.map(|row| row.functions.as_slice()).unwrap_or_default();
    let selected = ctx.selection.function;
    let function = selected.filter(|function| functions.contains(function));
    let function = function.or(functions.first().copied()).or(selected);
    let line = Some(SourceLine { file: Arc::clone(shown.file), line: shown.number });
    Selection { function, line, ..ctx.selection.clone() }
}

/// Draws a line. Says whether it was clicked.
fn line_ui(
    line: &mut TableRow<'_, '_>,
    ctx: &PanelCtx<'_>,
    lines: &LineTable,
    shown: &Shown<'_>,
    costs: usize,
) -> bool {
    let cost = shown.cost;
    let mine = cost
        .is_some_and(|row| ctx.selection.function.is_some_and(|function| row.functions.contains(&function)));
    let is_line = is_selected(ctx, shown);
    line.set_selected(mine || is_line);
    let values = [cost.map(|row| row.self_value), cost.map(|row| row.total_value)];
    for (at, value) in values.into_iter().enumerate().take(costs) {
        line.col(|ui| cost_ui(ui, lines, value.filter(|value| *value > 0), at == 0));
    }
    line.col(|ui| number_ui(ui, shown.number, is_line));
    line.col(|ui| {
        let text = shown_text(shown.text);
        ui.add(Label::new(RichText::new(text).font(MONO)).extend());
    });
    let response = line.response();
    let response = match cost {
        Some(row) => response.on_hover_ui(|ui| hover_ui(ui, ctx, lines, row)),
        None => response,
    };
    if response.double_clicked() {
        ctx.commands.send(Command::ShowPanel(PanelKind::Instructions));
    }
    response.clicked()
}

/// The text as it is drawn; of a line that a machine wrote only the beginning.
fn shown_text(text: &str) -> String {
    let text = text.replace('\t', "    ");
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Is the line itself selected, not only its function?
fn is_selected(ctx: &PanelCtx<'_>, shown: &Shown<'_>) -> bool {
    ctx.selection.line.as_ref().is_some_and(|line| (&line.file, line.line) == (shown.file, shown.number))
}

fn number_ui(ui: &mut Ui, number: u32, is_selected: bool) {
    let text = RichText::new(number.to_string()).font(MONO);
    let accent = Palette::of(ui).accent;
    right(ui, if is_selected { text.strong().color(accent) } else { text.weak() });
}

fn cost_ui(ui: &mut Ui, lines: &LineTable, value: Option<u64>, heated: bool) {
    let Some(value) = value else { return };
    let share = units::share(value, lines.total);
    if heated {
        let heat = Palette::of(ui).memory.live.gamma_multiply((0.10 + share as f32).min(0.75));
        ui.painter().rect_filled(ui.max_rect(), 2.0, heat);
    }
    right(ui, RichText::new(value_text(lines.metric, value)).font(MONO));
}

fn hover_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, lines: &LineTable, row: &LineRow) {
    let share = |value| units::percent(units::share(value, lines.total));
    let text = |value| format!("{} ({})", value_text(lines.metric, value), share(value));
    ui.label(format!("self {} · total {}", text(row.self_value), text(row.total_value)));
    for frame in row.functions.iter().take(6) {
        ui.label(RichText::new(&*ctx.profile.frames().get(*frame).name).weak());
    }
}
