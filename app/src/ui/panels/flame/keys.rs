//! The keyboard on a canvas: from box to box, about the picture, and transforms.

use super::canvas::{Part, Scene};
use super::graph::{Graph, depth_of};
use super::search::Way;
use super::viewport::{Grows, ROW};
use super::{Act, menu};
use crate::analysis::NodeId;
use egui::{Event, EventFilter, Key, Modifiers, Response, Ui};

/// Keys work while the pointer is over the canvas or the keyboard's focus is on it, and no text is being typed.
pub fn keys(ui: &Ui, response: &Response, scene: &Scene<'_>, graph: &mut Graph, acts: &mut Vec<Act>) {
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    }
    let listens = response.contains_pointer() || response.has_focus();
    if !listens || ui.ctx().text_edit_focused() || graph.menu.is_some() {
        return;
    }
    let target = graph.focus.or_else(|| graph.node_at(scene.view, response.hover_pos()?));
    for (key, modifiers) in ui.input(pressed) {
        let pointer = response.hover_pos().map(|at| (at.x - response.rect.left()) / response.rect.width());
        match (key, graph.focus) {
            (Key::F10, _) if modifiers.shift => open_menu(response, graph, target),
            (Key::Menu, _) => open_menu(response, graph, target),
            (Key::ArrowUp | Key::ArrowDown | Key::ArrowLeft | Key::ArrowRight, Some(node)) => {
                step(scene, graph, node, key, acts);
            }
            (Key::Enter, node) if response.has_focus() => enter(scene, graph, node, acts),
            (Key::N, _) => acts.push(Act::NextHit(if modifiers.shift { Way::Back } else { Way::On })),
            _ if transform(scene, target, (key, modifiers), acts) => {}
            _ if !modifiers.shift || key == Key::Plus => view_key(graph, key, pointer.unwrap_or(0.5)),
            _ => {}
        }
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        graph.go_back();
    }
}

/// The keys that were pressed without Ctrl or Alt, which would make them somebody else's.
pub fn pressed(input: &egui::InputState) -> Vec<(Key, Modifiers)> {
    let mine = |event: &Event| match event {
        Event::Key { key, pressed: true, modifiers, .. } if !modifiers.command && !modifiers.alt => {
            Some((*key, *modifiers))
        }
        _ => None,
    };
    input.events.iter().filter_map(mine).collect()
}

/// To the caller, the first callee, or a neighbour in the same row, as it is on screen.
fn step(scene: &Scene<'_>, graph: &mut Graph, node: NodeId, key: Key, acts: &mut Vec<Act>) {
    let view = scene.view;
    let to_root = if scene.grows == Grows::Down { Key::ArrowUp } else { Key::ArrowDown };
    let next = match key {
        Key::ArrowLeft => view.layout.beside(node, -1),
        Key::ArrowRight => view.layout.beside(node, 1),
        _ if key == to_root => Some(view.tree.parent(node)),
        _ => view.tree.children(node).next(),
    };
    let is_shown = |node: &NodeId| depth_of(view, *node).is_some_and(|depth| depth >= graph.stage.first_row);
    let Some(next) = next.filter(|next| *next != node && is_shown(next)) else { return };
    graph.go_to(view, next);
    if scene.part.selects() {
        acts.push(Act::Select(Some(view.frame(next)).filter(|_| next != NodeId::ROOT)));
    }
}

/// Zooms to the box with the focus, or gives it to the first one on screen.
fn enter(scene: &Scene<'_>, graph: &mut Graph, node: Option<NodeId>, acts: &mut Vec<Act>) {
    match (node, scene.part) {
        (Some(node), Part::Whole | Part::Table | Part::Build | Part::Builds) => {
            graph.zoom_to(scene.view, node)
        }
        (Some(node), Part::Side) => acts.push(Act::Select(Some(scene.view.frame(node)))),
        (None, _) => {
            let first = graph.picture.iter().flat_map(|picture| &picture.drawn).next();
            if let Some(node) = first.map(|first| first.node) {
                graph.go_to(scene.view, node);
            }
        }
    }
}

pub fn open_menu(response: &Response, graph: &mut Graph, target: Option<NodeId>) {
    let Some(node) = target else { return };
    let below = graph.rect_of(node).map_or(response.rect.center(), |rect| rect.left_bottom());
    graph.menu = Some((node, below));
}

/// Does the transform that the key stands for. Says whether it stands for one.
pub fn transform(
    scene: &Scene<'_>,
    target: Option<NodeId>,
    (key, modifiers): (Key, Modifiers),
    acts: &mut Vec<Act>,
) -> bool {
    let choices = target.map(|node| menu::transforms(scene, node)).unwrap_or_default();
    let found = choices.into_iter().find(|choice| choice.key == (key, modifiers.shift));
    let is_one = found.is_some();
    acts.extend(found.map(|choice| Act::Transform(choice.transform)));
    is_one
}

/// Moves and zooms.
fn view_key(graph: &mut Graph, key: Key, pointer: f32) {
    let viewport = graph.viewport;
    let rows = |rows: f32| viewport.moved(0.0, graph.stage.away(rows * ROW));
    graph.viewport = match key {
        Key::A | Key::ArrowLeft => viewport.moved(-0.15, 0.0),
        Key::D | Key::ArrowRight => viewport.moved(0.15, 0.0),
        Key::ArrowUp => rows(-3.0),
        Key::ArrowDown => rows(3.0),
        Key::PageUp => rows(-graph.stage.rect.height() / ROW + 1.0),
        Key::PageDown => rows(graph.stage.rect.height() / ROW - 1.0),
        Key::W | Key::Plus | Key::Equals => viewport.zoomed(1.35, f64::from(pointer)),
        Key::S | Key::Minus => viewport.zoomed(1.0 / 1.35, f64::from(pointer)),
        _ => viewport,
    };
}
