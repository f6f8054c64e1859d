//! The fragmentation map, driven without a display: by mouse, by keys, in time.

use super::gui::{Window, server, showing};
use egui::{Key, Modifiers, PointerButton, Pos2, Rect, Role, pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use wasmscope::profile::ProfileBuilder;
use wasmscope_instrument::recording::AllocatorFamily;

/// Two pages: a large block of `parse` in the upper one that is there until the end, and small ones of `render` behind
/// it, every other of which is freed.
fn heap() -> ProfileBuilder {
    let large = server().alloc(100, "_start;main;parse;malloc", 66_000, 40_000);
    let small = (0..20u64)
        .fold(large, |heap, n| heap.alloc(200 + n, "_start;main;render;malloc", 110_000 + n * 1_000, 500));
    let freed =
        (0..10u64).fold(small, |heap, n| heap.free(400 + n, "_start;main;render;free", 110_000 + n * 2_000));
    freed.grow(600, "_start;main;parse", 2, 1, true).grow(700, "_start;main;render", 3, 1, true)
}

impl Window {
    fn on_map(profile: ProfileBuilder) -> Window {
        let mut window = showing(profile.build());
        window.click("Fragmentation");
        window
    }

    fn map(&self) -> Rect {
        self.harness.get_by_label("Fragmentation map").rect()
    }

    /// A point on the map, beside the addresses, so far down of all.
    fn down(&self, share: f32) -> Pos2 {
        let map = self.map();
        pos2(map.left() + 200.0, map.top() + map.height() * share)
    }

    fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.settle();
    }

    fn moment(&self) -> String {
        let mut sliders = self.harness.query_all_by_role(Role::Slider);
        let label = sliders.find_map(|node| node.accesskit_node().label());
        label.unwrap_or_default()
    }
}

/// In the large block: the memory ends with four pages, of which it has the second; a few rows lie behind them.
const IN_LARGE: f32 = 0.27;

#[test]
fn what_is_under_the_pointer_is_told() {
    let mut window = Window::on_map(heap());
    let at = window.down(IN_LARGE);
    window.harness.hover_at(at);
    window.settle();
    assert!(window.sees_part("39.1 KiB at 0x101d0 for parse"));
    assert!(window.sees_part("live block"));
    let is_told = (8..20).any(|down| {
        let at = window.down(down as f32 / 20.0);
        window.harness.hover_at(at);
        window.settle();
        window.sees_part("grown at 700 ns by render")
    });
    assert!(is_told);
}

#[test]
fn a_click_chooses_a_block_and_its_site() {
    let mut window = Window::on_map(heap());
    let at = window.down(IN_LARGE);
    window.click_at(at);
    assert!(window.sees("Chosen block") && window.sees("for parse"));
    assert!(window.sees("0x101d0") && window.sees("never"));
    assert!(window.sees("selected site"), "the legend has the colour of its blocks");
    window.click("Choose nothing");
    assert!(!window.sees("Chosen block"));
}

#[test]
fn addresses_are_chosen_by_dragging() {
    let mut window = Window::on_map(heap());
    let (from, to) = (window.down(0.1), window.down(0.9));
    window.harness.hover_at(from);
    window.harness.run_steps(2);
    window.harness.event(right_button(from, true));
    window.harness.run_steps(2);
    window.harness.hover_at(to);
    window.harness.run_steps(2);
    window.harness.event(right_button(to, false));
    window.settle();
    assert!(window.sees("Chosen addresses"));
    assert!(window.sees_part("11 (43.9 KiB)"), "all blocks that are there in the end");
    assert!(window.sees_part("parse ‹ main"));
    window.press(Key::Escape);
    assert!(!window.sees("Chosen addresses"));
}

fn right_button(pos: Pos2, pressed: bool) -> egui::Event {
    egui::Event::PointerButton { pos, button: PointerButton::Secondary, pressed, modifiers: Modifiers::NONE }
}

#[test]
fn keys_zoom_down_to_bytes_and_back() {
    let mut window = Window::on_map(heap());
    assert!(window.sees_part("0x0 to 0x40000"));
    let at = window.down(IN_LARGE);
    window.click_at(at);
    for _ in 0..14 {
        window.press(Key::Plus);
    }
    assert!(window.sees_part("1 B a cell"));
    window.press(Key::Escape);
    assert!(window.sees_part("0x0 to 0x40000"));
    window.press(Key::Home);
    window.press(Key::Plus);
    assert!(window.sees_part("0x0 to ") && !window.sees_part("0x0 to 0x40000"), "zoomed where the cursor is");
    window.press(Key::End);
    assert!(window.sees_part("to 0x40000"), "the cursor stays on screen");
    for key in [Key::ArrowLeft, Key::ArrowUp] {
        window.harness.key_press_modifiers(Modifiers::SHIFT, key);
        window.settle();
    }
    assert!(window.sees("Chosen addresses"));
}

