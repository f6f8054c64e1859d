//! The call tree as a table: a row for each box that was unfolded.

use super::canvas::Scene;
use super::graph::Graph;
use super::names::{Names, name_of};
use super::search::Way;
use super::unfolded::{By, Row, TreeTable};
use super::{Act, Look, describe, keys, menu, tooltip};
use crate::analysis::NodeId;
use crate::export::csv_line;
use crate::ui::panels::value_text;
use crate::ui::theme::{MONO, Palette, ROW_HEIGHT};
use crate::ui::widgets::table::{ColumnSpec, column_title, csv_items, name, number};
use crate::units;
use egui::collapsing_header::paint_default_icon;
use egui::{
    Align, Event, EventFilter, Key, Label, Layout, Modifiers, Response, RichText, Role, Sense, Ui, WidgetInfo,
};
use egui_extras::{Column, TableBuilder};

const INDENT: f32 = 12.0;
/// Deeper rows are indented no further, so that their names stay in sight.
const DEEPEST_INDENT: u32 = 24;

/// Draws the table.
pub fn table_ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    (table, graph): (&mut TreeTable, &mut Graph),
    look: &Look,
    acts: &mut Vec<Act>,
) {
    graph.adopt(scene.view);
    let frames = scene.profile.frames();
    let names = |a, b| frames.get(a).short.cmp(&frames.get(b).short);
    table.update(scene.view, names);
    let id = ui.scope_id().with("call tree");
    let response = ui.interact(ui.available_rect_before_wrap(), id, Sense::focusable_noninteractive());
    response.widget_info(|| WidgetInfo::labeled(Role::Tree, true, "Call tree"));
    keys_ui(ui, &response, scene, (table, graph), acts);
    table.update(scene.view, names);
    ui.style_mut().interaction.selectable_labels = false;
    rows_ui(ui, &response, scene, (table, graph), look, acts);
    let more = |ui: &mut Ui, node: NodeId| copy_items(ui, scene, table, look.names, Some(node));
    menu::menu_ui(ui, &response, scene, graph, look.names, acts, &more);
}

fn rows_ui(
    ui: &mut Ui,
    response: &Response,
    scene: &Scene<'_>,
    (table, graph): (&mut TreeTable, &mut Graph),
    look: &Look,
    acts: &mut Vec<Act>,
) {
    let mut clicked = None;
    let figures = Column::initial(118.0).at_least(60.0).clip(true).resizable(true);
    let mut builder = TableBuilder::new(ui).id_salt("call tree").striped(true).sense(Sense::CLICK);
    builder = builder.auto_shrink(false).cell_layout(Layout::left_to_right(Align::Center));
    builder = builder.column(figures).column(figures).column(Column::remainder().at_least(160.0).clip(true));
    if std::mem::take(&mut table.scrolls)
        && let Some(at) = table.position(graph.focus)
    {
        builder = builder.scroll_to_row(at, None);
    }
    let header = builder.header(22.0, |mut header| {
        for column in &COLUMNS {
            header.col(|ui| {
                let mut sorting = table.sorting;
                let title = column_title(ui, column, &mut sorting);
                table.sorting = sorting;
                title.context_menu(|ui| copy_items(ui, scene, table, look.names, None));
            });
        }
    });
    header.body(|body| {
        body.rows(ROW_HEIGHT, table.rows.len(), |mut line| {
            let Some(row) = table.rows.get(line.index()).copied() else { return };
            line.set_selected(graph.focus == Some(row.node));
            let drawn = RowUi { scene, look, row, is_open: table.is_open(row) };
            line.col(|ui| drawn.figure_ui(ui, Figure::Total));
            line.col(|ui| drawn.figure_ui(ui, Figure::Own));
            let mut toggled = false;
            line.col(|ui| toggled = drawn.name_ui(ui));
            let line = line.response();
            drawn.describe(&line, graph.focus == Some(row.node));
            if toggled || line.double_clicked() {
                clicked = Some((row, Click::Toggle));
            } else if line.secondary_clicked() {
                clicked = line.interact_pointer_pos().map(|at| (row, Click::Menu(at))).or(clicked);
            } else if line.clicked() {
                clicked = Some((row, Click::Focus));
            }
            let name = name_of(scene.profile, scene.view.frame(row.node), look.names);
            line.on_hover_ui(|ui| tooltip::tooltip_ui(ui, scene.profile, scene.view, row.node, name));
        });
    });
    let Some((row, click)) = clicked else { return };
    response.request_focus();
    focus(scene, graph, row.node, acts);
    match click {
        Click::Toggle if table.is_open(row) => table.fold(row),
        Click::Toggle => table.unfold(row),
        Click::Menu(at) => graph.menu = Some((row.node, at)),
        Click::Focus => {}
    }
}

