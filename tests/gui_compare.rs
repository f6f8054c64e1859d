//! Two builds in the window: what is compared with what, and one selection for all that is shown of them.

use super::gui::{Window, window};
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;
use wasmscope_tests::{sample_module, wasmscope};

/// Recordings of the chatty sample before and after its change, with its instructions counted; made once for all tests.
fn recorded() -> &'static [PathBuf; 2] {
    static RECORDED: OnceLock<(TempDir, [PathBuf; 2])> = OnceLock::new();
    let made = RECORDED.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let files = ["before", "after"].map(|build| {
            let module = sample_module("chatty", &format!("{build}.wasm"));
            record(folder.path(), &module, &format!("{build}.wscope"))
        });
        (folder, files)
    });
    &made.1
}

fn record(folder: &Path, module: &Path, name: &str) -> PathBuf {
    let (to, module) = (folder.join(name), module.to_str().unwrap());
    let measures = "time,boundary,growth,instructions,calls";
    let words = ["record", module, "-q", "--measure", measures, "-o", to.to_str().unwrap()];
    assert!(wasmscope(folder, &words).status.success());
    to
}

/// A program that goes round a loop so many times.
fn rounds(folder: &Path, name: &str, rounds: u32) -> PathBuf {
    let text = format!(
        r#"(module (memory (export "memory") 1)
            (func $work (param i32) (loop $again
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
            (func (export "_start") (call $work (i32.const {rounds}))))"#
    );
    let path = folder.join(name);
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    path
}

impl Window {
    /// The two recordings, the old one in front.
    fn with_two_builds() -> Window {
        let mut window = window();
        let [before, after] = recorded();
        for path in [after, before] {
            window.harness.state_mut().open(path.clone());
            window.settle();
        }
        window
    }

    fn asks_to_compare(&mut self, title: &str) {
        self.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::D);
        assert!(self.sees(&format!("Compare {title}")));
    }

    fn types_path(&mut self, path: &Path) {
        self.harness.get_by_label("File or folder to compare with").focus();
        self.settle();
        self.harness.event(egui::Event::Text(path.to_str().unwrap().to_owned()));
        self.settle();
    }

    /// Where a function stands in the table.
    fn row_of(&self, name: &str) -> egui::Rect {
        let cells = self.harness.query_all_by_role(egui::Role::Label);
        let mut named = cells.filter(|node| node.accesskit_node().value().as_deref() == Some(name));
        named.next().expect("the table has it").rect()
    }

    /// The cells of the row that is selected in the table: they are what is copied there.
    fn selected_row(&mut self) -> Vec<String> {
        self.harness.get_by_label("Rows of compared functions").focus();
        self.settle();
        let copied = self.copied(|window| window.harness.event(egui::Event::Copy));
        copied.iter().flat_map(|row| row.split(',')).map(str::to_owned).collect()
    }

    /// The names of the boxes that are told to be those of the selected function.
    fn selected_boxes(&self) -> Vec<String> {
        let boxes = self.harness.query_all_by_role(egui::Role::TreeItem).map(|node| node.accesskit_node());
        let selected = boxes.filter(|node| node.description().as_deref() == Some("the selected function"));
        selected.filter_map(|node| node.label()).collect()
    }

    /// The lines that are told to be those of the selected function.
    fn selected_lines(&self) -> Vec<String> {
        let rows = self.harness.query_all_by_role(egui::Role::ListItem).map(|node| node.accesskit_node());
        let is_mine = |told: &String| told.contains("of the selected function");
        rows.filter(|row| row.description().as_ref().is_some_and(is_mine))
            .filter_map(|row| row.label())
            .collect()
    }

    /// `function` is selected side by side, in the table and in the source of both builds, where `line` is its.
    fn is_in_all_other_views(&mut self, function: &str, line: &str) {
        self.click("Side by side");
        assert_eq!(self.selected_boxes(), [function; 2], "a box in each build");
        assert!(self.selected_row().iter().any(|cell| cell == function));
        self.click("Source");
        let lines = self.selected_lines();
        assert_eq!(lines.iter().filter(|text| text.contains(line)).count(), 2, "in each build: {lines:?}");
    }

    fn compares() -> Window {
        let mut window = Window::with_two_builds();
        window.asks_to_compare("before.wscope");
        window.click("1. after.wscope");
        assert!(window.sees("before.wscope to after.wscope"));
        window
    }
}

#[test]
fn what_changed_comes_first_and_is_exact() {
    let window = Window::compares();
    assert!(window.sees_part("Instructions: 2.18 G before") && window.sees_part("counted exactly"));
    assert!(window.sees_part("differ of") && window.sees("put (gone)"));
    assert!(window.sees_part("17 of the same name, 1 gone"));
    assert!(window.sees_part("There is one recording of the old build"));
    assert!(window.sees("to wasi_snapshot_preview1.fd_write"));
}

