//! The flame graph without a display: shapes, transforms, keys and search, found by their labels.

use crate::gui::{Window, server, showing};
use egui::{Key, Modifiers, Pos2, Rect};
use egui_kittest::kittest::{NodeT, Queryable};
use wasmscope::profile::ProfileBuilder;

/// Functions that call themselves, and one that is called from two places.
fn recursive() -> ProfileBuilder {
    ProfileBuilder::new().folded(
        "main;parse;scan 10
         main;parse;parse;scan 50
         main;render;[host.write] 20
         main;[host.write] 20",
    )
}

impl Window {
    fn chord(&mut self, key: Key, modifiers: Modifiers) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    fn tap(&mut self, key: Key) {
        self.chord(key, Modifiers::NONE);
    }

    fn point_at(&mut self, name: &str) {
        let at = self.box_of(name).center();
        self.harness.hover_at(at);
        self.settle();
    }

    fn box_of(&self, name: &str) -> Rect {
        self.flame_box(name).unwrap_or_else(|| panic!("no box of {name}"))
    }

    /// The name of the box or row with the focus.
    fn focused(&self) -> Option<String> {
        let boxes = self.harness.query_all_by_role(egui::Role::TreeItem);
        let focused = |node: &egui_kittest::Node<'_>| node.accesskit_node().is_selected() == Some(true);
        boxes.filter(focused).find_map(|node| node.accesskit_node().label())
    }

    fn choose_shape(&mut self, title: &str) {
        self.click("Shape");
        self.click(title);
    }

    fn right_click(&mut self, at: Pos2) {
        self.harness.hover_at(at);
        self.settle();
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Secondary, Modifiers::NONE);
            self.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
            self.harness.step();
        }
        self.settle();
    }

    /// The width of a box as a share of that of the root.
    fn share(&self, name: &str) -> f32 {
        self.box_of(name).width() / self.box_of("all").width()
    }
}

fn assert_near(a: f32, b: f32) {
    assert!((a - b).abs() < 0.01, "{a} is not {b}");
}

#[test]
fn transforms_are_done_by_keys_and_undone() {
    let mut window = showing(server().build());
    window.point_at("render");
    window.tap(Key::F);
    assert_eq!(window.flame_box("parse"), None);
    assert_near(window.share("render"), 1.0);
    assert!(window.sees("focus: render"));
    window.point_at("host.write");
    window.chord(Key::D, Modifiers::SHIFT);
    assert_eq!(window.flame_box("host.write"), None);
    assert!(window.sees("dropped: host.write") && window.sees("2 transforms ×"));
    window.chord(Key::Z, Modifiers::COMMAND);
    assert!(window.flame_box("host.write").is_some() && !window.sees("dropped: host.write"));
    window.chord(Key::Z, Modifiers::COMMAND.plus(Modifiers::SHIFT));
    assert!(window.sees("dropped: host.write"));
    window.click("Without focus: render");
    assert!(window.flame_box("parse").is_some() && window.sees("dropped: host.write"));
    window.click("All");
    assert!(window.flame_box("host.write").is_some() && !window.sees("dropped: host.write"));
}

#[test]
fn a_click_on_a_breadcrumb_goes_back_to_it() {
    let mut window = showing(server().build());
    for (name, key) in [("render", Key::M), ("scan", Key::M), ("parse", Key::C)] {
        window.point_at(name);
        window.tap(key);
    }
    assert!(window.sees("collapsed: parse"));
    window.click("merged: render");
    assert!(!window.sees("merged: scan") && !window.sees("collapsed: parse"));
    assert!(window.flame_box("scan").is_some() && window.flame_box("render").is_none());
    // What it cost by itself is its caller's now.
    assert_near(window.share("host.write"), 0.1);
}

#[test]
fn the_menu_offers_transforms() {
    let mut window = showing(recursive().build());
    let at = window.box_of("parse").center();
    window.right_click(at);
    assert!(window.sees_part("Merge function"));
    window.harness.get_by_label_contains("Collapse recursion").click();
    window.settle();
    assert!(window.sees("recursion: parse") && !window.sees_part("Merge function"));
    assert_near(window.share("scan"), 0.6);
}

#[test]
fn the_menu_opens_by_keys_and_closes_by_escape() {
    for (key, modifiers) in [(Key::F10, Modifiers::SHIFT), (Key::Menu, Modifiers::NONE)] {
        let mut window = showing(server().build());
        let at = window.box_of("scan").center();
        window.click_at(at);
        window.chord(key, modifiers);
        assert!(window.sees_part("Focus on this box"), "{key:?}");
        window.tap(Key::Escape);
        assert!(!window.sees_part("Focus on this box"), "{key:?}");
        assert_eq!(window.focused().as_deref(), Some("scan"), "the box keeps the focus");
    }
}

