//! The canvas of a graph: wheel and pointer on one side, the picture on the other.

use super::super::PanelCtx;
use super::graph::Graph;
use super::names::name_of;
use super::paint::{Builder, PictureKey};
use super::viewport::{Grows, Stage};
use super::{Act, Look, describe, keys, menu, minimap, tooltip};
use crate::analysis::NodeId;
use crate::profile::{FrameId, Profile};
use crate::ui::command::Commands;
use crate::ui::theme::Palette;
use crate::ui::views::{FlameHits, FlameView};
use egui::{Color32, PointerButton, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};
use std::sync::Arc;

/// What is drawn on a canvas.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Whose functions they are.
    pub profile: &'a Profile,
    /// The function that is selected, by all ids that it goes by.
    pub selected: &'a [FrameId],
    /// Who does what concerns more than the canvas.
    pub commands: &'a Commands,
    /// What boxes mean beyond being a call path with its weight, if anything.
    pub meaning: Option<&'a dyn Meaning>,
    /// The tree.
    pub view: &'a Arc<FlameView>,
    /// What the search found.
    pub hits: Option<&'a FlameHits>,
    /// What the canvas is called.
    pub name: &'static str,
    /// Which way rows go.
    pub grows: Grows,
    /// What it is of.
    pub part: Part,
}

/// Boxes that say more than what a call path weighs.
pub trait Meaning {
    /// The colour of a box.
    fn fill(&self, node: NodeId, palette: &Palette) -> Color32;

    /// What the pointer is told of a box.
    fn tooltip_ui(&self, ui: &mut Ui, node: NodeId);

    /// The same for those who do not see it, in a few words.
    fn words(&self, node: NodeId) -> String;
}

/// What a canvas shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All that was measured, as boxes.
    Whole,
    /// The same as rows of a table.
    Table,
    /// One side of the selected function: its callers or its callees.
    Side,
    /// The boxes of one of two builds.
    Build,
    /// The boxes of two builds as one.
    Builds,
}

impl Part {
    /// Is what is clicked selected everywhere?
    pub fn selects(self) -> bool {
        matches!(self, Part::Whole | Part::Build | Part::Builds)
    }
}

impl<'a> Scene<'a> {
    /// What `ctx` says of it; nothing is searched for, and the root is on top.
    pub fn of(ctx: &PanelCtx<'a>, view: &'a Arc<FlameView>, name: &'static str, part: Part) -> Scene<'a> {
        Scene {
            profile: ctx.profile,
            selected: ctx.selection.function.as_slice(),
            commands: ctx.commands,
            meaning: None,
            view,
            hits: None,
            name,
            grows: Grows::Down,
            part,
        }
    }
}

impl Scene<'_> {
    fn stage(&self, rect: Rect) -> Stage {
        // In a side the root is the function itself, which the row below it shows.
        let first_row = usize::from(self.part == Part::Side);
        Stage { rect, grows: self.grows, first_row }
    }
}

/// Draws the boxes and does what the user does to them; what concerns others goes to `acts`.
pub fn canvas_ui(ui: &mut Ui, scene: &Scene<'_>, graph: &mut Graph, look: &mut Look, acts: &mut Vec<Act>) {
    graph.adopt(scene.view);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    if !rect.is_positive() {
        return;
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, scene.name));
    graph.stage = scene.stage(rect);
    wheel(ui, &response, graph);
    drag(ui, &response, graph);
    keys::keys(ui, &response, scene, graph, acts);
    let rows = scene.view.layout.row_count() - graph.stage.first_row.min(scene.view.layout.row_count());
    graph.viewport = graph.viewport.within_height(rows, rect.height());
    paint(ui, scene, graph, look);
    if response.has_focus() && graph.focus.is_none() {
        let stroke = Stroke::new(1.0, Palette::of(ui).accent);
        ui.painter_at(rect).rect_stroke(rect, 0.0, stroke, StrokeKind::Inside);
    }
    describe::describe(ui, &response, scene, graph, look.names);
    let is_over_minimap = minimap::minimap_ui(ui, scene, graph, look);
    if !is_over_minimap {
        point(ui, scene, graph, look, &response, acts);
    }
    menu::menu_ui(ui, &response, scene, graph, look.names, acts, &|_, _| ());
}

