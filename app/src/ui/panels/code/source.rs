//! The panel of source files: the text with costs beside each line and, where it is wanted, the function's instructions
//! beside or beneath it.

use super::super::{PanelCtx, PanelKind, short_file};
use super::find::{Finder, Found};
use super::grid::{Bring, Grid, GridDone, GridState, fitting};
use super::keys::{Way, Wish, next_of, wishes};
use super::lines::Lines;
use super::missing::missing_ui;
use super::wat::{WatAct, WatPane, WatText, code_of, title, wat_ui};
use crate::analysis::{FunctionTable, LineRow, LineTable};
use crate::profile::{FrameId, FrameKind, SourceLine};
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::{CodeHitsQuery, CodeText, FoundListing, InstructionsView};
use crate::ui::widgets::empty_state;
use crate::units;
use egui::{Align, ComboBox, Frame, Label, Layout, Panel, RichText, Ui};
use std::cell::Cell;
use std::sync::Arc;

/// What the panel draws.
pub struct SourceView {
    /// The costs of all lines.
    pub lines: Arc<LineTable>,
    /// The text of the file shown; `None` until it was looked for.
    pub listing: Option<Arc<FoundListing>>,
    /// The lines that the search found.
    pub hits: Option<Arc<Vec<usize>>>,
    /// The instructions of the function, where they are wanted.
    pub wat: Option<Arc<InstructionsView>>,
}

/// What the panel remembers.
#[derive(Default)]
pub struct SourceState {
    /// The file that was chosen; the heaviest if none.
    chosen: Option<Arc<str>>,
    /// The function and the line whose selection the panel has followed.
    followed: (Option<FrameId>, Option<SourceLine>),
    /// The function of the line that was shown first, while none is selected.
    first: Option<FrameId>,
    scroll_to: Option<u32>,
    /// The line that was gone to last.
    last: Option<u32>,
    /// Are the instructions shown, too?
    has_wat: bool,
    split: Split,
    find: Finder,
    grid: GridState,
    /// The line under the pointer.
    hovered: Option<SourceLine>,
    wat: WatPane,
}

impl SourceState {
    /// Was a file shown before?
    pub fn has_chosen(&self) -> bool {
        self.chosen.is_some()
    }

    /// Goes to the heaviest line of `file` or, without one, of the heaviest file.
    pub fn begin_with(&mut self, file: Option<&str>, lines: &LineTable) {
        let first = lines.files.iter().find(|row| file.is_none_or(|file| *row.file == *file));
        let row = first.and_then(|file| heaviest(lines.rows.get(file.rows.clone())?.iter()));
        self.first = row.and_then(|row| row.functions.first().copied());
        self.go_to(row);
    }

    /// Goes to the line or the function that is newly selected.
    pub fn follow(&mut self, ctx: &PanelCtx<'_>, lines: &LineTable) {
        let selected = (ctx.selection.function, ctx.selection.line.clone());
        if self.followed == selected {
            return;
        }
        let (function, _) = std::mem::replace(&mut self.followed, selected);
        if let Some(line) = &ctx.selection.line {
            self.chosen = Some(Arc::clone(&line.file));
            self.bring(line.line);
            return;
        }
        let news = ctx.selection.function.filter(|selected| function != Some(*selected));
        let Some(function) = news else { return };
        self.go_to(heaviest(lines.rows.iter().filter(|row| row.functions.contains(&function))));
    }

    fn go_to(&mut self, row: Option<&LineRow>) {
        if let Some(row) = row {
            self.chosen = Some(Arc::clone(&row.file));
            self.bring(row.line);
        }
    }

    fn bring(&mut self, line: u32) {
        (self.scroll_to, self.last) = (Some(line), Some(line));
    }

