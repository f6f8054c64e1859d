//! Allocators of stripped modules, found by a trial run: by the command line and from the run dialog.

use super::gui::{Window, window};
use egui::{Key, Role};
use egui_kittest::Node;
use egui_kittest::kittest::{NodeT, Queryable};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use wasmscope_tests::{sample_module, wasmscope, without_custom_sections};

const FIND: &str = "Find allocators…";

/// A folder with a sample without its names, as `bare.wasm`.
fn stripped(sample: &str, file: &str) -> TempDir {
    let dir = TempDir::new().unwrap();
    let bytes = fs::read(sample_module(sample, file)).unwrap();
    fs::write(dir.path().join("bare.wasm"), without_custom_sections(&bytes)).unwrap();
    dir
}

/// The run dialog of a module.
fn asking(module: &Path) -> Window {
    let mut window = window();
    window.harness.state().open(module.to_owned());
    window.settle();
    window
}

/// The dialog moves when it grows.
fn click(window: &mut Window, label: &str) {
    window.settle();
    window.click(label);
}

/// What the command line proposes.
fn proposed(dir: &Path) -> Vec<String> {
    let output = wasmscope(dir, &["allocators", "bare.wasm", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let words = json["proposals"].as_array().unwrap().iter().map(|own| own["allocator"].as_str().unwrap());
    words.map(str::to_owned).collect()
}

fn field(window: &Window) -> Node<'_> {
    window.harness.get_by_role_and_label(Role::MultilineTextInput, "Allocators")
}

fn text(window: &Window) -> String {
    // Of several lines it is no value, but a document.
    field(window).accesskit_node().document_range().text()
}

#[test]
fn the_dialog_proposes_what_the_command_line_does() {
    let dir = stripped("fragment", "before.wasm");
    let words = proposed(dir.path());
    assert!(words.iter().any(|own| own.ends_with("=malloc")), "{words:?}");
    let mut window = asking(&dir.path().join("bare.wasm"));
    window.click(FIND);
    for own in &words {
        assert!(window.sees(&format!("Use {own}")), "{own}");
    }
    assert!(window.sees_part("handed out 6720 blocks"), "the evidence has numbers");
    assert_eq!(text(&window), "", "nothing is used before the user says so");
    click(&mut window, &format!("Use {}", words[0]));
    assert_eq!(text(&window), words[0]);
    click(&mut window, "Use all");
    assert_eq!(text(&window), words.join("\n"));
    assert!(!window.sees("Use all"), "all are used");
    click(&mut window, &format!("Use {}", words[0]));
    assert_eq!(text(&window), words[1..].join("\n"));
}

#[test]
fn the_key_on_the_button_looks_and_does_not_run() {
    let dir = stripped("hotloop", "hotloop.wasm");
    let mut window = asking(&dir.path().join("bare.wasm"));
    window.harness.get_by_label(FIND).focus();
    window.harness.run_steps(2);
    window.harness.key_press(Key::Enter);
    window.settle();
    assert!(window.sees_part("Nothing found: no function does what an allocator does: looked at"));
    assert!(window.sees("Run"), "the dialog is still open");
}

#[test]
fn what_is_wrong_is_said_in_the_dialog() {
    let dir = stripped("hotloop", "hotloop.wasm");
    fs::write(dir.path().join("none.map"), "nonsense").unwrap();
    let mut window = window();
    window.harness.state_mut().give_symbols(Some(dir.path().join("none.map")));
    window.harness.state().open(dir.path().join("bare.wasm"));
    window.settle();
    window.click(FIND);
    assert!(window.sees_part("none.map: neither another build of the module"));
    field(&window).focus();
    window.harness.run_steps(2);
    field(&window).type_text("mine");
    window.settle();
    window.click(FIND);
    assert!(window.sees_part("Allocators: `mine` is not NAME=FUNCTION"));
    window.settle();
    let (run, find) = (window.harness.get_by_label("Run").rect(), window.harness.get_by_label(FIND).rect());
    assert!(run.right() - find.left() < 580.0, "a long sentence leaves the dialog as wide as it is");
}

#[test]
fn components_are_not_looked_into() {
    let dir = TempDir::new().unwrap();
    let module = dir.path().join("bare.wasm");
    fs::write(&module, wat::parse_str("(component (core module))").unwrap()).unwrap();
    let output = wasmscope(dir.path(), &["allocators", "bare.wasm"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("allocators are looked for in core modules only"),
        "{said}"
    );
    let window = asking(&module);
    assert!(window.sees("Components are not looked into."));
    assert!(window.harness.get_by_label(FIND).accesskit_node().is_disabled());
}