fn wheel(ui: &Ui, response: &Response, graph: &mut Graph) {
    let Some(pointer) = response.hover_pos() else { return };
    let (delta, zoom, shift) =
        ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta(), input.modifiers.shift));
    let width = f64::from(response.rect.width().max(1.0));
    let at = f64::from((pointer.x - response.rect.left()) / response.rect.width().max(1.0));
    if shift {
        graph.viewport = graph.viewport.moved(0.0, graph.stage.away(-(delta.x + delta.y)));
        return;
    }
    let factor = f64::from(zoom) * (f64::from(delta.y) * 0.006).exp();
    if factor != 1.0 {
        graph.viewport = graph.viewport.zoomed(factor, at);
    }
    if delta.x != 0.0 {
        graph.viewport = graph.viewport.moved(-f64::from(delta.x) / width, 0.0);
    }
}

fn drag(ui: &Ui, response: &Response, graph: &mut Graph) {
    if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
        let delta = response.drag_delta();
        let width = f64::from(response.rect.width().max(1.0));
        graph.viewport = graph.viewport.moved(-f64::from(delta.x) / width, graph.stage.away(-delta.y));
        ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
    }
}

fn paint(ui: &Ui, scene: &Scene<'_>, graph: &mut Graph, look: &mut Look) {
    let palette = Palette::of(ui);
    let painter = ui.painter_at(graph.stage.rect);
    let key = PictureKey {
        viewport: graph.viewport,
        stage: graph.stage,
        palette,
        needle: scene.hits.map(|hits| hits.query.needle.clone()).unwrap_or_default(),
        colour_by: look.colour_by,
        names: look.names,
        pixels: ui.pixels_per_point(),
    };
    if look.is_stale() || !graph.picture.as_ref().is_some_and(|picture| picture.is_of(&key)) {
        let fill = look.colours.of(scene.profile, palette, look.colour_by);
        let builder = Builder { scene, fill, key };
        graph.picture = Some(builder.build(&painter, &mut look.labels));
    }
    let Some(picture) = &graph.picture else { return };
    picture.paint(&painter);
    for drawn in picture.drawn.iter().filter(|drawn| scene.selected.contains(&drawn.frame)) {
        painter.rect_stroke(drawn.rect, 0.0, Stroke::new(2.0, palette.accent), StrokeKind::Inside);
    }
    if let Some(rect) = graph.focus.and_then(|node| graph.rect_of(node)) {
        // Two strokes, so that the ring is seen on any colour.
        painter.rect_stroke(rect, 1.0, Stroke::new(3.0, palette.background), StrokeKind::Inside);
        painter.rect_stroke(rect, 1.0, Stroke::new(2.0, palette.canvas.outline), StrokeKind::Inside);
    }
}

/// What the pointer is over and what it does there.
fn point(
    ui: &Ui,
    scene: &Scene<'_>,
    graph: &mut Graph,
    look: &Look,
    response: &Response,
    acts: &mut Vec<Act>,
) {
    let over = response.hover_pos().and_then(|at| Some((at, graph.node_at(scene.view, at)?)));
    if response.double_clicked() {
        match (scene.part, over) {
            (Part::Side, Some((_, node))) => acts.push(Act::Select(Some(scene.view.frame(node)))),
            _ => graph.show_all(),
        }
        return;
    }
    if response.clicked() {
        response.request_focus();
        let Some((_, node)) = over else {
            graph.focus = None;
            if scene.part.selects() {
                acts.push(Act::Select(None));
            }
            return;
        };
        graph.focus_on(scene.view, node);
        graph.zoom_to(scene.view, node);
        if scene.part.selects() {
            acts.push(Act::Select(Some(scene.view.frame(node)).filter(|_| node != NodeId::ROOT)));
        }
    }
    let Some((at, node)) = over else { return };
    if response.secondary_clicked() {
        response.request_focus();
        graph.focus_on(scene.view, node);
        graph.menu = Some((node, at));
    }
    if let Some(rect) = graph.rect_of(node) {
        let stroke = Stroke::new(1.0, Palette::of(ui).canvas.outline.gamma_multiply(0.7));
        ui.painter_at(graph.stage.rect).rect_stroke(rect, 0.0, stroke, StrokeKind::Inside);
    }
    if !response.dragged() && graph.menu.is_none() {
        let name = name_of(scene.profile, scene.view.frame(node), look.names);
        let about = |ui: &mut Ui| match scene.meaning {
            Some(meaning) => meaning.tooltip_ui(ui, node),
            None => tooltip::tooltip_ui(ui, scene.profile, scene.view, node, name),
        };
        response.clone().on_hover_ui_at_pointer(about);
    }
}
