//! The shell: settings and their file, undo, copying from tables, hints, help, layouts.

use super::gui::{Window, server, showing, window, window_in};
use super::gui_timeline::frames;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use std::fs;

const CTRL: Modifiers = Modifiers::COMMAND;

fn ctrl_shift() -> Modifiers {
    Modifiers::COMMAND | Modifiers::SHIFT
}

fn zoom(window: &Window) -> f32 {
    window.harness.ctx.zoom_factor()
}

#[test]
fn settings_are_written_down_and_found_again() {
    let mut window = window();
    assert!(!window.file("settings.toml").exists(), "nothing was changed");
    window.press_with(CTRL, Key::Comma);
    assert!(window.sees_part("settings.toml"), "the file's path is shown");
    let template = fs::read_to_string(window.file("settings.toml")).unwrap();
    assert!(template.contains("theme = \"system\""));
    window.click("Dark");
    window.click("Colour-blind safe");
    window.click("Larger text");
    let text = fs::read_to_string(window.file("settings.toml")).unwrap();
    for line in ["theme = \"dark\"", "colours = \"colour-blind\"", "text_size = 110"] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let path = window.file("settings.toml").display().to_string();
    let copied = window.copied(|window| window.harness.get_by_label("Copy path").click());
    assert_eq!(copied, Some(path));

    let mut window = window_in(window.close());
    assert_eq!(zoom(&window), 1.1);
    window.press_with(CTRL, Key::Comma);
    assert!(window.sees("110 %"));
}

#[test]
fn a_file_that_somebody_edits_is_read_again() {
    let mut window = window();
    let file = window.file("settings.toml");
    fs::write(&file, "text_size = 150 # mine\nnobody_knows_this = true\n").unwrap();
    window.settle();
    assert_eq!(zoom(&window), 1.0, "it is read when one comes back");
    window.harness.event(egui::Event::WindowFocused(true));
    window.settle();
    assert_eq!(zoom(&window), 1.5);
    window.press_with(CTRL, Key::Minus);
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, "text_size = 140 # mine\nnobody_knows_this = true\n");
}

#[test]
fn a_broken_file_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (file, broken) = (folder.path().join("settings.toml"), "\ntheme = \"pink\"\n");
    fs::write(&file, broken).unwrap();
    let mut window = window_in(folder);
    window.settle();
    assert!(window.sees_part("settings.toml is not used, line 2: `theme` has to be"));
    window.press_with(CTRL, Key::Plus);
    assert_eq!(zoom(&window), 1.1, "it holds until the window is closed");
    assert_eq!(fs::read_to_string(&file).unwrap(), broken);
}

#[test]
fn the_size_of_texts_is_changed_by_keys() {
    let mut window = window();
    for (key, expected) in
        [(Key::Plus, 1.1), (Key::Equals, 1.2), (Key::Minus, 1.1), (Key::Num0, 1.0), (Key::Minus, 0.9)]
    {
        window.press_with(CTRL, key);
        assert!((zoom(&window) - expected).abs() < 1e-6, "{key:?}: {}", zoom(&window));
    }
}

#[test]
fn colours_for_everybody_are_switched_in_the_menu() {
    let mut window = showing(server().build());
    // The mesh with the most corners is the flame graph's; the pointer is elsewhere.
    let colours = |window: &Window| {
        let meshes = window.harness.output().shapes.iter().filter_map(|shape| match &shape.shape {
            egui::Shape::Mesh(mesh) => Some(mesh),
            _ => None,
        });
        let graph = meshes.max_by_key(|mesh| mesh.vertices.len()).unwrap();
        graph.vertices.iter().map(|corner| corner.color).collect::<Vec<_>>()
    };
    let before = colours(&window);
    window.click("View");
    window.click("Colour-blind safe");
    window.press_with(Modifiers::NONE, Key::Escape);
    assert_ne!(colours(&window), before);
    window.click("View");
    window.click("Standard colours");
    window.press_with(Modifiers::NONE, Key::Escape);
    assert_eq!(colours(&window), before);
    assert!(fs::read_to_string(window.file("settings.toml")).unwrap().contains("colours = \"standard\""));
}