const COLUMNS: [ColumnSpec<By>; 3] = [
    number(
        By::Total,
        "Total",
        "What the call path weighs with all that it calls, and its share of all.",
        118.0,
    ),
    number(By::Own, "Self", "What the function's own code weighs on this path, and its share of all.", 118.0),
    name(By::Name, "Function", "Callees stand below their caller, ordered by the column that is chosen."),
];

/// What copies the row of a box, and all rows that are unfolded.
fn copy_items(ui: &mut Ui, scene: &Scene<'_>, table: &TreeTable, names: Names, node: Option<NodeId>) {
    let line = |row: &Row| {
        let tree = &scene.view.tree;
        let value =
            |values: &[u64]| value_text(tree.metric(), values.get(row.node.index()).copied().unwrap_or(0));
        let name = name_of(scene.profile, scene.view.frame(row.node), names);
        let depth = (row.depth + 1).to_string();
        csv_line([depth.as_str(), &value(tree.totals()), &value(tree.self_values()), name])
    };
    let row = node.and_then(|node| table.rows.iter().find(|row| row.node == node));
    if let Some(row) = row
        && ui.button("Copy row").clicked()
    {
        ui.ctx().copy_text(line(row).trim_end().to_owned());
        ui.close();
    }
    csv_items(ui, "call tree", scene.commands, || {
        let titles = csv_line(["Depth", "Total", "Self", "Function"]);
        std::iter::once(titles).chain(table.rows.iter().map(line)).collect()
    });
}

#[derive(Clone, Copy)]
enum Click {
    Focus,
    Toggle,
    Menu(egui::Pos2),
}

fn focus(scene: &Scene<'_>, graph: &mut Graph, node: NodeId, acts: &mut Vec<Act>) {
    graph.focus_on(scene.view, node);
    acts.push(Act::Select(Some(scene.view.frame(node))));
}

#[derive(Clone, Copy)]
enum Figure {
    Total,
    Own,
}

struct RowUi<'a> {
    scene: &'a Scene<'a>,
    look: &'a Look,
    row: Row,
    is_open: bool,
}

impl RowUi<'_> {
    fn value(&self, figure: Figure) -> u64 {
        let tree = &self.scene.view.tree;
        let of = match figure {
            Figure::Total => tree.totals(),
            Figure::Own => tree.self_values(),
        };
        of.get(self.row.node.index()).copied().unwrap_or(0)
    }

    fn figure_ui(&self, ui: &mut Ui, figure: Figure) {
        let tree = &self.scene.view.tree;
        let value = self.value(figure);
        let share = units::share(value, tree.total());
        let cell = ui.max_rect().shrink2(egui::vec2(0.0, 2.0));
        let bar = cell.with_min_x(cell.right() - cell.width() * share as f32);
        ui.painter().rect_filled(bar, 2.0, Palette::of(ui).accent.gamma_multiply(0.22));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if value > 0 {
                let text = format!("{} {:>7}", value_text(tree.metric(), value), units::percent(share));
                ui.add(Label::new(RichText::new(text).font(MONO)).truncate());
            }
        });
    }

    /// The name behind its indent. Says whether the arrow was clicked.
    fn name_ui(&self, ui: &mut Ui) -> bool {
        let (view, row) = (self.scene.view, self.row);
        ui.add_space(row.depth.min(DEEPEST_INDENT) as f32 * INDENT);
        let (_, arrow) = ui.allocate_exact_size(egui::vec2(14.0, ROW_HEIGHT), Sense::click());
        if view.tree.children(row.node).next().is_some() {
            paint_default_icon(ui, if self.is_open { 1.0 } else { 0.0 }, &arrow);
        }
        let frame = view.frame(row.node);
        let palette = Palette::of(ui);
        let is_hit = self.scene.hits.is_some_and(|hits| hits.has(frame));
        let colour = match self.scene.hits {
            Some(_) if is_hit => palette.canvas.hit_text,
            Some(_) => palette.weak,
            None => palette.text,
        };
        let name = name_of(self.scene.profile, frame, self.look.names);
        let text = RichText::new(name).color(colour);
        ui.add(Label::new(text).truncate().show_tooltip_when_elided(false));
        arrow.clicked()
    }

    fn describe(&self, response: &Response, has_focus: bool) {
        let (view, row) = (self.scene.view, self.row);
        let name = name_of(self.scene.profile, view.frame(row.node), self.look.names);
        let is_leaf = view.tree.children(row.node).next().is_none();
        response.ctx.accesskit_node_builder(response.id, |node| {
            node.set_role(Role::TreeItem);
            node.set_label(name);
            node.set_bounds(describe::bounds(response.rect));
            node.set_value(value_text(view.tree.metric(), self.value(Figure::Total)));
            node.set_level(row.depth as usize + 1);
            node.set_selected(has_focus);
            if !is_leaf {
                node.set_expanded(self.is_open);
            }
        });
    }
}

