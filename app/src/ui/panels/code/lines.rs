//! The lines of a source file, with costs beside each.

use super::super::PanelCtx;
use super::grid::{Column, Figure, Ground, Ink, MOST_CHARACTERS, Row};
use crate::analysis::{HotRow, InlinedInto, LineRow, LineTable, Metric, SourceRow, WatRow, is_hot};
use crate::export::source_text;
use crate::profile::SourceLine;
use crate::ui::documents::Selection;
use crate::ui::views::FoundListing;
use crate::units;
use egui::{RichText, Ui};
use std::sync::Arc;

/// The lines that are drawn.
pub struct Lines<'a> {
    pub ctx: &'a PanelCtx<'a>,
    pub found: &'a FoundListing,
    /// The instruction under the pointer.
    pub lit: Option<&'a WatRow>,
}

impl Lines<'_> {
    /// The columns, in the order in which they stand.
    pub fn columns(&self) -> Vec<Column> {
        let FoundListing { lines, listing, widest, .. } = self.found;
        let characters = |at: usize| widest.get(at).copied().unwrap_or(0);
        let column = |figure, title, about, characters, rank| Column {
            figure,
            title,
            about,
            characters,
            rank,
            is_heated: figure == Figure::Own,
        };
        let (title, about) = (lines.metric.title(), lines.metric.description());
        let own = format!("{title}: what the line's own code costs. {about}");
        let total =
            format!("{title}: the same with all that was called from the line; recursion counts once.");
        let last = listing.rows.last().map_or(0, |row| row.line);
        let beside = lines.beside.iter().enumerate().map(|(at, beside)| {
            let about = format!("{}{}", beside.metric.description(), when(beside.metric));
            column(Figure::Beside(at), short_title(beside.metric), about, characters(at + 2), at as u8 + 3)
        });
        let own = column(Figure::Own, "Self", own, characters(0), 0);
        let total = column(Figure::Total, "Total", total, characters(1), 2);
        let number = "The number of the line.".to_owned();
        let number = column(Figure::Line, "Line", number, last.to_string().len(), 0);
        [own, total].into_iter().chain(beside).chain([number]).collect()
    }

    fn cost(&self, row: &SourceRow) -> Option<&LineRow> {
        row.row.and_then(|at| self.found.lines.rows.get(at))
    }

    /// The row that has this line.
    pub fn row_of(&self, line: &SourceLine) -> Option<usize> {
        let listing = &self.found.listing;
        if listing.file != line.file {
            return None;
        }
        listing.rows.binary_search_by_key(&line.line, |row| row.line).ok()
    }

    /// The line in row `at`.
    pub fn line_at(&self, at: usize) -> Option<SourceLine> {
        let listing = &self.found.listing;
        Some(SourceLine { file: Arc::clone(&listing.file), line: listing.rows.get(at)?.line })
    }

    /// A row as it is drawn.
    pub fn row(&self, columns: &[Column], at: usize) -> Option<Row> {
        let row = self.found.listing.rows.get(at)?;
        let cost = self.cost(row);
        let selection = self.ctx.selection;
        let of_function =
            |cost: &LineRow| selection.function.is_some_and(|function| cost.functions.contains(&function));
        let is_selected = selection.line.as_ref().is_some_and(|line| self.row_of(line) == Some(at));
        let ground = match () {
            () if is_selected => Ground::Cursor,
            () if self.lit.is_some_and(|lit| lit.is_from(&self.found.listing.file, row.line)) => Ground::Lit,
            () if cost.is_some_and(of_function) => Ground::Mine,
            () => Ground::Plain,
        };
        let cells = columns.iter().map(|column| self.cell(column.figure, row, is_selected)).collect();
        let note = self.note(row, cost);
        Some(Row { cells, text: shown_text(&row.text), note, ground, has_more: cost.is_some() })
    }

    fn cell(&self, figure: Figure, row: &SourceRow, is_selected: bool) -> (String, Ink) {
        let cost = self.cost(row);
        let lines = &self.found.lines;
        let text = |metric: Metric, value: Option<u64>| {
            let value = value.filter(|value| *value > 0);
            value.map(|value| units::number(metric.unit(), value)).unwrap_or_default()
        };
        match figure {
            Figure::Own => (text(lines.metric, cost.map(|cost| cost.self_value)), Ink::Plain),
            Figure::Total => (text(lines.metric, cost.map(|cost| cost.total_value)), Ink::Plain),
            Figure::Beside(column) => {
                let beside = lines.beside.get(column);
                let value = beside.and_then(|beside| beside.values.get(row.row?)).copied();
                (beside.map(|beside| text(beside.metric, value)).unwrap_or_default(), Ink::Plain)
            }
            _ => (row.line.to_string(), if is_selected { Ink::Accent } else { Ink::Weak }),
        }
    }

    /// Into what the line was inlined, unless that is what was said of the line with costs before.
    fn note(&self, row: &SourceRow, cost: Option<&LineRow>) -> String {
        let Some(cost) = cost.filter(|cost| !cost.inlined_into.is_empty()) else { return String::new() };
        let functions = |row: &LineRow| row.inlined_into.iter().map(|into| into.function).collect::<Vec<_>>();
        let before = row.row.and_then(|at| self.found.lines.rows.get(at.checked_sub(1)?));
        let is_told =
            before.is_some_and(|before| before.file == cost.file && functions(before) == functions(cost));
        if is_told { String::new() } else { self.inlined_text(&cost.inlined_into) }
    }

    fn inlined_text(&self, into: &[InlinedInto]) -> String {
        const MOST: usize = 2;
        let name = |into: &InlinedInto| self.ctx.profile.frames().get(into.function).short.to_string();
        let names: Vec<_> = into.iter().take(MOST).map(name).collect();
        let more = into.len().checked_sub(MOST).filter(|more| *more > 0);
        let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
        format!("inlined into {}{more}", names.join(", "))
    }

    /// The line, and its function unless the selected one has a part in it.
    pub fn selection(&self, at: usize) -> Option<Selection> {
        let row = self.found.listing.rows.get(at)?;
        let functions = self.cost(row).map(|row| row.functions.as_slice()).unwrap_or_default();
        let selected = self.ctx.selection.function;
        let function = selected.filter(|function| functions.contains(function));
        let function = function.or(functions.first().copied()).or(selected);
        Some(Selection { function, line: self.line_at(at), ..self.ctx.selection.clone() })
    }

    /// The rows with a cost, ascending.
    pub fn costly(&self) -> Vec<usize> {
        let rows = self.found.listing.rows.iter().enumerate();
        rows.filter(|(_, row)| row.row.is_some()).map(|(at, _)| at).collect()
    }

    /// The hot rows, ascending.
    pub fn hot(&self) -> Vec<usize> {
        self.found.heat.iter().filter(|row| is_hot(row)).map(|row: &HotRow| row.row).collect()
    }

    /// The tooltip of row `at`.
    pub fn hover_ui(&self, ui: &mut Ui, at: usize) {
        let Some(cost) = self.found.listing.rows.get(at).and_then(|row| self.cost(row)) else { return };
        for figure in self.figures(at) {
            ui.label(figure);
        }
        let frames = self.ctx.profile.frames();
        for function in cost.functions.iter().take(6) {
            ui.label(RichText::new(format!("in {}", frames.get(*function).name)).weak());
        }
        for into in cost.inlined_into.iter().take(8) {
            let costs = own_and_total(&self.found.lines, into.self_value, into.total_value);
            let text = format!("inlined into {}: {costs}", frames.get(into.function).short);
            ui.label(RichText::new(text).weak());
        }
    }

    /// All figures of a row as text, one for each metric.
    fn figures(&self, at: usize) -> Vec<String> {
        let lines = &self.found.lines;
        let row = self.found.listing.rows.get(at);
        let Some((number, cost)) = row.and_then(|row| Some((row.row?, self.cost(row)?))) else {
            return Vec::new();
        };
        let first = own_and_total(lines, cost.self_value, cost.total_value);
        let beside = lines.beside.iter().filter_map(|beside| {
            let value = beside.values.get(number).copied().filter(|value| *value > 0)?;
            let share = units::percent(units::share(value, beside.total));
            Some(format!("{} ({share})", units::value(beside.metric.unit(), value)))
        });
        [format!("{}: {first}", lines.metric.title())].into_iter().chain(beside).collect()
    }

    /// The menu of row `at`. Says whether its instructions are wanted.
    pub fn menu_ui(&self, ui: &mut Ui, at: usize) -> bool {
        let FoundListing { lines, listing, .. } = self.found;
        let Some(row) = listing.rows.get(at) else { return false };
        let place = format!("{}:{}", listing.file, row.line);
        let line = || {
            let figures = self.figures(at).join("; ");
            let figures = if figures.is_empty() { String::new() } else { format!("  ({figures})") };
            format!("{place}: {}{figures}", row.text.trim())
        };
        let items: [(&str, &str, &dyn Fn() -> String); 3] = [
            ("Copy line with costs", "", &line),
            ("Copy location", &place, &|| place.clone()),
            ("Copy file with costs", "", &|| source_text(lines, listing, 0..listing.rows.len())),
        ];
        for (title, about, text) in items {
            let button = ui.button(title);
            let button = if about.is_empty() { button } else { button.on_hover_text(about) };
            if button.clicked() {
                ui.ctx().copy_text(text());
                ui.close();
            }
        }
        ui.separator();
        let wanted = ui.add(egui::Button::new("Show its instructions").shortcut_text("Enter")).clicked();
        if wanted {
            ui.close();
        }
        wanted
    }
}

fn own_and_total(lines: &LineTable, own: u64, total: u64) -> String {
    let text = |value| {
        let share = units::percent(units::share(value, lines.total));
        format!("{} ({share})", units::value(lines.metric.unit(), value))
    };
    format!("self {} · total {}", text(own), text(total))
}

/// What a column beside is called. That of instructions would be as wide as two.
const fn short_title(metric: Metric) -> &'static str {
    match metric {
        Metric::Instructions => "Instr.",
        _ => metric.title(),
    }
}

const fn when(metric: Metric) -> &'static str {
    if metric.is_timed() { "" } else { " It is a sum over the whole run." }
}

/// The text as it is drawn; of a line that a machine wrote only the beginning.
fn shown_text(text: &str) -> String {
    let text = text.replace('\t', "    ");
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