#[test]
fn arrows_go_from_box_to_box() {
    let mut window = showing(server().build());
    let at = window.box_of("main").center();
    window.click_at(at);
    for (key, name) in [
        (Key::ArrowDown, "parse"),
        (Key::ArrowRight, "render"),
        (Key::ArrowRight, "render"),
        (Key::ArrowDown, "host.write"),
        (Key::ArrowUp, "render"),
        (Key::ArrowLeft, "parse"),
        (Key::ArrowUp, "main"),
        (Key::ArrowUp, "_start"),
        (Key::ArrowUp, "all"),
    ] {
        window.tap(key);
        assert_eq!(window.focused().as_deref(), Some(name), "{key:?}");
    }
    for key in [Key::ArrowDown, Key::ArrowDown, Key::ArrowDown, Key::ArrowRight, Key::Enter] {
        window.tap(key);
    }
    assert_near(window.share("render"), 1.0);
    assert_eq!(window.flame_box("parse"), None, "Enter zooms");
    window.tap(Key::Escape);
    assert!(window.flame_box("parse").is_some(), "Escape goes back");
}

#[test]
fn the_box_with_the_focus_is_told_with_its_cost() {
    let mut window = showing(server().build());
    let at = window.box_of("render").center();
    window.click_at(at);
    let canvas = window.harness.get_by_role_and_label(egui::Role::Canvas, "Flame graph");
    let value = canvas.accesskit_node().value().unwrap();
    assert!(value.starts_with("render, ") && value.contains("40.0 % of all"), "{value}");
}

#[test]
fn the_flame_stands_on_its_root() {
    let mut window = showing(server().build());
    window.choose_shape("Flame");
    let [all, main, scan] = ["all", "main", "scan"].map(|name| window.box_of(name));
    assert!(all.top() >= main.bottom() && main.top() >= scan.bottom());
    let at = main.center();
    window.click_at(at);
    window.tap(Key::ArrowUp);
    assert_eq!(window.focused().as_deref(), Some("parse"), "up is away from the root here");
}

#[test]
fn the_sandwich_has_callers_above_and_callees_below() {
    let mut window = showing(recursive().build());
    window.choose_shape("Sandwich");
    assert!(window.sees("No function selected"));
    window.choose_shape("Icicle");
    let at = window.box_of("host.write").center();
    window.click_at(at);
    window.choose_shape("Sandwich");
    assert!(window.sees_part("host.write: 40 ns, 40.0 % of all"));
    let canvas = |window: &Window, name: &str| window.harness.get_by_label(name).rect();
    assert!(canvas(&window, "Callers").bottom() <= canvas(&window, "Callees").top());
    let render = window.box_of("render");
    assert!(canvas(&window, "Callers").contains_rect(render));
    assert_near(render.width() / canvas(&window, "Callers").width(), 0.5);
    assert_eq!(window.flame_box("parse"), None);
}

#[test]
fn the_call_tree_unfolds_by_keys() {
    let mut window = showing(server().build());
    window.choose_shape("Call tree");
    // What most of the weight goes through is unfolded at first, down to where it parts.
    assert!(window.flame_box("main").is_some() && window.flame_box("scan").is_none());
    let at = window.box_of("main").center();
    window.click_at(at);
    window.tap(Key::ArrowRight);
    window.tap(Key::ArrowDown);
    assert_eq!(window.focused().as_deref(), Some("parse"));
    window.tap(Key::ArrowRight);
    assert!(window.flame_box("scan").is_some());
    window.tap(Key::ArrowLeft);
    assert!(window.flame_box("scan").is_none());
    window.tap(Key::ArrowLeft);
    assert_eq!(window.focused().as_deref(), Some("main"), "a second time goes to the caller");
    window.harness.event(egui::Event::Text("*".to_owned()));
    window.settle();
    assert!(window.flame_box("scan").is_some() && window.flame_box("host.write").is_some());
}

#[test]
fn hits_are_stepped_through() {
    let mut window = showing(recursive().build());
    window.harness.get_by_label("Search").focus();
    window.harness.run_steps(2);
    window.harness.get_by_label("Search").type_text("scan");
    window.settle();
    assert!(window.sees("2 hits, 60.0 %"));
    window.tap(Key::Enter);
    assert!(window.sees("1 of 2, 60.0 %"));
    window.click("Next hit");
    assert!(window.sees("2 of 2, 60.0 %"));
    window.click("Next hit");
    assert!(window.sees("1 of 2, 60.0 %"), "round and round");
}

#[test]
fn the_minimap_moves_the_window() {
    let mut window = showing(server().build());
    assert!(!window.sees("Minimap"), "everything is in sight");
    let at = window.box_of("render").center();
    window.click_at(at);
    let minimap = window.harness.get_by_label("Minimap").rect();
    window.click_at(minimap.left_center() + egui::vec2(4.0, 0.0));
    assert!(window.flame_box("parse").is_some(), "the heavy side is in sight now");
}

#[test]
fn raw_names_are_those_of_the_module() {
    let profile = ProfileBuilder::new().folded("_ZN3app4main17h0123456789abcdefE;work 10");
    let mut window = showing(profile.build());
    assert!(window.flame_box("app::main").is_some());
    window.click("Look");
    window.click("Raw names");
    assert!(window.flame_box("_ZN3app4main17h0123456789abcdefE").is_some());
}
