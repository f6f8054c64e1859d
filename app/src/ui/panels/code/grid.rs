//! Rows of code with figures in front of them. The figures stay in sight when the text is moved sideways.

use super::map;
use crate::analysis::HotRow;
use crate::ui::needle::Needle;
use crate::ui::theme::{MONO, Palette, ROW_HEIGHT};
use egui::style::ScrollAnimation;
use egui::{
    Align, Align2, Color32, Id, Label, Layout, Painter, Pos2, Rect, Response, RichText, Role, ScrollArea,
    Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use std::ops::Range;

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Own weight.
    Own,
    /// Weight with all that was called.
    Total,
    /// Own weight in another metric, by its place among these.
    Beside(usize),
    /// How often an instruction was executed.
    Executed,
    /// Where an instruction is in the module.
    Offset,
    /// The source line that an instruction comes from.
    Place,
    /// The number of a line.
    Line,
}

/// A column in front of the text.
pub struct Column {
    /// What it shows.
    pub figure: Figure,
    /// Its title.
    pub title: &'static str,
    /// What it means.
    pub about: String,
    /// How many characters its widest cell has.
    pub characters: usize,
    /// Where there is little room, columns of a higher rank give way first; those of rank 0 never do.
    pub rank: u8,
    /// Does it have the bar that says how hot a row is?
    pub is_heated: bool,
}

/// How a cell is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// A figure.
    Plain,
    /// What repeats or numbers.
    Weak,
    /// What is selected.
    Accent,
}

/// What a row lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Nothing.
    Plain,
    /// Belongs to the selected function.
    Mine,
    /// Belongs to what the pointer is at in the other text.
    Lit,
    /// Is selected.
    Selected,
    /// Is selected, and keys go on from it.
    Cursor,
}

/// A row as it is drawn.
pub struct Row {
    /// A cell for each column.
    pub cells: Vec<(String, Ink)>,
    /// The text.
    pub text: String,
    /// What is said of it behind it.
    pub note: String,
    /// What it lies on.
    pub ground: Ground,
    /// Is there more to be told of it in a tooltip?
    pub has_more: bool,
}

/// What is drawn.
pub struct Grid<'a> {
    /// Its name for screen readers.
    pub name: &'static str,
    /// The columns in front of the text.
    pub columns: &'a [Column],
    /// How many rows there are.
    pub count: usize,
    /// How many characters the longest text has.
    pub longest: usize,
    /// The rows that cost something.
    pub heat: &'a [HotRow],
    /// The rows that the selection leads to, ascending.
    pub marks: &'a [usize],
    /// What stands out of the text.
    pub needle: Option<&'a Needle>,
    /// Makes a row.
    pub row: &'a dyn Fn(usize) -> Option<Row>,
    /// The tooltip of a row.
    pub hover: &'a dyn Fn(&mut Ui, usize),
    /// The menu of a row.
    pub menu: &'a dyn Fn(&mut Ui, usize),
}

/// What a grid remembers.
#[derive(Default)]
pub struct GridState {
    /// The row to bring into sight.
    pub scroll_to: Option<(usize, Bring)>,
    /// Where to scroll to, in points from the top.
    pub offset: Option<f32>,
    /// The rows in sight.
    pub shown: Range<usize>,
    /// Should it take the keyboard?
    pub wants_focus: bool,
}

impl GridState {
    /// Brings a row to the middle.
    pub fn bring(&mut self, row: usize) {
        self.scroll_to = Some((row, Bring::ToMiddle));
    }
}

/// How a row is brought into sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bring {
    /// To the middle.
    ToMiddle,
    /// As little as needed.
    Near,
}

/// What the user did.
pub struct GridDone {
    /// The whole grid.
    pub response: Response,
    /// The row that was clicked.
    pub clicked: Option<usize>,
    /// The row that was clicked twice.
    pub double_clicked: Option<usize>,
    /// The row under the pointer.
    pub hovered: Option<usize>,
}

/// The height of a row, in points.
pub const ROW: f32 = ROW_HEIGHT - 3.0;
/// Longer lines are cut: no person wrote them.
pub const MOST_CHARACTERS: usize = 400;
const HEADER: f32 = 20.0;
/// The width of a character, in points.
const CHARACTER: f32 = 7.3;
const GAP: f32 = 10.0;
/// Where the text would have less room, columns give way.
const LEAST_TEXT: f32 = 180.0;

impl Column {
    fn width(&self) -> f32 {
        self.characters.max(self.title.chars().count()).max(4) as f32 * CHARACTER + GAP
    }
}

/// Those of `columns` for which there is room beside the text: what matters least gives way.
pub fn fitting(mut columns: Vec<Column>, width: f32) -> Vec<Column> {
    let is_too_wide =
        |columns: &[Column]| columns.iter().map(Column::width).sum::<f32>() + LEAST_TEXT + map::WIDTH > width;
    while is_too_wide(&columns) {
        let others = columns.iter().enumerate().filter(|(_, column)| column.rank > 0);
        let Some((least, _)) = others.max_by_key(|(_, column)| column.rank) else { break };
        columns.remove(least);
    }
    columns
}

