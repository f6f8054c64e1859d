//! The instructions of a function, with costs beside each.

use super::super::{PanelCtx, short_file};
use super::grid::{Bring, Column, Figure, Grid, GridDone, GridState, Ground, Ink, Row, fitting};
use super::keys::{Way, Wish, next_of, wishes};
use crate::analysis::{Metric, WatListing, WatRow, is_hot};
use crate::export::wat_text;
use crate::profile::{FrameId, FrameInfo, FrameKind, SourceLine};
use crate::ui::needle::Needle;
use crate::ui::views::{InstructionsQuery, InstructionsView};
use crate::ui::widgets::empty_state;
use crate::units;
use egui::{RichText, Ui};
use wasmscope_symbolize::FuncIndex;

/// Which function is shown: from a function to what is inlined in it the text stays the same.
#[derive(Default)]
pub struct Subject {
    /// The function that was asked for last, and the one that had been shown before.
    asked: Option<(FrameId, Option<FuncIndex>)>,
    shown: Option<FuncIndex>,
}

impl Subject {
    /// The question for the instructions of `frame`.
    pub fn query(&mut self, ctx: &PanelCtx<'_>, frame: FrameId) -> InstructionsQuery {
        let asked = self.asked.filter(|(asked, _)| *asked == frame).unwrap_or((frame, self.shown));
        self.asked = Some(asked);
        InstructionsQuery { frame, preferred: asked.1, tree: ctx.selection.call_tree() }
    }

    /// The answer, unless it is an older one.
    pub fn saw(&mut self, view: &InstructionsView) {
        let is_asked = self.asked.is_some_and(|(asked, _)| asked == view.frame);
        if let Some(listing) = view.listing.as_ref().filter(|_| is_asked) {
            self.shown = Some(listing.function);
        }
    }
}

/// What a text of instructions remembers.
#[derive(Default)]
pub struct WatPane {
    /// The function and the line whose selection it has followed.
    followed: (Option<FuncIndex>, Option<SourceLine>),
    /// The instructions that come from that line.
    marks: Vec<usize>,
    /// The line that was clicked here: it is in sight already.
    clicked: Option<SourceLine>,
    /// The instruction that keys go on from.
    cursor: Option<usize>,
    /// The line that the pointer rested on elsewhere and whose instructions were brought into sight.
    rested: Option<SourceLine>,
    /// The instruction under the pointer.
    pub hovered: Option<usize>,
    grid: GridState,
}

/// What is drawn.
pub struct WatText<'a> {
    /// Its name for screen readers.
    pub name: &'static str,
    /// The instructions.
    pub view: &'a InstructionsView,
    /// The source line under the pointer.
    pub lit: Option<&'a SourceLine>,
    /// What is searched for, if anything is, and the instructions that were found.
    pub search: Option<(&'a Needle, &'a [usize])>,
}

/// What the user wants.
pub enum WatAct {
    /// Select the source line that an instruction comes from, if it has one.
    Select(Option<SourceLine>),
    /// The same, and go to it.
    GoTo(Option<SourceLine>),
    /// Go back.
    Escape,
}

impl WatPane {
    /// The instruction that keys go on from.
    pub fn cursor(&self) -> Option<usize> {
        self.cursor
    }

    /// How many instructions come from the selected line.
    pub fn marked(&self) -> usize {
        self.marks.len()
    }

    /// Takes the keyboard, at the first instruction of the selected line.
    pub fn enter(&mut self) {
        self.grid.wants_focus = true;
        self.go(self.marks.first().copied());
    }