    /// The file that is shown.
    pub fn file(&self, lines: &LineTable) -> Option<Arc<str>> {
        let is_selected = |file: &str| self.followed.1.as_ref().is_some_and(|line| &*line.file == file);
        let is_there = |file: &Arc<str>| is_selected(file) || lines.files.iter().any(|row| row.file == *file);
        let chosen = self.chosen.as_ref().filter(|file| is_there(file));
        chosen.cloned().or_else(|| lines.files.first().map(|row| Arc::clone(&row.file)))
    }

    /// The question for what is searched for, if anything is.
    pub fn search_query(&self, listing: &Arc<FoundListing>) -> Option<CodeHitsQuery> {
        self.find.query(CodeText::Source(Arc::clone(listing)))
    }

    /// Are instructions shown? They are all that there is where no lines are known.
    pub fn wants_wat(&self, ctx: &PanelCtx<'_>) -> bool {
        self.has_wat || !ctx.profile.symbols().has_lines()
    }

    /// The function whose instructions are shown: the selected one, that of the first line, or else the heaviest.
    pub fn wat_frame(&self, ctx: &PanelCtx<'_>, functions: Option<&FunctionTable>) -> Option<FrameId> {
        let is_code = |kind: &FrameKind| matches!(kind, FrameKind::Wasm(_));
        let heaviest = functions.and_then(|table| table.rows.iter().find(|row| is_code(&row.kind)));
        ctx.selection.function.or(self.first).or(heaviest.map(|row| row.frame))
    }
}

/// The line that weighs most; code without a line is on none.
fn heaviest<'a>(rows: impl Iterator<Item = &'a LineRow>) -> Option<&'a LineRow> {
    rows.filter(|row| row.line > 0).max_by_key(|row| (row.self_value, row.total_value))
}

/// Draws the panel.
pub fn source_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &SourceView, state: &mut SourceState) {
    let Some(file) = state.file(&view.lines) else {
        return without_lines_ui(ui, ctx, view, state);
    };
    state.find.keys(ui, "source", true);
    toolbar_ui(ui, ctx, &view.lines, &file, state);
    // The text of the file chosen before stays away.
    let listing = view.listing.as_ref().filter(|found| found.listing.file == file);
    let Some(found) = listing else { return };
    beside_ui(ui, ctx, view, state);
    text_ui(ui, ctx, (found, view), state);
}

/// What is said where no line has a cost; the instructions tell more.
fn without_lines_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &SourceView, state: &mut SourceState) {
    if ctx.profile.symbols().has_lines() {
        let title = format!("No {}", view.lines.metric.title().to_lowercase());
        return empty_state(ui, &title, "No line of the source weighs anything in this metric.");
    }
    let hint = "The module has neither a line table (DWARF) nor a source map. Build it with -g, and without stripping \
        it, to see source lines; or choose a file with its symbols (File, Symbols).";
    let Some(wat) = &view.wat else {
        return empty_state(ui, "No source lines", hint);
    };
    ui.add(
        Label::new(RichText::new("No source lines: these are instructions.").color(Palette::of(ui).warning))
            .wrap(),
    );
    ui.add(Label::new(RichText::new(hint).weak()).wrap());
    pane_ui(ui, ctx, wat, state);
}

