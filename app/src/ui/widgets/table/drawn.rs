//! Draws a table.

use super::{CellKind, ColumnSpec, SortDirection, Sorting};
use crate::ui::command::Commands;
use crate::ui::theme::{MONO, Palette, ROW_HEIGHT};
use egui::{Align, Color32, Label, Layout, Rect, Response, RichText, Role, Sense, Ui, WidgetInfo};
use egui_extras::{Column, TableBuilder};

/// A table that is to be drawn.
pub struct Table<'a, C> {
    /// Tells its state from that of other tables.
    pub id: &'a str,
    /// The columns, from the left.
    pub columns: &'a [ColumnSpec<C>],
    /// The rows in the order in which they are shown.
    pub rows: &'a [usize],
    /// The text of a cell.
    pub cell: &'a dyn Fn(usize, C) -> String,
    /// How much of all a cell's value is, from 0 to 1, where a bar is to show it.
    pub share: &'a dyn Fn(usize, C) -> Option<f64>,
    /// Is the row selected?
    pub is_selected: &'a dyn Fn(usize) -> bool,
    /// Does the row matter less than others?
    pub is_weak: &'a dyn Fn(usize) -> bool,
    /// What the tooltip of a row says.
    pub hover: &'a dyn Fn(&mut Ui, usize),
    /// The row to bring into sight, as a place in `rows`.
    pub scroll_to: Option<usize>,
    /// Who has the table saved.
    pub commands: &'a Commands,
    /// How narrow the column of names may become before the table scrolls sideways, in points.
    pub least_name: f32,
}

const HEADER_HEIGHT: f32 = 22.0;

impl<C: Copy + PartialEq> Table<'_, C> {
    /// Draws it. Gives the row that was clicked.
    pub fn show(&self, ui: &mut Ui, sorting: &mut Sorting<C>) -> Option<usize> {
        let fixed: f32 = self.columns.iter().filter_map(|column| column.width).sum();
        let gaps = ui.spacing().item_spacing.x * self.columns.len() as f32;
        let names = self.columns.iter().filter(|column| column.width.is_none()).count() as f32;
        let least = fixed + gaps + names * self.least_name;
        let mut clicked = None;
        let (bar, area) = (Palette::of(ui).accent, ui.available_rect_before_wrap());
        egui::ScrollArea::horizontal().id_salt(self.id).auto_shrink(false).show(ui, |ui| {
            ui.set_min_width(least);
            ui.spacing_mut().item_spacing.y = 0.0;
            // A click is for the row.
            ui.style_mut().interaction.selectable_labels = false;
            clicked = self.show_wide(ui, sorting, bar);
        });
        let keyboard = ui.interact(area, self.scroll_id().with("keys"), Sense::focusable_noninteractive());
        keyboard.widget_info(|| WidgetInfo::labeled(Role::Table, true, format!("Rows of {}", self.id)));
        self.tell_row(&keyboard);
        if clicked.is_some() {
            keyboard.request_focus();
        }
        self.copy_ui(ui, &keyboard);
        clicked.or_else(|| self.keys_ui(ui, &keyboard))
    }

    fn show_wide(&self, ui: &mut Ui, sorting: &mut Sorting<C>, bar: Color32) -> Option<usize> {
        let moved = ui.data_mut(|data| data.remove_temp(self.scroll_id()));
        let mut builder = TableBuilder::new(ui).id_salt(self.id).striped(true).sense(Sense::CLICK);
        // Where there is little room the table scrolls rather than to lie over what is beside it.
        builder = builder.min_scrolled_height(40.0);
        builder = builder.auto_shrink(false).cell_layout(Layout::left_to_right(Align::Center));
        for column in self.columns {
            builder = builder.column(width_of(column, self.least_name));
        }
        if let Some(row) = self.scroll_to.or(moved) {
            builder = builder.scroll_to_row(row, None);
        }
        let mut clicked = None;
        let table = builder.header(HEADER_HEIGHT, |mut header| {
            for column in self.columns {
                header.col(|ui| self.header_ui(ui, column, sorting));
            }
        });
        table.body(|body| {
            body.rows(ROW_HEIGHT, self.rows.len(), |mut line| {
                let Some(row) = self.rows.get(line.index()).copied() else { return };
                line.set_selected((self.is_selected)(row));
                let mut places = Vec::with_capacity(self.columns.len());
                for column in self.columns {
                    places.push(line.col(|ui| self.cell_ui(ui, row, column, bar)).0);
                }
                let response = line.response().on_hover_ui(|ui| (self.hover)(ui, row));
                if response.clicked() {
                    clicked = Some(row);
                }
                let column = pressed_column(&response, &places);
                let column = column.and_then(|column| self.columns.get(column));
                response.context_menu(|ui| self.menu_ui(ui, Some(row), column));
            });
        });
        clicked
    }

    fn header_ui(&self, ui: &mut Ui, column: &ColumnSpec<C>, sorting: &mut Sorting<C>) {
        column_title(ui, column, sorting).context_menu(|ui| self.menu_ui(ui, None, None));
    }

    fn cell_ui(&self, ui: &mut Ui, row: usize, column: &ColumnSpec<C>, bar: Color32) {
        let share = (self.share)(row, column.column).filter(|share| *share > 0.0);
        if let Some(share) = share {
            paint_bar(ui, share, bar);
        }
        let text = RichText::new((self.cell)(row, column.column));
        let text = if column.kind == CellKind::Number { text.font(MONO) } else { text };
        let text = if (self.is_weak)(row) { text.color(Palette::of(ui).weak) } else { text };
        aligned(ui, column.kind, |ui| ui.add(Label::new(text).truncate().show_tooltip_when_elided(false)));
    }
}