/// The keyboard in the table, as trees have it everywhere.
fn keys_ui(
    ui: &Ui,
    response: &Response,
    scene: &Scene<'_>,
    (table, graph): (&mut TreeTable, &mut Graph),
    acts: &mut Vec<Act>,
) {
    if response.has_focus() {
        let filter =
            EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: false, tab: false };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    }
    let listens = response.contains_pointer() || response.has_focus();
    if !listens || ui.ctx().text_edit_focused() || graph.menu.is_some() {
        return;
    }
    for (key, modifiers) in ui.input(keys::pressed) {
        key_pressed(response, scene, (table, graph), (key, modifiers), acts);
    }
    let asterisk = |event: &Event| matches!(event, Event::Text(text) if text == "*");
    if ui.input(|input| input.events.iter().any(asterisk))
        && let Some(row) = table.position(graph.focus).and_then(|at| table.rows.get(at).copied())
    {
        table.unfold_all(scene.view, row);
    }
}

fn key_pressed(
    response: &Response,
    scene: &Scene<'_>,
    (table, graph): (&mut TreeTable, &mut Graph),
    (key, modifiers): (Key, Modifiers),
    acts: &mut Vec<Act>,
) {
    const PAGE: usize = 20;
    let at = table.position(graph.focus);
    let row = at.and_then(|at| table.rows.get(at).copied());
    let last = table.rows.len().saturating_sub(1);
    let to = match (key, at) {
        (Key::ArrowDown, None) | (Key::Home, _) => Some(0),
        (Key::ArrowDown, Some(at)) => Some(at + 1),
        (Key::ArrowUp, Some(at)) => Some(at.saturating_sub(1)),
        (Key::PageDown, Some(at)) => Some(at + PAGE),
        (Key::PageUp, Some(at)) => Some(at.saturating_sub(PAGE)),
        (Key::End, _) => Some(last),
        _ => None,
    };
    if let Some(row) = to.and_then(|to| table.rows.get(to.min(last)).copied()) {
        focus(scene, graph, row.node, acts);
        table.scrolls = true;
        return;
    }
    match (key, row) {
        (Key::ArrowRight, Some(row)) => table.unfold(row),
        (Key::ArrowLeft, Some(row)) if table.is_open(row) => table.fold(row),
        (Key::ArrowLeft, Some(row)) => {
            let above = scene.view.tree.parent(row.node);
            if above != NodeId::ROOT {
                focus(scene, graph, above, acts);
                table.scrolls = true;
            }
        }
        (Key::F10, _) if modifiers.shift => keys::open_menu(response, graph, graph.focus),
        (Key::Menu, _) => keys::open_menu(response, graph, graph.focus),
        (Key::N, _) => acts.push(Act::NextHit(if modifiers.shift { Way::Back } else { Way::On })),
        _ => {
            keys::transform(scene, graph.focus, (key, modifiers), acts);
        }
    }
}
