//! The timeline, driven without a display, and the part of the run that all views show.

use super::gui::{Window, showing};
use egui::{Key, Modifiers, Pos2, Rect, pos2};
use egui_kittest::kittest::Queryable;
use wasmscope::profile::ProfileBuilder;
use wasmscope_instrument::recording::{CallSlice, CallSpan, Direction, Phase, PhaseSpan};
use wasmscope_symbolize::FuncIndex;

const MILLI: u64 = 1_000_000;

/// A run of 200 ms: `frame` is called a hundred times for a millisecond, the last time for two, and calls `log` each
/// time. `early` runs in the first half and `late` in the second.
pub(super) fn frames() -> ProfileBuilder {
    let span = |direction, func, start_nanos, duration_nanos, depth| CallSpan {
        start_nanos,
        duration_nanos,
        direction,
        func: FuncIndex(func),
        depth,
    };
    let calls = move |n: u64| {
        let (start, took) = (n * 2 * MILLI, if n == 99 { 2 * MILLI } else { MILLI });
        let inner = span(Direction::GuestToHost, 0, start + 1_000, 200_000, 1);
        [inner, span(Direction::HostToGuest, 1, start, took, 0)]
    };
    let ticks = (1..=200u64).fold(
        ProfileBuilder::new()
            .memory(2, None)
            .crossings("frame;[env.log]", 100, 20 * MILLI, Some(1_000))
            .export_calls("frame", 100, 101 * MILLI),
        |profile, n| profile.sample(n * MILLI, if n <= 100 { "frame;early" } else { "frame;late" }, MILLI),
    );
    ticks
        .grow(40 * MILLI, "frame;early", 2, 3, true)
        .grow(160 * MILLI, "frame;late", 5, 1, true)
        .alloc(50 * MILLI, "frame;early;malloc", 1_024, 3_000)
        .alloc(150 * MILLI, "frame;late;malloc", 8_192, 5_000)
        .edit(move |recording| {
            recording.spans = (0..100).flat_map(calls).collect();
            let run = PhaseSpan { phase: Phase::Run, start_nanos: 0, end_nanos: 200 * MILLI };
            recording.phases = vec![run];
        })
}

impl Window {
    pub(super) fn on_timeline(profile: ProfileBuilder) -> Window {
        let mut window = showing(profile.build());
        window.click("Timeline");
        window
    }

    fn area(&self, name: &str) -> Rect {
        self.harness.get_by_label(name).rect()
    }

    fn drag_from_to(&mut self, from: Pos2, to: Pos2, modifiers: Modifiers) {
        self.harness.event(egui::Event::ModifiersChanged(modifiers));
        self.harness.hover_at(from);
        self.settle();
        self.harness.drag_at(from);
        self.settle();
        self.harness.hover_at(from.lerp(to, 0.5));
        self.settle();
        self.harness.hover_at(to);
        self.settle();
        self.harness.drop_at(to);
        self.settle();
        self.harness.event(egui::Event::ModifiersChanged(Modifiers::NONE));
        self.settle();
    }

    /// Chooses from one share of what is on screen to another, on the axis.
    pub(super) fn choose(&mut self, from: f32, to: f32) {
        let axis = self.area("Time axis");
        let at = |share: f32| pos2(axis.left() + axis.width() * share, axis.center().y);
        self.drag_from_to(at(from), at(to), Modifiers::NONE);
    }

    fn hover_lanes(&mut self) {
        let lanes = self.area("Timeline lanes");
        self.harness.hover_at(lanes.center_bottom() - egui::vec2(0.0, 20.0));
        self.settle();
    }

    fn press_on_lanes(&mut self, key: Key) {
        self.hover_lanes();
        self.harness.key_press(key);
        self.settle();
    }
}

#[test]
fn lanes_show_what_happened_when() {
    let window = Window::on_timeline(frames());
    for name in ["Timeline overview", "Time axis", "Phases", "Memory", "Live heap", "▶ frame", "log", "Stack"]
    {
        assert!(window.sees(name), "no {name}");
    }
    let lanes = window.area("Timeline lanes");
    let (early, late) = (window.boxes("early"), window.boxes("late"));
    assert_eq!((early.len(), late.len(), window.boxes("frame").len()), (1, 1, 1));
    assert!((early[0].right() - lanes.center().x).abs() < 3.0, "{early:?} in {lanes:?}");
    assert!((late[0].left() - lanes.center().x).abs() < 3.0 && early[0].top() == late[0].top());
}

#[test]
fn a_box_selects_its_function() {
    let mut window = Window::on_timeline(frames());
    let at = window.boxes("late")[0].center();
    window.click_at(at);
    assert!(window.sees("late ×"), "not selected as everywhere");
    window.harness.hover_at(at);
    window.settle();
    assert!(window.sees_part("at 100 ms, 100 ms long"));
}

#[test]
fn a_range_on_the_axis_filters_all_views() {
    let mut window = Window::on_timeline(frames());
    assert!(window.sees("early") && window.sees("late"), "both are among the functions");
    window.choose(0.55, 0.95);
    assert!(window.sees_part(" ms – "), "no chip tells the part");
    assert!(!window.harness.query_all_by_label("early").any(|node| node.rect().left() > 820.0));
    window.click("Flame graph");
    assert!(window.boxes("early").is_empty() && window.boxes("late").len() == 1);
    window.click("Boundary");
    assert!(window.sees_part("40 calls into the host"), "calls of the whole run are shown");
    assert!(window.sees_part("Bytes are known for the whole run alone"));
    window.click("Memory growth");
    assert!(window.sees_part("in 1 steps"));
    window.click("Summary");
    assert!(window.sees("The part that is chosen"));
    assert!(window.sees_part("40 calls"));
    window.click("Allocation sites");
    window.click("Over time");
    assert!(window.sees_part("4.88 KiB allocated"), "what `early` allocated is not left out");
    window.click("Timeline");
    window.press_on_lanes(Key::Escape);
    assert!(!window.sees_part(" ms – "), "Esc did not take the part back");
}