/// Transforms and the part of the run, in the order in which they were changed, whatever is weighed meanwhile.
#[test]
fn filters_are_undone_and_redone() {
    let profile = server().alloc(10, "_start;main;parse;malloc", 70_000, 900);
    let mut window = showing(profile.build());
    let merge = |window: &mut Window, name: &str| {
        let at = window.flame_box(name).unwrap().center();
        window.harness.hover_at(at);
        window.settle();
        window.harness.key_press(Key::M);
        window.settle();
    };
    merge(&mut window, "parse");
    assert!(window.flame_box("parse").is_none());
    merge(&mut window, "render");
    assert!(window.flame_box("render").is_none() && window.flame_box("host.write").is_some());
    window.press_with(CTRL, Key::Z);
    assert!(window.flame_box("render").is_some() && window.flame_box("parse").is_none());
    window.press_with(CTRL, Key::Z);
    assert!(window.flame_box("parse").is_some());
    window.press_with(CTRL, Key::Z);
    window.press_with(ctrl_shift(), Key::Z);
    assert!(window.flame_box("parse").is_none() && window.flame_box("render").is_some());
    window.press_with(CTRL, Key::Y);
    assert!(window.flame_box("render").is_none());
    window.click("Edit");
    window.harness.get_by_label_contains("Undo filter").click();
    window.settle();
    assert!(window.flame_box("render").is_some() && window.flame_box("parse").is_none());
}

#[test]
fn the_part_of_the_run_is_undone_like_a_transform() {
    let mut window = Window::on_timeline(frames());
    window.choose(0.55, 0.95);
    let is_chosen = |window: &Window| window.sees("Fit selection");
    assert!(is_chosen(&window), "a part is chosen");
    window.click("Flame graph");
    let late = window.flame_box("late").unwrap().center();
    window.harness.hover_at(late);
    window.settle();
    window.harness.key_press(Key::M);
    window.settle();
    assert!(window.sees("1 transform ×"));
    window.press_with(CTRL, Key::Z);
    assert!(!window.sees("1 transform ×"));
    window.click("Timeline");
    assert!(is_chosen(&window), "only the transform is undone");
    window.press_with(CTRL, Key::Z);
    assert!(!is_chosen(&window));
    window.press_with(ctrl_shift(), Key::Z);
    assert!(is_chosen(&window));
}

#[test]
fn rows_and_tables_are_copied() {
    let mut window = showing(server().build());
    let row = |window: &Window| {
        let labels = window.harness.query_all_by_role_and_label(egui::Role::Label, "render");
        labels.max_by(|a, b| a.rect().left().total_cmp(&b.rect().left())).unwrap().rect()
    };
    let choose = |window: &mut Window, item: &str| {
        let at = row(window).center();
        window.harness.hover_at(at);
        window.settle();
        for pressed in [true, false] {
            let button = egui::PointerButton::Secondary;
            let modifiers = Modifiers::NONE;
            window.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
        }
        window.settle();
        window.copied(|window| window.harness.get_by_label(item).click())
    };
    assert_eq!(choose(&mut window, "Copy cell").as_deref(), Some("render"));
    let line = choose(&mut window, "Copy row").unwrap();
    assert!(line.contains(",render,") && !line.contains('\n'), "{line}");
    let table = choose(&mut window, "Copy table as CSV").unwrap();
    assert!(table.starts_with("Self,Total,Function,") && table.lines().count() > 5, "{table}");

    window.click_at(row(&window).center());
    let by_key = window.copied(|window| window.harness.event(egui::Event::Copy)).unwrap();
    assert_eq!(by_key, line);
}