#[test]
fn time_is_moved_by_the_slider_by_keys_and_by_playing() {
    let mut window = Window::on_map(heap());
    let end = window.moment();
    let slider = window.harness.get_by_role(Role::Slider).rect();
    let at = pos2(slider.left() + slider.width() * 0.3, slider.center().y);
    window.click_at(at);
    assert_ne!(window.moment(), end);
    assert!(window.sees("21"), "no block is freed yet");
    window.press(Key::ArrowRight);
    let before = window.moment();
    window.click("Next growth");
    assert_eq!(window.moment(), "Moment 600 ns", "from {before}");
    window.click("Next growth");
    window.click("Previous growth");
    assert_eq!(window.moment(), "Moment 600 ns");
    window.click("Play");
    window.harness.run_steps(4);
    assert!(window.sees("Pause"));
    assert_ne!(window.moment(), "Moment 600 ns");
}

#[test]
fn marks_part_the_run() {
    let mut window = Window::on_map(heap());
    window.click("Next growth");
    let slider = window.harness.get_by_role(Role::Slider).rect();
    let at = pos2(slider.left() + slider.width() * 0.3, slider.center().y);
    window.click_at(at);
    window.click("⚑ Marks");
    window.click("Set a mark here  (M)");
    window.click("⚑ Marks");
    let of = window.harness.query_all_by_label_contains("0 ns to ").next();
    of.expect("the time before the mark is offered").click();
    window.settle();
    window.click("Allocation sites");
    window.click("Over time");
    assert!(
        window.sees_part("48.8 KiB allocated, 48.8 KiB kept from 0 ns"),
        "nothing is freed before the mark"
    );
}

#[test]
fn colours_tell_the_owners() {
    let mut window = Window::on_map(heap());
    window.click("What colours tell");
    window.click("owner");
    assert!(window.sees("others"));
    for by in ["age", "size", "fate", "growth"] {
        window.click("What colours tell");
        window.click(by);
    }
    assert!(window.sees("at the beginning"));
}

#[test]
fn what_is_worked_out_on_demand_unfolds() {
    let mut window = Window::on_map(heap());
    assert!(window.sees("Verdict"));
    for (fold, text) in [
        ("Figures over time", "at most"),
        ("Sizes and held pages", "Headers and rounding"),
        ("Other allocators", "as recorded"),
    ] {
        assert!(!window.sees_part(text));
        // It may lie below what is on screen.
        window.harness.get_by_label(fold).click_accesskit();
        window.settle();
        assert!(window.sees_part(text), "{fold} does not show {text}");
    }
}

#[test]
fn a_memory_without_a_heap_and_one_of_4_gib_are_drawn() {
    let window = Window::on_map(ProfileBuilder::new().memory(65_536, None).data(1_024, 300));
    assert!(window.sees_part("The heap was not measured"));
    assert!(window.sees_part("to 0x100000000"));
    let mut window = Window::on_map(ProfileBuilder::new().memory(0, None));
    assert!(window.sees("No memory"));
    window.settle();
}

#[test]
fn each_memory_has_a_map_of_its_own() {
    let declare =
        |heap: ProfileBuilder, (name, memory)| heap.allocator(name, memory, AllocatorFamily::Unknown);
    let two = [("malloc", 0), ("free", 0), ("grab", 1)].into_iter().fold(heap().another_memory(1), declare);
    let mut window = Window::on_map(two.alloc(250, "_start;main;draw;grab", 2_000, 300));
    assert!(window.sees_part("0x0 to 0x40000"));
    let at = window.down(IN_LARGE);
    window.click_at(at);
    window.press(Key::Plus);
    assert!(window.sees("Chosen block"));
    window.click("Memory");
    let of = window.harness.query_all_by_label_contains("memory 1 (").next();
    of.expect("the other memory is offered").click();
    window.settle();
    assert!(window.sees_part("0x0 to 0x10000"), "all of it, wherever the other one was zoomed to");
    assert!(!window.sees("Chosen block"));
    assert!(window.sees("300 B"), "its one block is what is live");
}
