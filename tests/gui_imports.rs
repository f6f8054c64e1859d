//! Profiles of other tools in the window, without a display: what is said of them, and what the module changes.

use super::gui::{Window, window};
use egui_kittest::kittest::Queryable;
use std::path::PathBuf;
use wasmscope_tests::{root, sample_module};

fn opened(name: &str, module: Option<PathBuf>) -> Window {
    let mut window = window();
    window.harness.state_mut().give_symbols(module);
    window.harness.state_mut().open(root().join("tests/profiles").join(name));
    window.settle();
    window
}

impl Window {
    /// Some function of JavaScript may be named as a panel is.
    fn show_panel(&mut self, name: &str) {
        self.harness.get_all_by_label(name).next().unwrap().click();
        self.settle();
        self.settle();
    }
}

#[test]
fn an_imported_profile_is_shown_and_asks_for_its_module() {
    let mut window = opened("stripped.cpuprofile", None);
    assert!(window.sees("imported from a Chrome CPU profile"));
    assert!(window.flame_box("wasm-function[8]").is_some() && window.flame_box("start").is_some());
    assert!(window.sees("This profile was imported:") && window.sees("Module…"));
    // There is nothing that could be run.
    assert!(!window.sees("▶ Run again"));
    for (panel, text) in
        [("Module", "has no module. Symbols in the menu"), ("Advice", "Nothing was looked for")]
    {
        window.show_panel(panel);
        assert!(window.sees_part(text), "{panel}");
    }
}

#[test]
fn the_module_makes_functions_of_it_and_can_be_taken_away() {
    let mut window = opened("stripped.cpuprofile", Some(sample_module("hotloop", "hotloop.wasm")));
    assert!(window.flame_box("long_loop").is_some() && window.flame_box("wasm-function[8]").is_none());
    assert!(!window.sees("This profile was imported:") && window.sees("▶ Run again"));
    window.show_panel("Module");
    assert!(window.sees("Size treemap"));
    for label in ["File", "Symbols", "None"] {
        window.click(label);
    }
    assert!(window.sees("This profile was imported:"));
}

#[test]
fn a_module_that_is_another_ones_leaves_the_profile_as_it_is() {
    let window = opened("stripped.cpuprofile", Some(sample_module("library", "library.wasm")));
    assert!(window.sees_part("this module has none of the functions of the profile"));
    assert!(window.sees("This profile was imported:"));
}

#[test]
fn a_broken_profile_is_told_in_a_sentence() {
    let mut window = window();
    let half = window.file("half.json");
    std::fs::write(&half, r#"{"nodes":[{"id":1"#).unwrap();
    window.harness.state_mut().open(half);
    window.settle();
    assert!(window.sees_part("half.json: a Chrome CPU profile that breaks off"));
}
