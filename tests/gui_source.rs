//! Source and instructions without a display: columns, both texts side by side, keys and search, found by their labels.

use crate::gui::{Window, server, showing, window};
use egui::{Event, Key, Modifiers, PointerButton, Vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use tempfile::TempDir;
use wasmscope::profile::ProfileBuilder;
use wasmscope_tests::{sample_module, wasmscope};

const TEXT: &str = "int a;\nint b;\nint c;\nint d;\nint e;\nint f;\n";

/// A program of one file, which is there: line 2 is the hottest, 4 is inlined, 5 was only counted.
fn one_file() -> (Window, TempDir) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("x.c");
    std::fs::write(&file, TEXT).unwrap();
    let at = |line: u32| format!("{}:{line}", file.display());
    let folded = format!(
        "_start;main@{} 600\n_start;main@{};+push@{} 90\n_start;main@{} 3",
        at(2),
        at(3),
        at(4),
        at(6)
    );
    let profile = ProfileBuilder::new().folded(&folded);
    let profile = profile.executed(&format!("_start;main@{}", at(5)), 7, 0, 21);
    let mut window = showing(profile.build());
    window.click("Source");
    (window, folder)
}

/// The sample of two loops, recorded with counts.
fn two_loops() -> (Window, TempDir) {
    let dir = TempDir::new().unwrap();
    std::fs::copy(sample_module("hotloop", "hotloop.wasm"), dir.path().join("a.wasm")).unwrap();
    let words = ["record", "a.wasm", "-o", "a.wscope", "--measure", "time,calls,instructions", "-q"];
    assert!(wasmscope(dir.path(), &words).status.success());
    let mut window = window();
    window.harness.state_mut().open(dir.path().join("a.wscope"));
    window.settle();
    window.click("Source");
    (window, dir)
}

impl Window {
    fn presses(&mut self, key: Key, modifiers: Modifiers) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    fn types(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.settle();
    }

    /// The place of the row with this text.
    fn row(&self, text: &str) -> egui::Rect {
        self.harness.get_by_role_and_label(egui::Role::ListItem, text).rect()
    }

    fn is_selected(&self, text: &str) -> bool {
        let row = self.harness.get_by_role_and_label(egui::Role::ListItem, text);
        row.accesskit_node().is_selected() == Some(true)
    }

    /// What is told of the row with this text: its figures.
    fn figures(&self, text: &str) -> String {
        let row = self.harness.get_by_role_and_label(egui::Role::ListItem, text);
        row.accesskit_node().description().unwrap_or_default()
    }

    fn clicks_row(&mut self, text: &str) {
        let at = self.row(text).center();
        self.click_at(at);
    }

    fn opens_menu_of(&mut self, text: &str) {
        let pos = self.row(text).center();
        self.harness.hover_at(pos);
        self.settle();
        for pressed in [true, false] {
            let (button, modifiers) = (PointerButton::Secondary, Modifiers::NONE);
            self.harness.event(Event::PointerButton { pos, button, pressed, modifiers });
            self.harness.step();
        }
        self.settle();
    }

    /// Presses a button and gives what it copies.
    fn copied_by(&mut self, label: &str) -> Option<String> {
        self.copied(|window| window.harness.get_by_label(label).click())
    }

    fn has_focus(&self, label: &str) -> bool {
        self.harness.get_by_label(label).accesskit_node().is_focused()
    }
}

#[test]
fn costs_stand_in_columns_that_give_way_where_there_is_little_room() {
    let (mut window, _folder) = one_file();
    assert_eq!(window.figures("int b;"), "Self 600 ns, Total 600 ns, Line 2");
    assert_eq!(window.figures("int e;"), "Instr. 21, Line 5");
    assert_eq!(window.figures("int a;"), "Line 1");
    window.harness.set_size(Vec2::new(2_000.0, 800.0));
    window.settle();
    assert!(window.sees("Calls"));
    window.harness.set_size(Vec2::new(800.0, 600.0));
    window.settle();
    assert_eq!(window.figures("int b;"), "Self 600 ns, Line 2");
    assert!(!window.sees("Calls"), "there is no room for it");
}

#[test]
fn what_was_inlined_says_into_what() {
    let (mut window, _folder) = one_file();
    let at = window.row("int d;").center();
    window.harness.hover_at(at);
    window.harness.run_steps(60);
    assert!(window.sees("inlined into main: self 90 ns (13.0 %) · total 90 ns (13.0 %)"));
}

#[test]
fn keys_go_from_line_to_line() {
    let (mut window, _folder) = one_file();
    window.clicks_row("int b;");
    assert!(window.sees("x.c:2 ×") && window.has_focus("Source lines"));
    for line in ["x.c:3 ×", "x.c:4 ×", "x.c:5 ×", "x.c:6 ×", "x.c:2 ×"] {
        window.presses(Key::ArrowDown, Modifiers::NONE);
        assert!(window.sees(line), "{line}");
    }
    // Lines that are no tenth as hot as the hottest are left out.
    for line in ["x.c:4 ×", "x.c:2 ×"] {
        window.presses(Key::ArrowDown, Modifiers::COMMAND);
        assert!(window.sees(line), "{line}");
    }
    window.presses(Key::N, Modifiers::SHIFT);
    assert!(window.sees("x.c:4 ×"));
    window.presses(Key::Escape, Modifiers::NONE);
    assert!(!window.sees("x.c:4 ×"));
}