fn toolbar_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, lines: &LineTable, file: &Arc<str>, state: &mut SourceState) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Sources…").on_hover_text("Where source files are looked for.").clicked() {
                ctx.commands.send(Command::ShowSources);
            }
            let about = "The function's WebAssembly instructions, beside the source or beneath it.";
            ui.toggle_value(&mut state.has_wat, "WAT").on_hover_text(about);
            if ui.button("Find…").on_hover_text("Search in the file (Ctrl+F)").clicked() {
                state.find.open();
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

/// Wider panels have both texts side by side, in points.
const SIDE_BY_SIDE: f32 = 640.0;

/// How the room is split between both texts: the share stays when the panel becomes larger.
#[derive(Clone, Copy)]
struct Split {
    /// The part of the instructions.
    share: f32,
    /// The room of both, in points; `None` while they are not drawn.
    room: Option<f32>,
}

impl Default for Split {
    fn default() -> Self {
        Split { share: 0.48, room: None }
    }
}

/// The instructions beside or beneath the source, whichever leaves more room.
fn beside_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &SourceView, state: &mut SourceState) {
    let wat = view.wat.as_ref().filter(|_| state.has_wat);
    if wat.is_some() != state.split.room.is_some() {
        // What was in the middle would be at an edge, or out of sight.
        state.scroll_to = state.last;
    }
    let Some(wat) = wat else {
        state.split.room = None;
        return;
    };
    let size = ui.available_size();
    let is_wide = size.x >= SIDE_BY_SIDE;
    let room = if is_wide { size.x } else { size.y };
    let panel =
        if is_wide { Panel::right("instructions beside") } else { Panel::bottom("instructions beneath") };
    let wanted = room * state.split.share;
    // While the room stays, the border may be dragged.
    let range = if state.split.room == Some(room) { room * 0.15..=room * 0.85 } else { wanted..=wanted };
    let panel = panel.resizable(true).default_size(wanted).size_range(range);
    let shown = panel.frame(Frame::new().inner_margin(4.0)).show(ui, |ui| pane_ui(ui, ctx, wat, state));
    if state.split.room == Some(room) {
        let drawn = shown.response.rect.size();
        state.split.share = (if is_wide { drawn.x } else { drawn.y } / room.max(1.0)).clamp(0.15, 0.85);
    }
    state.split.room = Some(room);
}

/// The instructions under the name of their function.
fn pane_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &InstructionsView, state: &mut SourceState) {
    let Some(listing) = code_of(ui, ctx, view) else { return };
    let of = format!("Instructions of {}", title(ctx, view, listing));
    ui.add(Label::new(RichText::new(of).weak()).truncate());
    let lit = state.hovered.as_ref();
    let text = WatText { name: "Instructions of the source", view, lit, search: None };
    let act = wat_ui(ui, ctx, (&text, listing), &mut state.wat);
    let select = |line| ctx.commands.send(Command::Select(Selection { line, ..ctx.selection.clone() }));
    match act {
        Some(WatAct::Select(line)) => select(line),
        Some(WatAct::GoTo(line)) => {
            select(line);
            state.grid.wants_focus = true;
        }
        Some(WatAct::Escape) => state.grid.wants_focus = true,
        None => {}
    }
}

fn text_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    (found, view): (&FoundListing, &SourceView),
    state: &mut SourceState,
) {
    if let Some(tried) = &found.missing {
        missing_ui(ui, ctx, &found.listing.file, tried);
    }
    if let Some(line) = found.listing.beyond_end {
        let text = format!(
            "Line {line} has a cost but this file is shorter: it is another version than was compiled."
        );
        ui.add(Label::new(RichText::new(text).color(Palette::of(ui).warning)).wrap());
    }
    let wat = view.wat.as_ref().and_then(|wat| wat.listing.as_ref()).filter(|_| state.has_wat);
    let lit = wat.and_then(|listing| listing.rows.get(state.wat.hovered?));
    let lines = Lines { ctx, found, lit };
    let current = ctx.selection.line.as_ref().and_then(|line| lines.row_of(line));
    let hits = view.hits.as_deref().map(Vec::as_slice);
    let search = state.find.ui(ui, hits, current);
    let (done, menu) = grid_ui(ui, &lines, current, state);
    let hovered = done.hovered.and_then(|at| lines.line_at(at));
    if state.hovered != hovered {
        state.hovered = hovered;
        ui.ctx().request_repaint();
    }
    let step = Step { lines: &lines, hits: hits.unwrap_or_default(), current };
    match search {
        Some(Found::Hit(way)) => step.go(state, step.hit(state, way)),
        Some(Found::Line(line)) => {
            let line = SourceLine { file: Arc::clone(&found.listing.file), line };
            step.go(state, lines.row_of(&line));
        }
        None => {}
    }
    for wish in wishes(ui, &done.response, &mut state.grid) {
        step.take(state, wish);
    }
    pointed(&step, &done, menu, state);
}

