//! The panel of the module, driven without a display: its treemap by mouse and keys, its tables.

use super::gui::{Window, server, showing, window};
use egui::{Event, Key, Modifiers, PointerButton, Rect};
use egui_kittest::kittest::Queryable;
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{Phase, PhaseSpan, Recording};
use wasmscope_instrument::{Measure, MeasureSet};
use wasmscope_symbolize::FuncIndex;

impl Window {
    fn on_module(profile: Profile) -> Window {
        let mut window = showing(profile);
        window.click("Module");
        // Each stretch of the file is compressed in a frame of its own.
        window.settle();
        window
    }

    fn only_box(&self, name: &str) -> Rect {
        let boxes = self.boxes(name);
        assert_eq!(boxes.len(), 1, "boxes of {name}");
        boxes[0]
    }

    fn double_click_at(&mut self, at: egui::Pos2) {
        self.harness.hover_at(at);
        self.settle();
        for pressed in [true, false, true, false] {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            let event = Event::PointerButton { pos: at, button, pressed, modifiers };
            self.harness.input_mut().events.push(event);
        }
        self.settle();
    }

    fn type_key(&mut self, key: Key) {
        self.harness.key_press(key);
        self.settle();
    }
}

fn program() -> ProfileBuilder {
    server().data(1_024, 100)
}

#[test]
fn boxes_are_as_large_as_their_bytes() {
    let window = Window::on_module(program().build());
    assert!(window.sees("Size treemap"));
    let (data, scan, render) = (window.only_box("data"), window.only_box("scan"), window.only_box("render"));
    assert!(data.area() > 10.0 * scan.area() && render.area() > 0.0);
    let code = window.only_box("code");
    assert!(code.contains_rect(scan) && code.contains_rect(render) && !scan.intersects(render));
}

#[test]
fn a_click_selects_a_function_in_all_panels() {
    let mut window = Window::on_module(program().build());
    let scan = window.only_box("scan").center();
    window.harness.hover_at(scan);
    window.settle();
    assert!(window.sees_part("function in ") && window.sees_part("600 ns by itself"));
    window.click_at(scan);
    window.click("Instructions");
    assert!(window.sees_part("(func $scan"));
}

#[test]
fn a_double_click_zooms_in_and_keys_zoom_out() {
    let mut window = Window::on_module(program().build());
    let before = window.only_box("scan");
    window.double_click_at(window.only_box("code").left_top() + egui::vec2(20.0, 5.0));
    assert!(window.boxes("data").is_empty(), "what is outside is not shown");
    let zoomed = window.only_box("scan");
    assert!(zoomed.area() > 2.0 * before.area());
    window.type_key(Key::Escape);
    assert_eq!(window.only_box("scan"), before);
    window.type_key(Key::Escape);
    assert_eq!(window.only_box("scan"), before, "there is nothing around the file");
}

#[test]
fn arrows_go_from_box_to_box_and_enter_zooms() {
    let mut window = Window::on_module(program().build());
    // On the strip of the code, so that no function is chosen.
    window.click_at(window.only_box("code").left_top() + egui::vec2(20.0, 5.0));
    window.click("Instructions");
    assert!(window.sees("No function selected"));
    let code = window.only_box("code").center();
    window.harness.hover_at(code);
    window.settle();
    let shows_function = |window: &Window| window.sees_part("(func $");
    let ways = [Key::ArrowDown, Key::ArrowRight, Key::ArrowUp, Key::ArrowLeft];
    assert!((0..12).any(|turn| {
        window.type_key(ways[turn % 4]);
        shows_function(&window)
    }));
    window.type_key(Key::Enter);
    assert!(window.boxes("data").is_empty(), "the innermost part around a function is its group");
    window.type_key(Key::Backspace);
    window.type_key(Key::Backspace);
    assert_eq!(window.boxes("data").len(), 1);
}

#[test]
fn sections_have_their_compressed_sizes() {
    let mut window = Window::on_module(program().build());
    assert!(window.sees("gzip") && window.sees("brotli") && window.sees("Share"));
    assert!(window.sees_part(" gzip, ") && !window.sees("…"), "all are known by now");
    let rows = |window: &Window| window.harness.query_all_by_label("memory").count();
    assert_eq!(rows(&window), 2, "a row and a box");
    window.harness.get_by_label("Filter sections").focus();
    window.harness.run_steps(2);
    window.harness.get_by_label("Filter sections").type_text("cod");
    window.settle();
    assert_eq!(rows(&window), 1, "the filter is the table's");
}

#[test]
fn samples_do_not_tell_that_code_never_ran() {
    let mut window = Window::on_module(program().build());
    window.click("Not seen running");
    assert!(window.sees_part("Others may have run between samples"));
    window.click("Never read");
    assert!(window.sees_part("Run again with the measure “access”"));
    window.click("Start-up");
    assert!(window.sees_part("does not tell how it was started"));
}

/// Of two functions one was called, as was counted; of two segments one was read.
fn counted() -> Profile {
    let text = r#"(module (memory 1) (data $.rodata (i32.const 0) "0123456789") (data $.rest (i32.const 640) "abc")
        (func $busy (nop)) (func $lazy (nop) (nop)))"#;
    let mut recording = Recording { module: wat::parse_str(text).unwrap().into(), ..Recording::default() };
    recording.meta.measures = MeasureSet::NONE.with(Measure::Calls).with(Measure::Access);
    let context = recording.contexts.push(None, FuncIndex(0), None);
    recording.counts.push(context, 7, 0);
    recording.accesses.push(0, 1, 0);
    let phases = [(Phase::Parse, 0), (Phase::Compile, 1_000)];
    let span = |(phase, start_nanos)| PhaseSpan { phase, start_nanos, end_nanos: start_nanos + 3_000 };
    recording.phases.extend(phases.map(span));
    Profile::new(recording)
}

#[test]
fn counts_tell_what_was_never_used() {
    let mut window = Window::on_module(counted());
    window.click("Never run");
    assert!(window.sees_part("1 of 2 functions") && window.sees_part("lazy"));
    window.click("Never read");
    assert!(window.sees_part("3 B never read") && window.sees_part(".rest"));
    window.click("Start-up");
    assert!(window.sees("6.00 µs") && window.sees_part("parse: the recorder's own"));
}

#[test]
fn a_recording_without_a_module_says_so() {
    let window = Window::on_module(Profile::new(Recording::default()));
    assert!(window.sees("No module"));
}

#[test]
fn a_module_is_looked_into_without_a_run() {
    let mut window = window();
    window.click("Two loops · C");
    window.click("Look inside");
    assert!(window.sees("Size treemap") && window.sees_part("not run"));
    assert!(!window.boxes("printf_core").is_empty(), "its functions have boxes");
    window.click("Flame graph");
    assert!(window.sees_part("Nothing of this was measured"));
    window.press_with(Modifiers::COMMAND, Key::R);
    assert!(window.sees_part("WASI command"), "it can be run from there");
}