/// The title of a column; a press sorts by it.
pub fn column_title<C: Copy + PartialEq>(
    ui: &mut Ui,
    column: &ColumnSpec<C>,
    sorting: &mut Sorting<C>,
) -> Response {
    let arrow = match (sorting.column == column.column, sorting.direction) {
        (false, _) => "",
        (true, SortDirection::Rising) => " ⏶",
        (true, SortDirection::Falling) => " ⏷",
    };
    let text = RichText::new(format!("{}{arrow}", column.title)).color(Palette::of(ui).weak);
    let response = aligned(ui, column.kind, |ui| {
        ui.add(egui::Button::new(text).frame(false).truncate()).on_hover_text(column.about)
    });
    if response.clicked() {
        sorting.press(column.column, column.kind);
    }
    response
}

/// The column in which the row's menu was asked for.
fn pressed_column(row: &Response, places: &[Rect]) -> Option<usize> {
    let id = row.id.with("column of the menu");
    if row.secondary_clicked() {
        let at = row.interact_pointer_pos();
        let column = at.and_then(|at| places.iter().position(|place| place.x_range().contains(at.x)));
        row.ctx.data_mut(|data| data.insert_temp(id, column));
    }
    row.ctx.data(|data| data.get_temp(id)).flatten()
}

fn width_of<C>(column: &ColumnSpec<C>, least_name: f32) -> Column {
    match column.width {
        Some(width) => Column::initial(width).at_least(36.0).clip(true).resizable(true),
        None => Column::remainder().at_least(least_name).clip(true),
    }
}

fn aligned(ui: &mut Ui, kind: CellKind, add: impl FnOnce(&mut Ui) -> Response) -> Response {
    match kind {
        CellKind::Text => add(ui),
        CellKind::Number => ui.with_layout(Layout::right_to_left(Align::Center), add).inner,
    }
}

/// A bar behind a cell's text, from the right, where figures stand.
fn paint_bar(ui: &Ui, share: f64, colour: Color32) {
    let cell = ui.max_rect().shrink2(egui::vec2(0.0, 2.0));
    let width = cell.width() * share.clamp(0.0, 1.0) as f32;
    let bar = Rect::from_x_y_ranges(cell.right() - width..=cell.right(), cell.y_range());
    ui.painter().rect_filled(bar, 2.0, colour.gamma_multiply(0.22));
}