impl Grid<'_> {
    /// Draws it in all the room that there is.
    pub fn show(&self, ui: &mut Ui, state: &mut GridState) -> GridDone {
        let (area, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
        let id = Id::unique(self.name);
        let response = ui.interact(area, id, Sense::focusable_noninteractive());
        response.widget_info(|| WidgetInfo::labeled(Role::List, true, self.name));
        if std::mem::take(&mut state.wants_focus) {
            response.request_focus();
        }
        let (head, below) = area.split_top_bottom_at_y(area.top() + HEADER);
        let (body, strip) = below.split_left_right_at_x(below.right() - map::WIDTH);
        let gutter: f32 = self.columns.iter().map(Column::width).sum();
        self.head_ui(ui, head);
        let mut done = GridDone { response, clicked: None, double_clicked: None, hovered: None };
        let mut body_ui = ui.new_child(UiBuilder::new().max_rect(body));
        body_ui.shrink_clip_rect(area);
        self.body_ui(&mut body_ui, body, gutter, state, &mut done);
        map::map_ui(ui, self, (id, strip), state);
        if done.response.has_focus() {
            let stroke = Stroke::new(1.0, Palette::of(ui).accent);
            ui.painter().rect_stroke(area, 2.0, stroke, StrokeKind::Inside);
        }
        done
    }

    fn head_ui(&self, ui: &mut Ui, head: Rect) {
        let mut left = head.left();
        for column in self.columns {
            let right = left + column.width();
            let cell = Rect::from_x_y_ranges(left..=right - GAP / 2.0, head.y_range());
            let builder = UiBuilder::new().max_rect(cell).layout(Layout::right_to_left(Align::Center));
            let title = Label::new(RichText::new(column.title).weak()).sense(Sense::hover()).extend();
            ui.new_child(builder).add(title).on_hover_text(&column.about);
            left = right;
        }
    }

    fn body_ui(&self, ui: &mut Ui, body: Rect, gutter: f32, state: &mut GridState, done: &mut GridDone) {
        let scroll = ScrollArea::both().id_salt(self.name).auto_shrink(false);
        // Where there is no room nothing is drawn, rather than over what stands below.
        let mut scroll = scroll.min_scrolled_height(0.0);
        if let Some(offset) = state.offset.take() {
            let most = (self.count as f32 * ROW - body.height()).max(0.0);
            scroll = scroll.vertical_scroll_offset(offset.clamp(0.0, most));
        }
        scroll.show_viewport(ui, |ui, viewport| {
            let text = self.longest.min(MOST_CHARACTERS) as f32 * CHARACTER + GAP * 2.0;
            let size = vec2(gutter + text, self.count as f32 * ROW);
            let origin = ui.max_rect().min;
            ui.set_min_size(size);
            let at = |row: usize| {
                let top = origin.y + row as f32 * ROW;
                Rect::from_x_y_ranges(body.x_range(), top..=top + ROW)
            };
            let first = (viewport.top() / ROW).max(0.0) as usize;
            let last = ((viewport.bottom() / ROW).max(0.0).ceil() as usize).min(self.count);
            state.shown = first..last;
            if let Some((row, bring)) = state.scroll_to.take() {
                bring_into_sight(ui, at(row), bring);
            }
            let text_left = origin.x + gutter;
            for row in first..last {
                self.row_ui(ui, row, (at(row), text_left, gutter), done);
            }
        });
    }

    fn row_ui(&self, ui: &mut Ui, at: usize, place: (Rect, f32, f32), done: &mut GridDone) {
        let Some(row) = (self.row)(at) else { return };
        let (rect, text_left, gutter) = place;
        let response = ui.interact(rect, done.response.id.with(at), Sense::CLICK);
        describe(ui, &response, self.columns, &row);
        let palette = Palette::of(ui);
        if let Some(colour) = ground(palette, row.ground, response.hovered()) {
            ui.painter().rect_filled(rect, 0.0, colour);
        }
        if row.ground == Ground::Cursor {
            ui.painter().rect_filled(rect.with_max_x(rect.left() + 2.0), 0.0, palette.accent);
        }
        let text_rect = rect.with_min_x(rect.left() + gutter);
        let painter = ui.painter().with_clip_rect(text_rect.intersect(ui.clip_rect()));
        let end = self.text_ui(&painter, palette, &row.text, pos2(text_left + GAP / 2.0, rect.center().y));
        painter.text(end + vec2(GAP * 2.0, 0.0), Align2::LEFT_CENTER, &row.note, MONO, palette.weak);
        self.cells_ui(ui, at, rect, &row);
        if response.clicked() {
            done.clicked = Some(at);
        }
        if response.double_clicked() {
            done.double_clicked = Some(at);
        }
        if response.contains_pointer() {
            done.hovered = Some(at);
        }
        response.context_menu(|ui| (self.menu)(ui, at));
        if row.has_more {
            response.on_hover_ui_at_pointer(|ui| (self.hover)(ui, at));
        }
    }

    /// Draws the text from `at` on. Gives where it ends.
    fn text_ui(&self, painter: &Painter, palette: &Palette, text: &str, at: Pos2) -> Pos2 {
        let galley = painter.layout_no_wrap(text.to_owned(), MONO, palette.text);
        let top = at.y - galley.size().y / 2.0;
        let characters = text.chars().count();
        let width = galley.size().x / characters.max(1) as f32;
        for hit in self.needle.map(|needle| needle.places_in(text)).unwrap_or_default() {
            let x = |character: usize| at.x + character as f32 * width;
            let under = Rect::from_x_y_ranges(x(hit.start)..=x(hit.end), at.y - ROW / 2.0..=at.y + ROW / 2.0);
            painter.rect_filled(under, 2.0, palette.canvas.hit.gamma_multiply(0.45));
        }
        let end = pos2(at.x + galley.size().x, at.y);
        painter.galley(pos2(at.x, top), galley, palette.text);
        end
    }

    fn cells_ui(&self, ui: &Ui, at: usize, rect: Rect, row: &Row) {
        let palette = Palette::of(ui);
        let mut left = rect.left();
        for (column, (text, ink)) in self.columns.iter().zip(&row.cells) {
            let right = left + column.width();
            let cell = Rect::from_x_y_ranges(left..=right, rect.y_range());
            if column.is_heated
                && let Ok(hot) = self.heat.binary_search_by_key(&at, |hot| hot.row)
                && let Some(hot) = self.heat.get(hot)
            {
                heat_ui(ui, cell, hot.heat);
            }
            let colour = match ink {
                Ink::Plain => palette.text,
                Ink::Weak => palette.weak,
                Ink::Accent => palette.accent,
            };
            let end = pos2(right - GAP / 2.0, rect.center().y);
            ui.painter().text(end, Align2::RIGHT_CENTER, text, MONO, colour);
            left = right;
        }
    }
}