    /// Goes to the first instruction of the selected line, or the heaviest of another function.
    fn follow(&mut self, ctx: &PanelCtx<'_>, view: &InstructionsView, listing: &WatListing) {
        let selected = (Some(listing.function), ctx.selection.line.clone());
        if self.followed == selected {
            return;
        }
        let (function, line) = std::mem::replace(&mut self.followed, selected);
        let rows_of = |line: &SourceLine| listing.rows_of(&line.file, line.line).collect();
        self.marks = ctx.selection.line.as_ref().map(rows_of).unwrap_or_default();
        let is_other = function != Some(listing.function);
        if is_other {
            self.cursor = None;
        }
        let is_clicked = self.clicked.take() == ctx.selection.line;
        if !is_other && (line == ctx.selection.line || is_clicked) {
            return;
        }
        let of_line = self.marks.first().copied();
        if let Some(row) = of_line.or_else(|| heaviest(view).filter(|_| is_other)) {
            self.cursor = Some(row);
            self.grid.scroll_to = Some((row, Bring::ToMiddle));
        }
    }

    /// Brings the instructions of a line into sight on which the pointer rests, unless some are.
    fn rest(&mut self, ui: &Ui, listing: &WatListing, lit: Option<&SourceLine>) {
        /// So long the pointer has to be still, in seconds: a text that follows each move could not be read.
        const REST: f32 = 0.35;
        if lit.is_none() || self.rested.as_ref() == lit {
            return;
        }
        let still = ui.input(|input| input.pointer.time_since_last_movement());
        if still < REST {
            let rest = std::time::Duration::from_secs_f32(REST - still);
            return ui.ctx().request_repaint_after(rest);
        }
        self.rested = lit.cloned();
        let Some(line) = lit else { return };
        let mut rows = listing.rows_of(&line.file, line.line).peekable();
        let first = rows.peek().copied();
        if !rows.any(|row| self.grid.shown.contains(&row)) {
            self.grid.scroll_to = first.map(|row| (row, Bring::ToMiddle));
        }
    }
}

fn heaviest(view: &InstructionsView) -> Option<usize> {
    // Of equals the first: a loop is read from its head.
    let heat = view.heat.iter().rev().max_by(|a, b| a.heat.total_cmp(&b.heat));
    heat.map(|hot| hot.row)
}

/// Says why there is nothing to be drawn, and draws nothing then.
pub fn code_of<'a>(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &'a InstructionsView) -> Option<&'a WatListing> {
    let Some(listing) = &view.listing else {
        no_code_ui(ui, ctx.profile.frames().get(view.frame));
        return None;
    };
    let Some(problem) = &listing.problem else { return Some(listing) };
    if ctx.profile.recording().module.is_empty() {
        let hint = match ctx.profile.foreign() {
            Some(_) => {
                "The profile was imported, and has no module. Symbols in the menu File points to the one that ran."
            }
            None => "The recording holds no module. Record the program again to see its code.",
        };
        empty_state(ui, "No code", hint);
    } else {
        empty_state(ui, "The code can't be shown", &format!("{problem}."));
    }
    None
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

/// The name of what is shown: of inlined code also where it stands.
pub fn title(ctx: &PanelCtx<'_>, view: &InstructionsView, listing: &WatListing) -> String {
    let frame = ctx.profile.frames().get(view.frame);
    match frame.kind {
        FrameKind::Inlined => format!("{}, inlined into {}", frame.short, listing.name),
        _ => listing.name.to_string(),
    }
}