#[test]
fn one_selection_is_in_all_views() {
    let mut window = Window::compares();
    window.click("Flame graph of both");
    assert_eq!((window.selected_row(), window.selected_boxes()), (vec![], vec![]));
    let boxes = window.boxes("escape_time");
    assert_eq!(boxes.len(), 1, "one box for both builds");
    window.click_at(boxes[0].center());
    assert_eq!(window.selected_boxes(), ["escape_time"]);
    window.is_in_all_other_views("escape_time", "re * re + im * im");

    // What is chosen in the table is chosen everywhere, too.
    let at = window.row_of("shade_at").center();
    window.click_at(at);
    window.is_in_all_other_views("shade_at", "steps % 9");
    window.click("Flame graph of both");
    assert_eq!(window.selected_boxes(), ["shade_at"]);
}

#[test]
fn sizes_and_memories_stand_beside_each_other() {
    let mut window = Window::compares();
    window.click("Size");
    assert!(window.sees_part("The module: ") && window.sees("put (gone)") && window.sees("code"));
    window.click("Memory");
    assert!(window.sees("Memory of both builds over time"));
    assert!(window.sees_part("Memory map of the old build: Old: before.wasm: 128 KiB"));
    assert!(window.sees_part("Memory map of the new build: New: after.wasm: 128 KiB"));
}

#[test]
fn a_search_in_both_counts_its_hits() {
    let mut window = Window::compares();
    window.click("Flame graph of both");
    window.harness.get_by_label("Search").focus();
    window.settle();
    window.harness.event(egui::Event::Text("/^write".to_owned()));
    window.settle();
    assert!(window.sees_part(" hits, "), "write and write_all");
}

#[test]
fn a_file_and_another_build_can_be_compared_with() {
    let folder = TempDir::new().unwrap();
    let [one, two] =
        [("one.wasm", 1_000), ("two.wasm", 3_000)].map(|(name, n)| rounds(folder.path(), name, n));
    let [first, second] =
        [(&one, "1.wscope"), (&two, "2.wscope")].map(|(module, to)| record(folder.path(), module, to));
    let mut window = window();
    window.harness.state_mut().open(first);
    window.settle();
    window.asks_to_compare("1.wscope");
    window.types_path(Path::new("/nowhere.wscope"));
    assert!(window.sees_part("There is no such file or folder"));
    window.click("Cancel");
    window.asks_to_compare("1.wscope");
    window.types_path(&second);
    window.click("Compare");
    assert!(window.sees("1.wscope to 2.wscope") && window.sees_part("more, counted exactly"));
    // The recording comes back to the front.
    window.click("Close 1.wscope to 2.wscope");
    window.asks_to_compare("1.wscope");
    window.types_path(&two);
    assert!(window.sees_part("by turns, as this recording was run"));
    assert!(window.sees("Folders and variables that it was given are not known."));
    window.click("new build");
    window.click("Compare");
    // The other way round: what was put in is the old one.
    assert!(window.sees("two.wasm to 1.wscope"));
    assert!(
        window.sees_part("Old: two.wasm · 5 recordings") && window.sees_part("New: one.wasm · 5 recordings")
    );
    // The recording has instructions, and so have these.
    assert!(window.sees_part("Instructions: ") && window.sees_part("less, counted exactly"));
}

#[test]
fn a_folder_that_turns_left_is_both_builds() {
    let folder = TempDir::new().unwrap();
    let [one, two] =
        [("one.wasm", 1_000), ("two.wasm", 3_000)].map(|(name, n)| rounds(folder.path(), name, n));
    let turns = folder.path().join("turns");
    std::fs::create_dir(&turns).unwrap();
    for (module, name) in [(&one, "old-1.wscope"), (&two, "new-1.wscope")] {
        record(&turns, module, name);
    }
    let mut window = window();
    window.harness.state_mut().open(turns.join("new-1.wscope"));
    window.settle();
    window.asks_to_compare("new-1.wscope");
    assert!(!window.sees_part("recordings of both builds"));
    window.types_path(&turns);
    assert!(window.sees("This folder has recordings of both builds: they are compared with each other."));
    window.click("Compare");
    assert!(window.sees("turns"), "the tab is called like the folder");
    assert!(
        window.sees_part("Old: one.wasm · 1 recording") && window.sees_part("New: two.wasm · 1 recording")
    );
}

#[test]
fn a_comparison_in_front_can_be_written() {
    let lists = |window: &mut Window| {
        window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
        window.harness.event(egui::Event::Text("export: comparison".to_owned()));
        window.settle();
        ["Markdown", "JSON"].map(|format| window.sees(&format!("Export: Comparison ({format})…")))
    };
    assert_eq!(lists(&mut Window::compares()), [true; 2]);
    assert_eq!(lists(&mut Window::with_two_builds()), [false; 2], "there is none");
}

#[test]
fn transforms_are_done_to_both_builds() {
    let mut window = Window::compares();
    window.click("Flame graph of both");
    let at = window.boxes("escape_time")[0].center();
    window.harness.hover_at(at);
    window.settle();
    window.press_with(Modifiers::NONE, Key::F);
    assert!(window.sees("focus: escape_time"));
    assert!(window.boxes("shade_at").is_empty() && window.boxes("escape_time").len() == 1);
    window.click("Without focus: escape_time");
    assert_eq!(window.boxes("shade_at").len(), 1);
    window.click("Leaves first");
    let [leaf, caller] = ["escape_time", "shade_at"].map(|name| window.boxes(name)[0]);
    assert!(leaf.bottom() <= caller.top(), "callers stand below");
}