/// Draws the lines. Gives what was done, and the row whose instructions the menu was asked for.
fn grid_ui(
    ui: &mut Ui,
    lines: &Lines<'_>,
    current: Option<usize>,
    state: &mut SourceState,
) -> (GridDone, Option<usize>) {
    let found = lines.found;
    if let Some(line) = state.scroll_to.take() {
        let line = SourceLine { file: Arc::clone(&found.listing.file), line };
        state.grid.scroll_to = lines.row_of(&line).map(|row| (row, Bring::ToMiddle));
    }
    let columns = fitting(lines.columns(), ui.available_width());
    let marks: Vec<usize> = current.into_iter().collect();
    let menu = Cell::new(None);
    let grid = Grid {
        name: "Source lines",
        columns: &columns,
        count: found.listing.rows.len(),
        longest: found.longest,
        heat: &found.heat,
        marks: &marks,
        needle: state.find.needle(),
        row: &|at| lines.row(&columns, at),
        hover: &|ui, at| lines.hover_ui(ui, at),
        menu: &|ui, at| {
            if lines.menu_ui(ui, at) {
                menu.set(Some(at));
            }
        },
    };
    (grid.show(ui, &mut state.grid), menu.get())
}

/// What keys go by.
struct Step<'a> {
    lines: &'a Lines<'a>,
    hits: &'a [usize],
    current: Option<usize>,
}

impl Step<'_> {
    fn take(&self, state: &mut SourceState, wish: Wish) {
        match wish {
            Wish::Costly(way) => self.go(state, next_of(&self.lines.costly(), self.current, way)),
            Wish::Hot(way) => self.go(state, next_of(&self.lines.hot(), self.current, way)),
            Wish::Hit(way) => self.go(state, self.hit(state, way)),
            Wish::Enter => self.enter(state, self.current),
            Wish::Escape => {
                if !state.find.close() && self.lines.ctx.selection.line.is_some() {
                    self.select(state, Selection { line: None, ..self.lines.ctx.selection.clone() });
                }
            }
        }
    }

    fn hit(&self, state: &SourceState, way: Way) -> Option<usize> {
        let is_searching = state.find.needle().is_some();
        let hot = || self.lines.hot();
        if is_searching { next_of(self.hits, self.current, way) } else { next_of(&hot(), self.current, way) }
    }

    /// Selects the line in a row and brings it into sight.
    fn go(&self, state: &mut SourceState, row: Option<usize>) {
        let Some(row) = row else { return };
        state.grid.scroll_to = Some((row, Bring::Near));
        if let Some(selection) = self.lines.selection(row) {
            self.select(state, selection);
        }
    }

    /// It is in sight already.
    fn select(&self, state: &mut SourceState, selection: Selection) {
        state.followed = (selection.function, selection.line.clone());
        state.last = selection.line.as_ref().map(|line| line.line).or(state.last);
        self.lines.ctx.commands.send(Command::Select(selection));
    }

    /// To the instructions of the line in a row, which are shown from now on.
    fn enter(&self, state: &mut SourceState, row: Option<usize>) {
        if let Some(selection) = row.and_then(|row| self.lines.selection(row)) {
            self.select(state, selection);
        }
        state.has_wat = true;
        state.wat.enter();
    }
}

fn pointed(step: &Step<'_>, done: &GridDone, menu: Option<usize>, state: &mut SourceState) {
    if let Some(selection) = done.clicked.and_then(|row| step.lines.selection(row)) {
        done.response.request_focus();
        step.select(state, selection);
    }
    if done.double_clicked.is_some() && !state.has_wat {
        step.lines.ctx.commands.send(Command::ShowPanel(PanelKind::Instructions));
    } else if let Some(row) = done.double_clicked.or(menu) {
        step.enter(state, Some(row));
    }
}