fn bring_into_sight(ui: &Ui, row: Rect, bring: Bring) {
    let align = match bring {
        Bring::ToMiddle => Some(Align::Center),
        Bring::Near => None,
    };
    // Only up or down: the text stays where it is sideways.
    let rect = Rect::from_x_y_ranges(ui.clip_rect().center().x..=ui.clip_rect().center().x, row.y_range());
    ui.scroll_to_rect_animation(rect, align, ScrollAnimation::none());
}

/// What screen readers say of a row: its text, and its figures by the titles of their columns.
fn describe(ui: &Ui, response: &Response, columns: &[Column], row: &Row) {
    let text = if row.text.trim().is_empty() { "empty line" } else { &*row.text };
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, text));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        let cells = columns.iter().zip(&row.cells).filter(|(_, (text, _))| !text.is_empty());
        let figures = cells.map(|(column, (text, _))| format!("{} {text}", column.title));
        let mine = (row.ground == Ground::Mine).then(|| "of the selected function".to_owned());
        let told: Vec<_> = figures.chain(mine).collect();
        node.set_description(told.join(", "));
        node.set_selected(matches!(row.ground, Ground::Selected | Ground::Cursor));
    });
}

fn ground(palette: &Palette, ground: Ground, is_hovered: bool) -> Option<Color32> {
    match ground {
        Ground::Selected | Ground::Cursor => Some(palette.selected),
        Ground::Lit => Some(palette.selected.gamma_multiply(0.75)),
        Ground::Mine => Some(palette.selected.gamma_multiply(0.4)),
        Ground::Plain => is_hovered.then_some(palette.raised),
    }
}

/// A bar behind a figure, as long and as strong as the row is hot.
fn heat_ui(ui: &Ui, cell: Rect, heat: f32) {
    let cell = cell.shrink2(vec2(1.0, 1.0));
    let bar = cell.with_min_x(cell.right() - (cell.width() * heat).max(2.0));
    let colour = Palette::of(ui).memory.live.gamma_multiply(0.25 + 0.4 * heat);
    ui.painter().rect_filled(bar, 2.0, colour);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(title: &'static str, rank: u8) -> Column {
        Column { figure: Figure::Own, title, about: String::new(), characters: 8, rank, is_heated: false }
    }

    #[test]
    fn what_matters_least_gives_way_where_there_is_little_room() {
        let titles = |width: f32| {
            let columns = vec![column("Self", 0), column("Total", 2), column("Calls", 3), column("Line", 0)];
            fitting(columns, width).iter().map(|column| column.title).collect::<Vec<_>>()
        };
        assert_eq!(titles(800.0), ["Self", "Total", "Calls", "Line"]);
        assert_eq!(titles(420.0), ["Self", "Total", "Line"]);
        assert_eq!(titles(350.0), ["Self", "Line"]);
        assert_eq!(titles(10.0), ["Self", "Line"]);
    }
}