#[test]
fn the_call_tree_is_sorted_and_copied() {
    let mut window = showing(server().build());
    window.click("Shape");
    window.click("Call tree");
    let order = |window: &Window, names: [&str; 2]| {
        let tops = names.map(|name| window.flame_box(name).expect("the row is shown").top());
        tops[0] < tops[1]
    };
    assert!(order(&window, ["parse", "render"]), "parse weighs more");
    // The same title stands above the table of functions, further to the right.
    let press = |window: &mut Window, title: &str| {
        let titles = window.harness.query_all_by_role_and_label(egui::Role::Button, title);
        titles.min_by(|a, b| a.rect().left().total_cmp(&b.rect().left())).unwrap().click();
        window.settle();
    };
    press(&mut window, "Self");
    assert!(order(&window, ["render", "parse"]), "parse has nothing of its own");
    press(&mut window, "Function");
    assert!(order(&window, ["parse", "render"]));
}

#[test]
fn the_first_hints_are_said_until_they_are_put_away() {
    let mut window = window();
    window.harness.state_mut().show_hints();
    window.settle();
    assert!(window.sees("First steps") && window.sees_part("press one of the samples"));
    window.harness.state_mut().show_profile("a.wasm", std::sync::Arc::new(server().build()));
    window.settle();
    assert!(window.sees("New here?"));
    window.click("Got it");
    assert!(!window.sees("New here?"));
    window.harness.state_mut().show_profile("b.wasm", std::sync::Arc::new(server().build()));
    window.settle();
    assert!(!window.sees("New here?"));
    window.click("+");
    assert!(window.sees("Path of a file") && !window.sees("First steps"));
}

#[test]
fn the_help_is_searched() {
    let mut window = window();
    window.press_with(Modifiers::NONE, Key::F1);
    assert!(window.sees("High-water mark") && window.sees("Live bytes"));
    window.harness.get_by_label("Search the help").focus();
    window.harness.run_steps(2);
    window.harness.get_by_label("Search the help").type_text("largest piece free");
    window.settle();
    assert!(window.sees("Largest piece") && !window.sees("High-water mark"));
    window.harness.get_by_label("Search the help").type_text(" nonsense");
    window.settle();
    assert!(window.sees("Nothing here has these words."));
}

#[test]
fn about_tells_version_and_licence() {
    let mut window = window();
    window.click("Help");
    window.click("About Wasmscope");
    assert!(
        window.sees(concat!("Version ", env!("CARGO_PKG_VERSION"))) && window.sees_part("MIT OR Apache-2.0")
    );
}

#[test]
fn layouts_put_the_panels_of_a_subject_together() {
    let profile = server().alloc(10, "_start;main;parse;malloc", 70_000, 900);
    let mut window = showing(profile.build());
    assert!(!window.sees("Time axis"), "the timeline is behind the flame graph");
    for (layout, seen) in [
        ("For time", ["Flame graph", "Time axis"]),
        ("For memory", ["Fragmentation map", "Filter sites"]),
        ("For the boundary", ["Time axis", "Flame graph"]),
    ] {
        window.click("View");
        window.click("Layout");
        window.click(layout);
        assert!(seen.iter().all(|label| window.sees(label)), "{layout}: {seen:?}");
    }
    window.click("View");
    window.click("Layout");
    window.click("Reset layout");
    assert!(!window.sees("Time axis") && window.flame_box("main").is_some());
}

#[test]
fn the_list_of_recent_files_is_cleared() {
    let mut window = window();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/library/library.wasm");
    window.harness.state().open(file.into());
    window.settle();
    window.press_with(Modifiers::NONE, Key::Escape);
    assert!(window.sees("library.wasm"));
    window.click("Clear list");
    assert!(!window.sees("library.wasm"));
}

#[test]
fn the_budget_of_the_settings_holds_for_new_histograms() {
    let mut window = Window::on_timeline(frames());
    fs::write(window.file("settings.toml"), "budget_ms = 8.3\n").unwrap();
    window.harness.event(egui::Event::WindowFocused(true));
    window.settle();
    window.click("log");
    let budget = window.harness.get_by_label("Budget").accesskit_node().numeric_value();
    assert_eq!(budget, Some(8.3));
}