#[test]
fn the_search_counts_hits_and_goes_from_one_to_the_next() {
    let (mut window, _folder) = one_file();
    let at = window.row("int a;").center();
    window.harness.hover_at(at);
    window.settle();
    window.presses(Key::F, Modifiers::COMMAND);
    assert!(window.has_focus("Find in the text"));
    window.types("INT");
    assert!(window.sees("6 lines"));
    window.presses(Key::Enter, Modifiers::NONE);
    assert!(window.sees("1 of 6") && window.sees("x.c:1 ×"));
    window.types(" no");
    assert!(window.sees("nothing found"));
    window.click("×");
    window.presses(Key::F, Modifiers::COMMAND);
    window.types("int");
    window.click("Hit after");
    assert!(window.sees("2 of 6") && window.sees("x.c:2 ×"));
    window.presses(Key::G, Modifiers::COMMAND);
    assert!(window.has_focus("Number of the line"));
    window.types("5");
    window.presses(Key::Enter, Modifiers::NONE);
    assert!(window.sees("x.c:5 ×") && !window.sees("Number of the line"));
}

#[test]
fn the_search_is_that_of_the_panel_that_was_pointed_at() {
    let (mut window, _folder) = one_file();
    let flame = window.flame_box("main").unwrap().center();
    let source = window.row("int a;").center();
    for (at, field) in [(flame, "Search"), (source, "Find in the text"), (flame, "Search")] {
        window.harness.hover_at(at);
        window.settle();
        window.presses(Key::F, Modifiers::COMMAND);
        assert!(window.has_focus(field), "{field}");
        window.presses(Key::Escape, Modifiers::NONE);
    }
}

#[test]
fn lines_and_their_place_are_copied() {
    let (mut window, folder) = one_file();
    let place = format!("{}:2", folder.path().join("x.c").display());
    window.opens_menu_of("int b;");
    assert_eq!(window.copied_by("Copy location"), Some(place.clone()));
    window.opens_menu_of("int b;");
    let line = window.copied_by("Copy line with costs").unwrap();
    assert_eq!(line, format!("{place}: int b;  (Time: self 600 ns (86.6 %) · total 600 ns (86.6 %))"));
    window.opens_menu_of("int b;");
    let all = window.copied_by("Copy file with costs").unwrap();
    assert_eq!(all.lines().count(), 7, "{all}");
    assert!(all.lines().nth(2).unwrap().starts_with("600 ns  600 ns"), "{all}");
}

#[test]
fn the_map_and_keys_lead_through_a_long_file() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("long.c");
    let text: String = (1..=5_000).map(|line| format!("line {line};\n")).collect();
    std::fs::write(&file, text).unwrap();
    let folded = format!("_start;main@{}:10 600", file.display());
    let mut window = showing(ProfileBuilder::new().folded(&folded).build());
    window.click("Source");
    assert!(window.sees("line 10;") && !window.sees("line 5000;"));
    let map = window.harness.get_by_label("Heat of Source lines").rect();
    window.click_at(map.center());
    assert!(window.sees("line 2500;") && !window.sees("line 10;"));
    let at = window.row("line 2500;").center();
    window.harness.hover_at(at);
    window.presses(Key::End, Modifiers::NONE);
    assert!(window.sees("line 5000;"));
    window.presses(Key::Home, Modifiers::NONE);
    assert!(window.sees("line 1;"));
}

#[test]
fn lines_and_instructions_lead_to_each_other_side_by_side() {
    let (mut window, _dir) = two_loops();
    window.harness.set_size(Vec2::new(3_200.0, 1_000.0));
    window.settle();
    window.click("WAT");
    window.clicks_row("    x ^= rotate(x, 7);");
    assert!(window.is_selected("    x ^= rotate(x, 7);"));
    // What is inlined into the line is the line's, too.
    assert!(window.is_selected("    i32.rotl") && !window.is_selected("    i32.mul"));
    window.clicks_row("    i32.mul");
    assert!(window.sees("hotloop.c:20 ×") && window.has_focus("Instructions of the source"));
    assert!(window.is_selected("    x *= 0x9e3779b1u;"));
    assert!(window.figures("    i32.mul").contains("Source line hotloop.c:20"));
    window.presses(Key::Escape, Modifiers::NONE);
    assert!(window.has_focus("Source lines"));
    window.presses(Key::Enter, Modifiers::NONE);
    assert!(window.has_focus("Instructions of the source"));
}

#[test]
fn the_line_under_the_pointer_brings_its_instructions_into_sight() {
    let (mut window, _dir) = two_loops();
    let long_loop = window.flame_box("long_loop").unwrap().center();
    window.click_at(long_loop);
    window.click("WAT");
    window.clicks_row("NOINLINE static uint32_t long_loop(uint32_t x) {");
    let last = |window: &Window| window.sees("    br_if 0 (;@1;)");
    window.presses(Key::Enter, Modifiers::NONE);
    window.presses(Key::Home, Modifiers::NONE);
    assert!(!last(&window), "the first rows are in sight");
    let at = window.row("    for (uint32_t i = 0; i < LONG_STEPS; i++)").center();
    window.harness.hover_at(at);
    window.harness.run_steps(60);
    assert!(last(&window), "the rest of the loop is not in sight");
}

#[test]
fn a_missing_file_says_where_it_was_looked_for() {
    let mut window = showing(ProfileBuilder::new().folded("_start;main@/no/such/x.c:1 600").build());
    window.click("Source");
    assert!(window.sees("/no/such/x.c") && window.sees_part("Looked for as /no/such/x.c"));
    assert!(window.sees("Point to it…") && window.sees("Add folder…"));
    assert!(window.figures("main").contains("Self 600 ns"));
}

#[test]
fn without_lines_there_are_instructions() {
    let mut window = showing(server().build());
    window.click("Source");
    assert!(window.sees("No source lines: these are instructions."));
    assert!(window.sees_part("(func $scan"), "those of the function that costs most by itself");
}