/// Draws the instructions. Gives what the user wants.
pub fn wat_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    (text, listing): (&WatText<'_>, &WatListing),
    pane: &mut WatPane,
) -> Option<WatAct> {
    let view = text.view;
    // A stale view is not worth following: the new one may have the line.
    if ctx.selection.function.is_none_or(|function| function == view.frame) {
        pane.follow(ctx, view, listing);
    }
    pane.rest(ui, listing, text.lit);
    let columns = fitting(columns(ctx, view, listing), ui.available_width());
    let marked =
        |row: &WatRow, line: Option<&SourceLine>| line.is_some_and(|at| row.is_from(&at.file, at.line));
    let cursor = pane.cursor;
    let row = |at: usize| {
        let row = listing.rows.get(at)?;
        let ground = match () {
            () if cursor == Some(at) => Ground::Cursor,
            () if marked(row, ctx.selection.line.as_ref()) => Ground::Selected,
            () if marked(row, text.lit) => Ground::Lit,
            () => Ground::Plain,
        };
        let before = at.checked_sub(1).and_then(|before| listing.rows.get(before));
        let cells = columns.iter().map(|column| cell(column.figure, row, before)).collect();
        Some(Row { cells, text: row.indented(), note: String::new(), ground, has_more: true })
    };
    let grid = Grid {
        name: text.name,
        columns: &columns,
        count: listing.rows.len(),
        longest: view.longest,
        heat: &view.heat,
        marks: &pane.marks,
        needle: text.search.map(|(needle, _)| needle),
        row: &row,
        hover: &|ui, at| listing.rows.get(at).into_iter().for_each(|row| hover_ui(ui, row)),
        menu: &|ui, at| menu_ui(ui, listing, at),
    };
    let done = grid.show(ui, &mut pane.grid);
    if pane.hovered != done.hovered {
        pane.hovered = done.hovered;
        ui.ctx().request_repaint();
    }
    act(ui, (text, listing), pane, &done)
}

