//! What can be done with a box: the menu, and the transforms that it offers.

use super::Act;
use super::canvas::{Part, Scene};
use super::graph::Graph;
use super::names::{Names, name_of};
use crate::analysis::{NodeId, Subtree, Transform};
use crate::ui::panels::PanelKind;
use egui::{Button, Key, Layout, Popup, PopupAnchor, PopupKind, Response, RichText, Ui};
use wasmscope_symbolize::{Group, GroupKind};

/// A transform that a box offers.
pub struct Choice {
    /// What the menu says.
    pub text: String,
    /// What it does, as a sentence.
    pub about: &'static str,
    /// Its key, and whether that is with Shift. Those of the Firefox Profiler where they are free.
    pub key: (Key, bool),
    /// The transform.
    pub transform: Transform,
}

/// The transforms that `node` offers.
pub fn transforms(scene: &Scene<'_>, node: NodeId) -> Vec<Choice> {
    // What is done to call paths is done to one recording, or to both builds together.
    if node == NodeId::ROOT || scene.part == Part::Build {
        return Vec::new();
    }
    let frame = scene.view.frame(node);
    let choice = |key, text: &str, about, transform| Choice { text: text.to_owned(), about, key, transform };
    let subtree = (scene.part != Part::Side).then(|| {
        let query = &scene.view.query;
        let frames = scene.view.frames_to(node);
        let subtree = Subtree { frames, inverted: query.inverted, skips_inlined: !query.inline_frames };
        let about = "Only what goes through this box stays, without its callers.";
        choice((Key::S, true), "Focus on this box", about, Transform::FocusSubtree(subtree))
    });
    let group = scene.profile.frames().get(frame).group.clone().map(|group| {
        let text = format!("Collapse {}", group_text(&group));
        let about = "Only the functions by which it is entered stay; what these call of it is part of them.";
        choice((Key::C, true), &text, about, Transform::CollapseGroup(group))
    });
    let focus = choice(
        (Key::F, false),
        "Focus on function",
        "Only paths through this function stay, without its callers.",
        Transform::FocusFunction(frame),
    );
    let rest = [
        choice(
            (Key::M, false),
            "Merge function",
            "The function vanishes; what it costs by itself is its callers'.",
            Transform::MergeFunction(frame),
        ),
        choice(
            (Key::D, true),
            "Drop function",
            "All paths through this function go, with what they cost.",
            Transform::DropFunction(frame),
        ),
        choice(
            (Key::C, false),
            "Collapse function",
            "What the function calls is part of it.",
            Transform::CollapseFunction(frame),
        ),
        choice(
            (Key::R, false),
            "Collapse recursion",
            "On each path, what is between the outermost and the innermost call of the function vanishes.",
            Transform::CollapseRecursion(frame),
        ),
    ];
    std::iter::once(focus).chain(subtree).chain(rest).chain(group).collect()
}

/// A group with the word for its kind.
pub fn group_text(group: &Group) -> String {
    let kind = match group.kind {
        GroupKind::Crate => "crate",
        GroupKind::Namespace => "namespace",
        GroupKind::Package => "package",
        GroupKind::Module => "module",
        GroupKind::File => "file",
        GroupKind::Host => "imports from",
    };
    format!("{kind} {}", group.name)
}

/// Draws the menu while it is open.
pub fn menu_ui(
    ui: &Ui,
    response: &Response,
    scene: &Scene<'_>,
    graph: &mut Graph,
    names: Names,
    acts: &mut Vec<Act>,
    more: &dyn Fn(&mut Ui, NodeId),
) {
    let Some((node, at)) = graph.menu else { return };
    let mut is_open = true;
    let popup =
        Popup::new(response.id.with("menu"), ui.ctx().clone(), PopupAnchor::Position(at), response.layer_id);
    let popup = popup.kind(PopupKind::Menu).layout(Layout::top_down_justified(egui::Align::Min)).width(250.0);
    popup.style(egui::containers::menu::menu_style).accessible_name("Box").open_bool(&mut is_open).show(
        |ui| {
            items(ui, scene, graph, node, names, acts);
            more(ui, node);
        },
    );
    if !is_open {
        graph.menu = None;
        response.request_focus();
    }
}

fn items(ui: &mut Ui, scene: &Scene<'_>, graph: &mut Graph, node: NodeId, names: Names, acts: &mut Vec<Act>) {
    let frame = scene.view.frame(node);
    let name = name_of(scene.profile, frame, names);
    ui.add(egui::Label::new(RichText::new(name).strong()).truncate());
    if scene.part != Part::Table && item(ui, "Zoom to this box", "Enter", "The box fills the width.") {
        graph.zoom_to(scene.view, node);
    }
    ui.separator();
    for choice in transforms(scene, node) {
        let shift = if choice.key.1 { "Shift+" } else { "" };
        if item(ui, &choice.text, &format!("{shift}{}", choice.key.0.name()), choice.about) {
            acts.push(Act::Transform(choice.transform));
        }
    }
    if node == NodeId::ROOT {
        return;
    }
    ui.separator();
    if !matches!(scene.part, Part::Build | Part::Builds) {
        if item(ui, "Callers and callees", "", "The function in the middle, in all contexts.") {
            acts.push(Act::Sandwich(frame));
        }
        for kind in [PanelKind::Source, PanelKind::Instructions] {
            let text = format!("Show {}", kind.title().to_lowercase());
            if item(ui, &text, "", "Of this function.") {
                acts.push(Act::Show(kind, frame));
            }
        }
    }
    if item(ui, "Copy name", "", "The full name.") {
        ui.ctx().copy_text(scene.profile.frames().get(frame).name.to_string());
    }
}

fn item(ui: &mut Ui, text: &str, key: &str, about: &str) -> bool {
    let response = ui.add(Button::new(text).shortcut_text(key)).on_hover_text(about);
    if response.clicked() {
        ui.close();
    }
    response.clicked()
}
