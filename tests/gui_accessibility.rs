//! Who can't see the window or has no mouse: every control has a name and a role, and the keyboard reaches it.

use super::gui::{Window, server, showing, window};
use egui::accesskit::Action;
use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use std::collections::BTreeSet;
use wasmscope::profile::{Profile, ProfileBuilder};

const PANELS: [&str; 13] = [
    "Flame graph",
    "Advice",
    "Timeline",
    "Boundary",
    "Memory growth",
    "Fragmentation",
    "Module",
    "Summary",
    "Functions",
    "Allocation sites",
    "Source",
    "Instructions",
    "Output",
];

/// Something for each panel to show.
fn full() -> ProfileBuilder {
    let blocks = (0..8).fold(server(), |profile, n| {
        profile.alloc(n * 10, "_start;main@a.c:3;parse@a.c:9;malloc", 70_000 + n * 900, 500)
    });
    blocks
        .grow(5, "_start;main;parse", 2, 2, true)
        .crossings("_start;main;render;[host.write]", 1_200, 4_000, Some(2_400))
        .executed("_start;main;render", 7, 0, 21)
}

/// What can be pressed or have the focus, but has no name or no role.
fn nameless(window: &Window) -> Vec<String> {
    let nodes = window.harness.root().children_recursive();
    let bad = nodes.filter_map(|node| {
        let node = node.accesskit_node();
        let data = node.data();
        let is_control =
            [Action::Click, Action::Focus].into_iter().any(|action| data.supports_action(action));
        // Labels are read by their value.
        let name = node.label().or(node.value().filter(|_| node.role() == Role::Label));
        let has_name = name.is_some_and(|name| !name.trim().is_empty());
        let has_role = !matches!(node.role(), Role::Unknown | Role::GenericContainer);
        let is_bad = is_control && !(has_name && has_role);
        is_bad.then(|| format!("{:?} {:?} at {:?}", node.role(), node.label(), node.raw_bounds()))
    });
    bad.collect()
}

/// Brings a panel to the front; its canvas may be called the same.
fn open_panel(window: &mut Window, panel: &str) {
    let named = window.harness.query_all_by_label(panel);
    let tab = named.min_by(|a, b| a.rect().top().total_cmp(&b.rect().top()));
    tab.expect("each panel has a tab").click();
    window.settle();
}

fn is_accessible(window: &Window, what: &str) {
    let bad = nameless(window);
    assert!(bad.is_empty(), "{what}:\n{}", bad.join("\n"));
}

fn show(profile: Profile) -> Window {
    let window = showing(profile);
    assert!(window.flame_box("main").is_some(), "something has to be shown that could be wrong");
    window
}

#[test]
fn each_control_of_each_panel_has_a_name_and_a_role() {
    let mut window = show(full().build());
    for panel in PANELS {
        open_panel(&mut window, panel);
        is_accessible(&window, panel);
    }
    for shape in ["Flame", "Sandwich", "Call tree"] {
        open_panel(&mut window, "Flame graph");
        window.click("Shape");
        window.click(shape);
        is_accessible(&window, shape);
    }
}

#[test]
fn each_control_of_a_real_run_has_a_name_and_a_role() {
    let mut window = window();
    is_accessible(&window, "the start page");
    window.click("Two loops · C");
    is_accessible(&window, "the run dialog");
    for section in ["Environment, input and folders", "Symbols", "Limits"] {
        window.click(section);
        is_accessible(&window, section);
        window.click(section);
    }
    window.click("Run");
    let main = window.flame_box("long_loop").expect("it was sampled").center();
    window.click_at(main);
    for panel in PANELS {
        open_panel(&mut window, panel);
        is_accessible(&window, panel);
    }
}

/// The dialogs, what shows each, a text that tells it is there, and whether Enter is enough to be done with it.
const DIALOGS: [(&str, &str, &str, bool); 6] = [
    ("Edit", "Settings…", "Budget of a call", true),
    ("Help", "Help", "What each panel answers", true),
    ("Help", "Keys", "Everywhere", true),
    ("Help", "About Wasmscope", "Runs modules in Wasmtime", true),
    ("Help", "Commands…", "Show: Flame graph", false),
    ("File", "Where sources are…", "No places so far.", true),
];

/// Opens a menu and presses an item in it: its own name may be that of the menu.
fn choose(window: &mut Window, menu: &str, item: &str) {
    window.click(menu);
    let items = window.harness.query_all_by_label_contains(item);
    let lowest = items.max_by(|a, b| a.rect().top().total_cmp(&b.rect().top()));
    lowest.expect("the menu has it").click();
    window.settle();
}

#[test]
fn dialogs_have_names_and_close_by_escape_and_enter() {
    for (menu, item, text, enters) in DIALOGS {
        let mut window = show(full().build());
        choose(&mut window, menu, item);
        assert!(window.sees_part(text), "{item} is not shown");
        is_accessible(&window, item);
        window.press_with(Modifiers::NONE, Key::Escape);
        assert!(!window.sees_part(text), "{item} does not close by Esc");
        if enters {
            choose(&mut window, menu, item);
            assert!(window.sees_part(text));
            window.press_with(Modifiers::NONE, Key::Enter);
            assert!(!window.sees_part(text), "{item} does not close by Enter");
        }
    }
}

/// What can have the focus on screen.
fn focusable(window: &Window) -> BTreeSet<String> {
    let nodes = window.harness.root().children_recursive();
    let on_screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 800.0));
    let nodes = nodes.filter(|node| {
        let data = node.accesskit_node();
        data.data().supports_action(Action::Focus) && !data.is_disabled() && on_screen.intersects(node.rect())
    });
    nodes.filter_map(|node| node.accesskit_node().label()).collect()
}

fn focused(window: &Window) -> Option<String> {
    let mut nodes = window.harness.root().children_recursive();
    nodes.find(|node| node.is_focused()).and_then(|node| node.accesskit_node().label())
}

#[test]
fn tab_reaches_every_control() {
    for panel in ["Flame graph", "Boundary", "Fragmentation"] {
        let mut window = show(full().build());
        open_panel(&mut window, panel);
        let all = focusable(&window);
        assert!(all.len() > 20, "{panel}: {all:?}");
        let mut reached = BTreeSet::new();
        for _ in 0..2 * all.len() {
            window.harness.key_press(Key::Tab);
            window.harness.step();
            reached.extend(focused(&window));
        }
        let missed: Vec<_> = all.difference(&reached).collect();
        assert!(missed.is_empty(), "{panel}: {missed:?} are not reached");
    }
}

#[test]
fn arrows_go_from_row_to_row() {
    let mut window = show(full().build());
    let rows = window.harness.get_by_label_contains("Rows of functions");
    rows.focus();
    window.settle();
    window.press_with(Modifiers::NONE, Key::ArrowDown);
    window.press_with(Modifiers::NONE, Key::ArrowDown);
    let selected = |window: &Window| window.sees("render ×");
    assert!(selected(&window), "the second row is that of render");
    window.press_with(Modifiers::NONE, Key::ArrowUp);
    assert!(!selected(&window) && window.sees("scan ×"));
}
