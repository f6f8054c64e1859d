//! The window, driven without a display: what its controls do, found by their labels as a screen reader finds them.

use egui::{Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use std::sync::Arc;
use tempfile::TempDir;
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope::ui::{App, Places};
use wasmscope_tests::{sample_module, wasmscope, without_custom_sections};

pub(super) struct Window {
    pub(super) harness: Harness<'static, App>,
    folder: TempDir,
}

pub(super) fn window() -> Window {
    window_in(TempDir::new().expect("there is room for a folder"))
}

/// The window of a user whose files are in `folder`.
pub(super) fn window_in(folder: TempDir) -> Window {
    let places = Places::within(folder.path());
    let builder = Harness::builder().with_size(Vec2::new(1280.0, 800.0)).with_max_steps(64);
    let harness = builder.build_eframe(|cc| App::for_test(&cc.egui_ctx, places));
    Window { harness, folder }
}

pub(super) fn showing(profile: Profile) -> Window {
    let mut window = window();
    window.harness.state_mut().show_profile("test.wasm", Arc::new(profile));
    window.settle();
    window
}

pub(super) fn server() -> ProfileBuilder {
    ProfileBuilder::new().memory(2, Some(16)).folded(
        "_start;main;parse;scan 600
         _start;main;render 300
         _start;main;render;[host.write] 100",
    )
}

impl Window {
    /// Closes it. Gives its user's files.
    pub(super) fn close(self) -> TempDir {
        self.folder
    }

    /// A file of its user's.
    pub(super) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// Does `act`, and gives what that put into the clipboard.
    pub(super) fn copied(&mut self, act: impl FnOnce(&mut Window)) -> Option<String> {
        act(self);
        (0..4).find_map(|_| {
            self.harness.step();
            let commands = &self.harness.output().platform_output.commands;
            commands.iter().find_map(|command| match command {
                egui::OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            })
        })
    }

    /// Some frames: repaint requests of spinners never end.
    pub(super) fn settle(&mut self) {
        self.harness.run_steps(4);
    }

    pub(super) fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.settle();
    }

    pub(super) fn sees(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    pub(super) fn sees_part(&self, label: &str) -> bool {
        self.harness.query_all_by_label_contains(label).next().is_some()
    }

    /// Where boxes of `name` are drawn on canvases.
    pub(super) fn boxes(&self, name: &str) -> Vec<egui::Rect> {
        let boxes = self.harness.query_all_by_role(egui::Role::TreeItem);
        let named = boxes.filter(|node| node.accesskit_node().label().as_deref() == Some(name));
        named.map(|node| node.rect()).collect()
    }

    /// The first one.
    pub(super) fn flame_box(&self, name: &str) -> Option<egui::Rect> {
        self.boxes(name).first().copied()
    }

    pub(super) fn click_at(&mut self, at: egui::Pos2) {
        self.harness.hover_at(at);
        self.settle();
        self.harness.drag_at(at);
        self.harness.drop_at(at);
        self.settle();
    }
}

#[test]
fn the_first_screen_offers_samples_and_a_path() {
    let window = window();
    assert!(window.sees("Path of a file"));
    assert!(window.sees_part("Word count"));
    assert!(window.sees("Open…"));
}

#[test]
fn a_sample_runs_with_two_clicks() {
    let mut window = window();
    window.click("Two loops · C");
    assert!(window.sees_part("WASI command"));
    window.click("Run");
    let main = window.flame_box("main").or(window.flame_box("__original_main"));
    assert!(main.is_some(), "no box of main in the flame graph");
    assert!(window.sees_part("exited with code 0"));
}

/// By keys alone: what is typed, what is marked, what was chosen last.
#[test]
fn commands_are_chosen_from_a_list_by_typing() {
    let mut window = showing(server().build());
    let open = |window: &mut Window| {
        window.harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
        window.settle();
    };
    let types = |window: &mut Window, text: &str| {
        window.harness.event(egui::Event::Text(text.to_owned()));
        window.settle();
    };
    open(&mut window);
    assert!(window.sees("Show: Flame graph"));
    types(&mut window, "loops");
    assert!(window.sees("Sample: Two loops") && !window.sees("Show: Flame graph"));
    types(&mut window, " no such words");
    assert!(window.sees_part("No command has these words"));
    window.harness.key_press(Key::Escape);
    window.settle();
    assert!(!window.sees("Command"));

    open(&mut window);
    types(&mut window, "summ show");
    assert!(!window.sees("Show: Flame graph"));
    window.harness.key_press(Key::Enter);
    window.settle();
    assert!(!window.sees("Command") && window.sees("Where the time goes"), "the summary is in front");

    // What was chosen last comes first; the arrows go on from there.
    open(&mut window);
    window.harness.key_press(Key::Enter);
    window.settle();
    open(&mut window);
    types(&mut window, "show:");
    window.harness.key_press(Key::ArrowDown);
    window.harness.key_press(Key::Enter);
    window.settle();
    assert!(window.flame_box("main").is_some(), "the flame graph is in front");
}

#[test]
fn a_sample_brings_its_source() {
    let mut window = window();
    window.click("Two loops · C");
    window.click("Run");
    window.click("Source");
    assert!(window.sees("    x ^= rotate(x, 7);"), "the text of hotloop.c is not shown");
    assert!(!window.sees_part("is not on this machine"));
}

/// The sample of two loops after a run, with `function` selected and its instructions on screen.
fn showing_instructions_of(function: &str) -> Window {
    let mut window = window();
    window.click("Two loops · C");
    window.click("Run");
    window.click("Instructions");
    assert!(window.sees("No function selected"));
    let at = window.flame_box(function).expect("the function was sampled").center();
    window.click_at(at);
    window
}

#[test]
fn a_function_is_shown_as_instructions() {
    let mut window = showing_instructions_of("long_loop");
    assert!(window.sees_part("i32.mul"), "the loop is where the time goes");
    window.harness.get_by_label("Copy").click();
    let copies = |window: &mut Window| {
        window.harness.step();
        let commands = &window.harness.output().platform_output.commands;
        commands.iter().any(|command| {
            let is_all = |text: &str| text.starts_with("(func $long_loop") && text.ends_with(")\n");
            matches!(command, egui::OutputCommand::CopyText(text) if is_all(text))
        })
    };
    let copied = (0..4).any(|_| copies(&mut window));
    assert!(copied, "the text is not in the clipboard");
}

#[test]
fn an_instruction_leads_to_its_source_line_and_a_line_to_its_instructions() {
    let mut window = showing_instructions_of("long_loop");
    let product = window.harness.query_all_by_label_contains("i32.mul").next().unwrap();
    let at = product.rect().center();
    window.click_at(at);
    // The product stands in `mix`, which is inlined here.
    assert!(window.sees("hotloop.c:20 ×"), "the line of the product is not selected");
    window.click("Source");
    let line = window.harness.query_all_by_label_contains("x ^= rotate").next().expect("the file is shown");
    let at = line.rect().center();
    window.click_at(at);
    assert!(window.sees("hotloop.c:19 ×"));
    window.click("Instructions");
    assert!(window.sees_part(", inlined into long_loop"), "the text must stay that of the same function");
    assert!(window.sees_part(" of line 19") && !window.sees("0 of line 19"));
}

#[test]
fn counts_stand_beside_instructions_only_where_they_were_measured() {
    for (profile, is_counted) in
        [(server(), false), (server().executed("_start;main;render", 7, 0, 21), true)]
    {
        let mut window = showing(profile.build());
        window.click("Instructions");
        let render = window.flame_box("render").unwrap().center();
        window.click_at(render);
        assert!(window.sees("Offset") && window.sees_part("(func $render"));
        assert_eq!(window.sees("Executed"), is_counted);
    }
}

#[test]
fn functions_without_code_say_so() {
    let mut window = showing(server().build());
    window.click("Instructions");
    let host = window.flame_box("host.write").unwrap().center();
    window.click_at(host);
    assert!(window.sees("No code of host.write"));
}

#[test]
fn a_missing_file_is_told_in_one_sentence() {
    let mut window = window();
    window.harness.state().open("/no/such/file.wasm".into());
    window.settle();
    assert!(window.sees_part("/no/such/file.wasm"));
    window.click("Dismiss");
    assert!(!window.sees_part("/no/such/file.wasm"));
}

#[test]
fn a_library_asks_for_typed_arguments() {
    let mut window = window();
    window
        .harness
        .state()
        .open(concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/library/library.wasm").into());
    window.settle();
    assert!(window.sees_part("Library ·"));
    let field = window.harness.get_by_label("Argument 1");
    field.focus();
    window.harness.run_steps(2);
    window.harness.get_by_label("Argument 1").type_text("x");
    window.settle();
    assert!(window.sees_part("is no i32"));
    window.click("Run");
    assert!(window.sees_part("Argument: `"), "a wrong argument must not be run");
}

#[test]
fn boxes_are_as_wide_as_they_weigh() {
    let window = showing(server().build());
    let [main, parse, render] = ["main", "parse", "render"].map(|name| window.flame_box(name).unwrap());
    assert!((parse.width() / main.width() - 0.6).abs() < 0.01);
    assert!((render.width() / main.width() - 0.4).abs() < 0.01);
    assert!(parse.right() <= render.left() && main.bottom() <= parse.top());
}

#[test]
fn a_click_zooms_to_a_box_and_escape_goes_back() {
    let mut window = showing(server().build());
    let (whole, before) = (window.flame_box("all").unwrap(), window.flame_box("render").unwrap());
    window.click_at(before.center());
    let zoomed = window.flame_box("render").unwrap();
    assert!((zoomed.width() / whole.width() - 1.0).abs() < 0.01, "{zoomed:?}");
    assert_eq!(window.flame_box("parse"), None);
    window.harness.key_press(Key::Escape);
    window.settle();
    assert_eq!(window.flame_box("render"), Some(before));
}

#[test]
fn the_search_tells_how_much_it_found() {
    let mut window = showing(server().build());
    window.harness.get_by_label("Search").focus();
    window.harness.run_steps(2);
    window.harness.get_by_label("Search").type_text("REND");
    window.settle();
    assert!(window.sees("1 hit, 40.0 %"));
}

#[test]
fn the_place_is_kept_when_the_metric_changes() {
    let profile = server().alloc(10, "_start;main;parse;malloc", 70_000, 900).alloc(
        20,
        "_start;main;render;malloc",
        72_000,
        100,
    );
    let mut window = showing(profile.build());
    let width = window.flame_box("all").unwrap().width();
    let render = window.flame_box("render").unwrap().center();
    window.click_at(render);
    window.click("Metric");
    window.click("Allocated bytes");
    let zoomed = window.flame_box("render").unwrap();
    assert!((zoomed.width() / width - 1.0).abs() < 0.01, "{zoomed:?}");
}

#[test]
fn functions_are_filtered_and_sorted() {
    let mut window = showing(server().build());
    let rows = |window: &Window| -> Vec<String> {
        let names = ["scan", "render", "parse", "main", "_start", "host.write"];
        let labels = names.iter().flat_map(|name| {
            let found = window.harness.query_all_by_role_and_label(egui::Role::Label, name);
            found.map(|node| (node.rect().top(), (*name).to_owned()))
        });
        let mut shown: Vec<(f32, String)> = labels.collect();
        shown.sort_by(|a, b| a.0.total_cmp(&b.0));
        shown.into_iter().map(|(_, name)| name).collect()
    };
    assert_eq!(rows(&window)[..3], ["scan", "render", "host.write"]);
    window.click("Function");
    assert_eq!(rows(&window)[..3], ["_start", "host.write", "main"]);
    window.harness.get_by_label("Filter functions").focus();
    window.harness.run_steps(2);
    window.harness.get_by_label("Filter functions").type_text("ren");
    window.settle();
    assert_eq!(rows(&window), ["render"]);
}

#[test]
fn every_panel_says_something_about_an_empty_recording() {
    let mut window = showing(ProfileBuilder::new().build());
    for (tab, text) in [
        ("Boundary", "No crossings"),
        ("Memory growth", "Memory 0"),
        ("Fragmentation", "The heap was not measured"),
        ("Summary", "Recorded by"),
        ("Allocation sites", "No heap operations"),
        ("Output", "No output"),
        ("Source", "No source lines"),
        ("Instructions", "No function selected"),
        ("Flame graph", "No time"),
    ] {
        window.click(tab);
        assert!(window.sees_part(text) || tab == "Summary", "{tab} does not say {text}");
    }
}

#[test]
fn the_boundary_shows_who_called() {
    let profile = server().crossings("_start;main;render;[host.write]", 1_200, 4_000, Some(2_400));
    let mut window = showing(profile.build());
    window.click("Boundary");
    assert!(window.sees("Callers of host.write"));
    assert!(window.sees_part("1,200") || window.sees("1.20 k"));
}

#[test]
fn the_map_says_how_fragmented_the_heap_is() {
    let profile = (0..20u64)
        .fold(server(), |profile, n| profile.alloc(n, "_start;main;parse;malloc", 66_000 + n * 1_000, 500));
    let mut window = showing(profile.build());
    window.click("Fragmentation");
    assert!(window.sees_part("Largest piece"));
    assert!(window.sees("Fragmentation map"));
    window.click("Allocation sites");
    assert!(window.sees("Never freed"));
}

#[test]
fn recordings_are_switched_and_closed() {
    let mut window = showing(server().build());
    window.harness.state_mut().show_profile("other.wasm", Arc::new(server().build()));
    window.settle();
    window.click("Close other.wasm");
    assert!(!window.sees("other.wasm") && window.sees("test.wasm"));
    window.click("Close test.wasm");
    assert!(window.sees("Path of a file"), "the first screen comes back");
}

#[test]
fn keys_are_listed_by_a_key() {
    let mut window = window();
    window.harness.event(egui::Event::Text("?".to_owned()));
    window.settle();
    assert!(window.sees("Zoom to a box and select its function"));
    window.harness.key_press(Key::Escape);
    window.settle();
    assert!(!window.sees("Zoom to a box and select its function"));
}

#[test]
fn everything_fits_a_small_window() {
    let profile =
        server().grow(5, "_start;main;parse", 2, 2, true).alloc(9, "_start;main;malloc", 70_000, 99);
    let mut window = showing(profile.build());
    window.harness.set_size(Vec2::new(640.0, 420.0));
    for tab in ["Boundary", "Memory growth", "Fragmentation", "Summary", "Flame graph"] {
        let tabs = window.harness.query_all_by_label(tab).count();
        assert!(tabs > 0, "{tab} is gone");
        window.settle();
    }
}

/// A folder with a sample as it was built, and a recording of it stripped.
fn stripped_recording() -> TempDir {
    let dir = TempDir::new().unwrap();
    let bytes = std::fs::read(sample_module("hotloop", "hotloop.wasm")).unwrap();
    std::fs::write(dir.path().join("whole.wasm"), &bytes).unwrap();
    std::fs::write(dir.path().join("a.wasm"), without_custom_sections(&bytes)).unwrap();
    let words = ["record", "a.wasm", "-o", "a.wscope", "--measure", "instructions", "-q"];
    assert!(wasmscope(dir.path(), &words).status.success());
    dir
}

#[test]
fn a_stripped_module_asks_for_its_symbols_until_told_not_to() {
    let dir = stripped_recording();
    let mut window = window();
    window.harness.state_mut().open(dir.path().join("a.wscope"));
    window.settle();
    assert!(window.sees("This module is stripped:") && window.sees("Symbols…") && !window.sees("main"));
    window.click("Go on without symbols");
    assert!(!window.sees("This module is stripped:"));
}

#[test]
fn a_stripped_module_reads_like_source_with_its_symbols() {
    let dir = stripped_recording();
    let mut window = window();
    window.harness.state_mut().give_symbols(Some(dir.path().join("whole.wasm")));
    window.harness.state_mut().open(dir.path().join("a.wscope"));
    window.settle();
    assert!(!window.sees("This module is stripped:"));
    assert!(window.flame_box("long_loop").is_some());
    // Running it again begins with them.
    window.click("▶ Run again");
    let fields = window.harness.query_all_by_role(egui::Role::TextInput);
    let texts: Vec<_> = fields.filter_map(|field| field.accesskit_node().value()).collect();
    assert!(texts.contains(&dir.path().join("whole.wasm").display().to_string()), "{texts:?}");
}

#[test]
fn symbols_are_taken_away_by_the_menu() {
    let dir = stripped_recording();
    let mut window = window();
    window.harness.state_mut().give_symbols(Some(dir.path().join("whole.wasm")));
    window.harness.state_mut().open(dir.path().join("a.wscope"));
    window.settle();
    window.click("File");
    window.click("Symbols");
    window.click("None");
    assert!(window.sees("This module is stripped:") && window.flame_box("long_loop").is_none());
    window.click("File");
    window.click("Symbols");
    assert!(window.sees("From a file…") && !window.sees("None"), "there is nothing more to take away");
}

#[test]
fn a_source_file_that_comes_later_is_found_by_looking_again() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("late.c");
    let folded = format!("_start;main@{}:1 600", file.display());
    let mut window = showing(ProfileBuilder::new().folded(&folded).build());
    window.click("Source");
    assert!(window.sees_part("is not on this machine"));
    std::fs::write(&file, "int late;").unwrap();
    window.click("Look again");
    assert!(window.sees("int late;") && !window.sees_part("is not on this machine"));
}

#[test]
fn symbols_that_are_none_leave_the_recording_as_it_is() {
    let dir = stripped_recording();
    let mut window = window();
    window.harness.state_mut().give_symbols(Some(dir.path().to_owned()));
    window.harness.state_mut().open(dir.path().join("a.wscope"));
    window.settle();
    assert!(window.sees_part("nothing in this folder has the name or build id of a.wasm"));
    assert!(window.sees("This module is stripped:"));
}

#[test]
fn places_of_sources_are_listed_added_and_removed() {
    let mut window = showing(server().build());
    window.click("File");
    window.click("Where sources are…");
    assert!(window.sees("No places so far."));
    for (field, text) in [("Folder as it was compiled", "/build"), ("Folder here", "/mine")] {
        window.harness.get_by_label(field).focus();
        window.settle();
        window.harness.get_by_label(field).type_text(text);
        window.settle();
    }
    window.click("Add");
    assert!(window.sees("/build → /mine"));
    window.click("Remove");
    assert!(window.sees("No places so far."));
    window.click("Done");
    assert!(!window.sees("Where source files are"));
}
