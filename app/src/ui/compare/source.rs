//! The source of both builds beside each other, with what each line costs in either.

use super::{Choose, Ctx, halves, nothing_of, profile_asker, run_title};
use crate::analysis::{CompareFrame, LineRow, Pair, Side};
use crate::ui::panels::{Column, Figure, Grid, GridState, Ground, Ink, Row, computing_ui};
use crate::ui::theme::Palette;
use crate::ui::views::{FirstFileQuery, FoundListing, LinesQuery, ListingQuery, of_profile};
use crate::ui::worker::Slot;
use crate::units;
use egui::{Label, RichText, Ui};
use std::sync::Arc;

/// What is remembered of it.
#[derive(Default)]
pub struct SourcesState {
    sides: Pair<SideState>,
}

#[derive(Default)]
struct SideState {
    lines: Slot<LinesQuery>,
    first: Slot<FirstFileQuery>,
    listing: Slot<ListingQuery>,
    grid: GridState,
    /// The function that was gone to, and the file that it is in.
    shown: Option<(Option<CompareFrame>, Arc<str>)>,
    /// The line to go to once the file is there.
    wanted_line: Option<u32>,
}

/// Draws both. Gives what was clicked.
pub fn sources_ui(ui: &mut Ui, ctx: &Ctx<'_>, state: &mut SourcesState) -> Option<Choose> {
    let mut choice = None;
    halves(ui, |ui, side| choice = side_ui(ui, ctx, state.sides.get_mut(side), side).or(choice.take()));
    choice
}

fn side_ui(ui: &mut Ui, ctx: &Ctx<'_>, state: &mut SideState, side: Side) -> Option<Choose> {
    let profile = ctx.profile(side);
    let egui_ctx = ui.ctx().clone();
    let asker = profile_asker(ctx, profile, &egui_ctx);
    let Some(lines) = state.lines.view(&asker, LinesQuery(of_profile(ctx.costs))) else {
        computing_ui(ui);
        return None;
    };
    let functions = ctx.chosen_in(side);
    let is_mine = |row: &LineRow| row.functions.iter().any(|function| functions.contains(function));
    if state.shown.as_ref().is_none_or(|(chosen, _)| *chosen != ctx.chosen) {
        let heaviest = lines.rows.iter().filter(|row| row.line > 0).filter(|row| is_mine(row));
        let place =
            heaviest.max_by_key(|row| row.self_value).map(|row| (Arc::clone(&row.file), Some(row.line)));
        let place = match (place, &state.shown) {
            (Some(place), _) => Some(place),
            (None, Some((_, file))) => Some((Arc::clone(file), None)),
            (None, None) => {
                let query = FirstFileQuery { lines: Arc::clone(&lines), sources: ctx.desk.sources.clone() };
                let first = state.first.view(&asker, query)?;
                let hottest = || lines.files.first().map(|row| Arc::clone(&row.file));
                (*first).clone().or_else(hottest).map(|file| (file, None))
            }
        };
        if let Some((file, line)) = place {
            state.shown = Some((ctx.chosen, file));
            state.wanted_line = line;
        }
    }
    let Some((_, file)) = &state.shown else {
        nothing_of(ui, side, "No line of the source costs anything, or no lines are known.");
        return None;
    };
    let (sources, looks, file) = (ctx.desk.sources.clone(), ctx.desk.looks, Arc::clone(file));
    let query = ListingQuery { lines, file: Arc::clone(&file), sources, looks };
    let title =
        format!("{}, {}", run_title(ctx, side), super::super::module::file_name(file.as_ref().as_ref()));
    ui.add(Label::new(RichText::new(title).color(Palette::of(ui).weak)).truncate()).on_hover_text(&*file);
    let Some(found) = state.listing.view(&asker, query).filter(|found| found.listing.file == file) else {
        computing_ui(ui);
        return None;
    };
    let wanted = state.wanted_line.take();
    let row = wanted.and_then(|line| found.listing.rows.iter().position(|row| row.line == line));
    if let Some(row) = row {
        state.grid.bring(row);
    }
    text_notes_ui(ui, ctx, &found);
    listing_ui(ui, ctx, &found, state, (side, &is_mine))
}

/// What is to be known of the text, which may not be that of the build.
fn text_notes_ui(ui: &mut Ui, ctx: &Ctx<'_>, found: &FoundListing) {
    let palette = Palette::of(ui);
    let mut tell = |text: &str, colour| {
        ui.add(Label::new(RichText::new(text).small().color(colour)).wrap());
    };
    if found.missing.is_some() {
        return tell("The text of this file is not on this machine.", palette.weak);
    }
    if let Some(line) = found.listing.beyond_end {
        let text = format!("Line {line} has a cost but this file is shorter: it is another version.");
        return tell(&text, palette.warning);
    }
    let modules = Pair::of(|side| &ctx.profile(side).recording().module);
    if !found.is_sure && !modules.are_equal() {
        tell("The file as it is now; it may have changed since this build.", palette.weak);
    }
}

fn listing_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    found: &FoundListing,
    state: &mut SideState,
    (side, is_mine): (Side, &dyn Fn(&LineRow) -> bool),
) -> Option<Choose> {
    let unit = found.lines.metric.unit();
    let cost = |at: usize| found.lines.rows.get(found.listing.rows.get(at)?.row?);
    let columns = columns(ctx, found);
    let row = |at: usize| {
        let line = found.listing.rows.get(at)?;
        let figure = |value: Option<u64>| {
            (
                value.filter(|value| *value > 0).map(|value| units::number(unit, value)).unwrap_or_default(),
                Ink::Plain,
            )
        };
        let of = cost(at);
        Some(Row {
            cells: vec![
                figure(of.map(|row| row.self_value)),
                figure(of.map(|row| row.total_value)),
                (line.line.to_string(), Ink::Weak),
            ],
            text: line.text.chars().take(400).collect::<String>().replace('\t', "    "),
            note: String::new(),
            ground: if of.is_some_and(is_mine) { Ground::Mine } else { Ground::Plain },
            has_more: false,
        })
    };
    let grid = Grid {
        name: match side {
            Side::Old => "Source of the old build",
            Side::New => "Source of the new build",
        },
        columns: &columns,
        count: found.listing.rows.len(),
        longest: found.longest,
        heat: &found.heat,
        marks: &[],
        needle: None,
        row: &row,
        hover: &|_, _| (),
        menu: &|_, _| (),
    };
    let clicked = grid.show(ui, &mut state.grid).clicked?;
    // What is clicked stays where it is; the other side goes to the same function.
    let frame = ctx.frame_of(side, *cost(clicked)?.functions.first()?)?;
    if let Some((chosen, _)) = &mut state.shown {
        *chosen = Some(frame);
    }
    Some(Choose(Some(frame)))
}

fn columns(ctx: &Ctx<'_>, found: &FoundListing) -> Vec<Column> {
    let widest = |at: usize| found.widest.get(at).copied().unwrap_or(0);
    let column = |figure, title, about: &str, characters| Column {
        figure,
        title,
        about: about.to_owned(),
        characters,
        rank: 0,
        is_heated: figure == Figure::Own,
    };
    let last = found.listing.rows.last().map_or(0, |row| row.line).to_string().len();
    vec![
        column(Figure::Own, "Self", ctx.metric().description(), widest(0)),
        column(Figure::Total, "Total", "The same with all that was called from the line.", widest(1)),
        column(Figure::Line, "Line", "The number of the line.", last),
    ]
}