#[test]
fn what_is_not_known_in_time_says_so() {
    let mut window = Window::on_timeline(frames());
    window.choose(0.2, 0.4);
    window.click("Flame graph");
    let says = |window: &Window| window.sees_part("sums over the whole run: when is not known");
    assert!(!says(&window), "time is known in time");
    window.click("Metric");
    window.click("Crossings");
    assert!(says(&window));
}

#[test]
fn shift_chooses_on_the_lanes_and_a_drag_moves_them() {
    let mut window = Window::on_timeline(frames());
    let lanes = window.area("Timeline lanes");
    let at = |share: f32| pos2(lanes.left() + lanes.width() * share, lanes.bottom() - 20.0);
    window.drag_from_to(at(0.25), at(0.75), Modifiers::SHIFT);
    assert!(window.sees_part(" ms – 1"), "no chip tells the part");
    window.press_on_lanes(Key::F);
    assert!(window.boxes("early")[0].width() < lanes.width() * 0.6, "the part fills the lanes");
    let before = window.boxes("late")[0].left();
    window.drag_from_to(at(0.6), at(0.5), Modifiers::NONE);
    let moved = before - window.boxes("late")[0].left();
    assert!((moved - lanes.width() * 0.1).abs() < 12.0, "moved by {moved}");
    window.click("Fit selection");
    assert!((window.boxes("late")[0].left() - before).abs() < 2.0);
}

#[test]
fn keys_zoom_and_move() {
    let mut window = Window::on_timeline(frames());
    let whole = window.boxes("early")[0];
    for _ in 0..3 {
        window.press_on_lanes(Key::W);
    }
    let near = window.boxes("early")[0];
    assert!(near.right() > whole.right() - 3.0 && window.boxes("frame")[0].width() >= whole.width() * 1.9);
    window.press_on_lanes(Key::D);
    assert!(window.boxes("early")[0].right() < near.right() - 20.0);
    window.press_on_lanes(Key::F);
    assert_eq!(window.boxes("early")[0], whole, "without a chosen part F shows all");
}

#[test]
fn calls_have_a_histogram_with_percentiles_and_a_budget() {
    let mut window = Window::on_timeline(frames());
    window.click("▶ frame");
    assert!(window.sees("frame: 100 calls"));
    assert!(window.sees("P50 1.00 ms · P90 1.00 ms · P99 1.00 ms · P99.9 2.00 ms"));
    assert!(window.sees("0 (0.0 %) over"));
    let bar = window.harness.query_all_by_label_contains("1 call from").next().expect("a bar of the longest");
    let at = bar.rect().center();
    window.click_at(at);
    window.harness.hover_at(at);
    window.harness.key_press(Key::Period);
    window.settle();
    assert!(window.sees("call 100 of 100 at 198 ms, 2.00 ms"), "the marked calls are not stepped through");
    window.press_on_lanes(Key::Escape);
    window.press_on_lanes(Key::Period);
    assert!(window.sees("call 1 of 100 at 0 ns, 1.00 ms"));
    window.click("Next call");
    assert!(window.sees("call 2 of 100 at 2.00 ms, 1.00 ms"));
    window.press_on_lanes(Key::Comma);
    assert!(window.sees("call 1 of 100 at 0 ns, 1.00 ms"));
    window.choose(0.0, 0.5);
    assert!(window.sees_part("calls that began in the chosen part") && !window.sees("frame: 100 calls"));
    window.click("Close calls");
    assert!(!window.sees_part("P99.9"));
}

#[test]
fn growths_are_stepped_through() {
    let mut window = Window::on_timeline(frames());
    window.press_on_lanes(Key::Period);
    assert!(window.sees("growth 1 of 2 at 40.0 ms, 3 pages"));
    window.press_on_lanes(Key::Period);
    window.press_on_lanes(Key::Period);
    assert!(window.sees("growth 2 of 2 at 160 ms, 1 page"), "behind the last one there is none");
}

#[test]
fn many_functions_are_few_lanes_at_first() {
    let many =
        (0..12u64).fold(frames(), |profile, n| profile.crossings(&format!("frame;[env.f{n}]"), 1, 10, None));
    let slice = |func| CallSlice {
        start_nanos: 10 * MILLI,
        width_nanos: 10 * MILLI,
        direction: Direction::GuestToHost,
        func: FuncIndex(func),
        calls: 5,
        total_nanos: MILLI,
    };
    let slices = many.edit(|recording| {
        recording.spans.clear();
        recording.slices = (0..13).map(slice).collect();
    });
    let mut window = Window::on_timeline(slices);
    let lanes = |window: &Window| window.harness.query_all_by_label("f11").count();
    assert_eq!(lanes(&window), 0);
    window.click("7 more");
    assert_eq!(lanes(&window), 1);
    window.click("Fewer calls");
    assert_eq!(lanes(&window), 0);
}

#[test]
fn a_run_in_which_nothing_happened_says_so() {
    let window = Window::on_timeline(ProfileBuilder::new());
    assert!(window.sees("Nothing happened"));
}