fn act(
    ui: &Ui,
    (text, listing): (&WatText<'_>, &WatListing),
    pane: &mut WatPane,
    done: &GridDone,
) -> Option<WatAct> {
    let mut act = None;
    for wish in wishes(ui, &done.response, &mut pane.grid) {
        match wish {
            Wish::Enter => act = Some(WatAct::GoTo(line_at(listing, pane.cursor))),
            Wish::Escape => act = Some(WatAct::Escape),
            Wish::Costly(way) => pane.go(next_of(&costly(listing), pane.cursor, way)),
            Wish::Hot(way) => pane.go(next_hot(text.view, pane.cursor, way)),
            Wish::Hit(way) => pane.next_hit(text, way),
        }
    }
    if let Some(row) = done.clicked.or(done.double_clicked) {
        done.response.request_focus();
        pane.cursor = Some(row);
        let line = line_at(listing, Some(row));
        pane.clicked.clone_from(&line);
        act = Some(if done.double_clicked.is_some() { WatAct::GoTo(line) } else { WatAct::Select(line) });
    }
    act
}

impl WatPane {
    fn go(&mut self, row: Option<usize>) {
        if let Some(row) = row {
            self.cursor = Some(row);
            self.grid.scroll_to = Some((row, Bring::Near));
        }
    }

    /// To the next hit of the search or, without any, the next hot instruction.
    pub fn next_hit(&mut self, text: &WatText<'_>, way: Way) {
        self.go(match text.search {
            None => next_hot(text.view, self.cursor, way),
            Some((_, hits)) => next_of(hits, self.cursor, way),
        });
    }
}

fn costly(listing: &WatListing) -> Vec<usize> {
    let costs = |row: &WatRow| row.total_nanos > 0 || row.executed.is_some_and(|times| times > 0);
    listing.rows.iter().enumerate().filter(|(_, row)| costs(row)).map(|(at, _)| at).collect()
}

fn next_hot(view: &InstructionsView, from: Option<usize>, way: Way) -> Option<usize> {
    let hot: Vec<usize> = view.heat.iter().filter(|row| is_hot(row)).map(|row| row.row).collect();
    next_of(&hot, from, way)
}

fn line_at(listing: &WatListing, row: Option<usize>) -> Option<SourceLine> {
    let at = listing.rows.get(row?)?.location().filter(|at| at.line > 0)?;
    Some(SourceLine { file: at.file.clone(), line: at.line })
}

/// Longer names of files lose their beginning.
const MOST_PLACE: usize = 22;

fn columns(ctx: &PanelCtx<'_>, view: &InstructionsView, listing: &WatListing) -> Vec<Column> {
    let has_time = listing.sampled_nanos > 0;
    let by_count = listing.has_executed && (ctx.selection.metric == Metric::Instructions || !has_time);
    let column = |figure, title, about: &str, characters, rank| {
        let is_heated = figure == if by_count { Figure::Executed } else { Figure::Own };
        let rank = if is_heated { 0 } else { rank };
        Column { figure, title, about: about.to_owned(), characters, rank, is_heated }
    };
    let own = column(Figure::Own, "Self", "Sampled time at the instruction.", 7, 1);
    let total = column(Figure::Total, "Total", "The same with all that was called from it.", 7, 5);
    let times = "How often it was executed, over the whole run. The same on every machine.";
    let executed = column(Figure::Executed, "Executed", times, 8, 2);
    let offset = column(Figure::Offset, "Offset", "Where it is in the module's code section.", 8, 4);
    let places = "The source line that it comes from, which is that of inlined code where it is inlined.";
    let characters = view.longest_place.min(MOST_PLACE);
    let place = column(Figure::Place, "Source line", places, characters, 3);
    let all = [
        (own, has_time),
        (total, has_time),
        (executed, listing.has_executed),
        (offset, true),
        (place, characters > 0),
    ];
    all.into_iter().filter(|(_, is_there)| *is_there).map(|(column, _)| column).collect()
}

fn cell(figure: Figure, row: &WatRow, before: Option<&WatRow>) -> (String, Ink) {
    let time = |nanos: u64| if nanos > 0 { units::nanos(nanos) } else { String::new() };
    match figure {
        Figure::Own => (time(row.self_nanos), Ink::Plain),
        Figure::Total => (time(row.total_nanos), Ink::Plain),
        Figure::Executed => (row.executed.map(units::count).unwrap_or_default(), Ink::Plain),
        Figure::Offset => {
            (row.offset.map(|offset| format!("{:#x}", offset.0)).unwrap_or_default(), Ink::Weak)
        }
        // A line is told once, where it begins.
        Figure::Place => {
            let place = row.place();
            let is_told = before.is_some_and(|before| before.place() == place);
            (if is_told { String::new() } else { ending(&place) }, Ink::Weak)
        }
        Figure::Beside(_) | Figure::Line => (String::new(), Ink::Weak),
    }
}

fn ending(place: &str) -> String {
    let count = place.chars().count();
    match count.checked_sub(MOST_PLACE) {
        Some(over) if over > 0 => ['…'].into_iter().chain(place.chars().skip(over + 1)).collect(),
        _ => place.to_owned(),
    }
}

fn hover_ui(ui: &mut Ui, row: &WatRow) {
    let Some(offset) = row.offset else {
        ui.label("No instruction");
        return;
    };
    let (own, total) = (units::nanos(row.self_nanos), units::nanos(row.total_nanos));
    let executed = row.executed.map(|count| format!(" · executed {}", units::things(count, "time")));
    ui.label(format!("{offset} · self {own} · total {total}{}", executed.unwrap_or_default()));
    for (at, frame) in row.frames.iter().enumerate() {
        let place = frame.location.as_ref().filter(|at| at.line > 0);
        let place = place.map(|at| format!("  {}:{}", short_file(&at.file), at.line)).unwrap_or_default();
        let into = if at > 0 { "inlined into " } else { "" };
        ui.label(RichText::new(format!("{into}{}{place}", frame.name.short)).weak());
    }
}

fn menu_ui(ui: &mut Ui, listing: &WatListing, at: usize) {
    let Some(row) = listing.rows.get(at) else { return };
    let line = || wat_text(listing, at..at + 1);
    let place = line_at(listing, Some(at)).map(|at| format!("{}:{}", at.file, at.line));
    let copies: [(&str, &dyn Fn() -> String); 3] = [
        ("Copy instruction", &|| row.text.clone()),
        ("Copy with costs", &line),
        ("Copy function with costs", &|| wat_text(listing, 0..listing.rows.len())),
    ];
    for (title, text) in copies {
        if ui.button(title).clicked() {
            ui.ctx().copy_text(text());
            ui.close();
        }
    }
    if let Some(place) = place
        && ui.button("Copy location").on_hover_text(&place).clicked()
    {
        ui.ctx().copy_text(place);
        ui.close();
    }
}
